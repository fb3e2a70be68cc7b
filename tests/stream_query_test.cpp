// SPDX-License-Identifier: Apache-2.0
//
// Percentiles after the values were dropped: what is known, what can be asked for, and what is left to
// the histogram.
#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "made_up_stream.hpp"
#include "stats/rank_selection.hpp"

namespace millrace {
namespace {

using made_up::Sample;
using Optional = std::optional<double>;

constexpr std::array kPs{0.0, 1.0, 33.3, 50.0, 99.0, 99.9, 100.0};
constexpr std::array kRules{Rule::nearest_rank, Rule::linear, Rule::exclusive,
                            Rule::exclusive_clamped};
constexpr std::size_t kScore = 1;

struct Both {  // the same records, with the values and without
  explicit Both(int labels = 3) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 3'000; ++i) {
      samples.push_back(made_up::sample(random, {.labels = labels, .strange = false}));
    }
    for (std::size_t i = 0; i < samples.size(); i += 500) {
      const Slice slice = made_up::slice_of(std::span(samples).subspan(i, 500));
      held->accumulate(slice, {});
      dropped->accumulate(slice, {});
    }
  }
  OrderStatistics ask() {
    return [this](std::size_t metric, const Selected& selected,
                  std::span<const std::uint64_t> ranks) {
      ++asked;
      const std::vector<Wanted> wanted{{metric, selected, {ranks.begin(), ranks.end()}}};
      RankSelection selection(*dropped, wanted);
      while (!selection.done()) {
        for (std::size_t i = 0; i < samples.size(); i += 500) {
          selection.part(0).accumulate(made_up::slice_of(std::span(samples).subspan(i, 500)), {});
        }
        selection.end_pass();
      }
      return selection.values(0);
    };
  }
  std::vector<Sample> samples;
  std::unique_ptr<StreamStats> held = made_up::stats_of({}, true);
  std::unique_ptr<StreamStats> dropped = made_up::stats_of({}, false);
  int asked = 0;
};

std::vector<Selected> selections() {
  return {
      {}, {Status::ok, {}}, {Status::error, {}}, {{}, std::uint16_t{2}}, {Status::ok, kNoLabel}};
}

void expect_equal(const StreamStats& a, const StreamStats& b) {
  for (std::size_t metric = 0; metric < a.schema().metrics.size(); ++metric) {
    for (const Selected& selected : selections()) {
      for (const Rule rule : kRules) {
        const auto as = a.percentiles(metric, selected, kPs, rule);
        const auto bs = b.percentiles(metric, selected, kPs, rule);
        for (std::size_t i = 0; i < kPs.size(); ++i) {
          ASSERT_EQ(as[i].has_value(), bs[i].has_value());
          if (!as[i]) continue;
          EXPECT_EQ(as[i]->value, bs[i]->value);
          EXPECT_EQ(as[i]->relative_error, 0.0);
        }
      }
    }
  }
}

TEST(StreamQuery, WithoutValuesAllButTheLeastAndTheGreatestHaveAnError) {
  Both both;
  EXPECT_EQ(both.dropped->relative_error({}), Histogram::kRelativeError);
  EXPECT_EQ(both.dropped->relative_error({{}, std::uint16_t{2}}), CoarseHistogram::kRelativeError);
  constexpr std::array ps{0.0, 20.0, 50.0, 80.0, 100.0};
  for (const Selected& selected : selections()) {
    const auto exact = both.held->percentiles(kScore, selected, ps, Rule::nearest_rank);
    const auto found = both.dropped->percentiles(kScore, selected, ps, Rule::nearest_rank);
    for (std::size_t i = 0; i < ps.size(); ++i) {
      const bool end = ps[i] == 0 || ps[i] == 100;
      const double error = end ? 0 : both.dropped->relative_error(selected);
      EXPECT_EQ(found[i]->relative_error, error) << ps[i];
      EXPECT_NEAR(found[i]->value, exact[i]->value, error * std::abs(exact[i]->value));
    }
  }
}

TEST(StreamQuery, AsksOnceForAllOfACallAndRemembers) {
  Both both;
  both.dropped->answer_by(both.ask());
  const auto ask_for = [&](const Selected& selected, std::span<const double> ps, Rule rule) {
    EXPECT_EQ(both.dropped->percentiles(kScore, selected, ps, rule).size(), ps.size());
  };
  EXPECT_EQ(both.dropped->relative_error({}), 0.0);
  EXPECT_EQ(both.dropped->relative_error({{}, std::uint16_t{2}}), 0.0);
  ask_for({}, kPs, Rule::linear);
  EXPECT_EQ(both.asked, 1);
  ask_for({}, kPs, Rule::linear);
  ask_for({}, std::array{50.0, 100.0}, Rule::linear);
  ask_for({}, std::array{0.0, 100.0}, Rule::nearest_rank);
  EXPECT_EQ(both.asked, 1) << "known by now";
  ask_for({Status::ok, {}}, std::array{50.0}, Rule::linear);
  EXPECT_EQ(both.asked, 2);
  expect_equal(*both.dropped, *both.held);
}

