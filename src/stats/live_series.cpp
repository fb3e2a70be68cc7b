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

void LiveSeries::begin(const Slice& results) {
  std::optional<std::int64_t> last;  // results that follow one another are mostly of one interval
  SeriesRow* row = nullptr;
  Open* open = nullptr;
  const std::byte* record = results.records;
  count_ = results.count;
  for (std::uint32_t i = 0; i < results.count; ++i, record += results.record_size) {
    const auto number = interval_of(schema_, record, rules_.every_ns);
    of_record_[i] = nullptr;
    if (!number) {
      ++untimed_;
      continue;
    }
    if (number != last) {
      const auto [at, made] = rows_.try_emplace(*number, nothing_);
      row = &at->second;
      if (made) {
        row->begin_ns = begin_of_interval(*number, rules_.every_ns);
        open_[*number].values.resize(schema_.metrics.size());
      }
      const auto found = open_.find(*number);
      open = found == open_.end() ? nullptr : &found->second;
      if (open != nullptr) open->changed = true;
      last = number;
    }
    ++row->by_status[status_of(schema_, record)];
    row->late += open == nullptr ? 1u : 0u;
    of_record_[i] = open;
  }
  if (last) newest_ = *last;
}

void LiveSeries::add(std::size_t metric, const Column& column) {
  for (std::uint32_t i = 0; i < count_; ++i) {
    if (of_record_[i] == nullptr || column.state[i] != kPresent) continue;
    of_record_[i]->values[metric].push_back(column.values[i]);
    held_bytes_ += sizeof(double);
  }
}

void LiveSeries::end() {
  while (open_.size() > kOpenMax || (held_bytes_ > rules_.memory_bytes && open_.size() > 1)) {
    close_oldest();
  }
}

// By sorting values where they are: their order is nobody's.
void LiveSeries::make_figures(SeriesRow& row, Open& open) const {
  if (!std::exchange(open.changed, false)) return;
  for (std::size_t metric = 0; metric < open.values.size(); ++metric) {
    std::vector<double>& values = open.values[metric];
    sort_values(values);
    FigurePicker picker(values.size(), rules_.percentiles, rules_.rule);
    picker.add(values);
    row.metrics[metric] = picker.figures();
  }
}

void LiveSeries::close_oldest() {
  const auto oldest = open_.begin();
  make_figures(rows_.at(oldest->first), oldest->second);
  for (const auto& values : oldest->second.values) held_bytes_ -= values.size() * sizeof(double);
  open_.erase(oldest);
}

Series LiveSeries::rows(std::size_t last, bool over) {
  Series series{rules_.every_ns, rules_.rule, rules_.percentiles, {}, untimed_};
  if (rows_.empty()) return series;
  const std::int64_t first = rows_.begin()->first, until = rows_.rbegin()->first;
  const bool gaps =
      static_cast<std::uint64_t>(until) - static_cast<std::uint64_t>(first) < kGapsMax;
  std::optional<std::int64_t> later;  // the row behind
  for (auto at = rows_.rbegin(); at != rows_.rend() && series.rows.size() < last; ++at) {
    auto& [number, row] = *at;
    for (; gaps && later && *later - 1 > number && series.rows.size() < last; --*later) {
      series.rows.push_back(nothing_);
      series.rows.back().begin_ns = begin_of_interval(*later - 1, rules_.every_ns);
    }
    later = number;
    if (series.rows.size() == last) break;
    if (number == newest_ && !over) continue;
    if (const auto open = open_.find(number); open != open_.end()) make_figures(row, open->second);
    series.rows.push_back(row);
  }
  std::ranges::reverse(series.rows);
  return series;
}

}  // namespace millrace
