// SPDX-License-Identifier: Apache-2.0
#include "record/record_filter.hpp"

#include "record/time_field.hpp"

namespace millrace {

LeftOut& LeftOut::operator+=(const LeftOut& other) noexcept {
  notices += other.notices;
  before += other.before;
  after += other.after;
  untimed += other.untimed;
  return *this;
}

RecordFilter::RecordFilter(const Schema& schema, std::optional<TimeWindow> window,
                           std::optional<ResultRange> range)
    : event_(schema.event), start_(schema.start), end_(schema.end), range_(range) {
  if (start_ || end_) window_ = window;
}

bool RecordFilter::all_in_range(std::uint64_t results) const noexcept {
  if (!range_ || results == 0) return true;
  return number_ + 1 >= range_->first && number_ + results <= range_->last;
}

RecordFilter::Verdict RecordFilter::judge(const std::byte* record) noexcept {
  if (event_ && record[event_->offset] != std::byte{0}) return Verdict::notice;
  const Verdict verdict = judge_result(record);
  phase_ = verdict == Verdict::before  ? Phase::warmup
           : verdict == Verdict::after ? Phase::cooldown
                                       : Phase::active;
  return verdict;
}

RecordFilter::Verdict RecordFilter::judge_result(const std::byte* record) noexcept {
  if (range_) {
    ++number_;
    if (number_ < range_->first) return Verdict::before;
    if (number_ > range_->last) return Verdict::after;
  }
  if (!window_) return Verdict::result;
  std::int64_t start = time_at(start_, record), end = time_at(end_, record);
  if (start == kAbsentTime && end == kAbsentTime) return Verdict::untimed;
  if (start == kAbsentTime) start = end;
  if (end == kAbsentTime) end = start;
  if (end < window_->begin_ns) return Verdict::before;
  return start > window_->end_ns ? Verdict::after : Verdict::result;
}

Slice RecordFilter::results(const Slice& slice, LeftOut& left_out) {
  if (!event_ && !window_ && !range_) {
    if (slice.count != 0) phase_ = Phase::active;
    return slice;
  }
  const std::size_t size = slice.record_size;
  Verdict verdict = Verdict::result;
  std::uint32_t first = 0;  // that does not count
  for (; first < slice.count; ++first) {
    verdict = judge(slice.records + first * size);
    if (verdict != Verdict::result) break;
  }
  if (first == slice.count) return slice;

  kept_.assign(slice.records, slice.records + first * size);
  for (std::uint32_t i = first; i < slice.count; ++i) {
    const std::byte* record = slice.records + i * size;
    if (i != first) verdict = judge(record);
    switch (verdict) {
      case Verdict::result:
        kept_.insert(kept_.end(), record, record + size);
        break;
      case Verdict::notice:
        ++left_out.notices;
        break;
      case Verdict::before:
        ++left_out.before;
        break;
      case Verdict::after:
        ++left_out.after;
        break;
      case Verdict::untimed:
        ++left_out.untimed;
        break;
    }
  }
  Slice results = slice;
  results.records = kept_.data();
  results.count = static_cast<std::uint32_t>(kept_.size() / size);
  return results;
}

}  // namespace millrace
