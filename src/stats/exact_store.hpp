// SPDX-License-Identifier: Apache-2.0
//
// ExactStore: every value of one key, kept so that an order statistic is a prefix sum and one
// selection in one bucket: a radix partition by order key, kept live.
//
// Method     Values are appended to the lists of an exact::Tree (exact_tree.hpp): one list for a
//            small key, then a list for each octave, and 5 mantissa bits, and 8 more, as each
//            fills. A query counts by the same bits, of one tree or of many side by side, down to
//            the few values among which the rank lies, and selects there: a radix selection that
//            finds its first passes done.
// Accuracy   Exact. After drop_values() only the buckets' counts are left: a CoarseHistogram,
//            relative error 2^-6 = 1.6e-2 unless values spread over more than 32 octaves.
// Cost       3-4 ns a value; 8.4 bytes of a large key, 11.5 of one of 2,000; docs/benchmarks.md.
// Threads    Reentrant; order_statistics() changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stats/arena.hpp"
#include "stats/coarse_histogram.hpp"
#include "stats/exact_tree.hpp"
#include "stats/histogram.hpp"

namespace millrace {

class ExactStore {
 public:
  static constexpr double kRelativeErrorOfCounts = CoarseHistogram::kRelativeError;

  explicit ExactStore(Arena& arena) noexcept : tree_(arena) {}

  /// No NaN. False: the arena is full. This store has then dropped its values, and counted those of
  /// this call like all others; the caller calls drop_values() on every other store of the arena,
  /// and Arena::release_all().
  [[nodiscard]] bool add(std::span<const double> values);

  /// Keeps the counts, forgets the values (does not recycle: the arena is released whole).
  void drop_values();
  /// Forgets the counts, too.
  void drop_all() noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] bool exact() const noexcept { return exact_; }
  /// Of values: 0; of their counts.
  [[nodiscard]] double relative_error() const noexcept {
    return exact_ ? 0 : dropped_.relative_error();
  }
  /// Bytes that the arena does not count: of dropped values' counts.
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return dropped_.memory_bytes(); }

  /// Adds the counts of another store. Both have dropped their values.
  void merge(const ExactStore& dropped);
  /// Adds these counts. This one has dropped its values.
  void merge(const Histogram& counts);
  void count_into(CoarseHistogram& histogram) const;

  /// Appends all values, in no order. They have not been dropped.
  void copy_to(std::vector<double>& values) const;

  /// The values of these ranks (1-based, ascending) in the union of the stores. Exact if all
  /// stores are; else middles of buckets.
  static std::vector<double> order_statistics(std::span<const ExactStore* const> stores,
                                              std::span<const std::uint64_t> ranks);

 private:
  exact::Tree tree_;
  std::uint64_t count_ = 0;
  bool exact_ = true;
  CoarseHistogram dropped_;
};

}  // namespace millrace
