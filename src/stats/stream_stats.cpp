// SPDX-License-Identifier: Apache-2.0
//
// What StreamStats makes of a slice; its labels and segments are in stream_merge.cpp.
#include "stats/stream_stats.hpp"

#include <algorithm>
#include <cstring>

#include "record/generation_schema.hpp"
#include "stats/generation_running.hpp"
#include "stats/stream_cells.hpp"

namespace millrace {
namespace {

template <typename T>
T load(const std::byte* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

// Two are set aside for the records without a label and for "other".
std::uint32_t room_for_labels(const Schema& schema, const StatsLimits& limits) noexcept {
  constexpr std::size_t kUnnamed = 2;
  const std::size_t paid_for = limits.label_memory_bytes / StreamStats::label_bytes(schema);
  return static_cast<std::uint32_t>(
      std::min<std::size_t>(limits.labels_max, paid_for > kUnnamed ? paid_for - kUnnamed : 0));
}

}  // namespace

void Tally::end_segment() noexcept {
  if (segment.count == 0) return;
  total.merge(segment);
  total_sum.merge(segment_sum);
  segment = {};
  segment_sum = {};
}

void Tally::merge(const Tally& ended) noexcept {
  // As end_segment() does: a segment without values leaves no trace.
  if (ended.total.count != 0) {
    total.merge(ended.total);
    total_sum.merge(ended.total_sum);
  }
  absent += ended.absent;
  invalid += ended.invalid;
}

Moments Tally::moments() const noexcept {
  Moments all = total;
  all.merge(segment);
  return all;
}

Sum Tally::sum() const noexcept {
  Sum all = total_sum;
  all.merge(segment_sum);
  return all;
}

StreamStats::StreamStats(Schema schema, std::shared_ptr<ExactMemory> memory, StatsLimits limits,
                         std::vector<Bound> goodput)
    : schema_(std::move(schema)),
      memory_(std::move(memory)),
      labels_room_(room_for_labels(schema_, limits)),
      goodput_(std::move(goodput)),
      filter_(schema_, limits.window, limits.range),
      observers_(schema_.metrics.size()),
      status_cells_(schema_.metrics.size()),
      values_dropped_(!memory_->exact),
      scratch_(std::make_unique<Scratch>(schema_)) {
  if (is_generation(schema_)) {
    running_ =
        std::make_unique<GenerationRunning>(RunningRules{.sources = limits.tokens, .phases = {}});
  }
  if (limits.series.every_ns != 0 && (schema_.start || schema_.end)) {
    series_ = std::make_unique<LiveSeries>(schema_, std::move(limits.series));
  }
}

StreamStats::~StreamStats() = default;

void StreamStats::accumulate(const Slice& all, const NameMap& names) {
  if (running_) running_->accumulate(all);
  const Slice slice = filter_.results(all, left_out_);
  if (slice.count == 0) return;
  known_.clear();  // ranks are of other values now
  group(slice, names);
  for (Group& g : scratch_->groups) {
    g.key = &key(g.status, g.label);
    g.key->count += g.end - g.begin;
  }
  scratch_->fields.load(slice);
  note_times();
  if (schema_.error_class) note_errors(slice, names);
  if (!goodput_.empty()) scratch_->good.fill(1);
  if (series_) series_->begin(slice);
  for (std::size_t metric = 0; metric < schema_.metrics.size(); ++metric) {
    accumulate_metric(metric, slice);
  }
  if (!goodput_.empty()) note_good(slice);
  if (series_) series_->end();
}

void StreamStats::end_segment() {
  if (running_) running_->end_segment();
  for (auto& cells : status_cells_) {
    for (auto& cell : cells) {
      if (cell) cell->tally.end_segment();
    }
  }
  if (!by_label_) return;
  for (auto& by_label : keys_) {
    for (auto& key : by_label) {
      if (!key) continue;
      for (LabelCell& cell : key->cells) cell.tally.end_segment();
    }
  }
}

// Whether all have the same bytes there: most slices of most runs.
bool StreamStats::all_of_one_group(const Slice& slice) const noexcept {
  const auto differ = [&]<typename T>(T, const std::optional<Field>& field) {
    if (!field) return false;
    const std::byte* at = slice.records + field->offset;
    const T first = load<T>(at);
    T differences{};
    for (std::uint32_t i = 0; i < slice.count; ++i, at += slice.record_size) {
      differences = static_cast<T>(differences | (load<T>(at) ^ first));
    }
    return differences != 0;
  };
  return !differ(std::uint8_t{}, schema_.status) && !differ(std::uint16_t{}, schema_.label);
}

// Orders the slice's records by status and label: scratch_->groups and scratch_->order.
void StreamStats::group(const Slice& slice, const NameMap& names) {
  Scratch& s = *scratch_;
  const std::uint32_t n = slice.count;
  s.groups.clear();

  s.in_order = all_of_one_group(slice);
  if (s.in_order) {
    const std::uint8_t status = status_of(schema_, slice.records);
    const std::uint16_t label = admitted(label_of(schema_, slice.records, names));
    if (label != kNoLabel && !by_label_) split_by_label();
    std::fill_n(s.status.begin(), n, status);
    s.groups.push_back({status, label, 0, n});
    return;
  }

  const std::byte* at = slice.records;
  for (std::uint32_t i = 0; i < n; ++i, at += slice.record_size) {
    s.status[i] = status_of(schema_, at);
    s.label[i] = label_of(schema_, at, names);
  }
  // Counting sort: groups in order of first appearance, then by status.
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint16_t label = admitted(s.label[i]);
    if (label != kNoLabel && !by_label_) split_by_label();
    auto& of_label = s.group_of[s.status[i]];
    if (label >= of_label.size()) of_label.resize(std::size_t{label} + 1, Scratch::kNoGroup);
    if (of_label[label] == Scratch::kNoGroup) {
      of_label[label] = static_cast<std::uint16_t>(s.groups.size());
      s.groups.push_back({s.status[i], label, 0, 0});
    }
    s.group_of_record[i] = of_label[label];
    ++s.groups[of_label[label]].end;  // a count, for now
  }
  std::uint32_t begin = 0;
  for (std::uint8_t status = 0; status < kStatusCount; ++status) {
    for (Group& g : s.groups) {
      if (g.status != status) continue;
      s.group_of[status][g.label] = Scratch::kNoGroup;
      g.begin = begin;
      begin += g.end;
      g.end = g.begin;
    }
  }
  for (std::uint32_t i = 0; i < n; ++i) {
    s.order[s.groups[s.group_of_record[i]].end++] = static_cast<std::uint16_t>(i);
  }
  std::stable_sort(s.groups.begin(), s.groups.end(),
                   [](const Group& a, const Group& b) { return a.begin < b.begin; });
}

void StreamStats::accumulate_metric(std::size_t metric, const Slice& slice) {
  constexpr std::size_t kAhead = 6;  // groups
  Scratch& s = *scratch_;
  Column& column = s.column;
  column.evaluate(schema_.metrics[metric], s.fields);
  const bool integral = schema_.metrics[metric].integral();
  if (series_) series_->add(metric, column);

  for (const Bound& bound : goodput_) {
    if (bound.metric != metric) continue;
    for (std::uint32_t i = 0; i < slice.count; ++i) {
      s.good[i] &= static_cast<std::uint8_t>(column.state[i] == kPresent &&
                                             column.values[i] <= bound.at_most);
    }
  }

  // In most slices all records are of one group and have the metric: then the column is used as it is.
  const bool as_it_is = s.in_order && column.not_present == 0;
  const double* const present = as_it_is ? column.values.data() : s.values.data();
  const std::int64_t* const present_integers = as_it_is ? column.integers : s.integers.data();
  const auto add_to = [&](Tally& tally, std::uint32_t begin, std::uint32_t end) {
    const std::span<const double> values(present + begin, end - begin);
    tally.add(Moments::of(values));
    if (integral) {
      tally.segment_sum.add(std::span<const std::int64_t>(present_integers + begin, values.size()));
    } else {
      tally.segment_sum.add(values);
    }
  };

  std::uint32_t out = 0;
  for (std::size_t g = 0; g < s.groups.size();) {
    const std::uint8_t status = s.groups[g].status;
    const std::uint32_t status_begin = out;
    StatusCell& of_status = status_cell(metric, status);

    for (; g < s.groups.size() && s.groups[g].status == status; ++g) {
      const Group& group = s.groups[g];
      const std::uint32_t group_begin = out;
      std::uint64_t absent = 0;
      std::uint64_t invalid = 0;
      if (as_it_is) {
        out = slice.count;
      } else {
        for (std::uint32_t i = group.begin; i < group.end; ++i) {
          const std::uint32_t record = s.in_order ? i : s.order[i];
          const Presence state = column.state[record];
          // Written always, kept only if present: no branch that the data decides.
          s.values[out] = column.values[record];
          if (integral) s.integers[out] = column.integers[record];
          out += static_cast<std::uint32_t>(state == kPresent);
          absent += static_cast<std::uint64_t>(state == kAbsent);
          invalid += static_cast<std::uint64_t>(state == kInvalid);
        }
      }
      of_status.tally.absent += absent;
      of_status.tally.invalid += invalid;

      LabelCell& cell = group.key->cells[metric];
      if (g + kAhead < s.groups.size()) s.groups[g + kAhead].key->cells[metric].come_closer();
      if (by_label_) {
        cell.tally.absent += absent;
        cell.tally.invalid += invalid;
        add_to(cell.tally, group_begin, out);
      }
      // Without labels and values the status' histogram has all that there is.
      if (values_dropped_ && !by_label_) continue;
      if (!cell.values.add({present + group_begin, out - group_begin})) drop_values();
    }
    add_to(of_status.tally, status_begin, out);
    of_status.histogram.add({present + status_begin, out - status_begin});
  }

  if (observers_[metric].empty()) return;
  // In the order of the records, whatever their status.
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < slice.count; ++i) {
    s.values[n] = column.values[i];
    n += static_cast<std::uint32_t>(column.state[i] == kPresent);
  }
  std::erase_if(observers_[metric], [&](Observer& observer) {
    try {
      observer(std::span<const double>(s.values.data(), n));
      return false;
    } catch (...) {
      ++observers_detached_;
      return true;
    }
  });
}

