// SPDX-License-Identifier: Apache-2.0
//
// SelectionPart: what one thread finds in its slices in one pass of a RankSelection.
//
// Ties      A target that is counted is collected as well, as pairs of value and count: what is equal
//           to one of the last 64 values adds to its pair. So a bucket of few values, or of one and
//           some others beside it, needs no further pass. Beyond pairs_max only the counts are kept.
// Memory    16 bytes a collected value or pair in blocks of 64 KiB, 66 KiB a target that is counted,
//           64 KiB for a slice. A target never collects more than its bucket had values.
// Threads   One.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "record/column.hpp"
#include "record/record_filter.hpp"
#include "record/slice.hpp"
#include "stats/selection_plan.hpp"
#include "stats/stream_stats.hpp"

namespace millrace {

class SelectionPart {
 public:
  struct Found {
    std::uint64_t key;
    std::uint32_t target;
    std::uint32_t count;
  };
  /// Of a target that is counted by its next bits.
  struct SubBuckets {
    static constexpr std::size_t kCount = std::size_t{1} << SelectionPlan::kRefinedBits;
    std::array<std::uint64_t, kCount> count{};
    std::array<std::uint64_t, kCount> first{};  // a key of the bucket, if it is not empty
    std::bitset<kCount> mixed;                  // holds more than one value

    void add(std::size_t bucket, std::uint64_t key, std::uint64_t n) noexcept;
    void merge(const SubBuckets& other) noexcept;
  };
  struct Counted {
    struct Pair {
      std::uint64_t key = 0;
      std::uint64_t count = 0;
    };
    std::array<Pair, 1 << 6> recent;  // by the key's hash; not yet in what follows
    SubBuckets buckets;
    std::size_t pairs = 0;  // collected
    bool beyond = false;    // pairs_max: those that were collected are not all
  };
  static constexpr std::size_t kBlockFound = 4096;
  using Block = std::vector<Found>;  // of capacity kBlockFound

  /// For all passes of a RankSelection, whose plan changes in its place between them.
  SelectionPart(const StreamStats& totals, const SelectionPlan& plan);

  void accumulate(const Slice& all, const NameMap& names);

  /// Empties it for the pass that comes.
  void begin_pass(std::size_t pairs_max);
  void end_pass();
  [[nodiscard]] std::vector<Block>& blocks() noexcept { return blocks_; }
  /// nullptr: none of the target's values was seen, or it is not counted.
  [[nodiscard]] std::unique_ptr<Counted>& counted(std::size_t target) noexcept {
    return counted_[target];
  }
  [[nodiscard]] std::uint64_t seen(std::size_t target) const noexcept { return seen_[target]; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  /// What one more target, one more value or pair and one more counted target take.
  static constexpr std::size_t kTargetBytes = sizeof(std::uint64_t) + sizeof(void*);
  static constexpr std::size_t kFoundBytes = sizeof(Found);
  static constexpr std::size_t kCountedBytes = sizeof(Counted) + 16;

 private:
  void take_unlabelled(const SelectionPlan::OfMetric& metric, const Slice& slice);
  void take_labelled(const SelectionPlan::OfMetric& metric, std::uint32_t n);
  void take(std::uint32_t target, std::uint64_t key);
  void count(std::uint32_t target, std::uint64_t key);
  void collect(std::uint32_t target, std::uint64_t key, std::uint64_t count);
  void put_away(std::uint32_t target, Counted& counted, Counted::Pair& pair);

  const StreamStats& totals_;
  const SelectionPlan& plan_;
  FieldColumns fields_;
  RecordFilter filter_;
  Column column_;
  std::array<std::uint16_t, kSliceRecordsMax> hits_;
  std::array<std::uint16_t, kSliceRecordsMax> labels_;
  std::array<std::uint8_t, kSliceRecordsMax> statuses_;

  std::size_t pairs_max_ = 0;
  std::vector<std::uint64_t> seen_;  // values of each target
  std::vector<std::unique_ptr<Counted>> counted_;
  std::vector<Block> blocks_;
};

}  // namespace millrace
