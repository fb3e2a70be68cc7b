// SPDX-License-Identifier: Apache-2.0
//
// The parts of StreamStats: what it keeps for a status, for a label, and while it takes a slice.
#pragma once

#include "stats/stream_stats.hpp"

namespace millrace {

struct StreamStats::StatusCell {
  Tally tally;
  Histogram histogram;
};

struct StreamStats::LabelCell {
  explicit LabelCell(Arena& arena) : values(arena) {}
  Tally tally;  // meaningful once by_label_
  ExactStore values;

  /// With thousands of labels no cell is in a near cache. What a slice changes comes closer meanwhile.
  void come_closer() noexcept {
    constexpr std::size_t kLine = 64;
    const auto* const at = reinterpret_cast<const std::byte*>(this);
    for (std::size_t i = 0; i < kSliceChanges; i += kLine) __builtin_prefetch(at + i, 1);
  }

 private:
  static constexpr std::size_t kSliceChanges = sizeof(Tally) + 2 * sizeof(void*);
};

struct StreamStats::LabelKey {
  LabelKey(std::size_t metrics, Arena& arena) {
    cells.reserve(metrics);
    for (std::size_t i = 0; i < metrics; ++i) cells.emplace_back(arena);
  }
  std::uint64_t count = 0;  // records
  std::vector<LabelCell> cells;
};

struct StreamStats::Group {
  std::uint8_t status = 0;
  std::uint16_t label = kNoLabel;
  std::uint32_t begin = 0;  // in Scratch::order
  std::uint32_t end = 0;
  LabelKey* key = nullptr;
};

struct StreamStats::Scratch {
  static constexpr std::uint16_t kNoGroup = 0xFFFF;

  explicit Scratch(const Schema& schema) : fields(schema) { groups.reserve(kSliceRecordsMax); }

  FieldColumns fields;
  Column column;
  std::vector<Group> groups;  // by status, within it as first seen
  bool in_order = true;       // one group: the records as they are
  std::array<std::uint16_t, kSliceRecordsMax> order;
  std::array<std::uint8_t, kSliceRecordsMax> status;
  std::array<std::uint16_t, kSliceRecordsMax> label;
  std::array<std::uint16_t, kSliceRecordsMax> group_of_record;
  std::array<std::vector<std::uint16_t>, kStatusCount>
      group_of;  // by label; kNoGroup between slices
  std::array<std::uint8_t, kSliceRecordsMax> good;

  // The present values of one metric, group after group.
  alignas(64) std::array<double, kSliceRecordsMax> values;
  alignas(64) std::array<std::int64_t, kSliceRecordsMax> integers;
};

}  // namespace millrace
