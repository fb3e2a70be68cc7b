// SPDX-License-Identifier: Apache-2.0
#include "stats/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "stats/order_key.hpp"

namespace millrace {
namespace {

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

// How points in time are read and subtracted. A gap has a length in seconds, and a weight: its ticks.
struct ExactTime {
  using Point = std::int64_t;  // ticks
  static Point at(std::uint64_t key) noexcept { return static_cast<Point>(key ^ kSign); }
  static Point gap_of(double seconds) noexcept { return std::llround(seconds / kTickSeconds); }
  static double seconds(Point gap) noexcept { return static_cast<double>(gap) * kTickSeconds; }
  static std::uint64_t ticks(Point gap) noexcept { return static_cast<std::uint64_t>(gap); }
  static std::uint64_t half_ticks(Point twice) noexcept { return ticks(twice); }
  // Twice the way from half between a and b to half between b and c.
  static Point around(Point a, Point, Point c) noexcept { return c - a; }
};
struct SecondsTime {
  using Point = double;
  static Point at(std::uint64_t key) noexcept { return value_of_key(key); }
  static Point gap_of(double seconds) noexcept { return seconds; }
  static double seconds(Point gap) noexcept { return gap; }
  static std::uint64_t ticks(Point gap) noexcept {
    constexpr double kMost = 0x1p62;  // 52 days: beyond it a gap weighs no more
    return static_cast<std::uint64_t>(std::llround(std::min(gap / kTickSeconds, kMost)));
  }
  static std::uint64_t half_ticks(Point twice) noexcept { return ticks(twice); }
  static Point around(Point a, Point b, Point c) noexcept {
    return 2 * ((c + b) / 2 - (b + a) / 2);  // numpy's midpoints
  }
};

template <typename Time>
struct Event {
  typename Time::Point at{};
  Int128 weight = 0;  // of all that it took in
};

double number(Int128 weight) noexcept {
  return static_cast<double>(weight) / static_cast<double>(kOne);
}

// Whole levels are added up in place: they are few, and each comes again and again.
class LevelTimes {
 public:
  explicit LevelTimes(WeightedSorter& levels) : levels_(levels) {}
  void add(Int128 level, std::uint64_t ticks) {
    if (ticks == 0) return;
    const auto low = static_cast<std::uint64_t>(level);
    const bool small = level >= 0 && level < Int128{kWholeMost} * kOne;
    if (!small || low % std::uint64_t{kOne} != 0) {
      levels_.add(Weighted::of(number(level), ticks));
      return;
    }
    const std::uint64_t whole = low / std::uint64_t{kOne};
    if (whole >= ticks_.size()) ticks_.resize(whole + 1 + whole / 2);
    ticks_[whole] += ticks;
  }
  void finish() {
    for (std::size_t level = 0; level < ticks_.size(); ++level) {
      if (ticks_[level] != 0) levels_.add(Weighted::of(static_cast<double>(level), ticks_[level]));
    }
  }

 private:
  static constexpr std::uint64_t kWholeMost = 1 << 20;
  WeightedSorter& levels_;
  std::vector<std::uint64_t> ticks_;
};

}  // namespace

// All events of some timelines, those near one another merged.
class SortedEvents {
 public:
  template <typename Time, typename Visit>
  static void visit(Timelines timelines, const TimelineRule& rule, const Visit& visit) {
    std::vector<WeightedSorter*> sorters;
    for (Timeline* timeline : timelines) sorters.push_back(&timeline->events_);
    const auto near = Time::gap_of(rule.near_seconds);
    std::optional<Event<Time>> anchor;
    const auto take = [&](std::uint64_t key, std::int64_t weight) {
      const Event<Time> event{Time::at(key), weight};
      if (anchor && event.at - anchor->at <= near) {
        anchor->weight += event.weight;
        return;
      }
      if (anchor) visit(*anchor);
      anchor = event;
    };
    if (rule.window) take(rule.window->begin_key, 0);
    visit_sorted(sorters, [&](std::span<const Weighted> items) {
      for (const Weighted& item : items) {
        if (rule.window &&
            (item.key < rule.window->begin_key || item.key > rule.window->end_key)) {
          continue;
        }
        take(item.key, static_cast<std::int64_t>(item.weight));
      }
    });
    if (rule.window) take(rule.window->end_key, 0);
    if (anchor) visit(*anchor);
  }

  /// Calls f with the axis' arithmetic.
  template <typename F>
  static auto with_time_of(Timelines timelines, const F& f) {
    const bool exact = timelines.front()->axis().arithmetic() == TimeAxis::Arithmetic::exact;
    return exact ? f(ExactTime{}) : f(SecondsTime{});
  }
};

// ns itself is beyond 2^53 today.
double seconds_of(std::int64_t ns) noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return static_cast<double>(ns / kSecond) + static_cast<double>(ns % kSecond) / 1e9;
}

