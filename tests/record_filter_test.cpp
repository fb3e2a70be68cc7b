// SPDX-License-Identifier: Apache-2.0
#include "record/record_filter.hpp"

#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "replayed.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

std::vector<std::uint64_t> numbers_of(const Slice& slice) {
  std::vector<std::uint64_t> numbers;
  for (std::uint32_t i = 0; i < slice.count; ++i) {
    GenerationRecord record;
    std::memcpy(&record, slice.records + i * sizeof record, sizeof record);
    numbers.push_back(record.request_id);
  }
  return numbers;
}

TEST(RecordFilter, ResultsStayInTheirOrderAndTheOthersGo) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const Schema schema = RecordTraits<GenerationRecord>::schema().value();
  RecordFilter filter(schema);
  for (int round = 0; round < 500; ++round) {
    std::vector<GenerationRecord> records(random() % 200);
    std::vector<std::uint64_t> expected;
    const std::uint64_t notices = random() % 4;  // of four
    for (std::size_t i = 0; i < records.size(); ++i) {
      records[i].request_id = i;
      if (random() % 4 < notices) {
        records[i].event = static_cast<Event>(1 + random() % 255);
      } else {
        expected.push_back(i);
      }
    }
    const Slice all{.records = reinterpret_cast<const std::byte*>(records.data()),
                    .count = static_cast<std::uint32_t>(records.size()),
                    .record_size = sizeof(GenerationRecord),
                    .stream = 3,
                    .worker = 4,
                    .worker_seq = 5};
    LeftOut left_out;
    const Slice results = filter.results(all, left_out);
    EXPECT_EQ(left_out.notices, records.size() - expected.size());
    ASSERT_EQ(numbers_of(results), expected);
    EXPECT_EQ(results.stream, 3u);
    EXPECT_TRUE(expected.size() != records.size() || results.records == all.records) << "no copy";
  }
}

TEST(RecordFilter, WithoutAnEventFieldEveryRecordIsAResult) {
  RecordFilter filter(RecordTraits<RequestRecord>::schema().value());
  std::vector<std::byte> bytes(64 * 3, std::byte{0xFF});
  LeftOut left_out;
  const Slice all{.records = bytes.data(), .count = 3, .record_size = 64};
  EXPECT_EQ(filter.results(all, left_out).count, 3u);
}

TEST(RecordFilter, ResultsThatOverlapTheWindowCountAndTheOthersByReason) {
  const Schema schema = RecordTraits<RequestRecord>::schema().value();
  RecordFilter filter(schema, TimeWindow{100, 200});
  const std::pair<std::int64_t, std::int64_t> times[] = {{0, 99},
                                                         {0, 100},
                                                         {0, 1'000},
                                                         {150, 160},
                                                         {200, 300},
                                                         {201, 300},
                                                         {kAbsentTime, 99},
                                                         {kAbsentTime, 100},
                                                         {kAbsentTime, 201},
                                                         {200, kAbsentTime},
                                                         {99, kAbsentTime},
                                                         {kAbsentTime, kAbsentTime}};
  std::vector<RequestRecord> records;
  for (const auto& [start, end] : times) records.push_back({.start_ns = start, .end_ns = end});
  LeftOut left_out;
  const Slice results = filter.results({.records = reinterpret_cast<std::byte*>(records.data()),
                                        .count = static_cast<std::uint32_t>(records.size()),
                                        .record_size = sizeof(RequestRecord)},
                                       left_out);
  EXPECT_EQ(results.count, 6u);
  EXPECT_EQ(left_out.before, 3u);
  EXPECT_EQ(left_out.after, 2u);
  EXPECT_EQ(left_out.untimed, 1u);
}

TEST(RecordFilter, WithoutTimesThereIsNoWindow) {
  const RecordFilter filter(RecordTraits<SampleRecord>::schema().value(), TimeWindow{1, 2});
  EXPECT_FALSE(filter.window());
}

TEST(RecordFilter, NoticesAreKeptAndCountedAndInNoOtherNumberLiveAndReplayed) {
  for (const bool low_memory : {false, true}) {
    TemporaryFolder folder;
    auto engine = Engine::open({.log_dir = folder / "run", .low_memory = low_memory}).value();
    auto worker = engine.stream<GenerationRecord>("requests").value().worker().value();
    for (int i = 0; i < 3'000; ++i) {
      for (const Event event : {Event::scheduled, Event::started, Event::result}) {
        if (event == Event::result && i % 100 == 0) {
          ASSERT_TRUE(worker.push({.event = Event::withdrawn}));
          continue;
        }
        ASSERT_TRUE(worker.push({.event = event,
                                 .intended_start_ns = i,
                                 .start_ns = i + 5,
                                 .end_ns = i + 1'000 + (event == Event::result ? i : 1'000'000)}));
      }
    }
    const Summary live = engine.finish().value();
    const StreamSummary& requests = live["requests"];
    EXPECT_EQ(live.accounting().aggregated, 9'000u);
    EXPECT_EQ(requests.count(), 2'970u);
    EXPECT_EQ(requests.left_out().notices, 6'030u);
    EXPECT_EQ(requests.metric("time_to_last_token").max(), 995 + 2'999);
    EXPECT_EQ(requests.metric("response_time").max(), 1'000 + 2'999) << "from the intended start";
    EXPECT_EQ(requests.metric("response_time").percentile(100)->value, 1'000 + 2'999);
    const LogReplay replayed = replay_of(folder / "run");
    EXPECT_TRUE(replayed.whole());
    EXPECT_EQ(replayed.summary.digest(), live.digest());
    EXPECT_EQ(replayed.summary["requests"].left_out().notices, 6'030u);
  }
}

}  // namespace
}  // namespace millrace
