// SPDX-License-Identifier: Apache-2.0
//
// Stopwatch: times operations one by one, or batches of them, and pushes each time as a SampleRecord.
//
//   auto engine = millrace::Engine::open({}).value();
//   auto parse  = millrace::Stopwatch::stream(engine, "parse").value();
//   millrace::Stopwatch watch(parse.worker().value());        // one per thread
//   for (const auto& text : texts) {
//     auto lap = watch.time();                                // until the end of the block
//     if (!parse_one(text)) lap.failed();                     // its time counts among the errors'
//   }
//   auto time = engine.finish().value()["parse"].metric("time");
//   time.percentile(99);                                      // nanoseconds an operation
//
// Threads   One thread each, as its worker. A second time() before the first one's end is a lap of its own.
// Cost      Two calls of std::chrono::steady_clock, 20 to 40 ns each as a rule, and a push. The push is not in
//           the lap. clock_ns() says what the clock itself adds to a lap: it is not subtracted.
// Batches   time(n): the lap is of n operations, and its sample their mean. Where one takes less than about ten
//           times clock_ns(), a batch says more; it hides what a single slow one of them took.
// Errors    A push that is refused is counted: rejected(), and in the summary's accounting.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "millrace/engine.hpp"
#include "millrace/record.hpp"

namespace millrace {

class Stopwatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// A stream whose metric is "time", in nanoseconds.
  [[nodiscard]] static Result<Stream<SampleRecord>> stream(Engine& engine, std::string_view name,
                                                           StreamOptions options = {}) {
    auto schema = sample_schema("time", Unit::nanoseconds);
    if (!schema) return tl::unexpected(std::move(schema).error());
    return engine.stream<SampleRecord>(name, std::move(*schema), std::move(options));
  }

  explicit Stopwatch(Worker<SampleRecord> worker) noexcept : worker_(std::move(worker)) {}

  /// From its making to its end.
  class Lap {
   public:
    /// Without a watch nothing is timed.
    explicit Lap(Stopwatch* watch, std::uint64_t operations = 1) noexcept
        : watch_(watch), operations_(operations), begin_(Clock::now()) {}
    Lap(const Lap&) = delete;
    Lap& operator=(const Lap&) = delete;
    ~Lap() {
      const Clock::time_point end = Clock::now();
      if (watch_ != nullptr) watch_->record(end - begin_, operations_, status_);
    }
    void failed() noexcept { status_ = Status::error; }
    /// Not a sample at all.
    void cancel() noexcept { watch_ = nullptr; }

   private:
    Stopwatch* watch_;
    std::uint64_t operations_;
    Status status_ = Status::ok;
    Clock::time_point begin_;  // the last to be set
  };

  [[nodiscard]] Lap time(std::uint64_t operations = 1) noexcept { return Lap(this, operations); }

  /// What was timed elsewhere. False: refused, and counted. No operations, no sample.
  bool record(std::chrono::nanoseconds elapsed, std::uint64_t operations = 1,
              Status status = Status::ok) noexcept {
    if (operations == 0) return true;
    const auto all = static_cast<double>(elapsed.count());
    return worker_.push(
        {.value = all / static_cast<double>(operations), .request_id = 0, .status = status});
  }

  [[nodiscard]] std::uint64_t accepted() const noexcept { return worker_.accepted(); }
  [[nodiscard]] Rejected rejected() const noexcept { return worker_.rejected(); }

  /// What a lap shows around nothing, in nanoseconds: the median of a thousand. Takes some tens of microseconds.
  [[nodiscard]] static double clock_ns() noexcept {
    std::array<std::int64_t, 1001> laps{};
    for (auto& lap : laps) {
      const Clock::time_point begin = Clock::now();
      lap = std::chrono::nanoseconds(Clock::now() - begin).count();
    }
    const auto middle = laps.begin() + laps.size() / 2;
    std::nth_element(laps.begin(), middle, laps.end());
    return static_cast<double>(*middle);
  }

 private:
  Worker<SampleRecord> worker_;
};

}  // namespace millrace
