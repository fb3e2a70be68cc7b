// SPDX-License-Identifier: Apache-2.0
//
// Lists of numbers and weighted distributions through the C interface, beside sorted vectors; what schemas say of
// their records.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "millrace/record.hpp"

#include "c_handles.hpp"
#include "stats/percentile_rule.hpp"

namespace millrace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using CValues = std::unique_ptr<millrace_values, Releases<millrace_values, millrace_values_free>>;
using CDistribution = std::unique_ptr<millrace_distribution,
                                      Releases<millrace_distribution, millrace_distribution_free>>;

CValues c_values(std::size_t lists, std::uint64_t bytes_max = 0) {
  Said said;
  millrace_values* values = nullptr;
  EXPECT_EQ(millrace_values_new(lists, bytes_max, &values, &said.error), MILLRACE_OK)
      << said.text();
  return CValues(values);
}

int add(const CValues& values, std::size_t list, const std::vector<double>& numbers) {
  return millrace_values_add(values.get(), list, numbers.data(), numbers.size(), nullptr);
}

TEST(CValues, PercentilesOfAUnionAreThoseOfItsSortedNumbersByEveryRule) {
  std::mt19937_64 random(20261122);
  const std::size_t both[] = {0, 2};
  const double ps[] = {0, 1, 10, 25, 50, 75, 90, 99, 99.9, 100};
  for (const std::size_t size : {1u, 2u, 3u, 9u, 98u, 99u, 1'000u, 30'000u}) {
    const CValues values = c_values(3);
    std::vector<double> sorted;
    for (std::size_t i = 0; i < size; ++i) {
      const double number = i % 7 == 0 ? 42 : std::ldexp(static_cast<double>(random() % 4096), -5);
      EXPECT_EQ(add(values, both[random() % 2], {number}), MILLRACE_OK);
      EXPECT_EQ(add(values, 1, {-1e9}), MILLRACE_OK);  // not asked for
      sorted.push_back(number);
    }
    std::sort(sorted.begin(), sorted.end());
    for (int rule = 0; rule <= MILLRACE_RULE_EXCLUSIVE_CLAMPED; ++rule) {
      double got[std::size(ps)];
      ASSERT_EQ(
          millrace_values_percentiles(values.get(), both, 2, ps, std::size(ps), rule, got, nullptr),
          MILLRACE_OK);
      for (std::size_t i = 0; i < std::size(ps); ++i) {
        const Ranks ranks = ranks_of(ps[i], size, static_cast<Rule>(rule));
        EXPECT_EQ(got[i], combine(ranks, sorted[ranks.low - 1], sorted[ranks.high - 1],
                                  sorted.front(), sorted.back()))
            << "p" << ps[i] << " of " << size << " by rule " << rule;
      }
    }
  }
}

