// SPDX-License-Identifier: Apache-2.0
//
// CoarseHistogram: counts by the top bits of the order key, sign, exponent and 5 mantissa bits: small
// enough for every label, and bounded whatever the values are.
//
// Bound      A page holds the counts of 32 neighbouring buckets, at first those of one octave; there
//            are 32 pages at most. Values that would need more (they spread over more than 32
//            octaves, a factor of 4e9) make all buckets twice as wide, until 32 pages suffice. How
//            wide they are depends on the values alone, not on their order or on who merged them.
// Accuracy   2^-6 = 1.6e-2 within 32 octaves, then 2^-5 and so on: relative_error(). Beyond 1,024
//            octaves a bucket is wider than an octave: of its values the one nearest to zero is
//            given, and the bound is 1 (infinities excepted).
// Memory     From 32 to 64 bytes, and 272, a page; kMemoryBytesMax at most.
// Merge      by addition: exact, in any order.
// Threads    Reentrant.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "stats/key_range.hpp"
#include "stats/octave_map.hpp"
#include "stats/order_key.hpp"

namespace millrace {

class CoarseHistogram {
 public:
  static constexpr int kBits = 5;
  static constexpr double kRelativeError = 1.0 / (2 << kBits);
  static constexpr std::size_t kPagesMax = 32;

  void add(std::span<const double> values);  // no NaN
  /// `count` more in the bucket of the values whose keys begin with these 12 + kBits bits.
  void add_bucket(std::uint64_t bucket, std::uint64_t count);
  void merge(const CoarseHistogram& other);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// The buckets that hold the order statistics of these ranks, which are ascending and from 1 to
  /// count(): one for each rank.
  [[nodiscard]] std::vector<KeyRange> ranges_of(std::span<const std::uint64_t> ranks) const;
  [[nodiscard]] std::vector<double> order_statistics(std::span<const std::uint64_t> ranks) const;
  [[nodiscard]] double order_statistic(std::uint64_t rank) const;
  [[nodiscard]] double relative_error() const noexcept;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  using Page = std::array<std::uint64_t, std::size_t{1} << kBits>;
  using Pages = OctaveMap<std::unique_ptr<Page>>;      // by the key's bits above those of a page
  static constexpr std::size_t kAllocationBytes = 16;  // what malloc adds to a page

 public:
  static constexpr std::size_t kMemoryBytesMax =
      kPagesMax * (sizeof(Page) + kAllocationBytes) + Pages::memory_bytes_for(kPagesMax);

 private:
  [[nodiscard]] int open_bits() const noexcept { return kMantissaBits - kBits + doublings_; }
  std::uint64_t& count_of(std::uint64_t bucket);
  void widen();

  Pages pages_;
  std::size_t page_count_ = 0;
  std::uint64_t count_ = 0;
  int doublings_ = 0;  // of the buckets' width; 7 at most: 2^12 octaves are 32 pages then
};

}  // namespace millrace
