// SPDX-License-Identifier: Apache-2.0
//
// Ten million made-up values of three kinds, and the slices in which an aggregator's turn hands them over.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

namespace millrace {

using Values = std::vector<double>;
inline constexpr std::size_t kValues = 10'000'000;
inline constexpr std::size_t kSlice = 500;

enum Kind : std::int64_t { continuous, half_equal, whole_numbers };

inline const Values& values_of(std::int64_t kind) {
  static const Values lognormal = [] {
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> distribution(3, 0.5);
    Values values(kValues);
    for (double& value : values) value = distribution(random);
    return values;
  }();
  static const Values half = [] {
    Values values = lognormal;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i * 2'654'435'761u >> 31 & 1) values[i] = 20.5;
    }
    return values;
  }();
  static const Values whole = [] {
    Values values = lognormal;
    for (double& value : values) value = std::round(value * 10);
    return values;
  }();
  return kind == continuous ? lognormal : kind == half_equal ? half : whole;
}

inline void per_value(benchmark::State& state) {
  state.counters["ns_per_value"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 1e-9 * kValues,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <typename Use>
void for_each_slice(std::span<const double> values, Use&& use) {
  for (std::size_t i = 0; i < values.size(); i += kSlice) use(values.subspan(i, kSlice));
}

}  // namespace millrace
