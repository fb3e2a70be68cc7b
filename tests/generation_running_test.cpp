// SPDX-License-Identifier: Apache-2.0
//
// Our own running statistics against sums that are made in the plainest way; those of guidellm are held by
// seed_vectors_test.
#include "stats/generation_running.hpp"

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

namespace millrace {
namespace {

using Value = std::optional<double>;

GenerationRecord random_record(std::mt19937_64& random) {
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  GenerationRecord r;
  std::int64_t at = below(1'000'000);
  for (std::int64_t* time : {&r.queued_ns, &r.dequeued_ns, &r.scheduled_ns, &r.resolve_start_ns,
                             &r.start_ns, &r.first_token_ns, &r.first_output_token_ns,
                             &r.last_token_ns, &r.end_ns, &r.resolve_end_ns, &r.finalized_ns}) {
    at += below(1'000);
    if (below(5) != 0) *time = at;
  }
  if (below(3) != 0) r.intended_start_ns = at - below(9'000);
  for (std::int32_t* count : {&r.input_tokens, &r.output_tokens, &r.requested_input_tokens,
                              &r.requested_output_tokens, &r.token_iterations}) {
    if (below(3) != 0) *count = static_cast<std::int32_t>(below(50));
  }
  r.status = static_cast<Status>(below(3));
  if (below(10) == 0) r.event = Event::started;
  return r;
}

struct Oracle {
  std::map<std::string, std::pair<double, double>> sums;  // count, total
  void add(const char* name, Value value, double count = 1) {
    if (!value) return;
    sums[name].first += count;
    sums[name].second += *value;
  }
};

void add(Oracle& oracle, const GenerationRecord& r) {
  if (r.event != Event::result) return;
  const auto way = [](std::int64_t from, std::int64_t to) -> Value {
    if (from == kAbsentTime || to == kAbsentTime) return std::nullopt;
    return static_cast<double>(to - from);
  };
  const Value until_target = way(r.scheduled_ns, r.intended_start_ns);
  const double sleep = std::max(0.0, until_target.value_or(0));
  oracle.add("queued_time", way(r.queued_ns, r.dequeued_ns));
  oracle.add("scheduled_time_delay", way(r.dequeued_ns, r.scheduled_ns));
  if (until_target) oracle.add("scheduled_time_sleep", sleep);
  if (const Value delay = way(r.scheduled_ns, r.resolve_start_ns)) {
    oracle.add("worker_start_delay", *delay - sleep);
  }
  oracle.add("worker_time", way(r.resolve_start_ns, r.resolve_end_ns));
  oracle.add("worker_start_time_targeted_delay", way(r.intended_start_ns, r.resolve_start_ns));
  oracle.add("request_start_time_delay", way(r.resolve_start_ns, r.start_ns));
  oracle.add("request_start_time_targeted_delay", way(r.intended_start_ns, r.start_ns));
  const Value before = way(r.resolve_start_ns, r.start_ns), after = way(r.end_ns, r.resolve_end_ns);
  if (before && after) oracle.add("request_time_delay", *before + *after);
  oracle.add("request_time", way(r.start_ns, r.end_ns));
  oracle.add("response_time", way(r.intended_start_ns, r.end_ns));
  oracle.add("time_to_first_token", way(r.start_ns, r.first_token_ns));
  oracle.add("time_to_first_output_token", way(r.start_ns, r.first_output_token_ns));
  oracle.add("worker_end_delay", after);
  oracle.add("finalized_delay", way(r.resolve_end_ns, r.finalized_ns));

  const auto first_of = [](std::int32_t a, std::int32_t b) -> double {
    return a > 0 ? a : b > 0 ? b : 0;
  };
  const double in = first_of(r.input_tokens, r.requested_input_tokens);
  const double out = first_of(r.output_tokens, r.requested_output_tokens);
  oracle.add("prompt_tokens", in);
  oracle.add("output_tokens", out);
  oracle.add("total_tokens", in + out);
  if (out > 1) {
    oracle.add("inter_token_latency", way(r.first_token_ns, r.last_token_ns), out - 1);
  }
  double iterations = r.token_iterations;
  if (r.token_iterations == kAbsentCount) {
    iterations = r.first_token_ns == kAbsentTime ? 0 : std::max(0, r.output_tokens);
  }
  if (iterations >= 1) oracle.add("output_tokens_per_iteration", out, iterations);
}

TEST(GenerationRunning, SumsWhatIsKnownOnce) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  auto engine = Engine::open({.overflow = Overflow::wait}).value();
  auto worker = engine.stream<GenerationRecord>("requests").value().worker().value();
  Oracle oracle;
  for (int i = 0; i < 20'000; ++i) {
    const GenerationRecord record = random_record(random);
    add(oracle, record);
    ASSERT_TRUE(worker.push(record));
  }
  const Summary summary = engine.finish().value();
  const auto running = summary["requests"].running();
  ASSERT_TRUE(running);
  for (const auto& [name, sum] : oracle.sums) {
    const RunningMetric* const metric = running->find(name);
    ASSERT_NE(metric, nullptr) << name;
    EXPECT_EQ(static_cast<double>(metric->count), sum.first) << name;
    EXPECT_EQ(metric->total, sum.second) << name;
    EXPECT_DOUBLE_EQ(metric->mean, sum.second / sum.first) << name;
    EXPECT_DOUBLE_EQ(metric->rate(2), sum.second / 2) << name;
  }
  EXPECT_EQ(running->metrics.size(), oracle.sums.size() + GenerationRunning::kScheduler.size());
}

TEST(GenerationRunning, KnowsTheSchedulersStateFromNoticesToo) {
  auto engine = Engine::open({}).value();
  auto worker = engine.stream<GenerationRecord>("requests").value().worker().value();
  ASSERT_TRUE(worker.push({.event = Event::started, .start_ns = 100, .processing_requests = 2}));
  ASSERT_TRUE(worker.push({.event = Event::started, .start_ns = 200, .processing_requests = 4}));
  ASSERT_TRUE(worker.push({.start_ns = 100, .end_ns = 300, .processing_requests = 1}));
  ASSERT_TRUE(engine.flush());
  const Snapshot snapshot = engine.snapshot();
  const RunningStatistics& running = *snapshot.stream("requests")->running;
  EXPECT_EQ(running.find("processing_requests")->last, 1);
  EXPECT_EQ(running.concurrency, 3) << "2 and 4, as long";
  EXPECT_EQ(running.find("request_time")->count, 1u);
}

TEST(GenerationRunning, IsOfGenerationRecordsAlone) {
  auto engine = Engine::open({}).value();
  ASSERT_TRUE(engine.stream<RequestRecord>("requests"));
  EXPECT_FALSE(engine.snapshot().stream("requests")->running);
  EXPECT_FALSE(engine.finish().value()["requests"].running());
}

TEST(RunningLevel, OfPartsIsThatOfTheWhole) {
  RunningLevel whole, first, second;
  const std::pair<std::int64_t, std::int64_t> levels[] = {{3, 100}, {5, 110}, {0, 130}, {2, 170}};
  for (const auto& [level, at] : levels) {
    whole.update(level, at);
    (at < 120 ? first : second).update(level, at);
  }
  first.append(second);
  EXPECT_EQ(first.mean(), whole.mean());
  EXPECT_EQ(whole.mean(), (3 * 10 + 5 * 20 + 0 * 40) / 70.0);
  first.append(RunningLevel{});
  EXPECT_EQ(first.mean(), whole.mean());
}

TEST(RunningLevel, HoldsThroughTimesThatGoBack) {
  RunningLevel level;
  level.update(4, 100);
  level.update(8, 90);
  level.update(0, 110);
  EXPECT_EQ(level.mean(), 8);
  EXPECT_EQ(level.last, 0);
}

}  // namespace
}  // namespace millrace
