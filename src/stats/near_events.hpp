// SPDX-License-Identifier: Apache-2.0
//
// NearEvents: ascending events, of which those near one another are one.
//
//   NearEvents<ExactTime> near(rule);
//   near.add(events, [&](const MergedEvent<ExactTime>& merged) { .. });
//   near.finish([&](const MergedEvent<ExactTime>& merged) { .. });
//
// Window  Events beyond it are left out; its borders are events of no weight.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "stats/event_meter.hpp"

namespace millrace {

template <typename Time>
struct MergedEvent {
  typename Time::Point at{};
  Int128 weight = 0;  // of all that it took in
};

inline double units(Int128 weight) noexcept {
  return as_double(weight) / static_cast<double>(kOne);
}

template <typename Time>
class NearEvents {
 public:
  explicit NearEvents(const TimelineRule& rule)
      : near_(Time::gap_of(rule.near_seconds)), window_(rule.window) {
    if (window_) anchor_ = {Time::at(window_->begin_key), 0};
  }

  template <typename Visit>
  void add(std::span<const Weighted> events, const Visit& visit) {
    if (window_) {
      const auto begin = std::ranges::lower_bound(events, window_->begin_key, {}, &Weighted::key);
      const auto end = std::ranges::upper_bound(events, window_->end_key, {}, &Weighted::key);
      events = begin < end ? std::span(begin, end) : std::span<const Weighted>();
    }
    if (events.empty()) return;
    if (!anchor_) anchor_ = {Time::at(events.front().key), 0};
    const auto near = near_;
    MergedEvent<Time> anchor = *anchor_;  // in registers
    for (const Weighted& item : events) {
      const auto at = Time::at(item.key);
      const auto weight = static_cast<std::int64_t>(item.weight);
      if (at - anchor.at <= near) {
        anchor.weight += weight;
        continue;
      }
      visit(anchor);
      anchor = {at, weight};
    }
    anchor_ = anchor;
  }
  template <typename Visit>
  void finish(const Visit& visit) {
    if (!anchor_) return;
    const auto end = window_ ? Time::at(window_->end_key) : anchor_->at;
    if (end - anchor_->at > near_) {
      visit(*anchor_);
      anchor_ = {end, 0};
    }
    visit(*anchor_);
  }

 private:
  typename Time::Point near_;
  std::optional<TimelineRule::Window> window_;
  std::optional<MergedEvent<Time>> anchor_;  // which takes in what is near it
};

}  // namespace millrace
