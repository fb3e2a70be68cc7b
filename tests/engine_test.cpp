// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

struct DiskRead {
  std::int64_t start_ns = millrace::kAbsentTime;
  std::int64_t end_ns = millrace::kAbsentTime;
  std::uint32_t bytes = 0;
  std::uint16_t device = 0;
  millrace::Status status = millrace::Status::ok;
  std::uint8_t unused = 0;
};
template <>
struct millrace::RecordTraits<DiskRead> {
  static Result<Schema> schema() {
    return SchemaBuilder<DiskRead>("disk_read")
        .status(&DiskRead::status)
        .label(&DiskRead::device)
        .start(&DiskRead::start_ns)
        .end(&DiskRead::end_ns)
        .metric("latency", Unit::nanoseconds, difference(&DiskRead::end_ns, &DiskRead::start_ns))
        .metric("bytes", Unit::bytes, field(&DiskRead::bytes))
        .field("unused", &DiskRead::unused)
        .build();
  }
};

namespace millrace {
namespace {

RequestRecord request(std::int64_t latency_ns, std::int64_t start_ns = 1'000) {
  return {.start_ns = start_ns, .end_ns = start_ns + latency_ns};
}

TEST(Engine, GivesExactNumbersOfWhatWasPushed) {
  auto engine = Engine::open().value();
  auto stream = engine.stream<RequestRecord>("requests").value();
  auto worker = stream.worker().value();
  for (int i = 1; i <= 1000; ++i) ASSERT_TRUE(worker.push(request(i * 1'000)));

  const Summary summary = engine.finish().value();

  const auto latency = summary["requests"].metric("latency");
  EXPECT_EQ(latency.count(), 1000u);
  EXPECT_EQ(latency.sum(), 500'500'000.0);
  EXPECT_EQ(latency.mean(), 500'500.0);
  EXPECT_EQ(latency.min(), 1'000.0);
  EXPECT_EQ(latency.max(), 1'000'000.0);
  EXPECT_TRUE(latency.exact());
  EXPECT_EQ(latency.percentile(99)->value, 990'000.0);
  EXPECT_EQ(latency.percentile(99.9)->value, 999'000.0);
  EXPECT_EQ(latency.percentile(50, Rule::linear)->value, 500'500.0);
  EXPECT_EQ(summary.accounting().accepted, 1000u);
  EXPECT_EQ(summary.accounting().aggregated, 1000u);
  EXPECT_EQ(summary.accounting().in_flight(), 0u);
}

TEST(Engine, TakesAUsersOwnStruct) {
  auto engine = Engine::open().value();
  auto stream = engine.stream<DiskRead>("disk").value();
  const std::uint16_t sda = engine.label("sda");
  auto worker = stream.worker().value();
  worker.push({.start_ns = 0, .end_ns = 70, .bytes = 4096, .device = sda});
  worker.push({.start_ns = 10, .end_ns = 40, .bytes = 512, .status = Status::error});

  const Summary summary = engine.finish().value();

  const StreamSummary& disk = summary["disk"];
  EXPECT_EQ(disk.count(), 2u);
  EXPECT_EQ(disk.count({.status = Status::error, .label = {}}), 1u);
  EXPECT_EQ(disk.metric("latency").max(), 70.0);
  EXPECT_EQ(disk.metric("bytes", {.status = {}, .label = "sda"}).sum(), 4096.0);
  EXPECT_EQ(disk.metric("bytes", {.status = {}, .label = ""}).sum(), 512.0);
  EXPECT_EQ(disk.times().first_start_ns, 0);
  EXPECT_EQ(disk.times().last_end_ns, 70);
}

struct Padded {
  std::int64_t time;
  std::uint8_t flag;
  // 7 bytes that are no field
};

TEST(Schema, RefusesPaddingAndSaysWhichByte) {
  const auto schema = SchemaBuilder<Padded>("padded")
                          .start(&Padded::time)
                          .metric("flag", Unit::none, field(&Padded::flag))
                          .build();

  ASSERT_FALSE(schema.has_value());
  EXPECT_NE(schema.error().message.find("byte 9"), std::string::npos) << schema.error().message;
}

TEST(Schema, RefusesWhatALogCouldHoldByMistake) {
  Schema schema = RecordTraits<RequestRecord>::schema().value();
  ASSERT_TRUE(schema.validate());
  Schema outside = schema;
  outside.metrics[0].value.a.offset = 60;
  EXPECT_FALSE(outside.validate());
  Schema twice = schema;
  twice.metrics[1].name = twice.metrics[0].name;
  EXPECT_FALSE(twice.validate());
  Schema odd = schema;
  odd.record_size = 63;
  EXPECT_FALSE(odd.validate());
  Schema none = schema;
  none.metrics.clear();
  EXPECT_FALSE(none.validate());
}

TEST(Engine, IsEmptyWithoutRecords) {
  auto engine = Engine::open().value();
  auto stream = engine.stream<SampleRecord>("samples").value();
  (void)stream;

  const Summary summary = engine.finish().value();

  const auto value = summary["samples"].metric("value");
  EXPECT_EQ(value.count(), 0u);
  EXPECT_EQ(value.sum(), 0.0);
  EXPECT_TRUE(std::isnan(value.mean()));
  EXPECT_FALSE(value.percentile(99).has_value());
  EXPECT_EQ(summary["no such stream"].count(), 0u);
  EXPECT_EQ(summary["samples"].metric("no such metric").count(), 0u);
}

TEST(Engine, KeepsSeveralStreamsAndSeveralEnginesApart) {
  auto a = Engine::open().value();
  auto b = Engine::open().value();
  auto requests = a.stream<RequestRecord>("requests").value().worker().value();
  auto gaps = a.stream<SampleRecord>("gaps", sample_schema("gap", Unit::milliseconds).value())
                  .value()
                  .worker()
                  .value();
  auto other = b.stream<RequestRecord>("requests").value().worker().value();
  for (int i = 0; i < 10; ++i) requests.push(request(5));
  for (int i = 0; i < 7; ++i) gaps.push({.value = 1.5});
  other.push(request(9));

  const Summary first = a.finish().value();
  const Summary second = b.finish().value();

  EXPECT_EQ(first["requests"].count(), 10u);
  EXPECT_EQ(first["gaps"].metric("gap").count(), 7u);
  EXPECT_EQ(first["gaps"].metric("gap").metric().unit, Unit::milliseconds);
  EXPECT_EQ(second["requests"].metric("latency").max(), 9.0);
}

TEST(Engine, SnapshotCoversEveryPushThatReturnedBefore) {
  auto engine = Engine::open().value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  for (std::uint64_t i = 1; i <= 300; ++i) {
    worker.push(request(static_cast<std::int64_t>(i)));
    if (i % 50 != 0) continue;

    const Snapshot live = engine.snapshot();

    EXPECT_EQ(live.accounting.aggregated, i);
    EXPECT_EQ(live.accounting.accepted, i);
    ASSERT_NE(live.stream("requests"), nullptr);
    const MetricSnapshot* latency = live.stream("requests")->metric("latency");
    ASSERT_NE(latency, nullptr);
    EXPECT_EQ(latency->count, i);
    EXPECT_NEAR(*latency->percentile(50), static_cast<double>(i) / 2,
                1 + static_cast<double>(i) / 2048);
  }
}

TEST(Engine, FlushReturnsWhenAllIsAggregated) {
  auto engine = Engine::open({.flush_interval = std::chrono::seconds(10)}).value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  std::uint64_t seen = 0;
  ASSERT_TRUE(
      engine.observe("requests", "latency", [&](std::span<const double> v) { seen += v.size(); }));
  for (int i = 0; i < 3; ++i) worker.push(request(1));

  ASSERT_TRUE(engine.flush());

  EXPECT_EQ(seen, 3u);
}

TEST(Engine, RefusesAndCountsAfterFinish) {
  auto engine = Engine::open().value();
  auto stream = engine.stream<RequestRecord>("requests").value();
  auto worker = stream.worker().value();
  worker.push(request(1));
  ASSERT_EQ(engine.finish().value()["requests"].count(), 1u);

  EXPECT_FALSE(worker.push(request(2)));
  EXPECT_EQ(worker.claim(), nullptr);

  EXPECT_EQ(worker.rejected().closed, 2u);
  EXPECT_EQ(worker.accepted(), 1u);
  EXPECT_FALSE(stream.worker().has_value());
  EXPECT_FALSE(engine.stream<RequestRecord>("late").has_value());
  EXPECT_EQ(engine.finish().value()["requests"].count(), 1u) << "finish() again gives the same";
  EXPECT_EQ(engine.snapshot().accounting.aggregated, 1u) << "and so does snapshot()";
}

TEST(Engine, RejectsWhenTheRingIsFullAndCounts) {
  auto engine = Engine::open({.ring_blocks = 2, .ring_records_min = 0}).value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  std::atomic<bool> stalled{false}, go{false};
  ASSERT_TRUE(engine.observe("requests", "latency", [&](std::span<const double>) {
    stalled = true;
    while (!go) std::this_thread::yield();
  }));
  worker.push(request(1));
  while (!stalled) std::this_thread::yield();
  std::uint64_t accepted = 1;
  for (int i = 0; i < 5'000; ++i) accepted += worker.push(request(1)) ? 1u : 0u;
  go = true;

  const Summary summary = engine.finish().value();

  EXPECT_EQ(accepted, 2u * 511) << "two blocks of 511 records";
  EXPECT_EQ(worker.accepted(), accepted);
  EXPECT_EQ(worker.rejected().full, 5'001u - accepted);
  EXPECT_EQ(summary.accounting().aggregated, accepted);
  EXPECT_EQ(summary.accounting().attempted(), 5'001u);
  ASSERT_EQ(summary.workers().size(), 1u);
  EXPECT_EQ(summary.workers()[0].accounting.rejected_full, 5'001u - accepted);
}

TEST(Engine, ClaimBuildsInPlaceAndShowsNoOldRecord) {
  auto engine =
      Engine::open({.overflow = Overflow::wait, .ring_blocks = 2, .ring_records_min = 0}).value();
  auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
  for (int i = 0; i < 3'000; ++i) {
    RequestRecord* record = worker.claim();
    ASSERT_NE(record, nullptr);
    ASSERT_EQ(record->bytes_sent, kAbsentTime) << "a claimed record has its defaults";
    ASSERT_EQ(worker.claim(), record) << "a second claim gives the same room";
    record->start_ns = 0;
    record->end_ns = i;
    record->bytes_sent = 7;
    EXPECT_FALSE(worker.push(request(1))) << "between claim and commit a push is reentrant";
    ASSERT_TRUE(worker.commit());
    EXPECT_FALSE(worker.commit()) << "nothing is claimed any more";
  }

  const Summary summary = engine.finish().value();

  EXPECT_EQ(summary["requests"].count(), 3'000u);
  EXPECT_EQ(worker.rejected().reentrant, 3'000u);
  EXPECT_EQ(summary.accounting().rejected_reentrant, 3'000u);
}

TEST(Engine, WorkersAreBoundedAndTheirSlotsUsedAgain) {
  auto engine = Engine::open({.workers_max = 2}).value();
  auto stream = engine.stream<RequestRecord>("requests").value();
  auto samples = engine.stream<SampleRecord>("samples").value();
  for (int round = 0; round < 20; ++round) {
    auto a = stream.worker().value();
    auto b = samples.worker().value();
    auto c = stream.worker();
    ASSERT_FALSE(c.has_value());
    EXPECT_EQ(c.error().code, Errc::limit);
    a.push(request(1));
    b.push({.value = 1});
  }

  const Summary summary = engine.finish().value();

  EXPECT_EQ(summary["requests"].count(), 20u);
  EXPECT_EQ(summary["samples"].count(), 20u);
  EXPECT_EQ(summary.workers().size(), 40u);
}

TEST(Engine, RefusesOptionsThatCannotBeServed) {
  EXPECT_FALSE(Engine::open({.ring_blocks = 1}));
  EXPECT_FALSE(Engine::open({.workers_max = 0}));
  EXPECT_FALSE(Engine::open({.live_percentiles = {101}}));
  auto engine = Engine::open().value();
  ASSERT_TRUE(engine.stream<RequestRecord>("requests"));
  EXPECT_FALSE(engine.stream<RequestRecord>("requests")) << "a name is used once";
}

TEST(Engine, OutlivedByWorkersAndMovedFreely) {
  std::optional<Worker<RequestRecord>> survivor;
  {
    auto engine = Engine::open().value();
    auto worker = engine.stream<RequestRecord>("requests").value().worker().value();
    worker.push(request(1));
    Worker<RequestRecord> moved = std::move(worker);
    EXPECT_FALSE(worker.push(request(1)));  // NOLINT: what was moved from refuses
    EXPECT_TRUE(moved.push(request(1)));
    survivor.emplace(std::move(moved));
  }
  EXPECT_FALSE(survivor->push(request(1)));
  EXPECT_EQ(survivor->accepted(), 2u);
}

}  // namespace
}  // namespace millrace
