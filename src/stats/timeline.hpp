// SPDX-License-Identifier: Apache-2.0
//
// Timeline: events in time, and what they say about concurrency and rates.
//
//   Timeline starts_and_ends(room);
//   starts_and_ends.add(start_ns * kTicksPerNs, kOne);
//   starts_and_ends.add(end_ns * kTicksPerNs, -kOne);
//   WeightedSorter levels(room);
//   add_levels({&starts_and_ends}, {}, levels);
//   distribution_of({&levels}, {})                       // of concurrency, over time
//
// Time      Ticks of 2^-10 ns from an origin of the caller's choice: 104 days to either side. Tokens that are
//           spread evenly over a request do not fall on nanoseconds.
// Weights   Whole numbers of 2^-32: what comes together is added exactly, in any order.
// Merging   With a threshold an event takes in all that follow within it, at its own time; the first beyond
//           it is the next to do so. Equal times always are one event.
// Cost      A pass over the sorted events; memory as in WeightedSorter.
// Source    guidellm 0.2.1 and 0.7.3; docs/definitions.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "stats/sum.hpp"
#include "stats/weighted_sorter.hpp"

namespace millrace {

inline constexpr std::int64_t kTicksPerNs = 1'024;
inline constexpr double kTickSeconds = 1e-9 / 1'024;
inline constexpr std::int64_t kOne = std::int64_t{1} << 32;  // the weight of one request, one token

class Timeline {
 public:
  explicit Timeline(SortRoom& room) : events_(room) {}
  void add(std::int64_t ticks, std::int64_t weight) {
    events_.add({static_cast<std::uint64_t>(weight), static_cast<std::uint64_t>(ticks) ^ kSign});
  }
  /// `events` of this weight each, evenly spaced: the first one step after `first`, the last at `last`.
  void add_spread(std::int64_t first, std::int64_t last, std::int64_t events, std::int64_t weight);

 private:
  friend class SortedEvents;
  static constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  WeightedSorter events_;
};

struct Window {
  std::int64_t begin_ticks, end_ticks;
};

/// As guidellm 0.7.3 has it, and without a threshold as one would think.
struct TimelineRule {
  std::int64_t threshold_ticks = 0;
  std::optional<Window> window = {};
};

using Timelines = std::span<Timeline* const>;

/// Events +weight and -weight at the starts and ends of requests: each level of concurrency with the ticks
/// for which it held, from the first event to the last, or the window. Levels below 0 count as 0. Gives the
/// number of events after merging.
std::uint64_t add_levels(Timelines timelines, const TimelineRule& rule, WeightedSorter& levels);
/// guidellm 0.2.1: events within the threshold of one another add their levels, not their changes.
void add_levels_0_2_1(Timelines timelines, std::int64_t threshold_ticks, WeightedSorter& levels);

struct RateTotals {
  std::uint64_t events = 0;  // after merging
  Int128 weight = 0;         // of them, in 2^-32
  /// In whole units.
  [[nodiscard]] std::uint64_t count() const noexcept {
    return static_cast<std::uint64_t>((weight + kOne / 2) / kOne);
  }
};
/// Each event's weight a second, over half of the way to either neighbour; weighs that time, in half ticks.
/// The last event's is 1 us at least. Of one event nothing is known. Events beyond the window are left out.
RateTotals add_rates(Timelines timelines, const TimelineRule& rule, WeightedSorter& rates);
/// guidellm 0.2.1: an event's weight over the way to the next one; weighs that time, in ticks.
void add_rates_0_2_1(Timelines timelines, std::int64_t threshold_ticks, WeightedSorter& rates);

}  // namespace millrace
