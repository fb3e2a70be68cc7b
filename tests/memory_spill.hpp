// SPDX-License-Identifier: Apache-2.0
//
// MemorySpill: holds what sorters put away; from the `bad`-th call on it fails.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "stats/sort_room.hpp"

namespace millrace {

class MemorySpill : public Spill {
 public:
  explicit MemorySpill(int bad = -1) : bad_(bad) {}
  std::string append(std::span<const std::byte> bytes) override {
    if (calls_++ == bad_) return "no space left on device";
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return "";
  }
  std::string read(std::uint64_t offset, std::span<std::byte> bytes) override {
    if (calls_++ == bad_) return "input/output error";
    if (offset + bytes.size() > bytes_.size()) return "beyond the end";
    std::memcpy(bytes.data(), bytes_.data() + offset, bytes.size());
    return "";
  }

 private:
  std::vector<std::byte> bytes_;
  int bad_;
  int calls_ = 0;
};

}  // namespace millrace
