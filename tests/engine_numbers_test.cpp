// SPDX-License-Identifier: Apache-2.0
//
// What an engine makes of labels, statuses, values out of range, caps, limits and observers.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <boost/accumulators/statistics/mean.hpp>
#include <boost/accumulators/statistics/rolling_mean.hpp>
#include <boost/accumulators/statistics/stats.hpp>

#include "millrace/accumulators.hpp"
#include "millrace/millrace.hpp"

namespace millrace {
namespace {

RequestRecord request(std::int64_t latency_ns, std::int64_t start_ns = 1'000) {
  return {.start_ns = start_ns, .end_ns = start_ns + latency_ns};
}

TEST(EngineNumbers, CountsLabelsBeyondTheBoundUnderOther) {
  auto engine = Engine::open({.labels_max = 3, .error_classes_max = 1}).value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  EXPECT_EQ(engine.label("a"), engine.label("a"));
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    RequestRecord r = request(10);
    r.label = engine.label(name);
    r.status = Status::error;
    r.error_class = engine.error_class(name);
    worker.push(r);
  }
  worker.push(request(20));

  const Summary summary = engine.finish().value();

  const StreamSummary& s = summary["requests"];
  EXPECT_EQ(s.labels(), (std::vector<std::string>{"a", "b", "c", "other", ""}));
  EXPECT_EQ(s.count({.status = {}, .label = "other"}), 2u);
  EXPECT_EQ(s.metric("latency", {.status = {}, .label = ""}).max(), 20.0);
  EXPECT_EQ(s.count(), 6u);
  ASSERT_EQ(s.errors().size(), 2u);
  EXPECT_EQ(s.errors()[1], (std::pair<std::string, std::uint64_t>{"other", 4}));
}

TEST(EngineNumbers, NumbersByLabelAddUpToTheWhole) {
  auto engine = Engine::open().value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  std::vector<std::uint16_t> labels = {0};
  for (int i = 0; i < 9; ++i) labels.push_back(engine.label("label" + std::to_string(i)));
  for (int i = 0; i < 20'000; ++i) {
    RequestRecord r = request(1 + (i * 7919) % 100'003);
    // The first thousand have no label: they are told apart only when the first label comes.
    r.label = i < 1'000 ? std::uint16_t{0} : labels[static_cast<std::size_t>(i % 10)];
    r.status = i % 13 == 0 ? Status::error : Status::ok;
    ASSERT_TRUE(worker.push(r));
  }

  const Summary summary = engine.finish().value();

  const StreamSummary& s = summary["requests"];
  std::uint64_t count = 0;
  double sum = 0;
  double max = 0;
  for (const std::string& label : s.labels()) {
    for (const Status status : {Status::ok, Status::error}) {
      const auto m = s.metric("latency", {.status = status, .label = label});
      EXPECT_EQ(m.count(), s.count({.status = status, .label = label}));
      count += m.count();
      sum += m.sum();
      max = std::max(max, m.max());
      const auto p = m.percentile(50);
      ASSERT_TRUE(p.has_value());
      EXPECT_EQ(p->relative_error, 0);
    }
  }
  EXPECT_EQ(count, 20'000u);
  EXPECT_EQ(sum, s.metric("latency").sum());
  EXPECT_EQ(max, s.metric("latency").max());
  EXPECT_EQ(s.labels().size(), 10u);
}

TEST(EngineNumbers, GoesOnFromTheHistogramBeyondTheCapAndSaysSo) {
  auto engine = Engine::open({.overflow = Overflow::wait, .exact_memory_bytes = 1 << 20}).value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  for (int i = 1; i <= 300'000; ++i) worker.push(request(i));

  const Snapshot live = engine.snapshot();
  const Summary summary = engine.finish().value();

  EXPECT_FALSE(live.exact);
  const auto latency = summary["requests"].metric("latency");
  EXPECT_FALSE(latency.exact());
  EXPECT_EQ(latency.count(), 300'000u);
  EXPECT_EQ(latency.mean(), 150'000.5) << "moments do not depend on the values held";
  const auto p99 = latency.percentile(99);
  ASSERT_TRUE(p99);
  EXPECT_NEAR(p99->value, 297'000.0, 297'000.0 * p99->relative_error);
  EXPECT_LE(p99->relative_error, 4.9e-4);
  EXPECT_EQ(latency.percentile(100)->value, 300'000.0);
}

TEST(EngineNumbers, CountsGoodRecords) {
  auto engine = Engine::open().value();
  StreamOptions options{.goodput = {{"latency", 100}, {"time_to_first_byte", 10}}};
  auto worker = engine.stream<RequestRecord>("requests", options).value().worker().value();
  const auto push = [&](std::int64_t first, std::int64_t end, Status status) {
    worker.push({.status = status, .start_ns = 0, .first_byte_ns = first, .end_ns = end});
  };
  push(10, 100, Status::ok);
  push(11, 100, Status::ok);
  push(10, 101, Status::ok);
  push(10, 100, Status::error);
  push(kAbsentTime, 100, Status::ok);

  const Summary summary = engine.finish().value();

  EXPECT_EQ(summary["requests"].good(), 1u);
  EXPECT_FALSE(Engine::open().value().stream<RequestRecord>("x", {.goodput = {{"nope", 1}}}));
}

TEST(EngineNumbers, FeedsBoostAccumulatorsAndDetachesOneThatThrows) {
  namespace ba = boost::accumulators;
  auto engine = Engine::open().value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  using Rolling = ba::accumulator_set<double, ba::stats<ba::tag::mean, ba::tag::rolling_mean>>;
  auto rolling =
      attach(engine, "requests", "latency", Rolling(ba::tag::rolling_window::window_size = 10))
          .value();
  ASSERT_TRUE(engine.observe("requests", "latency", [](std::span<const double>) { throw 1; }));
  EXPECT_FALSE(attach<Rolling>(engine, "requests", "nope",
                               Rolling(ba::tag::rolling_window::window_size = 1)));
  for (int i = 1; i <= 100; ++i) worker.push(request(i));

  const Snapshot live = engine.snapshot();

  EXPECT_EQ(ba::mean(rolling.get()), 50.5);
  EXPECT_EQ(ba::rolling_mean(rolling.get()), 95.5);
  EXPECT_EQ(live.observers_detached, 1u);
}

TEST(EngineNumbers, CountsAbsentAndInvalidValuesApart) {
  auto engine = Engine::open().value();
  auto worker = engine.stream<GenerationRecord>("requests").value().worker().value();
  worker.push({.start_ns = 100, .first_token_ns = 300, .end_ns = 900, .output_tokens = 4});
  worker.push({.start_ns = 100, .end_ns = 900});                         // not streamed
  worker.push({.start_ns = 500, .first_token_ns = 400, .end_ns = 900});  // a clock went back

  const Summary summary = engine.finish().value();

  const auto ttft = summary["requests"].metric("time_to_first_token");
  EXPECT_EQ(ttft.count(), 1u);
  EXPECT_EQ(ttft.absent(), 1u);
  EXPECT_EQ(ttft.invalid(), 1u);
  EXPECT_EQ(ttft.percentile(50)->value, 200.0);
  const auto tpot = summary["requests"].metric("time_per_output_token");
  EXPECT_EQ(tpot.count(), 1u);
  EXPECT_EQ(tpot.mean(), 200.0);
}

TEST(EngineNumbers, TimePerOutputTokenIsExactForTimesSinceTheEpoch) {
  auto engine = Engine::open().value();
  auto worker = engine.stream<GenerationRecord>("requests").value().worker().value();
  constexpr std::int64_t kNow = 1'767'225'600'123'456'789;
  worker.push(
      {.start_ns = kNow - 7, .first_token_ns = kNow, .end_ns = kNow + 300, .output_tokens = 4});

  const Summary summary = engine.finish().value();

  EXPECT_EQ(summary["requests"].metric("time_per_output_token").max(), 100.0);
  EXPECT_EQ(summary["requests"].metric("time_to_first_token").max(), 7.0);
}

TEST(EngineNumbers, LabelsMaxCountsNamedLabelsOnly) {
  auto engine = Engine::open({.labels_max = 2}).value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  worker.push(request(1));
  for (const char* name : {"a", "b", "c"}) {
    RequestRecord r = request(2);
    r.label = engine.label(name);
    worker.push(r);
  }

  const Summary summary = engine.finish().value();

  EXPECT_EQ(summary["requests"].labels(), (std::vector<std::string>{"", "a", "b", "other"}));
}

TEST(EngineNumbers, ABlockedPlaceDoesNotHoldUpFinish) {
  auto engine = Engine::open({.overflow = Overflow::wait, .by_place = true}).value();
  const auto schema = RecordTraits<SampleRecord>::schema().value();
  const std::uint32_t stream = engine.add_stream("samples", schema).value();
  auto never_ends = detail::open_port(engine.core(), stream).value();
  auto next = detail::open_port(engine.core(), stream).value();
  const auto push = [](detail::Port& port, double value) {
    const SampleRecord record{.value = value};
    std::memcpy(port.claim(), &record, sizeof record);
    ASSERT_TRUE(port.commit());
  };
  never_ends.begin_place(0);
  push(never_ends, 1);
  next.begin_place(1);
  push(next, 2);
  next.end_place();
  ASSERT_TRUE(engine.flush());

  const Summary summary = engine.finish().value();

  EXPECT_EQ(summary["samples"].metric("value").sum(), 3.0);
}

}  // namespace
}  // namespace millrace
