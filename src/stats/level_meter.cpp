// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "stats/event_meter.hpp"
#include "stats/near_events.hpp"

namespace millrace {
namespace {

// Whole levels are added up in place: they are few, and each comes again and again.
class LevelTimes {
 public:
  explicit LevelTimes(WeightedSorter& levels) : levels_(levels) {}
  void add(Int128 level, std::uint64_t ticks) {
    if (ticks == 0) return;
    const auto low = static_cast<std::uint64_t>(level);
    const bool small = level >= 0 && level < Int128{kWholeMost} * kOne;
    if (!small || low % std::uint64_t{kOne} != 0) {
      levels_.add(Weighted::of(units(level), ticks));
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

template <typename Time>
class LevelMeter final : public EventMeter {
 public:
  LevelMeter(const TimelineRule& rule, WeightedSorter& levels)
      : near_({.near_seconds = rule.near_seconds}), times_(levels) {
    if (!rule.window) return;
    since_ = begin_ = Time::at(rule.window->begin_key);
    end_ = Time::at(rule.window->end_key);
  }
  void add(std::span<const Weighted> events) override {
    near_.add(events, [this](const MergedEvent<Time>& event) { change(event); });
  }
  void finish() override {
    near_.finish([this](const MergedEvent<Time>& event) { change(event); });
    if (end_) hold_until(*end_);
    times_.finish();
  }

 private:
  using Point = typename Time::Point;
  // Merged first, and then cut at the window's borders.
  void change(const MergedEvent<Time>& event) {
    if (end_ && event.at > *end_) return;
    if (!begin_ || event.at >= *begin_) hold_until(event.at);
    level_ += event.weight;
  }
  void hold_until(Point at) {
    if (since_ && at > *since_) {
      times_.add(std::max<Int128>(level_, 0), Time::ticks(at - *since_));
    }
    since_ = at;
  }

  NearEvents<Time> near_;
  LevelTimes times_;
  Int128 level_ = 0;  // the changes so far
  std::optional<Point> since_, begin_, end_;
};

template <typename Time>
class LevelMeter_0_2_1 final : public EventMeter {
 public:
  LevelMeter_0_2_1(double near_seconds, WeightedSorter& levels)
      : gap_(Time::gap_of(near_seconds)), equal_({}), times_(levels) {}
  void add(std::span<const Weighted> events) override {
    equal_.add(events, [this](const MergedEvent<Time>& event) { change(event); });
  }
  void finish() override {
    equal_.finish([this](const MergedEvent<Time>& event) { change(event); });
    times_.finish();
  }

 private:
  void change(const MergedEvent<Time>& event) {
    level_ += event.weight;
    if (anchor_ && event.at - anchor_->at <= gap_) {
      anchor_->weight += level_;
      return;
    }
    if (anchor_) times_.add(anchor_->weight, Time::ticks(event.at - anchor_->at));
    anchor_ = MergedEvent<Time>{event.at, level_};
  }

  typename Time::Point gap_;
  NearEvents<Time> equal_;
  LevelTimes times_;
  Int128 level_ = 0;
  std::optional<MergedEvent<Time>> anchor_;  // its weight is the sum of its levels
};

}  // namespace

std::unique_ptr<EventMeter> level_meter(TimeAxis::Arithmetic arithmetic, const TimelineRule& rule,
                                        WeightedSorter& levels) {
  return with_time(arithmetic, [&]<typename Time>(Time) -> std::unique_ptr<EventMeter> {
    return std::make_unique<LevelMeter<Time>>(rule, levels);
  });
}

std::unique_ptr<EventMeter> level_meter_0_2_1(TimeAxis::Arithmetic arithmetic, double near_seconds,
                                              WeightedSorter& levels) {
  return with_time(arithmetic, [&]<typename Time>(Time) -> std::unique_ptr<EventMeter> {
    return std::make_unique<LevelMeter_0_2_1<Time>>(near_seconds, levels);
  });
}

}  // namespace millrace
