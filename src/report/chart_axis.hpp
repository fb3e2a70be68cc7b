// SPDX-License-Identifier: Apache-2.0
//
// AxisScale: one axis of a chart: from where to where, which ticks, and where a value stands.
//
//   AxisScale y({.label = "latency", .unit = Unit::nanoseconds}, 3.2e6, 8.7e8);   // 0 to 1 s
//   y.at(5e8)          0.5
//   y.ticks()          0, 200 ms, 400 ms ..
//
// Range    Widened to the next ticks; a linear one begins at 0 unless the axis says otherwise. Whatever
//          is given, the range is finite and not empty, so that at() is a number from 0 to 1.
// Scales   linear; log; percentile, on which 90, 99 and 99.9 are as far from one another; elapsed:
//          seconds, with ticks where people count them.
// Threads  Does not change once it is made.
#pragma once

#include <string>
#include <vector>

#include "millrace/schema.hpp"

namespace millrace {

struct Axis {
  enum class Scale { linear, log, percentile, elapsed };
  std::string label = {};
  Scale scale = Scale::linear;
  Unit unit = Unit::none;
  std::string suffix = {};  // of units that Unit does not know: "tokens/s"
  bool from_zero = true;    // linear ones
  bool whole = false;       // no tick between whole numbers
};

/// What a value of the axis is called, with its unit: "99.9 %", "1.234 s", "12 tokens/s".
std::string text_on(const Axis& axis, double value);

class AxisScale {
 public:
  struct Tick {
    double value;
    std::string text;
  };

  /// The values to be shown lie from `least` to `greatest`.
  AxisScale(const Axis& axis, double least, double greatest);

  [[nodiscard]] double from() const noexcept { return from_; }
  [[nodiscard]] double to() const noexcept { return to_; }
  /// 0: at from(), 1: at to(). What is beyond stands at the end; NaN at 0.
  [[nodiscard]] double at(double value) const noexcept;
  [[nodiscard]] const std::vector<Tick>& ticks() const noexcept { return ticks_; }

 private:
  void make_linear(const Axis& axis);
  void make_log(const Axis& axis);
  void make_percentiles();
  void make_elapsed();
  [[nodiscard]] double placed(double value) const noexcept;

  Axis::Scale scale_;
  double from_ = 0, to_ = 1;
  std::vector<Tick> ticks_;
};

}  // namespace millrace
