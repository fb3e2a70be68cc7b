// SPDX-License-Identifier: Apache-2.0
//
// TimeAxis: points in time as keys that are sorted, and how they are reckoned with.
//
//   const TimeAxis axis(first_start_ns);
//   axis.key(ns)                           // nullopt: beyond the axis
//
// Exact     In ticks of 2^-10 ns, since tokens that are spread evenly over a request do not fall on
//           nanoseconds; 52 days to either side of the axis' origin.
// Seconds   As a Python program computes: doubles, which for times of today lie 0.24 us apart.
// Weights   Whole numbers of 2^-32: what comes together is added exactly, in any order.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "stats/order_key.hpp"

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
  [[nodiscard]] inline std::optional<std::uint64_t> key(std::int64_t ns) const noexcept;
  [[nodiscard]] Arithmetic arithmetic() const noexcept { return arithmetic_; }

 private:
  std::int64_t origin_ns_;
  Arithmetic arithmetic_;
};

/// The double that a decimal of so many nanoseconds is read as.
inline double seconds_of(std::int64_t ns) noexcept {  // ns itself is beyond 2^53 today
  constexpr std::int64_t kSecond = 1'000'000'000;
  return static_cast<double>(ns / kSecond) + static_cast<double>(ns % kSecond) / 1e9;
}

// How points in time are read and subtracted. A gap has a length in seconds, and a weight: its ticks.
// position() is a point as a double, where that is near enough.

struct ExactTime {
  using Point = std::int64_t;  // ticks
  static constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  static Point at(std::uint64_t key) noexcept { return static_cast<Point>(key ^ kSign); }
  static std::uint64_t key(Point at) noexcept { return static_cast<std::uint64_t>(at) ^ kSign; }
  static double position(std::uint64_t key) noexcept { return static_cast<double>(at(key)); }
  static std::uint64_t key_near(double position) noexcept {
    constexpr double kMost = 0x1p62;  // of the axis
    return key(static_cast<Point>(std::clamp(position, -kMost, kMost)));
  }
  static Point gap_of(double seconds) noexcept { return std::llround(seconds / kTickSeconds); }
  static double seconds(Point gap) noexcept { return static_cast<double>(gap) * kTickSeconds; }
  static std::uint64_t ticks(Point gap) noexcept { return static_cast<std::uint64_t>(gap); }
  // Twice the way from half between a and b to half between b and c.
  static Point around(Point a, Point, Point c) noexcept { return c - a; }
};

struct SecondsTime {
  using Point = double;
  static Point at(std::uint64_t key) noexcept { return value_of_key(key); }
  static std::uint64_t key(Point at) noexcept { return order_key(at); }
  static double position(std::uint64_t key) noexcept { return value_of_key(key); }
  static std::uint64_t key_near(double position) noexcept { return order_key(position); }
  static Point gap_of(double seconds) noexcept { return seconds; }
  static double seconds(Point gap) noexcept { return gap; }
  static std::uint64_t ticks(Point gap) noexcept {
    constexpr double kMost = 0x1p62;  // 52 days: beyond it a gap weighs no more
    const double ticks = std::min(gap / kTickSeconds, kMost);  // not negative
    const auto whole = static_cast<std::int64_t>(ticks);       // llround, without the call
    return static_cast<std::uint64_t>(whole + (ticks - static_cast<double>(whole) >= 0.5 ? 1 : 0));
  }
  static Point around(Point a, Point b, Point c) noexcept {
    return 2 * ((c + b) / 2 - (b + a) / 2);  // numpy's midpoints
  }
};

inline std::optional<std::uint64_t> TimeAxis::key(std::int64_t ns) const noexcept {
  if (arithmetic_ == Arithmetic::seconds) return order_key(seconds_of(ns));
  std::int64_t ticks = 0;
  if (__builtin_sub_overflow(ns, origin_ns_, &ticks) ||
      __builtin_mul_overflow(ticks, 2 * kTicksPerNs, &ticks)) {  // differences must fit, too
    return std::nullopt;
  }
  return ExactTime::key(ticks / 2);
}

/// Calls f with ExactTime or SecondsTime.
template <typename F>
auto with_time(TimeAxis::Arithmetic arithmetic, const F& f) {
  return arithmetic == TimeAxis::Arithmetic::exact ? f(ExactTime{}) : f(SecondsTime{});
}

}  // namespace millrace
