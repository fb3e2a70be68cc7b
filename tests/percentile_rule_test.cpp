// SPDX-License-Identifier: Apache-2.0
//
// Percentile rules against their definitions over a sorted vector, against Python's statistics
// module and numpy's formula (data/percentiles.jsonl), and against llmeter itself (data/vectors).
// Data: MILLRACE_TEST_DATA, else data/ here.
#include "stats/percentile_rule.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace millrace {
namespace {

using Json = nlohmann::json;
using Values = std::vector<double>;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Rule kRules[] = {Rule::nearest_rank, Rule::linear, Rule::exclusive,
                           Rule::exclusive_clamped};

double percentile(const Values& sorted, double p, Rule rule) {
  const Ranks ranks = ranks_of(p, sorted.size(), rule);
  EXPECT_GE(ranks.low, 1u);
  EXPECT_LE(ranks.low, ranks.high);
  EXPECT_LE(ranks.high, sorted.size());
  return combine(ranks, sorted[ranks.low - 1], sorted[ranks.high - 1], sorted.front(),
                 sorted.back());
}

std::vector<Json> lines_of(const std::string& name) {
  const char* data = std::getenv("MILLRACE_TEST_DATA");
  std::ifstream file((data ? std::string(data) : "data") + "/" + name);
  EXPECT_TRUE(file) << name;
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
  return lines;
}

Values sorted(const Json& values) {
  auto all = values.get<Values>();
  std::ranges::sort(all);
  return all;
}

std::uint64_t nearest(double p, std::uint64_t n) { return ranks_of(p, n, Rule::nearest_rank).low; }

TEST(PercentileRule, NamesGoBothWays) {
  for (const Rule rule : kRules) EXPECT_EQ(rule_from(to_string(rule)), rule);
  EXPECT_EQ(to_string(Rule::nearest_rank), "nearest-rank");
  EXPECT_EQ(to_string(Rule::exclusive_clamped), "exclusive-clamped");
  EXPECT_EQ(rule_from("median"), std::nullopt);
  EXPECT_EQ(rule_from(""), std::nullopt);
}

TEST(PercentileRule, NearestRankIsTheCeiling) {
  for (std::uint64_t n = 1; n <= 300; ++n) {
    for (std::uint64_t p = 1; p <= 100; ++p) {
      ASSERT_EQ(nearest(static_cast<double>(p), n), (p * n + 99) / 100) << "p" << p << " of " << n;
    }
  }
}

TEST(PercentileRule, NearestRankIsNotMovedByBinaryFractions) {
  // In double, 99.9 / 100 * 1000 is 999.0000000000001, whose ceiling is 1000.
  EXPECT_EQ(nearest(99.9, 1'000), 999u);
  EXPECT_EQ(nearest(99.99, 10'000), 9'999u);
  EXPECT_EQ(nearest(99.999, 100'000), 99'999u);
  EXPECT_EQ(nearest(99.9999, 1'000'000), 999'999u);
  EXPECT_EQ(nearest(0.1, 1'000), 1u);
  EXPECT_EQ(nearest(7, 100), 7u);
  EXPECT_EQ(nearest(55.5, 200), 111u);
}

TEST(PercentileRule, RanksOfHugeCountsDoNotOverflow) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max() - 1;
  for (const Rule rule : kRules) {
    EXPECT_EQ(ranks_of(50, kMost, rule).low, kMost / 2) << to_string(rule);
    EXPECT_LE(ranks_of(99.999999, kMost, rule).high, kMost);
  }
}

TEST(PercentileRule, EveryRuleGivesTheOnlyValue) {
  for (const Rule rule : kRules) {
    for (const double p : {0.0, 1.0, 50.0, 99.9, 100.0}) EXPECT_EQ(percentile({7}, p, rule), 7.0);
  }
}

TEST(PercentileRule, ZeroAndHundredAreTheLeastAndTheGreatest) {
  const Values values{1, 2, 4, 8};
  for (const Rule rule : {Rule::nearest_rank, Rule::linear, Rule::exclusive_clamped}) {
    EXPECT_EQ(percentile(values, 0, rule), 1.0) << to_string(rule);
    EXPECT_EQ(percentile(values, 100, rule), 8.0) << to_string(rule);
    EXPECT_EQ(percentile(values, -5, rule), 1.0) << to_string(rule);
    EXPECT_EQ(percentile(values, 250, rule), 8.0) << to_string(rule);
  }
  // Position 0 and n + 1, extrapolated as everywhere: one step beyond.
  EXPECT_EQ(percentile(values, 0, Rule::exclusive), 0.0);
  EXPECT_EQ(percentile(values, 100, Rule::exclusive), 12.0);
}

TEST(PercentileRule, ExclusiveExtrapolatesSmallSamples) {
  // The cases of the seed: values beyond the greatest and below the least.
  EXPECT_EQ(percentile({1, 2}, 90, Rule::exclusive), 2.7);
  EXPECT_EQ(percentile({1, 2}, 99, Rule::exclusive), 2.97);
  EXPECT_EQ(percentile({1, 2, 3}, 99, Rule::exclusive), 3.96);
  EXPECT_EQ(percentile({1, 2, 3}, 1, Rule::exclusive), 0.04);
  EXPECT_EQ(percentile({0.1, 5.0}, 99, Rule::exclusive), 9.753);
  EXPECT_EQ(percentile({0.1, 5.0}, 99, Rule::exclusive_clamped), 5.0);
  EXPECT_EQ(percentile({1, 2, 3}, 1, Rule::exclusive_clamped), 1.0);
}

TEST(PercentileRule, ExclusiveHasPythonsBits) {
  for (const Json& line : lines_of("percentiles.jsonl")) {
    const Values values = sorted(line["values"]);
    for (const Json& expected : line["exclusive"]) {
      EXPECT_EQ(percentile(values, expected[0], Rule::exclusive), expected[1].get<double>())
          << "p" << expected[0] << " of " << values.size();
    }
  }
}

TEST(PercentileRule, LinearHasNumpysBits) {
  for (const Json& line : lines_of("percentiles.jsonl")) {
    const Values values = sorted(line["values"]);
    for (const Json& expected : line["linear"]) {
      EXPECT_EQ(percentile(values, expected[0], Rule::linear), expected[1].get<double>())
          << "p" << expected[0] << " of " << values.size();
    }
  }
}

TEST(PercentileRule, ExclusiveHasLlmetersBits) {
  const auto inputs = lines_of("vectors/dist/values.jsonl");
  const auto expected = lines_of("vectors/dist/values_expected_llmeter.jsonl");
  ASSERT_EQ(inputs.size(), expected.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_EQ(inputs[i]["id"], expected[i]["id"]);
    const Values values = sorted(inputs[i]["values"]);
    for (const auto& [key, value] : expected[i]["llmeter"].items()) {
      if (key == "average") continue;
      EXPECT_EQ(percentile(values, std::stod(key.substr(1)), Rule::exclusive), value.get<double>())
          << inputs[i]["id"] << " " << key;
    }
  }
}

TEST(PercentileRule, LinearLiesBetweenItsNeighbours) {
  const Values values{-3, 0.1, 0.3, 1e16};
  double last = values.front();
  for (int hundredths = 0; hundredths <= 10'000; ++hundredths) {
    const double p = hundredths / 100.0;
    const double value = percentile(values, p, Rule::linear);
    ASSERT_GE(value, last) << p;
    last = value;
  }
  EXPECT_EQ(last, 1e16);
}

TEST(PercentileRule, LinearOfAnObservedRankIsThatValueEvenBesideInfinity) {
  EXPECT_EQ(percentile({1, 2, kInfinity}, 50, Rule::linear), 2.0);
  EXPECT_EQ(percentile({1, 2, kInfinity}, 50, Rule::exclusive), 2.0);
}

TEST(PercentileRule, LeastSampleIsTheFirstThatSuffices) {
  EXPECT_EQ(least_sample_for(99), 299u);  // Wilks
  EXPECT_EQ(least_sample_for(1), 299u);
  EXPECT_EQ(least_sample_for(95), 59u);
  EXPECT_EQ(least_sample_for(90), 29u);
  EXPECT_EQ(least_sample_for(50), 5u);
  EXPECT_EQ(least_sample_for(99.9), 2'995u);
  EXPECT_EQ(least_sample_for(99.99), 29'956u);
  EXPECT_EQ(least_sample_for(100), std::numeric_limits<std::uint64_t>::max());
  for (double p = 50; p < 99.9; p += 0.7) {
    std::uint64_t n = 1;
    for (double missed = p / 100; missed > 0.05; missed *= p / 100) ++n;
    EXPECT_EQ(least_sample_for(p), n) << p;
  }
}

}  // namespace
}  // namespace millrace
