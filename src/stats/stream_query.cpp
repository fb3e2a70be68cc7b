// SPDX-License-Identifier: Apache-2.0
//
// The questions that StreamStats answers.
#include <algorithm>
#include <limits>

#include "stats/percentile_rule.hpp"
#include "stats/stream_cells.hpp"
#include "stats/stream_stats.hpp"

namespace millrace {
namespace {

bool wanted(const std::optional<Status>& status, std::size_t at) noexcept {
  return !status || static_cast<std::size_t>(*status) == at;
}

}  // namespace

std::vector<const StreamStats::LabelKey*> StreamStats::keys(const Selected& selected) const {
  std::vector<const LabelKey*> found;
  for (std::size_t status = 0; status < kStatusCount; ++status) {
    if (!wanted(selected.status, status)) continue;
    if (!selected.label) {
      for (const auto& key : keys_[status]) {
        if (key) found.push_back(key.get());
      }
    } else if (*selected.label < keys_[status].size() && keys_[status][*selected.label]) {
      found.push_back(keys_[status][*selected.label].get());
    }
  }
  return found;
}

std::uint64_t StreamStats::count(const Selected& selected) const {
  std::uint64_t n = 0;
  for (const LabelKey* key : keys(selected)) n += key->count;
  return n;
}

StreamStats::Figures StreamStats::figures(std::size_t metric, const Selected& selected) const {
  Figures figures;
  Sum sum;
  const auto add = [&](const Tally& tally) {
    figures.moments.merge(tally.moments());
    sum.merge(tally.sum());
    figures.absent += tally.absent;
    figures.invalid += tally.invalid;
  };
  // Without labels a label cell's numbers are its status cell's; and a status cell's moments are
  // not the labels' merged: they were made of larger groups, in another order.
  const bool of_status = !selected.label || (!by_label_ && *selected.label == kNoLabel);
  if (of_status) {
    for (std::size_t status = 0; status < kStatusCount; ++status) {
      const auto& cell = status_cells_[metric][status];
      if (wanted(selected.status, status) && cell) add(cell->tally);
    }
  } else if (by_label_) {
    for (const LabelKey* key : keys(selected)) add(key->cells[metric].tally);
  }
  figures.sum = sum.value();
  figures.mean = schema_.metrics[metric].integral()
                     ? figures.sum / static_cast<double>(figures.moments.count)
                     : figures.moments.mean;
  return figures;
}

double StreamStats::relative_error(const Selected& selected) const noexcept {
  if (!values_dropped_) return 0;
  return selected.label ? ExactStore::kRelativeErrorOfCounts : Histogram::kRelativeError;
}

std::vector<std::optional<Percentile>> StreamStats::percentiles(std::size_t metric,
                                                                const Selected& selected,
                                                                std::span<const double> ps,
                                                                Rule rule) const {
  std::vector<std::optional<Percentile>> result(ps.size());
  const Moments moments = figures(metric, selected).moments;
  if (moments.count == 0) return result;

  std::vector<Ranks> ranks;
  std::vector<std::uint64_t> wanted_ranks;
  for (const double p : ps) {
    ranks.push_back(ranks_of(p, moments.count, rule));
    wanted_ranks.push_back(ranks.back().low);
    wanted_ranks.push_back(ranks.back().high);
  }
  std::sort(wanted_ranks.begin(), wanted_ranks.end());
  wanted_ranks.erase(std::unique(wanted_ranks.begin(), wanted_ranks.end()), wanted_ranks.end());

  std::vector<double> values;
  if (values_dropped_ && !selected.label) {
    Histogram all;
    for (std::size_t status = 0; status < kStatusCount; ++status) {
      const auto& cell = status_cells_[metric][status];
      if (wanted(selected.status, status) && cell) all.merge(cell->histogram);
    }
    for (const std::uint64_t rank : wanted_ranks) values.push_back(all.order_statistic(rank));
  } else {
    std::vector<const ExactStore*> stores;
    for (const LabelKey* key : keys(selected)) stores.push_back(&key->cells[metric].values);
    values = ExactStore::order_statistics(stores, wanted_ranks);
  }
  if (values_dropped_) {
    // The least and the greatest are known exactly, and no order statistic passes them.
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = wanted_ranks[i] == 1 ? moments.min
                  : wanted_ranks[i] == moments.count
                      ? moments.max
                      : std::clamp(values[i], moments.min, moments.max);
    }
  }

  const auto value_at = [&](std::uint64_t rank) {
    const auto at = std::lower_bound(wanted_ranks.begin(), wanted_ranks.end(), rank);
    return values[static_cast<std::size_t>(at - wanted_ranks.begin())];
  };
  for (std::size_t i = 0; i < ps.size(); ++i) {
    result[i] = Percentile{combine(ranks[i], value_at(ranks[i].low), value_at(ranks[i].high),
                                   moments.min, moments.max),
                           relative_error(selected)};
  }
  return result;
}

std::vector<Percentile> StreamStats::live_percentiles(std::size_t metric,
                                                      std::span<const double> ps) const {
  std::vector<Percentile> result;
  const Moments moments = figures(metric, {}).moments;
  if (moments.count == 0) return result;
  const Histogram* only = nullptr;
  int cells = 0;
  for (const auto& cell : status_cells_[metric]) {
    if (cell && cell->histogram.count() != 0) {
      only = &cell->histogram;
      ++cells;
    }
  }
  Histogram all;
  if (cells > 1) {
    for (const auto& cell : status_cells_[metric]) {
      if (cell) all.merge(cell->histogram);
    }
    only = &all;
  }
  for (const double p : ps) {
    const std::uint64_t rank = ranks_of(p, moments.count, Rule::nearest_rank).low;
    result.push_back({std::clamp(only->order_statistic(rank), moments.min, moments.max),
                      Histogram::kRelativeError});
  }
  return result;
}

std::uint64_t StreamStats::error_count(std::uint16_t error) const noexcept {
  return error < error_counts_.size() ? error_counts_[error] : 0;
}

std::optional<std::uint64_t> StreamStats::good() const noexcept {
  return goodput_.empty() ? std::nullopt : std::optional(good_);
}

}  // namespace millrace
