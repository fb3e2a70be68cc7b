// SPDX-License-Identifier: Apache-2.0
//
// KeyRange: where an order statistic lies: values whose order keys begin with the same bits.
#pragma once

#include <cstdint>

namespace millrace {

struct KeyRange {
  std::uint64_t least = 0;   // the keys are from here to last()
  int open_bits = 64;        // low bits of the key that the range leaves open: 0 to 64
  std::uint64_t before = 0;  // values below the range
  std::uint64_t count = 0;   // values in it

  [[nodiscard]] std::uint64_t width() const noexcept {  // last() - least
    return open_bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << open_bits) - 1;
  }
  [[nodiscard]] std::uint64_t last() const noexcept { return least + width(); }
  [[nodiscard]] bool holds(std::uint64_t key) const noexcept { return key - least <= width(); }
  bool operator==(const KeyRange&) const = default;
};

}  // namespace millrace
