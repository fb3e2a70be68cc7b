// SPDX-License-Identifier: Apache-2.0
//
// WeightedSorter: weighted values, or events in time, in ascending order, in bounded memory.
//
//   WeightedSorter latencies(room);
//   latencies.add(Weighted::of(12.5, tokens));
//   visit_sorted({&latencies}, [&](std::span<const Weighted> some) { .. });   // as often as one likes
//
// Memory   Sorter's, 8 bytes an item that weighs as the first one does, as requests mostly do, and 16
//          another.
// Order    By key. Items of one key come in any order: who visits must not depend on it.
// Cost     6 to 16 ns an item, and 2 a visit; see Sorter.
// Errors   What could not be put away or read again: the room's failed() says why, and visits give less.
// Threads  One at a time for all sorters of a room.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include "stats/sorted_source.hpp"
#include "stats/sorter.hpp"
#include "stats/span_merger.hpp"

namespace millrace {

class WeightedSorter {
 public:
  explicit WeightedSorter(SortRoom& room) : usual_(room), others_(room) {}

  void add(Weighted item) {
    if (!any_) usual_weight_ = item.weight;
    any_ = true;
    if (item.weight == usual_weight_) {
      usual_.add(item.key);
    } else {
      others_.add(item);
    }
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return usual_.size() + others_.size(); }

  /// Items of a kind that is told by 8 bytes: codes, which ascend as the keys of their items do.
  using Decode = void (*)(std::span<const std::uint64_t> codes, std::span<Weighted> items);
  /// The same each time, and before other items are added.
  void take_codes(Decode decode) noexcept {
    decode_ = decode;
    usual_weight_ = kNoWeight;
    any_ = true;
  }
  void add_code(std::uint64_t code) { usual_.add(code); }

  using Visit = std::function<void(std::span<const Weighted>)>;

 private:
  friend class WeightedCursor;
  static constexpr std::uint64_t kNoWeight = ~std::uint64_t{0};
  Sorter<std::uint64_t> usual_;  // the keys of those with the first one's weight; or codes
  Sorter<Weighted> others_;
  Decode decode_ = nullptr;
  std::uint64_t usual_weight_ = 0;
  bool any_ = false;
};

/// The items of one sorter, to which nothing is added meanwhile.
class WeightedCursor final : public SortedSource {
 public:
  explicit WeightedCursor(WeightedSorter& sorter)
      : usual_(sorter.usual_),
        others_(sorter.others_),
        decode_(sorter.decode_),
        usual_weight_(sorter.usual_weight_) {}
  [[nodiscard]] bool at_end() override;
  [[nodiscard]] std::uint64_t bound() override;
  [[nodiscard]] std::span<const Weighted> take(std::uint64_t through) override;

 private:
  void decode(std::span<const std::uint64_t> usual, std::span<Weighted> items) const;
  [[nodiscard]] std::uint64_t key_of_usual(std::uint64_t usual) const;

  SortedCursor<std::uint64_t> usual_;
  SortedCursor<Weighted> others_;
  WeightedSorter::Decode decode_;
  std::uint64_t usual_weight_;
  std::vector<Weighted> weighted_;  // the usual ones that were taken
  SpanMerger merger_;
};

/// All items of all sorters, which belong to one room, as one ascending sequence.
void visit_sorted(std::span<WeightedSorter* const> sorters, const WeightedSorter::Visit& visit);
inline void visit_sorted(std::initializer_list<WeightedSorter*> sorters,
                         const WeightedSorter::Visit& visit) {
  visit_sorted(std::span(sorters.begin(), sorters.size()), visit);
}

}  // namespace millrace
