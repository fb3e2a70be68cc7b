// SPDX-License-Identifier: Apache-2.0
#include "stats/live_series.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "stats/interval.hpp"
#include "stats/record_key.hpp"
#include "stats/series_figures.hpp"
#include "stats/sort_values.hpp"

namespace millrace {

LiveSeries::LiveSeries(const Schema& schema, SeriesRules rules)
    : schema_(schema), rules_(std::move(rules)) {
  nothing_.metrics.assign(schema.metrics.size(),
                          FigurePicker(0, rules_.percentiles, rules_.rule).figures());
}

LiveSeries::Interval& LiveSeries::interval(std::int64_t number) {
  const auto [at, made] = intervals_.try_emplace(number);
  Interval& interval = at->second;
  if (!made) return interval;
  interval.row = nothing_;
  interval.row.begin_ns = begin_of_interval(number, rules_.every_ns);
  interval.open = std::make_unique<Open>();
  interval.open->values.resize(schema_.metrics.size());
  ++open_;
  return interval;
}

void LiveSeries::begin(const Slice& results) {
  std::optional<std::int64_t> last;  // results that follow one another are mostly of one interval
  Interval* current = nullptr;
  const std::byte* record = results.records;
  count_ = results.count;
  for (std::uint32_t i = 0; i < results.count; ++i, record += results.record_size) {
    const auto number = interval_of(schema_, record, rules_.every_ns);
    if (!number) {
      ++untimed_;
      of_record_[i] = nullptr;
      continue;
    }
    if (number != last) current = &interval(*number);
    last = number;
    ++current->row.by_status[status_of(schema_, record)];
    if (current->open) current->open->changed = true;
    current->row.late += current->open ? 0u : 1u;
    of_record_[i] = current->open ? current : nullptr;
  }
  if (last) newest_ = *last;
}

void LiveSeries::add(std::size_t metric, const Column& column) {
  for (std::uint32_t i = 0; i < count_; ++i) {
    if (of_record_[i] == nullptr || column.state[i] != kPresent) continue;
    of_record_[i]->open->values[metric].push_back(column.values[i]);
    held_bytes_ += sizeof(double);
  }
}

void LiveSeries::end() {
  while (open_ > kOpenMax || (held_bytes_ > rules_.memory_bytes && open_ > 1)) close_oldest();
}

// By sorting them where they are: their order is nobody's.
void LiveSeries::make_figures(Interval& interval) const {
  if (!interval.open || !std::exchange(interval.open->changed, false)) return;
  for (std::size_t metric = 0; metric < interval.open->values.size(); ++metric) {
    std::vector<double>& values = interval.open->values[metric];
    sort_values(values);
    FigurePicker picker(values.size(), rules_.percentiles, rules_.rule);
    picker.add(values);
    interval.row.metrics[metric] = picker.figures();
  }
}

void LiveSeries::close_oldest() {
  const auto at = std::ranges::find_if(
      intervals_, [](const auto& entry) { return entry.second.open != nullptr; });
  make_figures(at->second);
  for (const auto& values : at->second.open->values) held_bytes_ -= values.size() * sizeof(double);
  at->second.open.reset();
  --open_;
}

Series LiveSeries::rows(std::size_t last, bool over) {
  Series series{rules_.every_ns, rules_.rule, rules_.percentiles, {}, untimed_};
  if (intervals_.empty()) return series;
  const std::int64_t first = intervals_.begin()->first, until = intervals_.rbegin()->first;
  const bool gaps =
      static_cast<std::uint64_t>(until) - static_cast<std::uint64_t>(first) < kGapsMax;
  std::optional<std::int64_t> later;  // the row behind
  for (auto at = intervals_.rbegin(); at != intervals_.rend() && series.rows.size() < last; ++at) {
    auto& [number, interval] = *at;
    for (; gaps && later && *later - 1 > number && series.rows.size() < last; --*later) {
      series.rows.push_back(nothing_);
      series.rows.back().begin_ns = begin_of_interval(*later - 1, rules_.every_ns);
    }
    later = number;
    if (series.rows.size() == last) break;
    if (number == newest_ && !over) continue;
    make_figures(interval);
    series.rows.push_back(interval.row);
  }
  std::ranges::reverse(series.rows);
  return series;
}

}  // namespace millrace
