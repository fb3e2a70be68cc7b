// SPDX-License-Identifier: Apache-2.0
//
// ExactMean: the mean of doubles as if it were computed over the rationals and rounded once: what Python's
// statistics.mean gives, to the bit.
//
//   ExactMean mean;
//   for (double value : values) mean.add(value);
//   mean.result().value
//
// Method    A fixed-point sum that spans all doubles, in limbs of 32 bits that are held in 64, so that carries wait
//           for 2^30 additions; then one long division.
// Infinite  +inf or -inf when only one of the two was added, else NaN.
// Cost      About 2 ns an addition; 600 bytes; the result some 200 ns.
// Source    Radford M. Neal, "Fast exact summation using small and large superaccumulators" (2015).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace {

class ExactMean {
 public:
  struct Result {
    double value = 0;      // NaN of nothing
    bool rounded = false;  // the rational is not this double
  };

  /// No NaN.
  void add(double value) noexcept;
  void merge(const ExactMean& other) noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] Result result() const noexcept;

 private:
  // 2,098 bits from the least to the greatest double, and 64 for as many values: 2,162 in 68 limbs.
  static constexpr std::size_t kLimbs = 68;
  using Limbs = std::array<std::int64_t, kLimbs>;

  static void carry(Limbs& limbs) noexcept;

  Limbs limbs_{};  // in units of 2^-1074
  std::uint64_t count_ = 0;
  std::uint64_t above_ = 0;  // infinities
  std::uint64_t below_ = 0;
  std::uint32_t since_carry_ = 0;
};

}  // namespace millrace
