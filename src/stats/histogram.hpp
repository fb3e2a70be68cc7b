// SPDX-License-Identifier: Apache-2.0
//
// Histogram: counts by the top bits of the order key: sign, exponent and 10 mantissa bits.
// CoarseHistogram: the same with 5 bits, small enough for every label.
//
// Accuracy   A value is known to its bucket, whose middle is within 2^-11 = 4.9e-4 of it, for every
//            normal double. Zero and the infinities have buckets of their own (zero shares its one
//            with values below 2^-1032).
//            CoarseHistogram: 2^-6 = 1.6e-2.
// Memory     32 KiB for the directory from the first value on, and 8 KiB an octave touched (a page
//            of 1,024 counts). CoarseHistogram: 32 to 64 bytes, and 256, an octave.
// Cost       add(): about 1 ns a value once its page is there; docs/benchmarks.md.
// Merge      by addition: exact, in any order.
// Threads    Reentrant.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "stats/octave_map.hpp"
#include "stats/order_key.hpp"

namespace millrace {

template <int Bits, template <typename> typename Directory>
class BasicHistogram {
 public:
  static constexpr int kBits = Bits;
  static constexpr double kRelativeError = 1.0 / (2 << Bits);

  void add(std::span<const double> values);  // no NaN
  /// `count` more in the bucket of the values whose keys begin with these 12 + Bits bits.
  void add_bucket(std::uint64_t bucket, std::uint64_t count);
  void merge(const BasicHistogram& other);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// The middles of the buckets that hold the order statistics of these ranks, which are ascending
  /// and from 1 to count().
  [[nodiscard]] std::vector<double> order_statistics(std::span<const std::uint64_t> ranks) const;
  [[nodiscard]] double order_statistic(std::uint64_t rank) const;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  using Page = std::array<std::uint64_t, std::size_t{1} << Bits>;
  Page& page(std::uint32_t octave);

  Directory<std::unique_ptr<Page>> pages_;
  std::size_t page_count_ = 0;
  std::uint64_t count_ = 0;
};

using Histogram = BasicHistogram<10, OctaveArray>;
using CoarseHistogram = BasicHistogram<5, OctaveMap>;  // what ExactStore keeps of dropped values
extern template class BasicHistogram<10, OctaveArray>;
extern template class BasicHistogram<5, OctaveMap>;

}  // namespace millrace