TEST(CValues, AListComesBackSorted) {
  const CValues values = c_values(1);
  std::vector<double> numbers{kInfinity, 3, -kInfinity, 0.5, 3, -2};
  EXPECT_EQ(add(values, 0, numbers), MILLRACE_OK);
  EXPECT_EQ(millrace_values_count(values.get(), 0), 6u);
  std::vector<double> got(6);
  EXPECT_EQ(millrace_values_sorted(values.get(), 0, got.data(), 5, nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_values_sorted(values.get(), 0, got.data(), 6, nullptr), MILLRACE_OK);
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(got, numbers);
}

TEST(CValues, MeansAreRoundedOnceAndSayWhetherTheyAre) {
  const CValues values = c_values(2);
  const std::size_t both[] = {0, 1};
  double mean = 0;
  int rounded = -1;
  EXPECT_EQ(millrace_values_mean(values.get(), both, 2, &mean, &rounded, nullptr), MILLRACE_OK);
  EXPECT_TRUE(std::isnan(mean));
  EXPECT_EQ(add(values, 0, {0.1, 0.2}), MILLRACE_OK);
  EXPECT_EQ(add(values, 1, {0.3}), MILLRACE_OK);
  EXPECT_EQ(millrace_values_mean(values.get(), both, 2, &mean, &rounded, nullptr), MILLRACE_OK);
  EXPECT_EQ(mean, 0.2);
  EXPECT_EQ(rounded, 1);
}

TEST(CValues, WrongUseIsAnErrorAndAddsNothing) {
  Said said;
  millrace_values* none = nullptr;
  EXPECT_EQ(millrace_values_new(0, 0, &none, &said.error), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_values_new(MILLRACE_VALUE_LISTS_MAX + 1, 0, &none, nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(none, nullptr);
  EXPECT_EQ(millrace_values_new(1, 0, nullptr, nullptr), MILLRACE_ERROR_INVALID_ARGUMENT);
  const CValues values = c_values(1);
  EXPECT_EQ(add(values, 1, {1}), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(add(values, 0, {1, kNaN}), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_values_count(values.get(), 0), 0u);
  EXPECT_EQ(millrace_values_count(values.get(), 9), 0u);
  const std::size_t list = 0;
  const double p = 101;
  double got = 0;
  EXPECT_EQ(millrace_values_percentiles(values.get(), &list, 1, &p, 1, 0, &got, &said.error),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_NE(said.text().find("101"), std::string::npos);
  EXPECT_EQ(millrace_values_percentiles(values.get(), &list, 1, &p, 1, 9, &got, nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  millrace_values_free(nullptr);
}

TEST(CValues, BeyondTheirMemoryNumbersAreLostAndEveryCallSaysSo) {
  const CValues values = c_values(2, 1 << 20);
  std::mt19937_64 random(1);
  int code = MILLRACE_OK;
  for (int i = 0; i < 1'000'000 && code == MILLRACE_OK; ++i) {
    code = add(values, 0, {static_cast<double>(random())});
    EXPECT_LE(millrace_values_bytes(values.get()), 1u << 20);
  }
  EXPECT_EQ(code, MILLRACE_ERROR_LIMIT);
  EXPECT_GT(millrace_values_count(values.get(), 0), 50'000u);
  EXPECT_EQ(add(values, 1, {1}), MILLRACE_ERROR_LIMIT);
  double got = 0;
  EXPECT_EQ(millrace_values_sorted(values.get(), 1, &got, 1, nullptr), MILLRACE_ERROR_LIMIT);
  const std::size_t list = 0;
  EXPECT_EQ(millrace_values_mean(values.get(), &list, 1, &got, nullptr, nullptr), MILLRACE_OK);
}

CDistribution of_values(const std::vector<double>& values, const double* weights) {
  Said said;
  millrace_distribution* made = nullptr;
  EXPECT_EQ(
      millrace_distribution_of_values(values.data(), weights, values.size(), &made, &said.error),
      MILLRACE_OK)
      << said.text();
  return CDistribution(made);
}

millrace_distribution_numbers numbers_of(const CDistribution& distribution) {
  auto numbers = sized<millrace_distribution_numbers>();
  EXPECT_EQ(millrace_distribution_summary(distribution.get(), &numbers, nullptr), MILLRACE_OK);
  return numbers;
}

TEST(CDistribution, WeightsOfAnySizeDecideThePercentiles) {
  const std::vector<double> values{3, 1, 2};
  for (const double unit : {1e-300, 1e-9, 1.0, 1e300}) {
    const double weights[] = {unit, unit, 8 * unit};
    const auto numbers = numbers_of(of_values(values, weights));
    EXPECT_EQ(numbers.percentiles[5], 2);
    EXPECT_DOUBLE_EQ(numbers.mean, 2);
    EXPECT_EQ(numbers.count, 3u);
    EXPECT_EQ(numbers.total, 6);
  }
}

TEST(CDistribution, TheCurveEndsAtOne) {
  const CDistribution distribution = of_values({5, 5, 7, 9}, nullptr);
  double values[3], parts[3];
  EXPECT_EQ(millrace_distribution_curve(distribution.get(), values, parts, 2, nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_distribution_curve(distribution.get(), values, parts, 3, nullptr),
            MILLRACE_OK);
  EXPECT_EQ(parts[0], 0.5);
  EXPECT_EQ(values[2], 9);
  EXPECT_EQ(parts[2], 1);
}

TEST(CDistribution, WrongWeightsTimesAndCountsAreErrors) {
  const double value = 1, time[] = {0, kNaN};
  const std::int64_t count = -1;
  millrace_distribution* made = nullptr;
  for (const double weight : {0.0, -1.0, kNaN, kInfinity}) {
    EXPECT_EQ(millrace_distribution_of_values(&value, &weight, 1, &made, nullptr),
              MILLRACE_ERROR_INVALID_ARGUMENT);
  }
  EXPECT_EQ(millrace_distribution_of_concurrency(time, time, 2, 1e-6, &made, nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_distribution_of_rate(time, time, 1, -1, &made, nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(
      millrace_distribution_of_iterations(time, time, time, nullptr, &count, 1, 0, &made, nullptr),
      MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(made, nullptr);
}

TEST(CSchema, TellsItsFieldsRolesAndBlankRecord) {
  const CSchema schema = c_schema(MILLRACE_RECORD_REQUEST);
  ASSERT_EQ(millrace_schema_record_size(schema.get()), sizeof(millrace_request_record));
  std::size_t offset = 0, bytes = 0, index = 0;
  int type = -1;
  const std::size_t sizes[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
  bool latency_end = false;
  for (; const char* name = millrace_schema_field_at(schema.get(), index, &offset, &type);
       ++index) {
    bytes += sizes[type];
    latency_end =
        latency_end || (std::string(name) == "end_ns" &&
                        offset == offsetof(RequestRecord, end_ns) && type == MILLRACE_I64);
  }
  EXPECT_EQ(bytes, sizeof(millrace_request_record));
  EXPECT_TRUE(latency_end);
  EXPECT_STREQ(millrace_schema_role_field(schema.get(), MILLRACE_ROLE_LABEL), "label");
  EXPECT_EQ(millrace_schema_role_field(schema.get(), MILLRACE_ROLE_EVENT), nullptr);
  EXPECT_EQ(millrace_schema_role_field(schema.get(), -1), nullptr);
  EXPECT_EQ(millrace_schema_field_at(nullptr, 0, nullptr, nullptr), nullptr);
  millrace_request_record blank, expected;
  millrace_request_record_init(&expected);
  EXPECT_EQ(millrace_schema_blank(schema.get(), &blank, sizeof blank - 1, nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_schema_blank(schema.get(), &blank, sizeof blank, nullptr), MILLRACE_OK);
  EXPECT_EQ(std::memcmp(&blank, &expected, sizeof blank), 0);
}

}  // namespace
}  // namespace millrace
