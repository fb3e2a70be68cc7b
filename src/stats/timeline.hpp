// SPDX-License-Identifier: Apache-2.0
//
// Timeline: events in time, and what they say about concurrency and rates.
//
//   const TimeAxis axis(first_start_ns);
//   Timeline starts_and_ends(axis, room);
//   starts_and_ends.add(start_ns, kOne);
//   starts_and_ends.add(end_ns, -kOne);
//   WeightedSorter levels(room);
//   add_levels(std::array{&starts_and_ends}, {}, levels);
//   distribution_of({&levels}, {})                       // of concurrency, over time
//
// Time      Exact: in ticks of 2^-10 ns, since tokens that are spread evenly over a request do not fall on
//           nanoseconds; 52 days to either side of the axis' origin. Or in seconds, as a Python program
//           computes: doubles, which for times of today lie 0.24 us apart.
// Weights   Whole numbers of 2^-32: what comes together is added exactly, in any order.
// Merging   An event takes in all that follow within the threshold, at its own time; the first beyond it is
//           the next to do so. Equal times always are one event.
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

class TimeAxis {
 public:
  enum class Arithmetic : std::uint8_t { exact, seconds };
  explicit TimeAxis(std::int64_t origin_ns, Arithmetic arithmetic = Arithmetic::exact)
      : origin_ns_(origin_ns), arithmetic_(arithmetic) {}

  /// Of a time, in their order. nullopt: beyond the axis.
  [[nodiscard]] std::optional<std::uint64_t> key(std::int64_t ns) const noexcept;
  [[nodiscard]] Arithmetic arithmetic() const noexcept { return arithmetic_; }

 private:
  std::int64_t origin_ns_;
  Arithmetic arithmetic_;
};

/// The double that a decimal of so many nanoseconds is read as.
double seconds_of(std::int64_t ns) noexcept;

class Timeline {
 public:
  Timeline(const TimeAxis& axis, SortRoom& room) : axis_(axis), events_(room) {}
  /// False: beyond the axis.
  bool add(std::int64_t ns, std::int64_t weight);
  /// `events` of this weight each, evenly spaced: the first one step after `first`, the last at `last`.
  bool add_spread(std::int64_t first_ns, std::int64_t last_ns, std::int64_t events,
                  std::int64_t weight);
  /// By a key of the axis.
  void add_key(std::uint64_t key, std::int64_t weight) {
    events_.add({static_cast<std::uint64_t>(weight), key});
  }
  [[nodiscard]] const TimeAxis& axis() const noexcept { return axis_; }

 private:
  friend class SortedEvents;
  const TimeAxis& axis_;
  WeightedSorter events_;
};

struct TimelineRule {
  double near_seconds = 0;  // the threshold
  struct Window {
    std::uint64_t begin_key, end_key;
  };
  std::optional<Window> window = {};
};

/// Of one axis; at least one.
using Timelines = std::span<Timeline* const>;

/// Events +weight and -weight at the starts and ends of requests: each level of concurrency with the ticks
/// for which it held, from the first event to the last, or the window. Levels below 0 count as 0.
void add_levels(Timelines timelines, const TimelineRule& rule, WeightedSorter& levels);
/// guidellm 0.2.1: events within the threshold of one another add their levels, not their changes.
void add_levels_0_2_1(Timelines timelines, double near_seconds, WeightedSorter& levels);

struct RateTotals {
  std::uint64_t events = 0;  // after merging
  Int128 weight = 0;         // of them, in 2^-32
  /// In whole units; below 0 it is 0.
  [[nodiscard]] std::uint64_t count() const noexcept {
    return weight < 0 ? 0 : static_cast<std::uint64_t>((weight + kOne / 2) / kOne);
  }
};
/// Each event's weight a second, over half of the way to either neighbour; weighs that time, in half ticks.
/// The last event's is 1 us at least. Of one event nothing is known. Events beyond the window are left out,
/// and its borders are events of no weight.
RateTotals add_rates(Timelines timelines, const TimelineRule& rule, WeightedSorter& rates);
/// guidellm 0.2.1: an event's weight over the way to the next one; weighs that time, in ticks.
void add_rates_0_2_1(Timelines timelines, double near_seconds, WeightedSorter& rates);

}  // namespace millrace
