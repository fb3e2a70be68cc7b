// SPDX-License-Identifier: Apache-2.0
#include "report/chart_axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "report/quantity.hpp"

namespace millrace {
namespace {

constexpr double kMost = 1e300;  // the difference of two such values is still a number
constexpr double kTicks = 6;     // about as many
constexpr std::size_t kTicksMax = 18;
constexpr std::array kPercentiles = {0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999};

// Too narrow for ticks that differ.
bool is_narrow(double from, double to) {
  return !(to - from > 1e-12 * std::max({std::fabs(from), std::fabs(to), 1e-280}));
}

// The next step of 1, 2 and 5 that is at least as long.
double nice_step(double step) {
  const double power = std::pow(10.0, std::floor(std::log10(step)));
  for (const double part : {1.0, 2.0, 5.0}) {
    if (power * part >= step * (1 - 1e-9)) return power * part;
  }
  return power * 10;
}

std::string plain(double value, double step) {
  const double size = std::fabs(value);
  if (size != 0 && (size >= 1e15 || step < 1e-6)) return fmt::format("{:.6g}", value);
  if (step >= 1 && size >= 1000) return show(value, Unit::none);
  const int digits = step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
  return fmt::format("{:.{}f}", value, digits);
}

// One unit for all ticks of a linear axis, and how much of the axis's own unit it is.
struct Shown {
  double factor = 1;
  std::string name;
};

Shown shown_as(const Axis& axis, double greatest) {
  struct Scale {
    double factor;
    std::string_view name;
  };
  if (const auto second = seconds_in(axis.unit)) {
    for (const auto& [factor, name] : {Scale{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}}) {
      if (greatest * *second >= factor * (1 - 1e-9) || factor == 1e-9) {
        return {factor / *second, std::string(name)};
      }
    }
  }
  if (axis.unit == Unit::bytes) {
    for (const auto& [factor, name] : {Scale{1099511627776.0, "TiB"},
                                       {1073741824.0, "GiB"},
                                       {1048576.0, "MiB"},
                                       {1024.0, "KiB"}}) {
      if (greatest >= factor) return {factor, std::string(name)};
    }
    return {1, "B"};
  }
  for (const auto& [factor, name] : {Scale{1e12, "T"}, {1e9, "G"}, {1e6, "M"}}) {
    if (greatest >= factor) return {factor, std::string(name)};
  }
  return {};
}

// 1 ms rather than 1.000 ms.
std::string short_text(double value, Unit unit) {
  std::string text = show(value, unit);
  const std::size_t point = text.find('.');
  if (point == std::string::npos) return text;
  const std::size_t end = std::min(text.find_first_of(" e"), text.size());
  std::size_t last = end;
  while (text[last - 1] == '0') --last;
  if (last == point + 1) last = point;
  return text.erase(last, end - last);
}

}  // namespace

std::string text_on(const Axis& axis, double value) {
  if (axis.scale == Axis::Scale::percentile) return fmt::format("{:.6g} %", value);
  if (axis.scale == Axis::Scale::elapsed) return show(value, Unit::seconds);
  return show(value, axis.unit) + (axis.suffix.empty() ? "" : " " + axis.suffix);
}

AxisScale::AxisScale(const Axis& axis, double least, double greatest) : scale_(axis.scale) {
  from_ = std::isnan(least) ? 0 : std::clamp(least, -kMost, kMost);
  to_ = std::isnan(greatest) ? from_ : std::clamp(greatest, from_, kMost);
  switch (scale_) {
    case Axis::Scale::linear:
      make_linear(axis);
      break;
    case Axis::Scale::log:
      make_log(axis);
      break;
    case Axis::Scale::percentile:
      make_percentiles();
      break;
    case Axis::Scale::elapsed:
      make_elapsed();
      break;
  }
}

double AxisScale::placed(double value) const noexcept {
  if (scale_ == Axis::Scale::log) return std::log10(std::max(value, 1e-300));
  if (scale_ == Axis::Scale::percentile) return -std::log10(std::max(1 - value / 100, 1e-9));
  return value;
}

double AxisScale::at(double value) const noexcept {
  if (!(value > from_)) return 0;
  if (value >= to_) return 1;
  return std::clamp((placed(value) - placed(from_)) / (placed(to_) - placed(from_)), 0.0, 1.0);
}

void AxisScale::make_linear(const Axis& axis) {
  if (axis.from_zero) {
    from_ = std::min(from_, 0.0);
    to_ = std::max(to_, 0.0);
  }
  if (is_narrow(from_, to_)) {
    // All values are equal: some room on both sides of them.
    const double size = std::fabs(from_);
    const double room = size == 0 || (axis.whole && size < 1e9) ? 1 : size / 10;
    to_ += room;
    if (!axis.from_zero) from_ -= room;
  }
  const Shown shown = shown_as(axis, std::max(std::fabs(from_), std::fabs(to_)));
  double step = nice_step((to_ - from_) / shown.factor / kTicks);
  if (axis.whole && shown.factor == 1) step = std::max(step, 1.0);
  const double first = std::floor(from_ / shown.factor / step + 1e-9);
  const double last = std::ceil(to_ / shown.factor / step - 1e-9);
  // A range that begins where its values do is not widened: bars stand at its ends.
  if (axis.from_zero) {
    from_ = first * step * shown.factor;
    to_ = last * step * shown.factor;
  }
  for (double at = first; at <= last && ticks_.size() < kTicksMax; ++at) {
    const double value = at * step;
    if (value * shown.factor < from_ || value * shown.factor > to_) continue;
    std::string text = plain(value == 0 ? 0 : value, step);
    if (value != 0 && !shown.name.empty()) text += " " + shown.name;
    ticks_.push_back({value * shown.factor, std::move(text)});
  }
}

void AxisScale::make_log(const Axis& axis) {
  from_ = std::max(from_, 1e-300);
  to_ = std::max(to_, from_);
  // Times have their ticks at powers of ten of a second, bytes at powers of two.
  const double own = axis.unit == Unit::bytes ? 1 : 1 / seconds_in(axis.unit).value_or(1);
  const double base = axis.unit == Unit::bytes ? 2 : 10;
  const auto exponent = [&](double value) { return std::log(value / own) / std::log(base); };
  const bool near = base == 10 && exponent(to_) - exponent(from_) < 2.2;
  double first = std::floor(exponent(from_) + 1e-9), last = std::ceil(exponent(to_) - 1e-9);
  if (last <= first) last = first + 1;
  const double every = std::max(1.0, std::ceil((last - first) / kTicks));
  std::vector<double> values;
  for (double at = first; at <= last; at += near ? 1 : every) {
    for (const double part : near ? std::vector{1.0, 2.0, 5.0} : std::vector{1.0}) {
      values.push_back(std::pow(base, at) * part * own);
    }
  }
  // From the last tick below the values to the first above them.
  const double slack = 1 + 1e-9;
  const double least = from_, greatest = to_;
  from_ = values.front();
  for (const double value : values) {
    if (value <= least * slack) from_ = value;
  }
  to_ = std::max(greatest, from_ * base);
  for (auto value = values.rbegin(); value != values.rend(); ++value) {
    if (*value * slack >= greatest && *value > from_) to_ = *value;
  }
  to_ = std::min(to_, 1e5 * kMost);
  for (const double value : values) {
    if (value >= from_ && value <= to_) ticks_.push_back({value, short_text(value, axis.unit)});
  }
}

void AxisScale::make_percentiles() {
  from_ = 0;
  to_ = std::clamp(to_, 50.0, 99.99999);
  for (const double p : kPercentiles) {
    if (p <= to_) ticks_.push_back({p, fmt::format("{} %", p)});
  }
}

void AxisScale::make_elapsed() {
  if (is_narrow(from_, to_)) to_ = from_ + std::max(1.0, std::fabs(from_));
  const double wanted = (to_ - from_) / kTicks;
  double step = wanted < 1 ? nice_step(wanted) : 0;
  for (const double people : {1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0,
                              1800.0, 3600.0, 7200.0, 14400.0, 21600.0, 43200.0, 86400.0}) {
    if (step == 0 && people >= wanted) step = people;
  }
  if (step == 0) step = 86400 * nice_step(wanted / 86400);
  const Shown shown = step < 60      ? Shown{1, "s"}
                      : step < 3600  ? Shown{60, "min"}
                      : step < 86400 ? Shown{3600, "h"}
                                     : Shown{86400, "d"};
  for (double at = std::ceil(from_ / step - 1e-9); at * step <= to_ && ticks_.size() < kTicksMax;
       ++at) {
    const double value = at * step / shown.factor;
    ticks_.push_back(
        {at * step, at == 0 ? "0" : plain(value, step / shown.factor) + " " + shown.name});
  }
}

}  // namespace millrace
