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

void add_ranks(std::span<const double> ps, std::uint64_t n, Rule rule,
               std::vector<std::uint64_t>& ranks) {
  for (const double p : ps) {
    const Ranks needed = ranks_of(p, n, rule);
    ranks.push_back(needed.low);
    ranks.push_back(needed.high);
  }
}

void sort_once(std::vector<std::uint64_t>& ranks) {
  std::ranges::sort(ranks);
  const auto again = std::ranges::unique(ranks);
  ranks.erase(again.begin(), again.end());
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

bool StreamStats::of_statuses(const Selected& selected) const noexcept {
  return !selected.label || (!by_label_ && *selected.label == kNoLabel);
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
  // A status cell's moments are not the labels' merged: they were made of larger groups, in another order.
  if (of_statuses(selected)) {
    for (std::size_t status = 0; status < kStatusCount; ++status) {
      const auto& cell = status_cells_[metric][status];
      if (wanted(selected.status, status) && cell) add(cell->tally);
    }
  } else if (by_label_) {
    for (const LabelKey* key : keys(selected)) add(key->cells[metric].tally);
  }
  figures.sum = sum.value();
  figures.integer_sum = sum.integer();
  figures.mean = schema_.metrics[metric].integral()
                     ? figures.sum / static_cast<double>(figures.moments.count)
                     : figures.moments.mean;
  return figures;
}

Histogram StreamStats::histogram(std::size_t metric, const Selected& selected) const {
  Histogram all;
  for (std::size_t status = 0; status < kStatusCount; ++status) {
    const auto& cell = status_cells_[metric][status];
    if (wanted(selected.status, status) && cell) all.merge(cell->histogram);
  }
  return all;
}

std::vector<std::uint64_t> StreamStats::counts_below(std::size_t metric, const Selected& selected,
                                                     std::span<const double> limits) const {
  if (selected.label) return {};
  return histogram(metric, selected).counts_below(limits);
}

std::vector<const ExactStore*> StreamStats::stores(std::size_t metric,
                                                   const Selected& selected) const {
  std::vector<const ExactStore*> found;
  for (const LabelKey* key : keys(selected)) found.push_back(&key->cells[metric].values);
  return found;
}

double StreamStats::histogram_error(std::size_t metric, const Selected& selected) const noexcept {
  if (of_statuses(selected)) return Histogram::kRelativeError;
  double error = ExactStore::kRelativeErrorOfCounts;
  for (std::size_t status = 0; status < kStatusCount; ++status) {
    const auto& by_label = keys_[status];
    if (!wanted(selected.status, status) || *selected.label >= by_label.size()) continue;
    if (const auto& key = by_label[*selected.label]) {
      error = std::max(error, key->cells[metric].values.relative_error());
    }
  }
  return error;
}

double StreamStats::relative_error(const Selected& selected) const noexcept {
  if (!values_dropped_ || ask_) return 0;
  double error = 0;
  for (std::size_t metric = 0; metric < schema_.metrics.size(); ++metric) {
    error = std::max(error, histogram_error(metric, selected));
  }
  return error;
}

void StreamStats::answer_by(OrderStatistics ask, Guard guard) {
  ask_ = std::move(ask);
  guard_ = guard ? std::move(guard) : [](const std::function<void()>& run) { run(); };
}

void StreamStats::know(std::size_t metric, const Selected& selected,
                       std::span<const std::uint64_t> ranks,
                       std::span<const std::optional<double>> values) {
  known_.add(metric, selected, ranks, values);
}

std::vector<Wanted> StreamStats::wanted_for(std::span<const double> ps, std::span<const Rule> rules,
                                            bool by_status, bool by_label) const {
  std::vector<Wanted> all;
  const auto add = [&](std::size_t metric, const Selected& selected) {
    const std::uint64_t n = figures(metric, selected).moments.count;
    if (n == 0) return;
    Wanted wanted{metric, selected, {}};
    for (const Rule rule : rules) add_ranks(ps, n, rule, wanted.ranks);
    sort_once(wanted.ranks);
    all.push_back(std::move(wanted));
  };
  const auto add_all = [&](std::optional<std::uint16_t> label) {
    for (std::size_t metric = 0; metric < schema_.metrics.size(); ++metric) {
      add(metric, {std::nullopt, label});
      for (std::size_t status = 0; by_status && status < kStatusCount; ++status) {
        add(metric, {static_cast<Status>(status), label});
      }
    }
  };
  add_all(std::nullopt);
  if (by_label) {
    for (const std::uint16_t label : label_order_) add_all(label);
  }
  return all;
}

std::vector<KeyRange> StreamStats::ranges_of(std::size_t metric, const Selected& selected,
                                             std::span<const std::uint64_t> ranks) const {
  if (of_statuses(selected)) return histogram(metric, selected).ranges_of(ranks);
  CoarseHistogram counts;
  for (const ExactStore* store : stores(metric, selected)) store->count_into(counts);
  return counts.ranges_of(ranks);
}

std::vector<std::optional<Percentile>> StreamStats::percentiles(std::size_t metric,
                                                                const Selected& selected,
                                                                std::span<const double> ps,
                                                                Rule rule) const {
  std::vector<std::optional<Percentile>> result(ps.size());
  const Moments moments = figures(metric, selected).moments;
  if (moments.count == 0) return result;

  std::vector<std::uint64_t> ranks;
  add_ranks(ps, moments.count, rule, ranks);
  sort_once(ranks);
  std::vector<std::optional<double>> exact(ranks.size());
  std::vector<double> values;
  if (values_dropped_) {
    // The least and the greatest are known exactly.
    if (ranks.front() == 1) exact.front() = moments.min;
    if (ranks.back() == moments.count) exact.back() = moments.max;
    find_exact(metric, selected, ranks, exact);
    const bool all =
        std::ranges::all_of(exact, [](const auto& value) { return value.has_value(); });
    if (!all) values = approximate(metric, selected, ranks);
  } else {
    values = ExactStore::order_statistics(stores(metric, selected), ranks);
    exact.assign(values.begin(), values.end());
  }

  const auto at = [&](std::uint64_t rank) {
    return static_cast<std::size_t>(std::ranges::lower_bound(ranks, rank) - ranks.begin());
  };
  const auto value_at = [&](std::size_t i) {
    // No order statistic passes the least and the greatest value.
    return exact[i] ? *exact[i] : std::clamp(values[i], moments.min, moments.max);
  };
  for (std::size_t i = 0; i < ps.size(); ++i) {
    const Ranks wanted = ranks_of(ps[i], moments.count, rule);
    const std::size_t low = at(wanted.low), high = at(wanted.high);
    const bool known = exact[low] && exact[high];
    result[i] = Percentile{combine(wanted, value_at(low), value_at(high), moments.min, moments.max),
                           known ? 0 : histogram_error(metric, selected)};
  }
  return result;
}

// Fills in what is known already, and what can be asked for.
void StreamStats::find_exact(std::size_t metric, const Selected& selected,
                             std::span<const std::uint64_t> ranks,
                             std::vector<std::optional<double>>& values) const {
  const auto look = [&] {
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      if (!values[i]) values[i] = known_.find(metric, selected, ranks[i]);
    }
  };
  if (!ask_) return look();
  guard_([&] {
    look();
    std::vector<std::uint64_t> missing;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      if (!values[i]) missing.push_back(ranks[i]);
    }
    if (missing.empty()) return;
    known_.add(metric, selected, missing, ask_(metric, selected, missing));
    look();
  });
}

// From the histogram or, by label, the counts.
std::vector<double> StreamStats::approximate(std::size_t metric, const Selected& selected,
                                             std::span<const std::uint64_t> ranks) const {
  if (of_statuses(selected)) return histogram(metric, selected).order_statistics(ranks);
  return ExactStore::order_statistics(stores(metric, selected), ranks);
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
