// SPDX-License-Identifier: Apache-2.0
//
// WeightedSorter: weighted values, or events in time, in ascending order, in bounded memory.
//
//   WeightedSorter latencies(room);
//   latencies.add(Weighted::of(12.5, tokens));
//   visit_sorted({&latencies}, [&](std::span<const Weighted> some) { .. });   // as often as one likes
//
// Memory   What all sorters of one SortRoom hold. When the room is used up, a sorter that wants more sorts
//          what it has and puts it away as a run; runs are merged while they are visited, 64 KiB each at a
//          time. Without a place to put them to the room is not bounded.
// Order    By key. Items of one key come in any order: who visits must not depend on it.
// Cost     10 to 20 ns an item of 16 bytes (Highway's VQSort); 30 to 40 more once runs are put away.
// Errors   What could not be put away or read again: failed() says why, and visits give nothing.
// Threads  One at a time for all sorters of a room.
// Source   Knuth, TAOCP 3, 5.4.1 (merging runs).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stats/weighted.hpp"

namespace millrace {

/// Bytes set aside, behind one another.
class Spill {
 public:
  virtual ~Spill() = default;
  /// "": done; else why not.
  virtual std::string append(std::span<const std::byte> bytes) = 0;
  virtual std::string read(std::uint64_t offset, std::span<std::byte> bytes) = 0;
};

/// The memory that sorters share, and where they put what it does not hold.
class SortRoom {
 public:
  SortRoom() = default;  // all memory that there is
  SortRoom(std::size_t bytes_max, std::unique_ptr<Spill> spill)
      : bytes_max_(bytes_max), spill_(std::move(spill)) {}

  [[nodiscard]] const std::string& failed() const noexcept { return failed_; }
  [[nodiscard]] std::uint64_t spilled_bytes() const noexcept { return spilled_; }

 private:
  friend class WeightedSorter;
  friend class RunCursor;
  /// False: put something away first.
  [[nodiscard]] bool take(std::size_t bytes) noexcept;
  void give_back(std::size_t bytes) noexcept { used_ -= bytes; }

  std::size_t bytes_max_ = static_cast<std::size_t>(-1);
  std::unique_ptr<Spill> spill_;
  std::size_t used_ = 0;
  std::uint64_t spilled_ = 0;
  std::string failed_;
};

class WeightedSorter {
 public:
  explicit WeightedSorter(SortRoom& room) : room_(&room) {}
  ~WeightedSorter();
  WeightedSorter(WeightedSorter&& other) noexcept;
  WeightedSorter& operator=(WeightedSorter&&) = delete;

  void add(Weighted item) {
    if (held_.size() == held_.capacity()) make_room();
    held_.push_back(item);
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return put_away_ + held_.size(); }

  using Visit = std::function<void(std::span<const Weighted>)>;

 private:
  friend void visit_sorted(std::span<WeightedSorter* const> sorters, const Visit& visit);
  friend class RunCursor;
  struct Run {  // in the spill
    std::uint64_t offset;
    std::uint64_t items;
  };
  void make_room();
  void sort();
  void put_away();

  SortRoom* room_;
  std::vector<Weighted> held_;
  std::size_t sorted_ = 0;  // of held_: so many at its beginning
  std::vector<Run> runs_;
  std::uint64_t put_away_ = 0;
};

/// All items of all sorters, which belong to one room, as one ascending sequence.
void visit_sorted(std::span<WeightedSorter* const> sorters, const WeightedSorter::Visit& visit);
inline void visit_sorted(std::initializer_list<WeightedSorter*> sorters,
                         const WeightedSorter::Visit& visit) {
  visit_sorted(std::span(sorters.begin(), sorters.size()), visit);
}

}  // namespace millrace
