// SPDX-License-Identifier: Apache-2.0
//
// Names: labels or error classes of a run, numbered from 2 in order of first use. 0 is "no name",
// 1 is "other": what comes after `names_max` names.
//
// Threads   Any; under a lock. Never in push: callers ask once and keep the number.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace {

class Names {
 public:
  static constexpr std::uint16_t kNone = 0;
  static constexpr std::uint16_t kOther = 1;
  static constexpr std::uint32_t kNamesMax = 65'533;  // 16-bit numbers, two of them taken

  /// Told of each new name before its number is given out, under the lock. When it throws there is no
  /// such name.
  using Published = std::function<void(std::uint16_t number, std::string_view name)>;

  explicit Names(std::uint32_t names_max);
  /// Before the first number is asked for.
  void publish_to(Published published) { published_ = std::move(published); }

  [[nodiscard]] std::uint16_t number(std::string_view name);
  /// How many all() would give. A number that a record carries is below it once the record is seen
  /// to be published.
  [[nodiscard]] std::size_t size() const noexcept {
    // order: acquire; pairs with the release in number(), for who then reads all().
    return size_.load(std::memory_order_acquire);
  }
  /// By number.
  [[nodiscard]] std::vector<std::string> all() const { return since(0); }
  /// Those from number `first` on.
  [[nodiscard]] std::vector<std::string> since(std::size_t first) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept {
      return std::hash<std::string_view>{}(s);
    }
  };
  const std::size_t names_max_;
  Published published_;
  std::atomic<std::size_t> size_{2};
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>> numbers_;
  std::vector<std::string> names_;
};

}  // namespace millrace
