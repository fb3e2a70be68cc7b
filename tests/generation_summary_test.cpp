// SPDX-License-Identifier: Apache-2.0
#include "stats/generation_summary.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "memory_spill.hpp"

namespace millrace {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
using Records = std::vector<GenerationRecord>;

// With what is missing, turned round, at one time or far away.
Records random_records(std::mt19937_64& random, std::size_t n) {
  Records records(n);
  const std::int64_t grid = random() % 3 == 0 ? 20 : 5'000 * kMillisecond;
  const auto time = [&] { return static_cast<std::int64_t>(random() % std::uint64_t(grid)); };
  for (GenerationRecord& r : records) {
    r.status = static_cast<Status>(random() % 10 < 7 ? 0 : random() % kStatusCount);
    if (random() % 20 != 0) r.start_ns = time();
    if (random() % 20 != 0) r.end_ns = time() / 2 + (random() % 9 == 0 ? 0 : r.start_ns / 2 + grid);
    if (random() % 10 != 0) r.first_token_ns = time();
    if (random() % 10 != 0) r.last_token_ns = random() % 5 == 0 ? r.first_token_ns : r.end_ns;
    if (random() % 10 != 0) r.input_tokens = static_cast<std::int32_t>(random() % 500);
    if (random() % 10 != 0) r.output_tokens = static_cast<std::int32_t>(random() % 200);
    if (random() % 8 == 0) r.token_iterations = static_cast<std::int32_t>(random() % 100);
    r.input_characters = static_cast<std::int32_t>(random() % 3);
  }
  return records;
}

GenerationSummary summary_of(const Records& records, const GenerationProfile& profile,
                             SortRoom& room) {
  GenerationSummarizer summarizer(profile, 0, room, DistributionRule::Curve::cumulative, 100);
  for (const GenerationRecord& record : records) summarizer.add(record);
  return summarizer.finish({});
}

void expect_same(const Distribution& a, const Distribution& b) {
  EXPECT_EQ(a.count, b.count);
  EXPECT_EQ(a.mean, b.mean);
  EXPECT_EQ(a.mode, b.mode);
  EXPECT_EQ(a.variance, b.variance);
  EXPECT_EQ(a.min, b.min);
  EXPECT_EQ(a.max, b.max);
  EXPECT_EQ(a.total, b.total);
  EXPECT_EQ(a.percentiles, b.percentiles);
  EXPECT_EQ(a.curve, b.curve);
}

TEST(GenerationSummary, IsTheSameToTheBitWhateverTheRoom) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (const GenerationProfile& profile : generation_profiles()) {
    for (const std::size_t room_bytes : {std::size_t{1}, std::size_t{256} << 10}) {
      const Records records = random_records(random, 14'000);
      SortRoom all, little(room_bytes, std::make_unique<MemorySpill>());
      const GenerationSummary expected = summary_of(records, profile, all);
      const GenerationSummary actual = summary_of(records, profile, little);
      EXPECT_GT(little.spilled_bytes(), 0u);
      for (std::size_t metric = 0; metric < profile.metrics.size(); ++metric) {
        SCOPED_TRACE(profile.metrics[metric].name);
        for (std::size_t s = 0; s < kStatusCount; ++s) {
          expect_same(actual.metrics[metric].by_status[s], expected.metrics[metric].by_status[s]);
        }
        expect_same(actual.metrics[metric].total, expected.metrics[metric].total);
      }
    }
  }
}

// A formula may ask for the status; those of 0.2.1 do.
TEST(GenerationSummary, OfAllStatusesIsThatOfTheSameRequestsWithOne) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    for (const char* name : {"millrace", "guidellm-0.7.3"}) {
      const GenerationProfile& profile = *generation_profile(name);
      Records records = random_records(random, random() % 200);
      SortRoom room;
      const GenerationSummary mixed = summary_of(records, profile, room);
      for (GenerationRecord& record : records) record.status = Status::error;
      const GenerationSummary of_one = summary_of(records, profile, room);
      for (std::size_t metric = 0; metric < profile.metrics.size(); ++metric) {
        SCOPED_TRACE(profile.metrics[metric].name);
        expect_same(mixed.metrics[metric].total, of_one.metrics[metric].total);
        expect_same(of_one.metrics[metric].by_status[1], of_one.metrics[metric].total);
      }
    }
  }
}

// What a summary of so many requests holds at most while they are added.
std::size_t bytes_of(std::size_t requests, std::int32_t tokens) {
  SortRoom room;
  GenerationSummarizer summarizer(*generation_profile("guidellm-0.7.3"), 0, room);
  for (std::size_t i = 0; i < requests; ++i) {
    const auto start = static_cast<std::int64_t>(i) * kMillisecond;
    GenerationRecord r;
    r.start_ns = start;
    r.first_token_ns = start + 100 * kMillisecond;
    r.end_ns = r.last_token_ns = start + 300 * kMillisecond;
    r.input_tokens = r.output_tokens = tokens;
    summarizer.add(r);
  }
  return room.used_bytes();
}

TEST(GenerationSummary, HoldsSpreadsAndNotTokens) {
  EXPECT_LT(bytes_of(10, 1'000), 200'000u);
  EXPECT_EQ(bytes_of(10'000, 1'000'000), bytes_of(10'000, 100));
  EXPECT_LT(bytes_of(10'000, 1'000'000), 10'000u * 700);
}

}  // namespace
}  // namespace millrace
