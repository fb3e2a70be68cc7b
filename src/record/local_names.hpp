// SPDX-License-Identifier: Apache-2.0
//
// LocalNames: the labels and error classes that one piece of a file uses, numbered in their order of
// appearance. The parser thread adds names while it pushes records that carry the numbers; the
// aggregator, which takes pieces in file order, maps the numbers to the run's own. So the run's
// numbers depend on the file alone, not on which thread was faster.
//
// Threads   add() from one parser thread; names_from() from the aggregator, at the same time.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace millrace {

class LocalNames {
 public:
  static constexpr std::size_t kNameBytesMax = 120;  // longer names are cut, at a UTF-8 boundary
  static constexpr std::uint16_t kNone = 0;
  static constexpr std::uint16_t kOther = 1;  // beyond 65,535 names

  /// A name as it is kept: a cut within a character would leave bytes that no terminal takes.
  [[nodiscard]] static std::string_view cut(std::string_view name) noexcept;

  /// The number of `name`, from 2 on.
  std::uint16_t add(std::string_view name);

  /// [aggregator] Appends to `names` those it does not have yet: names[i] has number i + 2.
  void names_from(std::vector<std::string>& names) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept {
      return std::hash<std::string_view>{}(s);
    }
  };
  std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>> numbers_;  // parser's own
  mutable std::mutex mutex_;
  std::vector<std::string> names_;
};

}  // namespace millrace
