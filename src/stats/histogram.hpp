// SPDX-License-Identifier: Apache-2.0
//
// Histogram: counts by the top bits of the order key: sign, exponent and 10 mantissa bits.
//
// Accuracy   A value is known to its bucket, whose middle is within 2^-11 = 4.9e-4 of it, for every
//            normal double. Zero and the infinities have buckets of their own (zero shares its one
//            with values below 2^-1032).
// Memory     32 KiB for the directory from the first value on, and 4 KiB an octave touched: a page of
//            1,024 counts of 32 bits, so that those of most metrics fit into a core's nearest cache.
//            What a count has beyond them is kept apart.
// Cost       add(): about 0.8 ns a value once its page is there; docs/benchmarks.md.
// Merge      by addition: exact, in any order.
// Threads    Reentrant.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "stats/coarse_histogram.hpp"
#include "stats/key_range.hpp"
#include "stats/octave_map.hpp"
#include "stats/order_key.hpp"

namespace millrace {

class Histogram {
 public:
  static constexpr int kBits = 10;
  static constexpr double kRelativeError = 1.0 / (2 << kBits);

  void add(std::span<const double> values);  // no NaN
  void merge(const Histogram& other);
  /// The same counts, in wider buckets.
  void count_into(CoarseHistogram& histogram) const;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// The buckets that hold the order statistics of these ranks, which are ascending and from 1 to
  /// count(): one for each rank.
  [[nodiscard]] std::vector<KeyRange> ranges_of(std::span<const std::uint64_t> ranks) const;
  /// Their middles.
  [[nodiscard]] std::vector<double> order_statistics(std::span<const std::uint64_t> ranks) const;
  [[nodiscard]] double order_statistic(std::uint64_t rank) const;
  /// The least value of the bucket of `value`.
  [[nodiscard]] static double begin_of_bucket(double value) noexcept {
    constexpr int kOpenBits = kMantissaBits - kBits;
    return value_of_key(order_key(value) >> kOpenBits << kOpenBits);
  }
  /// How many values lie in buckets below that of each of `limits`, which ascend: how many are less
  /// than begin_of_bucket() of it.
  [[nodiscard]] std::vector<std::uint64_t> counts_below(std::span<const double> limits) const;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  static constexpr std::size_t kPageBuckets = std::size_t{1} << kBits;
  using Page = std::array<std::uint32_t, kPageBuckets>;
  using Counts = std::array<std::uint64_t, kPageBuckets>;  // whole
  Page& page(std::uint32_t octave);
  void add_counts(std::uint32_t octave, const Counts& counts);
  /// visit(octave, counts), octaves ascending.
  template <typename Visit>
  void for_each_octave(Visit&& visit) const;

  OctaveArray<std::unique_ptr<Page>> pages_;
  // By bucket, in 2^32: what no longer fits the page.
  std::map<std::uint64_t, std::uint64_t> carries_;
  std::size_t page_count_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace millrace
