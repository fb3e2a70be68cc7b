// SPDX-License-Identifier: Apache-2.0
//
// Weighted: a value and how much it weighs, in the form that is sorted: by the order key, as bits.
//
// Weights are whole numbers of a unit that whoever makes them knows (a count, tokens, ticks of time), so
// that sums of them are exact and do not depend on any order.
#pragma once

#include <cstdint>

#include "stats/order_key.hpp"
#include "stats/sum.hpp"

namespace millrace {

struct alignas(16) Weighted {
  std::uint64_t weight;
  std::uint64_t key;  // order_key of the value

  static Weighted of(double value, std::uint64_t weight = 1) noexcept {
    return {weight, order_key(value)};
  }
  [[nodiscard]] double value() const noexcept { return value_of_key(key); }
  bool operator==(const Weighted&) const = default;
};

/// A sum of weights, rounded once. Most fit 64 bits, which are converted without a call.
inline double as_double(Int128 weight) noexcept {
  const auto low = static_cast<std::int64_t>(weight);
  return low == weight ? static_cast<double>(low) : static_cast<double>(weight);
}

}  // namespace millrace
