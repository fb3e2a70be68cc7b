// SPDX-License-Identifier: Apache-2.0
//
// SortRoom: the memory that sorters share, and where they put what it does not hold.
//
//   SortRoom room(256 << 20, std::make_unique<SpillFile>(""));
//   Sorter<Weighted> a(room), b(room);
//
// Method   A sorter that wants more than is left makes the largest other one put its items away, if that one
//          holds more than itself; else it puts its own away. So what is put away at once is large, and the
//          runs are few. What is being visited stays.
// Memory   bytes_max, and 64 KiB of each sorter whatever the room. Without a place to put items to the room
//          is not bounded.
// Threads  One at a time for all sorters of a room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

/// Bytes set aside, behind one another.
class Spill {
 public:
  virtual ~Spill() = default;
  /// "": done; else why not.
  virtual std::string append(std::span<const std::byte> bytes) = 0;
  virtual std::string read(std::uint64_t offset, std::span<std::byte> bytes) = 0;
};

/// Who holds memory of a room.
class RoomTenant {
 public:
  [[nodiscard]] virtual std::size_t held_bytes() const noexcept = 0;
  /// False: it cannot do without them now.
  [[nodiscard]] virtual bool put_away_all() = 0;

 protected:
  ~RoomTenant() = default;
};

class SortRoom {
 public:
  SortRoom() = default;  // all memory that there is
  SortRoom(std::size_t bytes_max, std::unique_ptr<Spill> spill)
      : bytes_max_(bytes_max), spill_(std::move(spill)) {}
  SortRoom(const SortRoom&) = delete;
  SortRoom& operator=(const SortRoom&) = delete;

  [[nodiscard]] const std::string& failed() const noexcept { return failed_; }
  [[nodiscard]] std::uint64_t spilled_bytes() const noexcept { return spilled_; }
  [[nodiscard]] std::size_t used_bytes() const noexcept { return used_; }

  // What follows is for sorters.

  void move_in(RoomTenant& tenant) { tenants_.push_back(&tenant); }
  void move_out(RoomTenant& tenant) noexcept { std::erase(tenants_, &tenant); }
  /// False: put your own away.
  [[nodiscard]] bool take(RoomTenant& tenant, std::size_t bytes);
  void take_anyway(std::size_t bytes) noexcept { used_ += bytes; }
  void give_back(std::size_t bytes) noexcept { used_ -= bytes; }
  /// Where it lies. Nothing more is written or read once something failed.
  std::uint64_t put_away(std::span<const std::byte> bytes);
  /// False: it could not be read.
  [[nodiscard]] bool read(std::uint64_t offset, std::span<std::byte> bytes);

 private:
  std::size_t bytes_max_ = static_cast<std::size_t>(-1);
  std::unique_ptr<Spill> spill_;
  std::vector<RoomTenant*> tenants_;  // that hold memory
  std::size_t used_ = 0;
  std::uint64_t spilled_ = 0;
  std::string failed_;
};

}  // namespace millrace
