// SPDX-License-Identifier: Apache-2.0
//
// Names: labels or error classes of a run, numbered from 2 in order of first use. 0 is "no name",
// 1 is "other": what comes after `names_max` names.
//
// Threads   Any; under a lock. Never in push: callers ask once and keep the number.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace millrace {

class Names {
 public:
  static constexpr std::uint16_t kNone = 0;
  static constexpr std::uint16_t kOther = 1;

  explicit Names(std::uint32_t names_max);

  [[nodiscard]] std::uint16_t number(std::string_view name);
  /// By number.
  [[nodiscard]] std::vector<std::string> all() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept {
      return std::hash<std::string_view>{}(s);
    }
  };
  const std::size_t names_max_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>> numbers_;
  std::vector<std::string> names_;
};

}  // namespace millrace