TEST(StreamQuery, ForgetsWhatItKnewWhenMoreRecordsCome) {
  std::vector<Sample> samples(100);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i].score = static_cast<double>(i);
  const Slice one = made_up::slice_of(std::span(samples).first(1));
  const std::array<std::uint64_t, 3> ranks{50, 51, 52};
  const std::array<Optional, 3> values{12.5, 12.5, 12.5};
  const auto stats = made_up::stats_of({}, false);
  const auto p50_is_known = [&] {
    const auto p50 = stats->percentiles(kScore, {}, std::array{50.0}, Rule::nearest_rank).front();
    return p50->value == 12.5 && p50->relative_error == 0;
  };
  stats->accumulate(made_up::slice_of(samples), {});
  stats->end_segment();
  stats->know(kScore, {}, ranks, values);
  EXPECT_TRUE(p50_is_known());

  stats->accumulate(one, {});
  stats->end_segment();
  EXPECT_FALSE(p50_is_known());

  stats->know(kScore, {}, ranks, values);
  EXPECT_TRUE(p50_is_known());
  const auto segment = made_up::stats_of({}, false);
  segment->accumulate(one, {});
  segment->end_segment();
  ASSERT_TRUE(stats->merge(*segment, {}));
  EXPECT_FALSE(p50_is_known());
}

TEST(StreamQuery, OneSelectionMakesAllThatWasNamedExact) {
  Both both;
  const auto wanted = both.dropped->wanted_for(kPs, kRules, true, true);
  RankSelection selection(*both.dropped, wanted);
  while (!selection.done()) {
    for (std::size_t i = 0; i < both.samples.size(); i += 500) {
      selection.part(0).accumulate(made_up::slice_of(std::span(both.samples).subspan(i, 500)), {});
    }
    selection.end_pass();
  }
  EXPECT_EQ(selection.passes(), 1);
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    both.dropped->know(wanted[w].metric, wanted[w].selected, wanted[w].ranks, selection.values(w));
  }
  expect_equal(*both.dropped, *both.held);
  const auto unnamed = both.dropped->percentiles(kScore, {}, std::array{42.0}, Rule::nearest_rank);
  EXPECT_EQ(unnamed.front()->relative_error, Histogram::kRelativeError);
}

TEST(StreamQuery, NamesRanksByStatusAndLabelOnlyWhenAsked) {
  Both both(2);
  const auto count = [&](bool by_status, bool by_label) {
    return both.dropped->wanted_for(kPs, kRules, by_status, by_label).size();
  };
  EXPECT_EQ(count(false, false), 5u);
  EXPECT_EQ(count(true, false), 5u * 4);
  EXPECT_EQ(count(false, true), 5u * 4) << "two labels, and records without one";
  EXPECT_EQ(count(true, true), 5u * 4 * 4);
  EXPECT_EQ(made_up::stats_of({}, false)->wanted_for(kPs, kRules, true, true).size(), 0u);
  for (const Wanted& wanted : both.dropped->wanted_for(kPs, kRules, true, true)) {
    EXPECT_TRUE(std::ranges::is_sorted(wanted.ranks));
    EXPECT_EQ(std::ranges::adjacent_find(wanted.ranks), wanted.ranks.end());
  }
}

TEST(StreamQuery, MarksOneByOneWhatWasNotFound) {
  Both both;
  both.dropped->answer_by([&](std::size_t, const Selected&, std::span<const std::uint64_t> ranks) {
    std::vector<Optional> found(ranks.size());
    found.front() = 12.5;
    found.pop_back();  // fewer than asked for: not found either
    return found;
  });
  const auto found =
      both.dropped->percentiles(kScore, {}, std::array{10.0, 20.0, 30.0}, Rule::nearest_rank);
  EXPECT_EQ(found[0]->value, 12.5);
  EXPECT_EQ(found[0]->relative_error, 0.0);
  EXPECT_EQ(found[1]->relative_error, Histogram::kRelativeError);
  EXPECT_EQ(found[2]->relative_error, Histogram::kRelativeError);
  const auto between =
      both.dropped->percentiles(kScore, {}, std::array{10.0}, Rule::linear).front();
  EXPECT_TRUE(between.has_value());
}

TEST(StreamQuery, ManyThreadsMayAskUnderAGuard) {
  Both both;
  std::mutex mutex;
  both.dropped->answer_by(both.ask(), [&](const std::function<void()>& run) {
    const std::lock_guard lock(mutex);
    run();
  });
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] { expect_equal(*both.dropped, *both.held); });
  }
  EXPECT_LE(both.asked, 5 * 5 * 4) << "each rank once";
}

TEST(StreamQuery, TheErrorByLabelGrowsWithTheSpreadOfItsValues) {
  const auto stats = made_up::stats_of({}, false);
  std::vector<Sample> samples(100);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i].label = i < 50 ? 2 : 3;
    samples[i].score = std::ldexp(1.5, static_cast<int>(i < 50 ? i % 20 : i % 50));
  }
  stats->accumulate(made_up::slice_of(samples), {});
  const Selected narrow{{}, std::uint16_t{2}}, wide{{}, std::uint16_t{3}};
  EXPECT_EQ(stats->relative_error(narrow), CoarseHistogram::kRelativeError);
  EXPECT_EQ(stats->relative_error(wide), 2 * CoarseHistogram::kRelativeError);
  const auto p50 = stats->percentiles(kScore, wide, std::array{50.0}, Rule::nearest_rank);
  EXPECT_EQ(p50.front()->relative_error, 2 * CoarseHistogram::kRelativeError);
}

}  // namespace
}  // namespace millrace
