// SPDX-License-Identifier: Apache-2.0
//
// Live = replayed: the digest of finish() is that of its log's replay, whatever the workers, the
// timing, the segments, the writer, the memory mode and the number of replay threads.
// MILLRACE_RUNS sets the number of random runs (10).
#include <cstdlib>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "replay/log_replay.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

struct Shape {
  unsigned workers, labels;
  std::uint64_t records;  // of each worker
  EngineOptions options;
  bool pauses;
  Phases phases;
};

// Of records whose times are within 1,000 s.
Phases random_phases(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  Phases phases;
  phases.start_ns = 0;
  if (below(3) == 0) phases.warmup = std::chrono::seconds(1 + below(400));
  if (below(3) == 0) {
    phases.time_max = std::chrono::seconds(900);
    phases.cooldown = std::chrono::seconds(1 + below(400));
  }
  if (below(3) == 0) phases.warmup_results = 1 + below(20'000);
  if (below(3) == 0) {
    phases.results_max = 60'000;
    phases.cooldown_results = 1 + below(60'000);
  }
  return phases;
}

Shape random_shape(std::mt19937_64& random, const std::string& dir) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  Shape shape{.workers = static_cast<unsigned>(1 + below(5)),
              .labels = static_cast<unsigned>(below(3) * below(40)),
              .records = below(40'000),
              .options = {},
              .pauses = below(3) == 0,
              .phases = random_phases(random)};
  EngineOptions& o = shape.options;
  o.log_dir = dir;
  o.overflow = below(2) == 0 ? Overflow::wait : Overflow::reject;
  o.ring_blocks = static_cast<std::uint32_t>(2 + below(20));
  o.ring_records_min = 0;
  o.flush_interval = std::chrono::microseconds(below(2000));
  o.low_memory = below(2) == 0;
  o.log_write = below(2) == 0 ? LogWrite::mapped : LogWrite::pwrite;
  o.segment_bytes = (256 << 10) * (1 + below(8));
  o.ring_files = below(3) != 0;
  if (below(4) == 0) o.exact_memory_bytes = 1 << 20;  // passed under way
  return shape;
}

GenerationRecord random_record(std::mt19937_64& random, unsigned labels,
                               const std::vector<std::uint16_t>& label_numbers) {
  GenerationRecord record;
  const auto start = static_cast<std::int64_t>(random() % 1'000'000'000'000);
  record.start_ns = start;
  if (random() % 16 != 0)
    record.first_token_ns = start + static_cast<std::int64_t>(random() % 500'000'000);
  record.end_ns = start + static_cast<std::int64_t>(random() % 4'000'000'000) -
                  (random() % 64 == 0 ? 1'000'000'000 : 0);
  if (random() % 8 != 0) record.output_tokens = static_cast<std::int32_t>(random() % 512);
  record.input_tokens = static_cast<std::int32_t>(random() % 2 == 0 ? 256 : random() % 4096);
  record.status = static_cast<Status>(random() % 10 == 0 ? random() % 3 : 0);
  if (random() % 16 == 0) record.event = Event::started;
  if (random() % 2 == 0) record.processing_requests = static_cast<std::int32_t>(random() % 50);
  if (random() % 4 == 0) record.requested_output_tokens = static_cast<std::int32_t>(random() % 99);
  if (labels != 0 && random() % 4 != 0) record.label = label_numbers[random() % labels];
  return record;
}

// Where a disk is late the log may have to leave records out: then nothing is compared, and both must
// say how many.
void run_once(std::uint64_t seed, int& compared) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  TemporaryFolder folder;
  const std::string dir = folder / "run";
  const Shape shape = random_shape(random, dir);
  auto engine = Engine::open(shape.options);
  ASSERT_TRUE(engine) << engine.error().message;
  const auto source = [&] { return static_cast<TokenSource>(random() % 2); };
  auto requests =
      engine->stream<GenerationRecord>("requests", {.goodput = {{"time_to_first_token", 3e8}},
                                                    .phases = shape.phases,
                                                    .tokens = {source(), source()}});
  ASSERT_TRUE(requests) << requests.error().message;
  auto gaps = engine->stream<SampleRecord>("gaps");
  ASSERT_TRUE(gaps) << gaps.error().message;

  std::vector<std::uint16_t> labels;
  for (unsigned i = 0; i < shape.labels; ++i) {
    labels.push_back(engine->label("label " + std::to_string(i)));
  }
  std::vector<std::jthread> threads;
  for (unsigned w = 0; w < shape.workers; ++w) {
    threads.emplace_back([&, w, worker_seed = random()] {
      std::mt19937_64 own(worker_seed);
      auto made = requests->worker();
      auto made_too = gaps->worker();
      if (!made || !made_too) return;  // finished already
      auto& worker = *made;
      auto& samples = *made_too;
      for (std::uint64_t i = 0; i < shape.records; ++i) {
        worker.push(random_record(own, shape.labels, labels));
        if (i % 3 == 0) samples.push({.value = static_cast<double>(own() % 1000) / 7});
        if (shape.pauses && i % 5000 == w)
          std::this_thread::sleep_for(std::chrono::microseconds(300));
      }
    });
  }
  const bool early = random() % 4 == 0;  // finish while they push
  if (!early) threads.clear();
  auto live = engine->finish();
  threads.clear();
  ASSERT_TRUE(live) << live.error().message;
  ASSERT_TRUE(live->log());
  EXPECT_EQ(live->accounting().in_flight(), 0u);
  EXPECT_EQ(live->accounting().aggregated, live->log()->logged + live->log()->unlogged);
  if (live->log()->unlogged != 0) {
    EXPECT_EQ(shape.options.overflow, Overflow::reject) << live->log()->error;
    auto replayed = replay_logs(std::vector<std::string>{dir}, {});
    EXPECT_TRUE(replayed);
    EXPECT_FALSE(replayed->whole());
    EXPECT_EQ(replayed->runs.at(0).unlogged, live->log()->unlogged);
    return;
  }
  ++compared;

  for (const unsigned replay_threads : {1u, 2u, 4u}) {
    auto replayed = replay_logs(std::vector<std::string>{dir}, {.threads = replay_threads});
    ASSERT_TRUE(replayed) << replayed.error().message;
    EXPECT_TRUE(replayed->whole());
    EXPECT_TRUE(replayed->runs.at(0).closed);
    EXPECT_EQ(replayed->summary.accounting().aggregated, live->accounting().aggregated);
    EXPECT_EQ(replayed->summary.digest(), live->digest());
    const auto a = live->operator[]("requests").metric("time_to_last_token");
    const auto b = replayed->summary["requests"].metric("time_to_last_token");
    EXPECT_EQ(a.count(), b.count());
    if (a.count() != 0) {
      EXPECT_EQ(a.mean(), b.mean());
      EXPECT_EQ(a.skewness(), b.skewness());
      EXPECT_EQ(a.percentile(99)->value, b.percentile(99)->value);
      EXPECT_EQ(a.percentile(99)->relative_error, 0.0);
      EXPECT_EQ(b.percentile(99)->relative_error, 0.0);
    }
  }
}

TEST(LiveReplayed, RandomRunsAndTheirReplaysHaveTheSameDigest) {
  const char* runs = std::getenv("MILLRACE_RUNS");
  const std::uint64_t seed = std::random_device{}();
  int compared = 0;
  for (int i = 0; i < (runs == nullptr ? 10 : std::atoi(runs)); ++i) {
    run_once(seed + static_cast<std::uint64_t>(i), compared);
    if (HasFatalFailure() || HasNonfatalFailure()) break;
  }
  EXPECT_GT(compared, 0) << "every log had to leave records out";
}

TEST(LiveReplayed, AnotherRecordGivesAnotherDigest) {
  std::vector<std::uint64_t> digests;
  for (const int last : {1, 2}) {
    TemporaryFolder folder;
    auto engine = Engine::open({.log_dir = folder / "run"}).value();
    auto stream = engine.stream<SampleRecord>("values").value();
    auto worker = stream.worker().value();
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(worker.push({.value = 5.0}));
    ASSERT_TRUE(worker.push({.value = static_cast<double>(last)}));
    (void)engine.finish().value();
    auto replayed = replay_logs(std::vector<std::string>{folder / "run"}, {}).value();
    digests.push_back(replayed.summary.digest());
  }
  EXPECT_NE(digests[0], digests[1]);
}

}  // namespace
}  // namespace millrace
