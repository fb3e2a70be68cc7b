// SPDX-License-Identifier: Apache-2.0
//
// The golden vectors of guidellm's distributions: of values, of concurrency, of rates; 0.2.1 and 0.7.3.
#include "seed_distributions.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "stats/distribution.hpp"
#include "stats/timeline.hpp"

namespace millrace {
namespace {

constexpr const char* kPercentiles[] = {"p001", "p01", "p05", "p10", "p25", "p50",
                                        "p75",  "p90", "p95", "p99", "p999"};

}  // namespace

void expect_distribution(const Json& expected, const Distribution& actual, const std::string& what,
                         const Compared& compared) {
  SCOPED_TRACE(what);
  const auto at_border = [&](double value, int permille) {
    constexpr double kWeight = 1e-6;
    double before = 0;
    for (const auto& [point, through] : actual.curve) {
      if (close(value, point, compared.relative) && before < permille / 1e3 + kWeight &&
          through > permille / 1e3 - kWeight) {
        return true;
      }
      before = through;
    }
    return false;
  };
  const Json exact = expected.value("exact_percentiles", Json::object());
  const auto expect = [&](const char* key, const Json& number_expected, double number_actual) {
    const bool same =
        close(*number(number_expected), number_actual, compared.relative) ||
        (exact.contains(key) && close(*number(exact[key]), number_actual, compared.relative));
    EXPECT_TRUE(same) << key << ": expected " << number_expected << ", got " << number_actual;
  };
  expect("mean", expected["mean"], actual.mean);
  if (!compared.borders) expect("median", expected["median"], actual.percentiles[kMedian]);
  expect("variance", expected["variance"], actual.variance);
  expect("std_dev", expected["std_dev"], actual.deviation);
  expect("min", expected["min"], actual.min);
  expect("max", expected["max"], actual.max);
  if (!compared.noisy) {
    if (compared.mode) expect("mode", expected["mode"], actual.mode);
    expect("count", expected["count"], static_cast<double>(actual.count));
    expect("total_sum", expected["total_sum"], actual.total);
  }
  for (std::size_t i = 0; i < actual.percentiles.size(); ++i) {
    if (!expected["percentiles"].contains(kPercentiles[i])) continue;
    const double p = *number(expected["percentiles"][kPercentiles[i]]);
    if (compared.borders && at_border(p, kDistributionPermille[i])) continue;
    expect(kPercentiles[i], expected["percentiles"][kPercentiles[i]], actual.percentiles[i]);
  }
}

namespace {

void each_line(const fs::path& inputs, const fs::path& outputs,
               const std::function<void(const Json&, const Json&)>& check) {
  std::ifstream given(inputs);
  std::ifstream expected(outputs);
  std::string input;
  std::string output;
  int cases = 0;
  while (std::getline(given, input) && std::getline(expected, output)) {
    const Json a = Json::parse(input, nullptr, false);
    const Json b = Json::parse(output, nullptr, false);
    ASSERT_TRUE(a.is_object() && b.is_object());
    ASSERT_EQ(a["id"], b["id"]);
    check(a, b);
    ++cases;
  }
  EXPECT_GT(cases, 0);
}

// Real weights are multiples of 2^-40 here.
constexpr double kWeight = 0x1p40;

void check_values(const fs::path& dir, bool newest) {
  each_line(dir / "values.jsonl",
            dir / (newest ? "values_expected_v073.jsonl" : "values_expected_v021.jsonl"),
            [&](const Json& given, const Json& expected) {
              SortRoom room;
              WeightedSorter values(room);
              double weights = 0;
              for (std::size_t i = 0; i < given["values"].size(); ++i) {
                const Json& weight = given["weights"];
                const double w = weight.is_null() ? 1.0 : weight[i].get<double>();
                weights += w;
                values.add(Weighted::of(*number(given["values"][i]),
                                        static_cast<std::uint64_t>(std::llround(w * kWeight))));
              }
              DistributionRule rule;
              if (newest) {
                rule.count = DistributionRule::Count::given;
                rule.number = static_cast<std::uint64_t>(std::nearbyint(weights));
              } else {
                rule.equal_values_are_one = false;
              }
              expect_distribution(expected[newest ? "v073" : "v021"],
                                  distribution_of({&values}, rule), given["id"]);
            });
}

const TimeAxis kSeconds(0, TimeAxis::Arithmetic::seconds);
// Some of the times are multiples of 2^-21 s, and no nanoseconds.
std::uint64_t key(const Json& seconds) { return order_key(seconds.get<double>()); }

void check_intervals_0_2_1(const fs::path& dir) {
  each_line(dir / "intervals.jsonl", dir / "intervals_expected_v021.jsonl",
            [](const Json& given, const Json& expected) {
              SortRoom room;
              Timeline changes(kSeconds, room), completions(kSeconds, room), tokens(kSeconds, room);
              std::uint64_t first = ~std::uint64_t{0}, last = 0;
              const Json& intervals = given["intervals"];
              for (std::size_t i = 0; i < intervals.size(); ++i) {
                const std::uint64_t start = key(intervals[i][0]), end = key(intervals[i][1]);
                first = std::min(first, start);
                last = std::max(last, end);
                changes.add_key(start, kOne);
                changes.add_key(end, -kOne);
                completions.add_key(end, kOne);
                const Json& counts = given["first_iter_counts"];
                const double at = given["first_iter_times"][i];
                tokens.add_key(order_key(at),
                               (counts.is_null() ? 1 : counts[i].get<std::int64_t>()) * kOne);
                const auto more = given["iter_counts"][i].get<std::int64_t>() - 1;
                const double step =
                    (intervals[i][1].get<double>() - at) / static_cast<double>(more);
                for (std::int64_t k = 1; k <= more; ++k) {
                  tokens.add_key(order_key(at + static_cast<double>(k) * step), kOne);
                }
              }
              if (!intervals.empty()) {
                completions.add_key(first, kOne);
                tokens.add_key(first, 0);
                tokens.add_key(last, 0);
              }
              const std::string id = given["id"];
              WeightedSorter levels(room), rates(room), token_rates(room);
              add_levels_0_2_1(std::array{&changes}, 1e-6, levels);
              DistributionRule rule{.count = DistributionRule::Count::distinct};
              expect_distribution(expected["concurrency"], distribution_of({&levels}, rule),
                                  id + " concurrency");
              add_rates_0_2_1(std::array{&completions}, 1e-6, rates);
              expect_distribution(expected["rate"], distribution_of({&rates}, rule), id + " rate",
                                  {.relative = 1e-6, .noisy = true});
              add_rates_0_2_1(std::array{&tokens}, 1e-6, token_rates);
              expect_distribution(expected["iterable"], distribution_of({&token_rates}, rule),
                                  id + " iterable", {.relative = 1e-6, .noisy = true});
            });
}

void check_intervals_0_7_3(const fs::path& dir) {
  each_line(dir / "intervals.jsonl", dir / "intervals_expected_v073.jsonl",
            [](const Json& given, const Json& expected) {
              using Window = TimelineRule::Window;
              const auto check = [&](const std::optional<Window>& window, const char* suffix) {
                SortRoom room;
                Timeline changes(kSeconds, room), ends(kSeconds, room);
                std::uint64_t requests = 0;
                for (const Json& interval : given["intervals"]) {
                  const std::uint64_t start = key(interval[0]), end = key(interval[1]);
                  ends.add_key(end, kOne);
                  if (window && (end < window->begin_key || start > window->end_key)) continue;
                  changes.add_key(start, kOne);
                  changes.add_key(end, -kOne);
                  ++requests;
                }
                const TimelineRule near{1e-4, window};
                WeightedSorter levels(room), rates(room);
                add_levels(std::array{&changes}, near, levels);
                Distribution concurrency =
                    distribution_of({&levels}, {DistributionRule::Count::given, requests});
                // The seed counts the one level of requests that took no time.
                if (requests > 0 && !window && concurrency.distinct == 0) concurrency.count = 1;
                expect_distribution(expected[std::string("concurrency") + suffix], concurrency,
                                    given["id"].get<std::string>() + " concurrency" + suffix);
                const RateTotals totals = add_rates(std::array{&ends}, near, rates);
                expect_distribution(
                    expected[std::string("rate_of_ends") + suffix],
                    distribution_of({&rates}, {DistributionRule::Count::given, totals.count()}),
                    given["id"].get<std::string>() + " rate" + suffix);
              };
              check(std::nullopt, "");
              if (!expected.contains("window")) return;
              check(Window{key(expected["window"][0]), key(expected["window"][1])}, "_window");
            });
}

}  // namespace

std::map<std::string, std::function<void(const fs::path&)>> distribution_vectors() {
  return {
      {"values_expected_v021.jsonl", [](const fs::path& dir) { check_values(dir, false); }},
      {"values_expected_v073.jsonl", [](const fs::path& dir) { check_values(dir, true); }},
      {"intervals_expected_v021.jsonl", check_intervals_0_2_1},
      {"intervals_expected_v073.jsonl", check_intervals_0_7_3},
  };
}

}  // namespace millrace
