// SPDX-License-Identifier: Apache-2.0
#include "stats/sort_room.hpp"

#include <algorithm>

namespace millrace {

bool SortRoom::take(RoomTenant& tenant, std::size_t bytes) {
  if (spill_ != nullptr) {
    std::vector<RoomTenant*> larger;
    while (bytes > bytes_max_ - std::min(used_, bytes_max_)) {
      if (larger.empty()) {
        for (RoomTenant* other : tenants_) {
          if (other->held_bytes() > tenant.held_bytes()) larger.push_back(other);
        }
        std::ranges::sort(larger, {}, &RoomTenant::held_bytes);
      }
      while (!larger.empty() && !larger.back()->put_away_all()) larger.pop_back();
      if (larger.empty()) return false;
      larger.pop_back();
    }
  }
  used_ += bytes;
  return true;
}

std::uint64_t SortRoom::put_away(std::span<const std::byte> bytes) {
  if (failed_.empty()) failed_ = spill_->append(bytes);
  return std::exchange(spilled_, spilled_ + bytes.size());
}

bool SortRoom::read(std::uint64_t offset, std::span<std::byte> bytes) {
  if (failed_.empty()) failed_ = spill_->read(offset, bytes);
  return failed_.empty();
}

}  // namespace millrace
