// SPDX-License-Identifier: Apache-2.0
//
// Sorter: items by their key in ascending order, in bounded memory.
//
//   Sorter<std::uint64_t> keys(room);
//   keys.add(7);
//   for (SortedCursor<std::uint64_t> cursor(keys); !cursor.ahead().empty();) {   // as often as one likes
//     const auto some = cursor.ahead();
//     cursor.pass(some.size());
//   }
//
// Items    Bare keys, Weighted and Spread: trivially copyable, with a key_of. Those of one key come in any
//          order: who reads must not depend on it.
// Memory   From 4 KiB on, doubled as it fills, without copying (GrowingPages), as the room allows. What does
//          not fit is put away as a sorted run; runs are merged while they are read, 64 KiB each at a time.
// Method   Of merging: all that is not beyond the last key that each run shows is taken together and sorted
//          in the cache, which costs less than a heap of runs.
// Cost     sort_by_key's; 10 to 15 ns an item more once runs are put away.
// Errors   What could not be put away or read again: the room's failed() says why, and cursors give less.
// Threads  One at a time for all sorters of a room.
// Source   Knuth, TAOCP 3, 5.4.1 (merging runs).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stats/growing_pages.hpp"
#include "stats/sort_by_key.hpp"
#include "stats/sort_room.hpp"

namespace millrace {

template <typename Item>
class Sorter final : public RoomTenant {
 public:
  explicit Sorter(SortRoom& room) : room_(&room) {}
  ~Sorter();
  Sorter(Sorter&& other) noexcept;
  Sorter& operator=(Sorter&&) = delete;

  /// Not while a cursor is there. Throws std::bad_alloc.
  void add(const Item& item) {
    if (items_ == capacity_) make_room();
    held()[items_++] = item;
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return put_away_ + items_; }

  [[nodiscard]] std::size_t held_bytes() const noexcept override { return pages_.bytes(); }
  [[nodiscard]] bool put_away_all() override;

 private:
  template <typename>
  friend class SortedCursor;
  struct Run {  // in the spill
    std::uint64_t offset;
    std::uint64_t items;
  };
  [[nodiscard]] Item* held() const noexcept { return reinterpret_cast<Item*>(pages_.data()); }
  void make_room();
  void sort();
  void put_away();
  void release() noexcept;

  SortRoom* room_;
  GrowingPages pages_;
  std::size_t capacity_ = 0;
  std::size_t items_ = 0;
  std::size_t sorted_ = 0;  // of the items held: so many at their beginning
  std::uint32_t cursors_ = 0;
  std::vector<Run> runs_;
  std::uint64_t put_away_ = 0;
};

template <typename Item>
class SortedCursor {
 public:
  explicit SortedCursor(Sorter<Item>& sorter);
  ~SortedCursor() { --sorter_.cursors_; }
  SortedCursor(const SortedCursor&) = delete;
  SortedCursor& operator=(const SortedCursor&) = delete;

  /// The next items, ascending; none: there are no more. Valid until it is asked for others.
  [[nodiscard]] std::span<const Item> ahead() {
    if (ahead_.empty() && (!runs_.empty() || !held_.empty())) fill();
    return ahead_;
  }
  void pass(std::size_t items) noexcept { ahead_ = ahead_.subspan(items); }
  /// Whether more will come behind those ahead.
  [[nodiscard]] bool more() const noexcept { return !runs_.empty() || !held_.empty(); }

 private:
  struct Reading {  // of one run
    typename Sorter<Item>::Run rest;
    std::vector<Item> buffer;
    std::span<const Item> ahead;
  };
  void fill();
  void read_on();

  Sorter<Item>& sorter_;
  std::span<const Item> held_;  // not shown yet
  std::vector<Reading> runs_;   // that have more
  std::vector<Item> merged_;
  std::span<const Item> ahead_;
};

}  // namespace millrace
