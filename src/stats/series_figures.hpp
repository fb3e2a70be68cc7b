// SPDX-License-Identifier: Apache-2.0
//
// FigurePicker: figures of values that come in ascending order, so that they do not depend on any other.
//
//   FigurePicker picker(n, percentiles, Rule::nearest_rank);
//   picker.add(some), picker.add(more);                  // n in all
//   SeriesFigures figures = picker.figures();
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "millrace/series.hpp"

#include "stats/compensated_sum.hpp"
#include "stats/percentile_rule.hpp"

namespace millrace {

class FigurePicker {
 public:
  FigurePicker(std::uint64_t n, std::span<const double> percentiles, Rule rule);
  void add(std::span<const double> ascending);
  [[nodiscard]] SeriesFigures figures() const;

 private:
  struct Wanted {
    std::uint64_t rank;
    double value;
  };
  [[nodiscard]] double at(std::uint64_t rank) const;

  std::vector<Ranks> ranks_;
  std::vector<Wanted> wanted_;  // ascending
  std::size_t next_ = 0;        // of wanted_
  std::uint64_t n_;
  std::uint64_t seen_ = 0;
  double least_ = 0, greatest_ = 0;
  CompensatedSum sum_;
};

}  // namespace millrace
