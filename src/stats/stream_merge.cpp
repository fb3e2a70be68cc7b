// SPDX-License-Identifier: Apache-2.0
//
// Labels and segments of StreamStats: which labels are told apart, and how segments that were
// accumulated apart become one.
#include <algorithm>

#include "stats/generation_running.hpp"
#include "stats/stream_cells.hpp"
#include "stats/stream_stats.hpp"

namespace millrace {

// A label cell takes most once its values are dropped: then it has counts, of 32 pages at most.
// (Before, what grows with values is in the arena or counted by it.)
std::size_t StreamStats::label_bytes(const Schema& schema) noexcept {
  constexpr std::size_t kAllocation = 16;  // what malloc adds
  // keys_ and group_of a status, label_seen_ and label_order_: vectors, so up to twice their size.
  constexpr std::size_t kDirectories = 2 * (kStatusCount * (sizeof(void*) + sizeof(std::uint16_t)) +
                                            sizeof(Seen) + sizeof(std::uint16_t));
  const std::size_t cells =
      schema.metrics.size() * (sizeof(LabelCell) + CoarseHistogram::kMemoryBytesMax + kAllocation);
  const std::size_t statuses = schema.status ? kStatusCount : 1;
  return statuses * (sizeof(LabelKey) + 2 * kAllocation + cells) + kDirectories;
}

// The number under which this label is counted: its own, or "other" when there is no room for it.
std::uint16_t StreamStats::admitted(std::uint16_t label) {
  if (label >= label_seen_.size()) label_seen_.resize(std::size_t{label} + 1);
  if (label_seen_[label] == Seen::admitted) return label;
  const bool named = label != kNoLabel && label != kOtherLabel;
  if (label_seen_[label] == Seen::refused || (named && labels_named_ >= labels_room_)) {
    label_seen_[label] = Seen::refused;
    labels_refused_ = true;
    return admitted(kOtherLabel);
  }
  admit(label);
  return label;
}

void StreamStats::admit(std::uint16_t label) {
  label_seen_[label] = Seen::admitted;
  labels_named_ += label != kNoLabel && label != kOtherLabel ? 1u : 0u;
  label_order_.push_back(label);
}

std::uint16_t StreamStats::counted_as(std::uint16_t label) const noexcept {
  return label < label_seen_.size() && label_seen_[label] == Seen::admitted ? label : kOtherLabel;
}

// A label cell's tally, and the counts of values that are not held, are kept once there is a label. Until
// then all records of a status are of its cell without a label, slice by slice, so the tallies have the same
// bits.
void StreamStats::split_by_label() {
  by_label_ = true;
  for (std::size_t status = 0; status < kStatusCount; ++status) {
    if (keys_[status].empty() || !keys_[status][kNoLabel]) continue;
    for (std::size_t metric = 0; metric < schema_.metrics.size(); ++metric) {
      if (const auto& cell = status_cells_[metric][status]) {
        LabelCell& unlabelled = keys_[status][kNoLabel]->cells[metric];
        unlabelled.tally = cell->tally;
        if (values_dropped_) unlabelled.values.merge(cell->histogram);
      }
    }
  }
}

// Whether all of these, in any order, would be counted under numbers of their own.
bool StreamStats::admits_all(std::span<const std::uint16_t> labels) const {
  std::vector<std::uint16_t> each(labels.begin(), labels.end());
  std::ranges::sort(each);
  // Two under one number would have been one group in their slices: other sums.
  if (std::ranges::adjacent_find(each) != each.end()) return false;
  std::size_t named = labels_named_;
  for (const std::uint16_t label : each) {
    const Seen seen = label < label_seen_.size() ? label_seen_[label] : Seen::no;
    if (seen == Seen::refused) return false;
    named += seen == Seen::no && label != kNoLabel && label != kOtherLabel ? 1u : 0u;
  }
  return named <= labels_room_;
}

bool StreamStats::under_way() const noexcept {
  return std::ranges::any_of(status_cells_, [](const auto& cells) {
    return std::ranges::any_of(
        cells, [](const auto& cell) { return cell && cell->tally.segment.count != 0; });
  });
}

bool StreamStats::merge(const StreamStats& segment, const NameMap& names) {
  if (!values_dropped_ || !segment.values_dropped_ || segment.labels_refused_) return false;
  if (under_way() || segment.under_way()) return false;
  for (const auto& observers : observers_) {
    if (!observers.empty()) return false;
  }
  std::vector<std::uint16_t> numbers;  // of the segment's labels, as first seen
  for (const std::uint16_t label : segment.label_order_) {
    numbers.push_back(mapped(names.labels, label));
  }
  if (!admits_all(numbers)) return false;
  const LeftOut& out = segment.left_out_;
  const std::uint64_t results = segment.count({}) + out.before + out.after + out.untimed;
  if (!filter_.all_in_range(results)) return false;
  filter_.pass_over(results);

  merge_labels(segment, numbers);
  for (std::size_t metric = 0; metric < schema_.metrics.size(); ++metric) {
    for (std::size_t status = 0; status < kStatusCount; ++status) {
      const auto& theirs = segment.status_cells_[metric][status];
      if (!theirs) continue;
      StatusCell& ours = status_cell(metric, status);
      ours.tally.merge(theirs->tally);
      ours.histogram.merge(theirs->histogram);
    }
  }
  merge_errors(segment, names);
  const auto widen = [](auto& time, const auto& theirs, auto&& further) {
    if (theirs) time = time ? further(*time, *theirs) : *theirs;
  };
  const auto earlier = [](std::int64_t a, std::int64_t b) { return std::min(a, b); };
  const auto later = [](std::int64_t a, std::int64_t b) { return std::max(a, b); };
  widen(times_.first_start_ns, segment.times_.first_start_ns, earlier);
  widen(times_.last_start_ns, segment.times_.last_start_ns, later);
  widen(times_.first_end_ns, segment.times_.first_end_ns, earlier);
  widen(times_.last_end_ns, segment.times_.last_end_ns, later);
  good_ += segment.good_;
  left_out_ += segment.left_out_;
  if (running_) running_->merge(*segment.running_);
  known_.clear();  // ranks are of other values now
  return true;
}

// Before the statuses' tallies: those of earlier records without a label are still there.
void StreamStats::merge_labels(const StreamStats& segment, std::span<const std::uint16_t> numbers) {
  for (const std::uint16_t label : numbers) {
    if (label >= label_seen_.size()) label_seen_.resize(std::size_t{label} + 1);
    if (label_seen_[label] == Seen::no) admit(label);
    if (label != kNoLabel && !by_label_) split_by_label();
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::uint16_t label = segment.label_order_[i];
    for (std::size_t status = 0; status < kStatusCount; ++status) {
      const auto& their_keys = segment.keys_[status];
      if (label >= their_keys.size() || !their_keys[label]) continue;
      const LabelKey& theirs = *their_keys[label];
      LabelKey& ours = key(status, numbers[i]);
      ours.count += theirs.count;
      for (std::size_t metric = 0; metric < schema_.metrics.size(); ++metric) {
        if (!by_label_) continue;
        LabelCell& cell = ours.cells[metric];
        if (segment.by_label_) {
          cell.tally.merge(theirs.cells[metric].tally);
          cell.values.merge(theirs.cells[metric].values);
        } else {
          cell.tally.merge(segment.status_cells_[metric][status]->tally);
          cell.values.merge(segment.status_cells_[metric][status]->histogram);
        }
      }
    }
  }
}

void StreamStats::merge_errors(const StreamStats& segment, const NameMap& names) {
  for (const std::uint16_t theirs : segment.error_order_) {
    const std::uint16_t error = mapped(names.errors, theirs);
    if (error >= error_counts_.size()) error_counts_.resize(std::size_t{error} + 1);
    if (error_counts_[error] == 0) error_order_.push_back(error);
    error_counts_[error] += segment.error_counts_[theirs];
  }
}

}  // namespace millrace
