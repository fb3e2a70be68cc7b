// SPDX-License-Identifier: Apache-2.0
//
// Spread: events of one weight, evenly spaced: the first one step behind one time, the last at another, which
// may lie before it. And a walk over them, in the order of time.
//
//   for (SpreadWalk<ExactTime> walk(spread, 0); ; walk.next()) walk.key()    // spread.events times
//
// Times  Exact: first + way * i / events, rounded towards the first. Seconds: first + i * step, in doubles,
//        as numpy's. From one event to the next an exact walk adds quotient and remainder: no division.
#pragma once

#include <algorithm>
#include <cstdint>

#include "stats/sum.hpp"
#include "stats/time_axis.hpp"

namespace millrace {

struct Spread {
  std::uint64_t first_key, last_key;  // of the axis
  std::int64_t events;                // at least 1
  std::int64_t weight;                // of each

  [[nodiscard]] std::uint64_t begin_key() const noexcept { return std::min(first_key, last_key); }
  [[nodiscard]] std::uint64_t end_key() const noexcept { return std::max(first_key, last_key); }
};

/// Of which it is sorted: no event comes before it.
inline std::uint64_t key_of(const Spread& spread) noexcept { return spread.begin_key(); }

template <typename Time>
class SpreadWalk;

template <>
class SpreadWalk<ExactTime> {
 public:
  /// At the event of that number in the order of time, from 0 on.
  SpreadWalk(const Spread& spread, std::int64_t number) noexcept
      : first_(ExactTime::at(spread.first_key)),
        way_(spread.end_key() - spread.begin_key()),
        events_(static_cast<std::uint64_t>(spread.events)),
        back_(spread.last_key < spread.first_key),
        number_(static_cast<std::uint64_t>(number)),
        whole_step_(way_ / events_),
        rest_step_(way_ % events_) {
    const Done done = done_at(number_);
    whole_ = done.whole;
    rest_ = done.rest;
  }
  [[nodiscard]] std::uint64_t key() const noexcept { return key_of(whole_); }
  /// Of a later event.
  [[nodiscard]] std::uint64_t key_at(std::int64_t number) const noexcept {
    return key_of(done_at(static_cast<std::uint64_t>(number)).whole);
  }
  void next() noexcept {
    ++number_;
    if (back_) {
      whole_ = done_at(number_).whole;
      return;
    }
    whole_ += whole_step_;
    rest_ += rest_step_;
    if (rest_ >= events_) {
      rest_ -= events_;
      ++whole_;
    }
  }

 private:
  struct Done {  // way * i / events
    std::uint64_t whole, rest;
  };
  [[nodiscard]] Done done_at(std::uint64_t number) const noexcept {
    const std::uint64_t i = back_ ? events_ - number : number + 1;
    std::uint64_t product = 0;
    if (!__builtin_mul_overflow(way_, i, &product)) return {product / events_, product % events_};
    const auto wide = static_cast<Int128>(way_) * i;
    return {static_cast<std::uint64_t>(wide / events_), static_cast<std::uint64_t>(wide % events_)};
  }
  [[nodiscard]] std::uint64_t key_of(std::uint64_t whole) const noexcept {
    const auto ticks = static_cast<std::int64_t>(whole);
    return ExactTime::key(back_ ? first_ - ticks : first_ + ticks);
  }

  std::int64_t first_;
  std::uint64_t way_, events_;
  bool back_;
  std::uint64_t number_;
  std::uint64_t whole_step_, rest_step_;
  std::uint64_t whole_ = 0, rest_ = 0;
};

template <>
class SpreadWalk<SecondsTime> {
 public:
  SpreadWalk(const Spread& spread, std::int64_t number) noexcept
      : first_(SecondsTime::at(spread.first_key)),
        step_((SecondsTime::at(spread.last_key) - first_) / static_cast<double>(spread.events)),
        events_(spread.events),
        back_(spread.last_key < spread.first_key),
        number_(number) {}
  [[nodiscard]] std::uint64_t key() const noexcept { return key_at(number_); }
  [[nodiscard]] std::uint64_t key_at(std::int64_t number) const noexcept {
    const std::int64_t i = back_ ? events_ - number : number + 1;
    return order_key(first_ + static_cast<double>(i) * step_);
  }
  void next() noexcept { ++number_; }

 private:
  double first_, step_;
  std::int64_t events_;
  bool back_;
  std::int64_t number_;
};

}  // namespace millrace
