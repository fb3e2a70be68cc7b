// SPDX-License-Identifier: Apache-2.0
//
// SelectionPlan: which values one pass of a RankSelection looks for, laid out so that a value which
// nobody looks for, almost every one, costs one load.
//
//   Not by label   A bitmap over the first 22 bits of the order key (a bucket of Histogram): what has
//                  its bit set is looked up in a small hash table of buckets.
//   By label       The label's queries, each with its ranges in order: a binary search a query.
//
// Threads   Does not change during a pass; any thread may read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "stats/histogram.hpp"
#include "stats/key_range.hpp"
#include "stats/wanted.hpp"

namespace millrace {

class SelectionPlan {
 public:
  /// Counted by their next bits when they are more than these, else collected.
  static constexpr std::uint64_t kCollectedMax = std::uint64_t{1} << 16;
  static constexpr int kRefinedBits = 12;

  /// A range of a query's values, in which some of its ranks lie.
  struct Target {
    std::size_t query = 0;
    KeyRange range;
    std::size_t first_rank = 0;  // of the query's ranks
    std::size_t ranks = 0;

    [[nodiscard]] bool refines() const noexcept { return range.count > kCollectedMax; }
    /// Low bits of the key that a sub-bucket leaves open.
    [[nodiscard]] int sub_bits() const noexcept {
      return range.open_bits > kRefinedBits ? range.open_bits - kRefinedBits : 0;
    }
  };

  static constexpr std::uint8_t kAnyStatus = kStatusCount;

  struct Candidate {
    std::uint64_t least;
    std::uint64_t width;
    std::uint32_t target;
    std::uint8_t status;
    [[nodiscard]] bool holds(std::uint64_t key) const noexcept { return key - least <= width; }
  };

  class OfMetric {
   public:
    explicit OfMetric(std::size_t metric) : metric_(metric) {}
    [[nodiscard]] std::size_t metric() const noexcept { return metric_; }

    [[nodiscard]] bool any_unlabelled() const noexcept { return !bitmap_.empty(); }
    [[nodiscard]] bool looked_for(std::uint64_t key) const noexcept {
      const std::uint64_t prefix = key >> kOpenBits;
      return ((bitmap_[prefix >> 6] >> (prefix & 63)) & 1) != 0;
    }
    [[nodiscard]] static bool same_bucket(std::uint64_t a, std::uint64_t b) noexcept {
      return (a ^ b) >> kOpenBits == 0;
    }
    [[nodiscard]] std::span<const Candidate> candidates(std::uint64_t key) const noexcept {
      const std::uint64_t prefix = key >> kOpenBits;
      for (std::uint64_t i = slot_of(prefix);; ++i) {
        const Slot& slot = slots_[i & (slots_.size() - 1)];
        if (slot.prefix == prefix) {
          return {candidates_.data() + slot.begin, candidates_.data() + slot.end};
        }
        if (slot.prefix == kNoPrefix) return {};
      }
    }

    [[nodiscard]] bool any_labelled() const noexcept { return !queries_.empty(); }
    /// visit(target) for each of the label's targets that a value of this status and key is of.
    template <typename Visit>
    void of_label(std::uint16_t label, std::uint8_t status, std::uint64_t key,
                  Visit&& visit) const {
      if (label >= labels_.size()) return;
      for (std::uint32_t q = labels_[label].first; q < labels_[label].second; ++q) {
        const Query& query = queries_[q];
        if (query.status != status && query.status != kAnyStatus) continue;
        // The last that begins at the key or before it.
        std::uint32_t begin = query.begin, end = query.end;
        while (end - begin > 1) {
          const std::uint32_t middle = begin + (end - begin) / 2;
          (key < labelled_[middle].least ? end : begin) = middle;
        }
        if (labelled_[begin].holds(key)) visit(labelled_[begin].target);
      }
    }

   private:
    friend class SelectionPlan;
    static constexpr int kOpenBits = kMantissaBits - Histogram::kBits;
    static constexpr std::uint32_t kNoPrefix = ~std::uint32_t{0};
    struct Slot {
      std::uint32_t prefix = kNoPrefix;
      std::uint32_t begin = 0, end = 0;  // candidates
    };
    struct Query {
      std::uint8_t status;
      std::uint32_t begin, end;  // labelled_, ascending, not overlapping; never empty
    };
    [[nodiscard]] std::uint64_t slot_of(std::uint64_t prefix) const noexcept {
      return prefix * 0x9E3779B97F4A7C15u >> 40;  // Fibonacci hashing (Knuth, TAOCP 3, 6.4)
    }
    void index_prefixes();

    std::size_t metric_;
    std::vector<std::uint64_t> bitmap_;
    std::vector<Candidate> candidates_;  // by prefix
    std::vector<Slot> slots_;            // a power of two, at most half full
    std::vector<Candidate> labelled_;
    std::vector<Query> queries_;                                   // by label
    std::vector<std::pair<std::uint32_t, std::uint32_t>> labels_;  // of queries_, by number
  };

  SelectionPlan() = default;
  /// `wanted` by Target::query. A query's targets stand together, ascending.
  SelectionPlan(std::vector<Target> targets, std::span<const Wanted> wanted);

  [[nodiscard]] const std::vector<Target>& targets() const noexcept { return targets_; }
  [[nodiscard]] const std::vector<OfMetric>& metrics() const noexcept { return metrics_; }
  [[nodiscard]] bool by_label() const noexcept { return by_label_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  /// What one more target and one more metric take at most, beside labels_ (8 bytes a number).
  static constexpr std::size_t kTargetBytes =
      2 *
      (sizeof(Target) + sizeof(Candidate) + 4 * sizeof(OfMetric::Slot) + sizeof(OfMetric::Query));
  static constexpr std::size_t kMetricBytes = std::size_t{1} << 20;

 private:
  std::vector<Target> targets_;
  std::vector<OfMetric> metrics_;
  bool by_label_ = false;
};

}  // namespace millrace
