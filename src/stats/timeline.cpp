// SPDX-License-Identifier: Apache-2.0
#include "stats/timeline.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace millrace {

void Timeline::add_spread(std::int64_t first, std::int64_t last, std::int64_t events,
                          std::int64_t weight) {
  const Int128 way = static_cast<Int128>(last) - first;
  for (std::int64_t i = 1; i <= events; ++i) {
    add(first + static_cast<std::int64_t>(way * i / events), weight);
  }
}

struct Event {
  std::int64_t ticks = 0;
  std::int64_t weight = 0;
};

// All events of some timelines, those near one another merged.
class SortedEvents {
 public:
  template <typename Visit>
  static void visit(Timelines timelines, std::int64_t threshold,
                    const std::optional<Window>& borders, const Visit& visit) {
    std::vector<WeightedSorter*> sorters;
    for (Timeline* timeline : timelines) sorters.push_back(&timeline->events_);
    std::optional<Event> anchor;
    const auto take = [&](Event event) {
      if (anchor && event.ticks - anchor->ticks <= threshold) {
        anchor->weight += event.weight;
        return;
      }
      if (anchor) visit(*anchor);
      anchor = event;
    };
    if (borders) take({borders->begin_ticks, 0});
    visit_sorted(sorters, [&](std::span<const Weighted> items) {
      for (const Weighted& item : items) {
        const Event event{static_cast<std::int64_t>(item.key ^ Timeline::kSign),
                          static_cast<std::int64_t>(item.weight)};
        if (borders &&
            (event.ticks < borders->begin_ticks || event.ticks > borders->end_ticks)) {
          continue;
        }
        take(event);
      }
    });
    if (borders) take({borders->end_ticks, 0});
    if (anchor) visit(*anchor);
  }
};

namespace {

double number(std::int64_t weight) noexcept {
  return static_cast<double>(weight) / static_cast<double>(kOne);
}

// Whole levels are added up in place: they are few, and each comes again and again.
class LevelTimes {
 public:
  explicit LevelTimes(WeightedSorter& levels) : levels_(levels) {}
  void add(std::int64_t level, std::int64_t ticks) {
    if (ticks <= 0) return;
    const auto whole = static_cast<std::uint64_t>(level / kOne);
    if (level < 0 || level % kOne != 0 || whole >= kWholeMost) {
      levels_.add(Weighted::of(number(level), static_cast<std::uint64_t>(ticks)));
      return;
    }
    if (whole >= ticks_.size()) ticks_.resize(whole + 1 + whole / 2);
    ticks_[whole] += static_cast<std::uint64_t>(ticks);
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

Weighted rate(std::int64_t weight, std::int64_t duration, double unit_seconds) {
  return Weighted::of(number(weight) / (static_cast<double>(duration) * unit_seconds),
                      static_cast<std::uint64_t>(duration));
}

}  // namespace

std::uint64_t add_levels(Timelines timelines, const TimelineRule& rule, WeightedSorter& levels) {
  LevelTimes times(levels);
  std::uint64_t events = 0;
  std::int64_t level = 0;  // the changes so far
  std::optional<std::int64_t> since;
  const auto hold_until = [&](std::int64_t ticks) {
    if (since) times.add(std::max<std::int64_t>(level, 0), ticks - *since);
    since = ticks;
  };
  if (rule.window) since = rule.window->begin_ticks;
  SortedEvents::visit(timelines, rule.threshold_ticks, std::nullopt, [&](const Event& event) {
    ++events;
    const bool before = rule.window && event.ticks < rule.window->begin_ticks;
    const bool after = rule.window && event.ticks > rule.window->end_ticks;
    if (after) return;
    if (!before) hold_until(event.ticks);
    level += event.weight;
  });
  if (rule.window) hold_until(rule.window->end_ticks);
  times.finish();
  return events;
}

void add_levels_0_2_1(Timelines timelines, std::int64_t threshold_ticks, WeightedSorter& levels) {
  LevelTimes times(levels);
  std::int64_t level = 0;
  std::optional<Event> anchor;  // its weight is the sum of its levels
  SortedEvents::visit(timelines, 0, std::nullopt, [&](const Event& event) {
    level += event.weight;
    if (anchor && event.ticks - anchor->ticks <= threshold_ticks) {
      anchor->weight += level;
      return;
    }
    if (anchor) times.add(anchor->weight, event.ticks - anchor->ticks);
    anchor = Event{event.ticks, level};
  });
  times.finish();
}

RateTotals add_rates(Timelines timelines, const TimelineRule& rule, WeightedSorter& rates) {
  constexpr std::int64_t kLeastLast = 2 * 1'000 * kTicksPerNs;  // 1 us
  constexpr double kHalfTick = kTickSeconds / 2;
  RateTotals totals;
  Event before;
  Event event;
  SortedEvents::visit(timelines, rule.threshold_ticks, rule.window, [&](const Event& next) {
    if (totals.events == 1) rates.add(rate(event.weight, next.ticks - event.ticks, kHalfTick));
    if (totals.events > 1) rates.add(rate(event.weight, next.ticks - before.ticks, kHalfTick));
    before = std::exchange(event, next);
    ++totals.events;
    totals.weight += next.weight;
  });
  if (totals.events > 1) {
    rates.add(rate(event.weight, std::max(event.ticks - before.ticks, kLeastLast), kHalfTick));
  }
  return totals;
}

void add_rates_0_2_1(Timelines timelines, std::int64_t threshold_ticks, WeightedSorter& rates) {
  std::optional<Event> before;
  SortedEvents::visit(timelines, threshold_ticks, std::nullopt, [&](const Event& event) {
    if (before) rates.add(rate(before->weight, event.ticks - before->ticks, kTickSeconds));
    before = event;
  });
}

}  // namespace millrace
