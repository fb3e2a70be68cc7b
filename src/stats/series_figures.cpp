// SPDX-License-Identifier: Apache-2.0
#include "stats/series_figures.hpp"

#include <algorithm>
#include <limits>

namespace millrace {

FigurePicker::FigurePicker(std::uint64_t n, std::span<const double> percentiles, Rule rule)
    : n_(n) {
  if (n == 0) {
    ranks_.resize(percentiles.size());
    return;
  }
  for (const double p : percentiles) {
    const Ranks& ranks = ranks_.emplace_back(ranks_of(p, n, rule));
    wanted_.push_back({ranks.low, 0});
    wanted_.push_back({ranks.high, 0});
  }
  std::ranges::sort(wanted_, {}, &Wanted::rank);
}

void FigurePicker::add(std::span<const double> ascending) {
  if (ascending.empty()) return;
  if (seen_ == 0) least_ = ascending.front();
  greatest_ = ascending.back();
  for (; next_ < wanted_.size() && wanted_[next_].rank <= seen_ + ascending.size(); ++next_) {
    wanted_[next_].value = ascending[wanted_[next_].rank - seen_ - 1];
  }
  for (const double value : ascending) sum_.add(value);
  seen_ += ascending.size();
}

double FigurePicker::at(std::uint64_t rank) const {
  return std::ranges::lower_bound(wanted_, rank, {}, &Wanted::rank)->value;
}

SeriesFigures FigurePicker::figures() const {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (n_ == 0) return {0, kNone, kNone, kNone, std::vector<double>(ranks_.size(), kNone)};
  SeriesFigures figures{n_, sum_.value() / static_cast<double>(n_), least_, greatest_, {}};
  for (const Ranks& ranks : ranks_) {
    figures.percentiles.push_back(combine(ranks, at(ranks.low), at(ranks.high), least_, greatest_));
  }
  return figures;
}

}  // namespace millrace