void StreamStats::note_times() noexcept {
  const auto widen = [&](const std::optional<Field>& field, std::optional<std::int64_t>& first,
                         std::optional<std::int64_t>& last) {
    if (!field) return;
    const FieldColumns& fields = scratch_->fields;
    const auto [least, greatest] =
        column_kernel::extent_of_times(fields.integers(*field), fields.count());
    if (greatest == kAbsentTime) return;
    first = first ? std::min(*first, least) : least;
    last = last ? std::max(*last, greatest) : greatest;
  };
  widen(schema_.start, times_.first_start_ns, times_.last_start_ns);
  widen(schema_.end, times_.first_end_ns, times_.last_end_ns);
}

void StreamStats::note_errors(const Slice& slice, const NameMap& names) {
  const std::byte* at = slice.records + schema_.error_class->offset;
  for (std::uint32_t i = 0; i < slice.count; ++i, at += slice.record_size) {
    auto error = load<std::uint16_t>(at);
    if (error == kNoLabel) continue;
    error = mapped(names.errors, error);
    if (error >= error_counts_.size()) error_counts_.resize(std::size_t{error} + 1);
    if (error_counts_[error]++ == 0) error_order_.push_back(error);
  }
}

void StreamStats::note_good(const Slice& slice) noexcept {
  for (std::uint32_t i = 0; i < slice.count; ++i) {
    const bool ok = scratch_->status[i] == static_cast<std::uint8_t>(Status::ok);
    good_ += static_cast<std::uint64_t>(ok && scratch_->good[i] != 0);
  }
}

StreamStats::StatusCell& StreamStats::status_cell(std::size_t metric, std::size_t status) {
  auto& cell = status_cells_[metric][status];
  if (!cell) cell = std::make_unique<StatusCell>();
  return *cell;
}

StreamStats::LabelKey& StreamStats::key(std::size_t status, std::uint16_t label) {
  auto& by_label = keys_[status];
  if (label >= by_label.size()) by_label.resize(std::size_t{label} + 1);
  if (!by_label[label]) {
    by_label[label] = std::make_unique<LabelKey>(schema_.metrics.size(), memory_->arena);
    if (values_dropped_) {
      for (LabelCell& cell : by_label[label]->cells) cell.values.drop_all();
    }
  }
  return *by_label[label];
}

void StreamStats::drop_values() {
  memory_->exact = false;
  values_dropped_ = true;
  for (auto& by_label : keys_) {
    for (auto& key : by_label) {
      if (!key) continue;
      for (LabelCell& cell : key->cells) {
        by_label_ ? cell.values.drop_values() : cell.values.drop_all();
      }
    }
  }
}

void StreamStats::observe(std::size_t metric, Observer observer) {
  observers_[metric].push_back(std::move(observer));
}

}  // namespace millrace
