// SPDX-License-Identifier: Apache-2.0
//
// Memory runs out: the n-th allocation fails, of whichever thread, once or from then on for good, for
// n = 1, 2, 3, .. until a run passes without it. No exception, no crash, no hang; every record whose push
// returned true is in the result, or counted, or in the log; the folder can be opened again.
// MILLRACE_OOM=full: at every n, else at some.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

#include "memory_fault.hpp"
#include "own_process.hpp"
#include "replay/log_replay.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

using Times = MemoryFault::Times;

bool holds(const TemporaryFolder& folder, std::string_view ending) {
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().string().ends_with(ending)) return true;
  }
  return false;
}

// Small, so that a run takes milliseconds.
EngineOptions options_of(const TemporaryFolder* folder) {
  EngineOptions options{.ring_blocks = 2, .ring_records_min = 0, .workers_max = 4};
  options.exact_memory_bytes = 1 << 20;
  options.finish_at_exit = true;
  if (folder == nullptr) return options;
  options.log_dir = folder->str();
  options.segment_bytes = 256 << 10;
  options.log_sync = LogSync::on_flush;
  return options;
}

// A call that must not throw, whatever it returns.
template <typename Call>
auto quiet(const char* what, Call call) {
  using Returned = decltype(call());
  try {
    return std::optional<Returned>(in_library(call));
  } catch (const std::exception& e) {
    ADD_FAILURE() << what << " has thrown: " << e.what();
  }
  return std::optional<Returned>();
}

struct Pushed {
  std::uint64_t accepted = 0, refused = 0;
};

template <typename T>
struct Load {
  Worker<T> worker;
  Pushed pushed;

  void push(const T& record) { ++(worker.push(record) ? pushed.accepted : pushed.refused); }
  void check() const {
    EXPECT_EQ(worker.accepted(), pushed.accepted);
    EXPECT_EQ(worker.rejected().total(), pushed.refused);
  }
};

RequestRecord request(int i, std::uint16_t label, std::uint16_t error) {
  RequestRecord record{.start_ns = i, .end_ns = i + 1000 + i % 77, .bytes_sent = i % 5};
  if (i % 3 == 0) record.label = label;
  if (i % 50 == 0) record.status = Status::error, record.error_class = error;
  return record;
}

// Once more after an error: there may be memory then.
template <typename Call>
auto again(const char* what, Call call) {
  auto got = quiet(what, call);
  if (got && !*got) {
    EXPECT_FALSE(got->error().message.empty());
    got = quiet(what, call);
  }
  return got && *got ? std::optional(std::move(**got)) : std::nullopt;
}

// What a program does that embeds the library, each call tried twice.
class Host {
 public:
  explicit Host(Engine& engine) : engine_(engine) {}

  void load() {
    StreamOptions limits[] = {{.goodput = {{"latency", 1050}}}, {.goodput = {{"latency", 1050}}}};
    StreamOptions* next = limits;
    auto requests = again(
        "stream", [&] { return engine_.stream<RequestRecord>("requests", std::move(*next++)); });
    auto values = again("stream", [&] { return engine_.stream<SampleRecord>("values"); });
    (void)quiet("observe",
                [&] { return engine_.observe("values", "value", [](std::span<const double>) {}); });
    const std::uint16_t label = *quiet(
        "label", [&] { return engine_.label("a label that is too long for a small string"); });
    const std::uint16_t error =
        *quiet("error_class", [&] { return engine_.error_class("timeout"); });
    if (requests) drive(*requests, [&](int i) { return request(i, label, error); });
    const auto snapshot = quiet("snapshot", [&] { return engine_.snapshot(); });
    EXPECT_LE(snapshot->accounting.aggregated, snapshot->accounting.accepted);
    EXPECT_LE(snapshot->accounting.accepted, accepted_);
    if (values) drive(*values, [&](int i) { return SampleRecord{.value = i * 0.5}; });
    (void)quiet("flush", [&] { return engine_.flush(); });
  }

  [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_; }
  [[nodiscard]] std::uint64_t attempted() const noexcept { return attempted_; }

 private:
  // One worker lives on while others come and go.
  template <typename T, typename Make>
  void drive(Stream<T>& stream, Make make) {
    for (int w = 0; w < 3; ++w) {
      auto worker = again("worker", [&] { return stream.worker(); });
      if (!worker) continue;
      std::optional<Load<T>> load(Load<T>{std::move(*worker), {}});
      for (int i = 0; i < 700; ++i) load->push(make(i));
      if (w == 1) (void)quiet("flush", [&] { return engine_.flush(); });
      load->check();
      accepted_ += load->pushed.accepted;
      attempted_ += load->pushed.accepted + load->pushed.refused;
      in_library([&] { load.reset(); });
    }
  }

  Engine& engine_;
  std::uint64_t accepted_ = 0;
  std::uint64_t attempted_ = 0;
};

