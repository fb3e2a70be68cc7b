// SPDX-License-Identifier: Apache-2.0
//
// RankSelection against ExactStore and sorted vectors: the same bits in few passes. Its memory:
// rank_selection_memory_test.cpp.
#include "stats/rank_selection.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

#include <gtest/gtest.h>

#include "made_up_selection.hpp"

namespace millrace {
namespace {

using made_up::expect_exact;
using made_up::for_each_slice;
using made_up::Kind;
using made_up::Mix;
using made_up::run;
using made_up::Sample;
using made_up::totals_of;
using Samples = std::vector<Sample>;
using Ranks = std::vector<std::uint64_t>;
using Values = std::vector<double>;

constexpr std::size_t kScore = 1;     // of the metrics of a made-up stream
constexpr std::size_t kAnything = 2;  // domain any

Samples samples_of(std::span<const double> values) {
  Samples samples(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) samples[i].anything = values[i];
  return samples;
}

Ranks random_ranks(std::mt19937_64& random, std::uint64_t n, int most) {
  Ranks ranks;
  for (int i = 0; i < most; ++i)
    ranks.push_back(random() % (n + 3));  // 0 and n + 1, n + 2 are none
  std::ranges::sort(ranks);
  return ranks;
}

TEST(RankSelection, HasTheBitsOfAnExactStore) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    constexpr std::array<std::size_t, 9> kSizes{0, 1, 2, 3, 4, 5, 100, 1'500, 6'000};
    const Mix mix{.labels = random() % 3 == 0 ? 0 : static_cast<int>(1 + random() % 8),
                  .strange = random() % 2 == 0};
    Samples samples;
    for (std::size_t i = kSizes[random() % kSizes.size()]; i > 0; --i) {
      samples.push_back(made_up::sample(random, mix));
    }
    const auto totals = totals_of(samples);
    std::vector<Wanted> wanted;
    for (std::size_t metric = 0; metric < 5; ++metric) {
      for (int i = 0; i < 5; ++i) {
        Selected selected;
        if (random() % 2 == 0) selected.status = static_cast<Status>(random() % kStatusCount);
        if (random() % 2 == 0) selected.label = static_cast<std::uint16_t>(random() % 10);
        wanted.push_back({metric, selected, random_ranks(random, totals->count(selected), 20)});
      }
    }
    RankSelection selection(*totals, wanted, {.parts = 1 + random() % 4});
    run(selection, samples, random);
    ASSERT_LE(selection.passes(), 1);
    expect_exact(selection, samples);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(RankSelection, FindsEveryRankOfFewValues) {
  std::mt19937_64 random(1);
  const Values all{-std::numeric_limits<double>::infinity(), -3, -0.0, 5e-324, 7};
  for (std::size_t n = 0; n <= all.size(); ++n) {
    const Samples samples = samples_of(std::span(all).first(n));
    const auto totals = totals_of(samples);
    RankSelection selection(*totals, {{kAnything, {}, {0, 1, 2, 3, 4, 5, 6}}});
    run(selection, samples, random);
    const auto found = selection.values(0);
    EXPECT_EQ(found[0], std::nullopt);
    for (std::size_t rank = 1; rank < found.size(); ++rank) {
      if (rank > n) {
        EXPECT_EQ(found[rank], std::nullopt);
      } else {
        EXPECT_EQ(found[rank], all[rank - 1]);
      }
    }
    EXPECT_LE(selection.passes(), n <= 2 ? 0 : 1) << "the least and the greatest are known";
  }
}

struct Shape {
  const char* name;
  int passes;  // at most
  Values values;
};

std::vector<Shape> shapes(std::size_t n) {
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> lognormal(18, 0.7);
  Values continuous(n);
  for (double& value : continuous) value = lognormal(random);
  Values half = continuous, whole = continuous, few = continuous, both = continuous;
  Values close(n), crowded(n), subnormal(n), infinite = continuous;
  for (std::size_t i = 0; i < n; ++i) {
    if (random() % 2 == 0) half[i] = 5e7;
    whole[i] = std::round(whole[i] / 1e6) * 1e6;  // a clock of milliseconds
    few[i] = static_cast<double>(random() % 4);
    if (random() % 2 == 0) both[i] = -both[i];
    close[i] = std::nextafter(1.0, random() % 2 == 0 ? 2.0 : 1.0);  // every refinement is needed
    crowded[i] = 1 + std::ldexp(static_cast<double>(random() >> 12), -62);  // in one bucket
    subnormal[i] = 5e-324 * static_cast<double>(random() % 1'000);
    if (random() % 3 == 0) infinite[i] = std::numeric_limits<double>::infinity();
  }
  return {{"continuous", 1, continuous},    {"half equal", 1, half},
          {"all equal", 0, Values(n, 3.5)}, {"whole milliseconds", 1, whole},
          {"four values", 1, few},          {"both signs", 1, both},
          {"neighbours", 1, close},         {"subnormal", 4, subnormal},
          {"infinite", 1, infinite},        {"crowded", 2, crowded}};
}

TEST(RankSelection, OfAMillionValuesWithTiesOrWithout) {
  constexpr std::size_t kMillion = 1'000'000;
  Ranks ranks;
  for (std::uint64_t i = 1; i <= 20; ++i) ranks.push_back(i * kMillion / 21);
  ranks.insert(ranks.end(), {kMillion - 100, kMillion - 1, kMillion});
  for (const Shape& shape : shapes(kMillion)) {
    SCOPED_TRACE(shape.name);
    std::mt19937_64 random(3);
    const Samples samples = samples_of(shape.values);
    const auto totals = totals_of(samples);
    RankSelection selection(*totals,
                            {{kAnything, {}, ranks},
                             {kAnything, {Status::ok, {}}, {1, 500'000}},
                             {kAnything, {{}, kNoLabel}, ranks}},
                            {.parts = 3});
    run(selection, samples, random);
    EXPECT_LE(selection.passes(), shape.passes);
    Values sorted = shape.values;
    std::ranges::sort(sorted);
    for (const std::size_t w : {0u, 1u, 2u}) {
      const auto found = selection.values(w);
      for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_EQ(found[i], sorted[selection.wanted()[w].ranks[i] - 1]);
      }
    }
  }
}

// Without memory for more than one target, ties must be counted down to the last bit.
TEST(RankSelection, RefinesInFourPassesAtMost) {
  constexpr std::size_t kMany = 300'000;
  for (const Shape& shape : shapes(kMany)) {
    for (const Selected& selected : {Selected{}, Selected{{}, kNoLabel}}) {
      SCOPED_TRACE(testing::Message() << shape.name << (selected.label ? ", by label" : ""));
      std::mt19937_64 random(11);
      const Samples samples = samples_of(shape.values);
      const auto totals = totals_of(samples);
      RankSelection selection(*totals, {{kAnything, selected, {100'000}}},
                              {.memory_bytes = 1, .parts = 2});
      run(selection, samples, random);
      EXPECT_LE(selection.passes(), 4);
      const bool every = shape.name == std::string_view("neighbours");
      EXPECT_GE(selection.passes(), every ? 4 : 0);
      Values sorted = shape.values;
      std::ranges::nth_element(sorted, sorted.begin() + 99'999);
      EXPECT_EQ(selection.values(0).front(), sorted[99'999]);
    }
  }
}

TEST(RankSelection, DoesNotDependOnHowManyPartsThereAre) {
  std::mt19937_64 random(4);
  Samples samples;
  for (int i = 0; i < 200'000; ++i) samples.push_back(made_up::sample(random, {.labels = 3}));
  const auto totals = totals_of(samples);
  const auto wanted =
      totals->wanted_for(std::array{1.0, 50.0, 99.0}, std::array{Rule::linear}, true, true);
  std::vector<std::vector<std::optional<double>>> first;
  for (const std::size_t parts : {1u, 2u, 7u}) {
    RankSelection selection(*totals, wanted, {.parts = parts});
    run(selection, samples, random);
    for (std::size_t w = 0; w < wanted.size(); ++w) {
      if (parts == 1) first.push_back(selection.values(w));
      EXPECT_EQ(selection.values(w), first[w]);
      EXPECT_TRUE(std::ranges::all_of(first[w], [](const auto& v) { return v.has_value(); }));
    }
  }
}

TEST(RankSelection, PartsMayHaveSeenDifferentValuesOfABucket) {
  const double above = std::nextafter(1.0, 2.0);
  for (int variant = 0; variant < 4; ++variant) {
    SCOPED_TRACE(variant);
    const double first = variant / 2 == 0 ? 1.0 : above, second = variant / 2 == 0 ? above : 1.0;
    Values values(100'000, first);
    values.resize(200'000, second);
    if (variant % 2 == 1) values[150'000] = first;  // the second part sees both
    values.insert(values.end(), {-5, 5});           // neither is wanted
    const Samples samples = samples_of(values);
    const auto totals = totals_of(samples);
    const Ranks ranks{90'000, 100'003, 190'000};
    RankSelection selection(*totals, {{kAnything, {}, ranks}}, {.memory_bytes = 1, .parts = 2});
    while (!selection.done()) {
      std::size_t seen = 0;
      for_each_slice(samples, [&](const Slice& slice) {
        selection.part(seen < 100'000 ? 0 : 1).accumulate(slice, {});
        seen += slice.count;
      });
      selection.end_pass();
    }
    EXPECT_EQ(selection.values(0), (std::vector<std::optional<double>>{1.0, above, above}));
  }
}

TEST(RankSelection, TheSameWantedTwiceIsFoundTwice) {
  std::mt19937_64 random(5);
  Samples samples;
  for (int i = 0; i < 20'000; ++i) samples.push_back(made_up::sample(random, {.labels = 2}));
  const auto totals = totals_of(samples);
  const Selected label{{}, std::uint16_t{2}};
  RankSelection selection(*totals, {{kScore, {}, {5, 5, 100, 100}},
                                    {kScore, {}, {100, 4'000}},
                                    {kScore, label, {100, 3'000}},
                                    {kScore, label, {99, 3'000}}});
  run(selection, samples, random);
  EXPECT_EQ(selection.passes(), 1);
  expect_exact(selection, samples);
}

TEST(RankSelection, GivesNoNumberWhenTheSlicesAreNotThoseOfTheTotals) {
  std::mt19937_64 random(9);
  Values values(300'000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = i % 2 == 0 ? 20 : 1 + static_cast<double>(i % 1'000);
  }
  const Samples samples = samples_of(values);
  const auto totals = totals_of(samples);
  const Ranks ranks{1, 50'000, 100'000, 150'000, 299'000, 300'000};
  Samples twice = samples;
  twice.insert(twice.end(), samples.begin(), samples.end());
  for (const std::span<const Sample> other :
       {std::span(samples).first(100'000), std::span<const Sample>(twice),
        std::span<const Sample>()}) {
    RankSelection selection(*totals, {{kAnything, {}, ranks}, {kAnything, {{}, kNoLabel}, ranks}});
    run(selection, other, random);
    for (const std::size_t w : {0u, 1u}) {
      const auto found = selection.values(w);
      EXPECT_EQ(found.front(), 2.0) << "known without a pass";
      EXPECT_EQ(found.back(), 1'000.0);
      for (std::size_t i = 1; i + 1 < ranks.size(); ++i) EXPECT_EQ(found[i], std::nullopt);
    }
  }
}

TEST(RankSelection, CountsLabelsBeyondTheLimitAsTheTotalsDid) {
  std::mt19937_64 random(10);
  Samples samples;
  for (int i = 0; i < 5'000; ++i) samples.push_back(made_up::sample(random, {.labels = 9}));
  const auto totals = made_up::stats_of({}, false, {.labels_max = 4});
  for_each_slice(samples, [&](const Slice& slice) { totals->accumulate(slice, {}); });
  const auto exact = made_up::stats_of({}, true, {.labels_max = 4});
  for_each_slice(samples, [&](const Slice& slice) { exact->accumulate(slice, {}); });
  const std::array ps{50.0, 99.0};
  RankSelection selection(*totals,
                          totals->wanted_for(ps, std::array{Rule::nearest_rank}, true, true));
  run(selection, samples, random);
  for (std::size_t w = 0; w < selection.wanted().size(); ++w) {
    const auto& [metric, selected, ranks] = selection.wanted()[w];
    const auto expected = exact->percentiles(metric, selected, ps, Rule::nearest_rank);
    EXPECT_EQ(selection.values(w).front(), expected.front()->value);
    EXPECT_EQ(selection.values(w).back(), expected.back()->value);
  }
}

TEST(RankSelection, NothingWantedIsDoneAtOnce) {
  const Samples samples = samples_of(Values{1, 2, 3});
  const auto totals = totals_of(samples);
  EXPECT_TRUE(RankSelection(*totals, {}).done());
  RankSelection beyond(*totals,
                       {{99, {}, {1}}, {kAnything, {{}, std::uint16_t{7}}, {1}}, {0, {}, {1}}});
  EXPECT_TRUE(beyond.done());
  for (const std::size_t w : {0u, 1u, 2u}) EXPECT_EQ(beyond.values(w).front(), std::nullopt);
}

}  // namespace
}  // namespace millrace
