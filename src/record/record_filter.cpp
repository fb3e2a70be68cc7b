// SPDX-License-Identifier: Apache-2.0
#include "record/record_filter.hpp"

namespace millrace {

Slice RecordFilter::results(const Slice& slice) {
  if (!event_) return slice;
  const auto is_result = [&](const std::byte* record) {
    return record[event_->offset] == std::byte{0};
  };
  const std::size_t size = slice.record_size;
  std::uint32_t first = 0;  // that does not count
  while (first < slice.count && is_result(slice.records + first * size)) ++first;
  if (first == slice.count) return slice;

  kept_.assign(slice.records, slice.records + first * size);
  for (std::uint32_t i = first + 1; i < slice.count; ++i) {
    const std::byte* record = slice.records + i * size;
    if (is_result(record)) kept_.insert(kept_.end(), record, record + size);
  }
  Slice results = slice;
  results.records = kept_.data();
  results.count = static_cast<std::uint32_t>(kept_.size() / size);
  return results;
}

}  // namespace millrace
