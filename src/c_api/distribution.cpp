// SPDX-License-Identifier: Apache-2.0
#include "millrace/c/distribution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>

#include <fmt/format.h>

#include "c_api/outcome.hpp"
#include "c_api/struct_size.hpp"
#include "stats/distribution.hpp"
#include "stats/timeline.hpp"

using namespace millrace;
using namespace millrace::c_api;

struct millrace_distribution {
  Distribution numbers;
};

namespace {

using Column = std::span<const double>;

const TimeAxis kSeconds(0, TimeAxis::Arithmetic::seconds);

Result<void> finite(const char* what, Column column) {
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (std::isfinite(column[i])) continue;
    return failure(
        Errc::invalid_argument,
        fmt::format("distribution: {}[{}] is {}; it must be finite", what, i, column[i]));
  }
  return {};
}

Result<void> near_enough(double near_seconds) {
  if (near_seconds >= 0 && std::isfinite(near_seconds)) return {};
  return failure(Errc::invalid_argument,
                 fmt::format("distribution: near_seconds is {}; it must be finite and not negative",
                             near_seconds));
}

Result<void> iterations(const char* what, std::span<const std::int64_t> counts) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] >= 0 && counts[i] <= MILLRACE_ITERATIONS_MAX) continue;
    return failure(Errc::invalid_argument,
                   fmt::format("distribution: {}[{}] is {}; it must be 0 to {}", what, i, counts[i],
                               MILLRACE_ITERATIONS_MAX));
  }
  return {};
}

// By which power of two weights become whole numbers whose sum stays below 2^62: a weight is rounded by less
// than 2^-60 of all.
Result<int> scale_of(Column weights) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] >= 0)) {
      return failure(
          Errc::invalid_argument,
          fmt::format("distribution: weights[{}] is {}; it must not be negative", i, weights[i]));
    }
    sum += weights[i];
  }
  if (std::isfinite(sum) && (sum > 0 || weights.empty()))
    return weights.empty() ? 0 : 60 - std::ilogb(sum);
  return failure(
      Errc::invalid_argument,
      fmt::format("distribution: the weights' sum is {}; it must be finite and more than 0", sum));
}

Distribution distribution_of(WeightedSorter& items, DistributionRule::Count count) {
  DistributionRule rule{.count = count};
  rule.equal_values_are_one = count == DistributionRule::Count::distinct;
  rule.curve = DistributionRule::Curve::cumulative;
  rule.curve_points = std::numeric_limits<std::size_t>::max();
  return distribution_of({&items}, rule);
}

Result<void> give(Distribution numbers, millrace_distribution** to) {
  *to = new millrace_distribution{std::move(numbers)};
  return {};
}

// What every function of times is given.
struct Requests {
  Column starts, ends;
  double near_seconds;

  [[nodiscard]] Result<void> good() const {
    if (auto done = finite("starts", starts); !done) return done;
    if (auto done = finite("ends", ends); !done) return done;
    return near_enough(near_seconds);
  }
};

Distribution concurrency(const Requests& requests) {
  SortRoom room;
  Timeline changes(kSeconds, room);
  for (const double start : requests.starts) changes.add_key(order_key(start), kOne);
  for (const double end : requests.ends) changes.add_key(order_key(end), -kOne);
  WeightedSorter levels(room);
  add_levels_0_2_1(std::array{&changes}, requests.near_seconds, levels);
  return distribution_of(levels, DistributionRule::Count::distinct);
}

Distribution rates(Timeline& events, double near_seconds, SortRoom& room) {
  WeightedSorter rates(room);
  add_rates_0_2_1(std::array{&events}, near_seconds, rates);
  return distribution_of(rates, DistributionRule::Count::distinct);
}

Distribution request_rate(const Requests& requests) {
  SortRoom room;
  Timeline events(kSeconds, room);
  for (const double end : requests.ends) events.add_key(order_key(end), kOne);
  if (!requests.starts.empty()) {
    events.add_key(order_key(*std::min_element(requests.starts.begin(), requests.starts.end())),
                   kOne);
  }
  return rates(events, requests.near_seconds, room);
}

Distribution iteration_rate(const Requests& requests, Column first_times,
                            std::span<const std::int64_t> first_counts,
                            std::span<const std::int64_t> counts) {
  SortRoom room;
  Timeline events(kSeconds, room);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::int64_t first_count = first_counts.empty() ? 1 : first_counts[i];
    events.add_key(order_key(first_times[i]), first_count * kOne);
    const std::int64_t others = counts[i] - 1;
    const double step = (requests.ends[i] - first_times[i]) / static_cast<double>(others);
    for (std::int64_t k = 1; k <= others; ++k) {
      events.add_key(order_key(first_times[i] + static_cast<double>(k) * step), kOne);
    }
  }
  if (!counts.empty()) {
    events.add_key(order_key(*std::min_element(requests.starts.begin(), requests.starts.end())), 0);
    events.add_key(order_key(*std::max_element(requests.ends.begin(), requests.ends.end())), 0);
  }
  return rates(events, requests.near_seconds, room);
}