std::optional<std::uint64_t> TimeAxis::key(std::int64_t ns) const noexcept {
  if (arithmetic_ == Arithmetic::seconds) return order_key(seconds_of(ns));
  std::int64_t ticks = 0;
  if (__builtin_sub_overflow(ns, origin_ns_, &ticks) ||
      __builtin_mul_overflow(ticks, 2 * kTicksPerNs, &ticks)) {  // differences must fit, too
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(ticks / 2) ^ kSign;
}

bool Timeline::add(std::int64_t ns, std::int64_t weight) {
  const auto key = axis_.key(ns);
  if (key) add_key(*key, weight);
  return key.has_value();
}

bool Timeline::add_spread(std::int64_t first_ns, std::int64_t last_ns, std::int64_t events,
                          std::int64_t weight) {
  if (axis_.arithmetic() == TimeAxis::Arithmetic::seconds) {
    const double first = seconds_of(first_ns), last = seconds_of(last_ns);
    const double step = (last - first) / static_cast<double>(events);
    for (std::int64_t i = 1; i <= events; ++i) {
      add_key(order_key(first + static_cast<double>(i) * step), weight);
    }
    return true;
  }
  const auto first_key = axis_.key(first_ns), last_key = axis_.key(last_ns);
  if (!first_key || !last_key) return false;
  const std::int64_t first = ExactTime::at(*first_key);
  const Int128 way = static_cast<Int128>(ExactTime::at(*last_key)) - first;
  for (std::int64_t i = 1; i <= events; ++i) {
    const auto ticks = first + static_cast<std::int64_t>(way * i / events);
    add_key(static_cast<std::uint64_t>(ticks) ^ kSign, weight);
  }
  return true;
}

void add_levels(Timelines timelines, const TimelineRule& rule, WeightedSorter& levels) {
  SortedEvents::with_time_of(timelines, [&]<typename Time>(Time) {
    using Point = typename Time::Point;
    LevelTimes times(levels);
    Int128 level = 0;  // the changes so far
    std::optional<Point> since, begin, end;
    if (rule.window) {
      since = begin = Time::at(rule.window->begin_key);
      end = Time::at(rule.window->end_key);
    }
    const auto hold_until = [&](Point at) {
      if (since && at > *since) {
        times.add(std::max<Int128>(level, 0), Time::ticks(at - *since));
      }
      since = at;
    };
    // Merged first, and then cut at the window's borders.
    SortedEvents::visit<Time>(timelines, {.near_seconds = rule.near_seconds},
                              [&](const Event<Time>& event) {
                                if (end && event.at > *end) return;
                                if (!begin || event.at >= *begin) hold_until(event.at);
                                level += event.weight;
                              });
    if (end) hold_until(*end);
    times.finish();
  });
}

void add_levels_0_2_1(Timelines timelines, double near_seconds, WeightedSorter& levels) {
  SortedEvents::with_time_of(timelines, [&]<typename Time>(Time) {
    LevelTimes times(levels);
    Int128 level = 0;
    std::optional<Event<Time>> anchor;  // its weight is the sum of its levels
    SortedEvents::visit<Time>(timelines, {}, [&](const Event<Time>& event) {
      level += event.weight;
      if (anchor && event.at - anchor->at <= Time::gap_of(near_seconds)) {
        anchor->weight += level;
        return;
      }
      if (anchor) times.add(anchor->weight, Time::ticks(event.at - anchor->at));
      anchor = Event<Time>{event.at, level};
    });
    times.finish();
  });
}

RateTotals add_rates(Timelines timelines, const TimelineRule& rule, WeightedSorter& rates) {
  return SortedEvents::with_time_of(timelines, [&]<typename Time>(Time) {
    using Point = typename Time::Point;
    constexpr double kLeast = 1e-6;
    RateTotals totals;
    Event<Time> before;
    Event<Time> event;
    const auto add = [&](Int128 weight, Point twice) {
      rates.add(Weighted::of(number(weight) / (Time::seconds(twice) / 2), Time::half_ticks(twice)));
    };
    SortedEvents::visit<Time>(timelines, rule, [&](const Event<Time>& next) {
      if (totals.events == 1) add(event.weight, Time::around(event.at, event.at, next.at));
      if (totals.events > 1) add(event.weight, Time::around(before.at, event.at, next.at));
      before = std::exchange(event, next);
      ++totals.events;
      totals.weight += next.weight;
    });
    if (totals.events > 1) {
      add(event.weight, std::max(Time::around(before.at, event.at, event.at),
                                 Time::gap_of(2 * kLeast)));
    }
    return totals;
  });
}

void add_rates_0_2_1(Timelines timelines, double near_seconds, WeightedSorter& rates) {
  SortedEvents::with_time_of(timelines, [&]<typename Time>(Time) {
    std::optional<Event<Time>> before;
    SortedEvents::visit<Time>(
        timelines, {.near_seconds = near_seconds}, [&](const Event<Time>& event) {
          if (before) {
            const auto gap = event.at - before->at;
            rates.add(Weighted::of(number(before->weight) / Time::seconds(gap), Time::ticks(gap)));
          }
          before = event;
        });
  });
}

}  // namespace millrace
