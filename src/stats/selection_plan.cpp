// SPDX-License-Identifier: Apache-2.0
#include "stats/selection_plan.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

namespace millrace {

SelectionPlan::SelectionPlan(std::vector<Target> targets, std::span<const Wanted> wanted)
    : targets_(std::move(targets)) {
  // By label and query, so that what belongs together stands together in the tables.
  std::vector<std::uint32_t> order(targets_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::uint32_t i) {
    const Target& target = targets_[i];
    const Wanted& w = wanted[target.query];
    return std::tuple(w.metric, w.selected.label, target.query, target.range.least);
  });

  std::size_t last_query = wanted.size();
  for (const std::uint32_t i : order) {
    const Target& target = targets_[i];
    const Wanted& w = wanted[target.query];
    if (metrics_.empty() || metrics_.back().metric_ != w.metric) metrics_.emplace_back(w.metric);
    OfMetric& metric = metrics_.back();
    const std::uint8_t status =
        w.selected.status ? static_cast<std::uint8_t>(*w.selected.status) : kAnyStatus;
    const Candidate candidate{target.range.least, target.range.width(), i, status};
    if (!w.selected.label) {
      metric.candidates_.push_back(candidate);
      continue;
    }
    by_label_ = true;
    const std::size_t label = *w.selected.label;
    if (label >= metric.labels_.size()) metric.labels_.resize(label + 1);
    auto& [first, end] = metric.labels_[label];
    if (last_query != target.query) {
      last_query = target.query;
      const auto begin = static_cast<std::uint32_t>(metric.labelled_.size());
      const auto number = static_cast<std::uint32_t>(metric.queries_.size());
      if (first == end) first = number;
      end = number + 1;
      metric.queries_.push_back({status, begin, begin});
    }
    metric.labelled_.push_back(candidate);
    ++metric.queries_.back().end;
  }
  for (OfMetric& metric : metrics_) {
    if (!metric.candidates_.empty()) metric.index_prefixes();
  }
}

void SelectionPlan::OfMetric::index_prefixes() {
  std::ranges::sort(candidates_, {}, &Candidate::least);
  slots_.resize(std::bit_ceil(2 * candidates_.size()));
  bitmap_.resize((std::size_t{kOctaves} << Histogram::kBits) / 64);
  for (std::uint32_t begin = 0, end = 0; begin < candidates_.size(); begin = end) {
    const auto prefix = static_cast<std::uint32_t>(candidates_[begin].least >> kOpenBits);
    while (end < candidates_.size() && candidates_[end].least >> kOpenBits == prefix) ++end;
    bitmap_[prefix >> 6] |= std::uint64_t{1} << (prefix & 63);
    std::uint64_t i = slot_of(prefix);
    while (slots_[i & (slots_.size() - 1)].prefix != kNoPrefix) ++i;
    slots_[i & (slots_.size() - 1)] = {prefix, begin, end};
  }
}

std::size_t SelectionPlan::memory_bytes() const noexcept {
  const auto bytes_of = [](const auto& vector) {
    return vector.capacity() * sizeof(vector.front());
  };
  std::size_t bytes = bytes_of(targets_) + bytes_of(metrics_);
  for (const OfMetric& metric : metrics_) {
    bytes += bytes_of(metric.bitmap_) + bytes_of(metric.candidates_) + bytes_of(metric.slots_) +
             bytes_of(metric.labelled_) + bytes_of(metric.queries_) + bytes_of(metric.labels_);
  }
  return bytes;
}

}  // namespace millrace
