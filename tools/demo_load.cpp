// SPDX-License-Identifier: Apache-2.0
#include "demo_load.hpp"

#include <array>
#include <cmath>
#include <random>
#include <thread>

#include "output.hpp"

namespace millrace {
namespace {

using Clock = std::chrono::steady_clock;

// Drawing from a table keeps the generator as cheap as a real load generator's bookkeeping.
struct Tables {
  static constexpr std::size_t kSize = 1 << 14;
  std::array<std::int64_t, kSize> first_token_ns;
  std::array<std::int64_t, kSize> token_gap_ns;
  std::array<std::int32_t, kSize> tokens;

  explicit Tables(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::lognormal_distribution<double> first(std::log(180e6), 0.45);
    std::lognormal_distribution<double> gap(std::log(18e6), 0.25);
    std::lognormal_distribution<double> length(std::log(160.0), 0.7);
    for (std::size_t i = 0; i < kSize; ++i) {
      first_token_ns[i] = static_cast<std::int64_t>(first(random));
      token_gap_ns[i] = static_cast<std::int64_t>(gap(random));
      tokens[i] = 1 + static_cast<std::int32_t>(std::min(length(random), 4095.0));
    }
  }
};

// splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
std::uint64_t next_random(std::uint64_t& state) noexcept {
  std::uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::int64_t ns(Clock::time_point time) {
  return time.time_since_epoch() / std::chrono::nanoseconds{1};
}

// Around their mean, which is the request's; in whole nanoseconds.
void push_gaps(Worker<SampleRecord>& worker, const GenerationRecord& request,
               std::uint64_t& state) {
  const std::int64_t gaps = request.output_tokens - 1;
  if (gaps < 1) return;
  std::int64_t left = request.last_token_ns - request.first_token_ns;
  for (std::int64_t i = 0; i < gaps; ++i) {
    const std::int64_t mean = left / (gaps - i);
    const auto spread = static_cast<std::int64_t>(next_random(state) % 1024) - 512;
    const std::int64_t ns = i + 1 == gaps ? left : mean + mean * spread / 1024;
    left -= ns;
    worker.push({.value = static_cast<double>(ns),
                 .request_id = request.request_id,
                 .index = static_cast<std::uint32_t>(i)});
  }
}

}  // namespace

void push_demo_records(Stream<GenerationRecord> stream, std::optional<Stream<SampleRecord>> gaps,
                       std::vector<std::uint16_t> labels, std::vector<std::uint16_t> errors,
                       const DemoOptions& options, unsigned worker, const std::atomic<bool>& stop,
                       std::atomic<bool>& failed) {
  auto made = stream.worker();
  if (!made) {
    complain(made.error().message);
    // order: relaxed; a flag from which nothing else is inferred.
    failed.store(true, std::memory_order_relaxed);
    return;
  }
  Worker<GenerationRecord> handle = std::move(*made);
  std::optional<Worker<SampleRecord>> of_gaps;
  if (gaps) {
    auto second = gaps->worker();
    if (!second) {
      complain(second.error().message);
      // order: relaxed; as above.
      failed.store(true, std::memory_order_relaxed);
      return;
    }
    of_gaps.emplace(std::move(*second));
  }
  const auto tables = std::make_unique<Tables>(options.seed + worker);
  std::uint64_t state = options.seed * 1'000'003 + worker;
  const std::uint64_t mine =
      options.records / options.workers + (worker < options.records % options.workers ? 1 : 0);
  const auto began = Clock::now();
  const auto deadline =
      options.duration.count() > 0 ? began + options.duration : Clock::time_point::max();
  const double gap_s = options.rate > 0 ? options.workers / options.rate : 0;

  auto now = began;
  auto due = began;
  for (std::uint64_t i = 0; options.records == 0 || i < mine; ++i) {
    if (gap_s > 0) {
      due = began + std::chrono::nanoseconds(
                        static_cast<std::int64_t>(1e9 * gap_s * static_cast<double>(i)));
      while ((now = Clock::now()) < due) {
        // order: relaxed; a flag from which nothing else is inferred.
        if (stop.load(std::memory_order_relaxed)) return;
        if (now >= deadline) return;
        std::this_thread::sleep_for(
            std::min<Clock::duration>(due - now, std::chrono::milliseconds(50)));
      }
    } else if (i % 64 == 0) {
      now = Clock::now();
    }
    // order: relaxed; as above.
    if (now >= deadline || stop.load(std::memory_order_relaxed)) return;

    const std::uint64_t draw = next_random(state);
    const std::size_t a = draw % Tables::kSize;
    const std::size_t b = (draw >> 20) % Tables::kSize;
    const std::size_t c = (draw >> 40) % Tables::kSize;
    const std::int32_t tokens = tables->tokens[b];
    const bool ok = draw >> 56 != 0;  // one in 256 fails before its first token
    if (GenerationRecord* record = handle.claim()) {
      // It starts when it is pushed, so that rates are those of the pushing; its end lies ahead.
      record->start_ns = ns(now);
      if (gap_s > 0) record->intended_start_ns = ns(due);
      const std::int64_t generation_ns = ok ? tables->token_gap_ns[c] * (tokens - 1) : 0;
      record->end_ns = record->start_ns + tables->first_token_ns[a] + generation_ns;
      record->status = ok ? Status::ok : Status::error;
      record->request_id = (std::uint64_t{worker} << 40) | i;
      record->input_tokens = tables->tokens[c] * 4;
      if (ok) {
        record->first_token_ns = record->end_ns - generation_ns;
        record->last_token_ns = record->end_ns;
        record->output_tokens = tokens;
      } else {
        record->error_class = errors[draw % errors.size()];
      }
      if (!labels.empty()) record->label = labels[(draw >> 8) % labels.size()];
      const GenerationRecord request = *record;
      handle.commit();
      if (of_gaps && ok) push_gaps(*of_gaps, request, state);
    }
  }
}

}  // namespace millrace
