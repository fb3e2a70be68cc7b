// SPDX-License-Identifier: Apache-2.0
//
// Segments that were accumulated apart and merged have the bits of those accumulated in one go, or
// merge() says that it cannot be had.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <string>

#include <gtest/gtest.h>

#include "made_up_stream.hpp"
#include "stats/digest.hpp"

namespace millrace {
namespace {

using made_up::Kind;
using made_up::Mix;
using made_up::Sample;
using Samples = std::vector<Sample>;
using Slices = std::vector<std::span<const Sample>>;

struct Segment {
  Mix mix;
  Samples samples;
  Slices slices;
};

Segment segment_of(std::mt19937_64& random, const Mix& mix, std::size_t n) {
  Segment segment{mix, {}, {}};
  for (std::size_t i = 0; i < n; ++i) segment.samples.push_back(made_up::sample(random, mix));
  std::span<const Sample> rest = segment.samples;
  while (!rest.empty()) {
    // Slices of one, of equals and of many.
    const std::size_t most = random() % 3 == 0 ? 3 : 400;
    const std::size_t slice = std::min<std::size_t>(1 + random() % most, rest.size());
    segment.slices.push_back(rest.first(slice));
    rest = rest.subspan(slice);
  }
  return segment;
}

void accumulate(StreamStats& stats, const Segment& segment, const NameMap& names = {}) {
  for (const auto slice : segment.slices) stats.accumulate(made_up::slice_of(slice), names);
  stats.end_segment();
}

std::vector<std::string> names_up_to(std::size_t n) {
  std::vector<std::string> names{"", "other"};
  for (std::size_t i = 2; i < n; ++i) names.push_back("name" + std::to_string(i * 7919 % 1'000));
  return names;
}

std::uint64_t digest_of(const StreamStats& stats) {
  const auto names = names_up_to(300);
  Digest digest;
  add_numbers(digest, stats, names, names);
  return digest.value();
}

void expect_same_bits(double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return;
  EXPECT_EQ(std::bit_cast<std::uint64_t>(a), std::bit_cast<std::uint64_t>(b)) << a << ", " << b;
}

void expect_same_figures(const StreamStats::Figures& a, const StreamStats::Figures& b) {
  EXPECT_EQ(a.moments.count, b.moments.count);
  EXPECT_EQ(a.absent, b.absent);
  EXPECT_EQ(a.invalid, b.invalid);
  EXPECT_TRUE(a.integer_sum == b.integer_sum);
  expect_same_bits(a.sum, b.sum);
  expect_same_bits(a.mean, b.mean);
  const Moments &m = a.moments, &n = b.moments;
  for (const auto& [x, y] : {std::pair{m.mean, n.mean},
                             {m.m2, n.m2},
                             {m.m3, n.m3},
                             {m.m4, n.m4},
                             {m.min, n.min},
                             {m.max, n.max}}) {
    expect_same_bits(x, y);
  }
}

void expect_same(const StreamStats& merged, const StreamStats& sequential) {
  constexpr std::array kPs{0.0, 3.0, 50.0, 99.0, 100.0};
  EXPECT_EQ(merged.labels(), sequential.labels());
  EXPECT_EQ(merged.errors(), sequential.errors());
  for (const std::uint16_t error : sequential.errors()) {
    EXPECT_EQ(merged.error_count(error), sequential.error_count(error));
  }
  EXPECT_EQ(merged.times().first_start_ns, sequential.times().first_start_ns);
  EXPECT_EQ(merged.times().last_start_ns, sequential.times().last_start_ns);
  EXPECT_EQ(merged.times().first_end_ns, sequential.times().first_end_ns);
  EXPECT_EQ(merged.times().last_end_ns, sequential.times().last_end_ns);
  EXPECT_EQ(merged.good(), sequential.good());
  std::vector<Selected> selections{{}};
  for (std::size_t s = 0; s < kStatusCount; ++s) {
    selections.push_back({static_cast<Status>(s), {}});
    for (const std::uint16_t label : sequential.labels()) {
      selections.push_back({static_cast<Status>(s), label});
    }
  }
  for (const Selected& selected : selections) {
    EXPECT_EQ(merged.count(selected), sequential.count(selected));
    for (std::size_t metric = 0; metric < merged.schema().metrics.size(); ++metric) {
      expect_same_figures(merged.figures(metric, selected), sequential.figures(metric, selected));
      const auto ours = merged.percentiles(metric, selected, kPs, Rule::nearest_rank);
      const auto theirs = sequential.percentiles(metric, selected, kPs, Rule::nearest_rank);
      for (std::size_t i = 0; i < kPs.size(); ++i) {
        ASSERT_EQ(ours[i].has_value(), theirs[i].has_value());
        if (!ours[i]) continue;
        expect_same_bits(ours[i]->value, theirs[i]->value);
        expect_same_bits(ours[i]->relative_error, theirs[i]->relative_error);
      }
    }
  }
  EXPECT_EQ(digest_of(merged), digest_of(sequential));
}

// Some segments have labels, statuses, absent values and infinities and others have not.
std::vector<Segment> random_segments(std::mt19937_64& random) {
  std::vector<Segment> segments;
  const std::size_t n = 1 + random() % 6;
  for (std::size_t i = 0; i < n; ++i) {
    const Mix mix{.labels = random() % 2 == 0 ? 0 : static_cast<int>(1 + random() % 20),
                  .labelled = std::array{0.01, 0.5, 1.0}[random() % 3],
                  .statuses = random() % 3 != 0,
                  .absent = random() % 3 != 0,
                  .strange = random() % 3 == 0};
    constexpr std::array<std::size_t, 5> kSizes{0, 1, 2, 50, 2'000};
    segments.push_back(segment_of(random, mix, kSizes[random() % kSizes.size()]));
  }
  return segments;
}

TEST(StreamMerge, HasTheBitsOfSequentialAccumulation) {
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const Kind kind{random() % 4 != 0, random() % 4 != 0, random() % 2 == 0};
    const auto segments = random_segments(random);
    const auto sequential = made_up::stats_of(kind, false), merged = made_up::stats_of(kind, false);

    for (const Segment& segment : segments) {
      accumulate(*sequential, segment);
      const auto apart = made_up::stats_of(kind, false);
      accumulate(*apart, segment);
      ASSERT_TRUE(merged->merge(*apart, {}));
    }

    expect_same(*merged, *sequential);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(StreamMerge, MapsTheSegmentsNumbersToTheTotals) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const auto sequential = made_up::stats_of({}, false), merged = made_up::stats_of({}, false);
    for (int i = 0; i < 4; ++i) {
      const Segment segment = segment_of(random, {.labels = 12}, 700);
      std::vector<std::uint16_t> labels(14), errors(5);  // one error is beyond: "other"
      std::iota(labels.begin(), labels.end(), std::uint16_t{0});
      std::shuffle(labels.begin() + 2, labels.end(), random);
      for (std::size_t e = 2; e < errors.size(); ++e)
        errors[e] = static_cast<std::uint16_t>(2 + random() % 3);
      errors[1] = 1;
      const NameMap names{labels, errors};
      accumulate(*sequential, segment, names);
      const auto apart = made_up::stats_of({}, false);
      accumulate(*apart, segment);
      ASSERT_TRUE(merged->merge(*apart, names));
    }
    expect_same(*merged, *sequential);
  }
}

TEST(StreamMerge, ALabelMayAppearFirstInALaterSegment) {
  std::mt19937_64 random(1);
  const auto sequential = made_up::stats_of({}, false), merged = made_up::stats_of({}, false);
  for (const int labels : {0, 0, 3, 0, 5}) {
    const Segment segment = segment_of(random, {.labels = labels, .labelled = 0.3}, 900);
    accumulate(*sequential, segment);
    const auto apart = made_up::stats_of({}, false);
    accumulate(*apart, segment);
    ASSERT_TRUE(merged->merge(*apart, {}));
    expect_same(*merged, *sequential);
  }
  const auto unlabelled = merged->figures(0, {Status::ok, kNoLabel});
  EXPECT_GT(unlabelled.moments.count, 0u);
  EXPECT_LT(unlabelled.moments.count, merged->figures(0, {Status::ok, {}}).moments.count);
}

TEST(StreamMerge, GoesOnWithSlicesAfterwards) {
  std::mt19937_64 random(2);
  const auto sequential = made_up::stats_of({}, false), mixed = made_up::stats_of({}, false);
  for (int i = 0; i < 6; ++i) {
    const Segment segment = segment_of(random, {.labels = i}, 500);
    accumulate(*sequential, segment);
    if (i % 2 == 0) {
      accumulate(*mixed, segment);
      continue;
    }
    const auto apart = made_up::stats_of({}, false);
    accumulate(*apart, segment);
    ASSERT_TRUE(mixed->merge(*apart, {}));
  }
  expect_same(*mixed, *sequential);
}

// What merge() must refuse, and that the way around, the slices one by one, is then the same as ever.
TEST(StreamMerge, SaysWhenLabelLimitsWouldHaveBeenDecidedOtherwise) {
  int refused = 0, merged_ones = 0;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const StatsLimits limits{.labels_max = static_cast<std::uint32_t>(4 + random() % 12)};
    const auto sequential = made_up::stats_of({}, false, limits);
    const auto merged = made_up::stats_of({}, false, limits);
    for (int i = 0; i < 5; ++i) {
      const Segment segment = segment_of(
          random, {.labels = static_cast<int>(random() % 10), .strange = false}, random() % 60);
      accumulate(*sequential, segment);
      const auto apart = made_up::stats_of({}, false, limits);
      accumulate(*apart, segment);
      const std::uint64_t before = digest_of(*merged);
      const auto labels_before = merged->labels();
      if (merged->merge(*apart, {})) {
        ++merged_ones;
      } else {
        ++refused;
        ASSERT_EQ(digest_of(*merged), before) << "unchanged";
        ASSERT_EQ(merged->labels(), labels_before);
        accumulate(*merged, segment);
      }
      expect_same(*merged, *sequential);
      if (testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(refused, 20);
  EXPECT_GT(merged_ones, 100);
}

Segment labelled(std::initializer_list<std::uint16_t> labels) {
  std::mt19937_64 random(3);
  Segment segment = segment_of(random, {}, labels.size());
  std::size_t i = 0;
  for (const std::uint16_t label : labels) segment.samples[i++].label = label;
  return segment;
}

TEST(StreamMerge, FillsTheLimitsToTheLastLabel) {
  for (const bool by_memory : {false, true}) {
    StatsLimits limits{.labels_max = 3};
    if (by_memory) {
      const std::size_t label = StreamStats::label_bytes(made_up::schema_of({}));
      limits = {.labels_max = 1'000, .label_memory_bytes = 5 * label};  // two are not for names
    }
    const auto total = made_up::stats_of({}, false, limits);
    ASSERT_EQ(total->labels_room(), 3u);
    accumulate(*total, labelled({2, 3, 0}));
    const auto fits = made_up::stats_of({}, false, limits),
               beyond = made_up::stats_of({}, false, limits);
    accumulate(*fits, labelled({4, 1, 3}));
    accumulate(*beyond, labelled({5}));
    EXPECT_TRUE(total->merge(*fits, {}));
    EXPECT_FALSE(total->merge(*beyond, {}));
    EXPECT_EQ(total->labels(), (std::vector<std::uint16_t>{2, 3, 0, 4, 1}));
  }
}

TEST(StreamMerge, RefusesTwoNumbersOfOneName) {
  const auto total = made_up::stats_of({}, false), segment = made_up::stats_of({}, false);
  accumulate(*segment, labelled({2, 3}));
  EXPECT_FALSE(total->merge(*segment, {std::array<std::uint16_t, 4>{0, 1, 7, 7}, {}}));
  EXPECT_FALSE(total->merge(*segment, {std::array<std::uint16_t, 2>{0, 1}, {}})) << "both other";
  EXPECT_TRUE(total->merge(*segment, {std::array<std::uint16_t, 3>{0, 1, 7}, {}}));
  EXPECT_EQ(total->labels(), (std::vector<std::uint16_t>{7, kOtherLabel}));
}

TEST(StreamMerge, RefusesValuesThatAreHeldObserversAndSegmentsUnderWay) {
  std::mt19937_64 random(4);
  const Segment segment = segment_of(random, {}, 100);
  const auto apart = made_up::stats_of({}, false);
  accumulate(*apart, segment);

  EXPECT_FALSE(made_up::stats_of({}, true)->merge(*apart, {}));
  const auto held = made_up::stats_of({}, true);
  accumulate(*held, segment);
  EXPECT_FALSE(made_up::stats_of({}, false)->merge(*held, {}));
  const auto observed = made_up::stats_of({}, false);
  observed->observe(0, [](std::span<const double>) {});
  EXPECT_FALSE(observed->merge(*apart, {}));
  const auto under_way = made_up::stats_of({}, false);
  under_way->accumulate(made_up::slice_of(segment.slices.front()), {});
  EXPECT_FALSE(under_way->merge(*apart, {}));
  EXPECT_FALSE(made_up::stats_of({}, false)->merge(*under_way, {}));
  EXPECT_TRUE(made_up::stats_of({}, false)->merge(*apart, {}));
}

}  // namespace
}  // namespace millrace