// What a finish() that gave numbers says, and the replay with it.
void check_numbers(const Summary& summary, const Host& host, const TemporaryFolder* folder) {
  const Accounting& all = summary.accounting();
  EXPECT_EQ(all.accepted, host.accepted());
  EXPECT_EQ(all.attempted(), host.attempted());
  EXPECT_EQ(all.in_flight(), 0u);
  std::uint64_t records = 0;
  for (const StreamSummary& stream : summary.streams()) records += stream.count();
  EXPECT_EQ(records, all.aggregated);
  if (folder == nullptr) return;
  ASSERT_TRUE(summary.log());
  EXPECT_EQ(summary.log()->logged + summary.log()->unlogged, all.aggregated);
  EXPECT_TRUE(summary.log()->unlogged == 0 || !summary.log()->error.empty());
}

void check_log(const TemporaryFolder& folder, const std::optional<Summary>& live,
               std::uint64_t accepted) {
  auto replayed = replay_logs(std::vector<std::string>{folder.str()}, {.threads = 1});
  ASSERT_TRUE(replayed) << replayed.error().message;
  const RunReport& run = replayed->runs.at(0);
  EXPECT_EQ(run.damages.size() + replayed->damages.size(), 0u);
  EXPECT_EQ(run.missing, 0u);
  EXPECT_EQ(run.records + run.unlogged + run.lost, accepted);
  if (live && live->log()->unlogged == 0 && run.closed) {
    EXPECT_EQ(replayed->summary.digest(), live->digest());
  } else if (!live) {
    EXPECT_EQ(run.lost, 0u);  // what was aggregated is logged, the rest is in the rings
  }
  // The next run in the folder takes what this one left.
  auto options = options_of(&folder);
  options.append_log = true;
  auto next = Engine::open(options);
  ASSERT_TRUE(next) << next.error().message;
  ASSERT_TRUE(next->finish());
  EXPECT_FALSE(holds(folder, ".mln"));
  EXPECT_FALSE(holds(folder, ".tmp"));
  auto all = replay_logs(std::vector<std::string>{folder.str()}, {.run = "all", .threads = 1});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->runs.at(0).records, run.records);
  EXPECT_TRUE(all->runs.at(0).closed);
}

// True: the fault came.
bool one_run(std::uint64_t n, Times times, bool with_log) {
  SCOPED_TRACE(testing::Message() << (times == Times::once ? "once, n = " : "for good, n = ") << n);
  const TemporaryFolder made = TemporaryFolder::in_memory();
  const TemporaryFolder* const folder = with_log ? &made : nullptr;
  const std::size_t open_before = descriptors();
  EngineOptions options = options_of(folder);
  MemoryFault fault(n, times);
  auto opened = quiet("open", [&] { return Engine::open(std::move(options)); });
  if (!opened) return true;
  if (!*opened) {
    fault.over();
    EXPECT_FALSE(opened->error().message.empty());
    EXPECT_FALSE(holds(made, ".mlr") || holds(made, ".mln") || holds(made, ".tmp"));
    EXPECT_EQ(descriptors(), open_before);
    auto later = Engine::open(options_of(folder));
    EXPECT_TRUE(later) << later.error().message;
    return fault.fired();
  }
  std::optional<Engine> engine(std::move(**opened));
  opened.reset();
  Host host(*engine);
  host.load();
  auto finished = quiet("finish", [&] { return engine->finish(); });
  fault.over();
  if (!finished) return true;
  if (!*finished && finished->error().code != Errc::failed) {
    // There was no memory for the numbers; they are there for who asks again.
    finished = engine->finish();
    EXPECT_TRUE(finished->has_value() || finished->error().code == Errc::failed);
  }
  std::optional<Summary> live;
  if (*finished) {
    live = **finished;
    check_numbers(*live, host, folder);
  } else {
    EXPECT_FALSE(finished->error().message.empty());
  }
  engine.reset();
  EXPECT_EQ(descriptors(), open_before);
  if (with_log) check_log(made, live, host.accepted());
  return fault.fired();
}

void sweep(Times times, bool with_log) {
  Places places(with_log ? 5 : 1);
  while (one_run(places.next(), times, with_log) && !testing::Test::HasFailure()) {
  }
  EXPECT_GT(places.n(), 100u) << "allocations of a run";
  std::printf("%llu places, seed %llu\n", static_cast<unsigned long long>(places.n() - 1),
              static_cast<unsigned long long>(places.seed()));
}

TEST(OutOfMemory, ARunWithoutALogSurvivesOneAllocationThatFails) { sweep(Times::once, false); }
TEST(OutOfMemory, ARunWithoutALogSurvivesThatThereIsNoMoreMemory) { sweep(Times::for_good, false); }
TEST(OutOfMemory, ARunWithALogSurvivesOneAllocationThatFails) { sweep(Times::once, true); }
TEST(OutOfMemory, ARunWithALogSurvivesThatThereIsNoMoreMemory) { sweep(Times::for_good, true); }

}  // namespace
}  // namespace millrace