using Pointers = std::initializer_list<std::pair<const char*, const void*>>;

// `made` gives a Result<Distribution>, if every pointer is there.
template <typename Make>
int distribution(const char* function, Pointers pointers, millrace_distribution** to,
                 millrace_error* error, const Make& made) {
  return outcome(error, [&]() -> Result<void> {
    if (auto out = given(function, {{"distribution", to}}); !out) return out;
    *to = nullptr;
    if (auto all = given(function, pointers); !all) return all;
    Result<Distribution> numbers = made();
    if (!numbers) return tl::unexpected(std::move(numbers).error());
    return give(std::move(*numbers), to);
  });
}

}  // namespace

int millrace_distribution_of_values(const double* values, const double* weights, std::size_t count,
                                    millrace_distribution** to, millrace_error* error) {
  return distribution(
      "millrace_distribution_of_values", {{"values", values}}, to, error,
      [&]() -> Result<Distribution> {
        const Column of(weights, weights == nullptr ? 0 : count);
        const Result<int> scale = scale_of(of);
        if (!scale) return tl::unexpected(scale.error());
        SortRoom room;
        WeightedSorter items(room);
        for (std::size_t i = 0; i < count; ++i) {
          const double weight = of.empty() ? 1 : std::ldexp(of[i], *scale);
          items.add(Weighted::of(values[i], static_cast<std::uint64_t>(weight + 0.5)));
        }
        return distribution_of(items, DistributionRule::Count::items);
      });
}

int millrace_distribution_of_concurrency(const double* starts, const double* ends,
                                         std::size_t count, double near_seconds,
                                         millrace_distribution** to, millrace_error* error) {
  return distribution("millrace_distribution_of_concurrency", {{"starts", starts}, {"ends", ends}},
                      to, error, [&]() -> Result<Distribution> {
                        const Requests requests{{starts, count}, {ends, count}, near_seconds};
                        if (auto good = requests.good(); !good)
                          return tl::unexpected(std::move(good).error());
                        return concurrency(requests);
                      });
}

int millrace_distribution_of_rate(const double* starts, const double* ends, std::size_t count,
                                  double near_seconds, millrace_distribution** to,
                                  millrace_error* error) {
  return distribution("millrace_distribution_of_rate", {{"starts", starts}, {"ends", ends}}, to,
                      error, [&]() -> Result<Distribution> {
                        const Requests requests{{starts, count}, {ends, count}, near_seconds};
                        if (auto good = requests.good(); !good)
                          return tl::unexpected(std::move(good).error());
                        return request_rate(requests);
                      });
}

int millrace_distribution_of_iterations(const double* starts, const double* ends,
                                        const double* first_times, const std::int64_t* first_counts,
                                        const std::int64_t* counts, std::size_t count,
                                        double near_seconds, millrace_distribution** to,
                                        millrace_error* error) {
  return distribution(
      "millrace_distribution_of_iterations",
      {{"starts", starts}, {"ends", ends}, {"first_times", first_times}, {"counts", counts}}, to,
      error, [&]() -> Result<Distribution> {
        const Requests requests{{starts, count}, {ends, count}, near_seconds};
        const Column first(first_times, count);
        const std::span<const std::int64_t> firsts(first_counts,
                                                   first_counts == nullptr ? 0 : count);
        const std::span<const std::int64_t> all(counts, count);
        for (auto good : {requests.good(), finite("first_times", first),
                          iterations("first_counts", firsts), iterations("counts", all)}) {
          if (!good) return tl::unexpected(std::move(good).error());
        }
        return iteration_rate(requests, first, firsts, all);
      });
}

int millrace_distribution_summary(const millrace_distribution* of,
                                  millrace_distribution_numbers* to, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_distribution_summary", {{"distribution", of}, {"numbers", to}});
        !all)
      return all;
    const Distribution& d = of->numbers;
    millrace_distribution_numbers numbers{.struct_size = 0,
                                          .count = d.count,
                                          .distinct = d.distinct,
                                          .mean = d.mean,
                                          .mode = d.mode,
                                          .variance = d.variance,
                                          .deviation = d.deviation,
                                          .min = d.min,
                                          .max = d.max,
                                          .total = d.total,
                                          .percentiles = {}};
    static_assert(std::size(numbers.percentiles) == kDistributionPermille.size());
    std::copy(d.percentiles.begin(), d.percentiles.end(), numbers.percentiles);
    return put("millrace_distribution_numbers", numbers, to);
  });
}

int millrace_distribution_curve(const millrace_distribution* of, double* values, double* parts,
                                std::size_t room, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_distribution_curve",
                         {{"distribution", of}, {"values", values}, {"parts", parts}});
        !all) {
      return all;
    }
    const auto& curve = of->numbers.curve;
    if (room < curve.size()) {
      return failure(Errc::invalid_argument,
                     fmt::format("distribution: room for {} points of the curve; it has {}", room,
                                 curve.size()));
    }
    for (const auto& [value, part] : curve) {
      *values++ = value;
      *parts++ = part;
    }
    return {};
  });
}

void millrace_distribution_free(millrace_distribution* distribution) { delete distribution; }
