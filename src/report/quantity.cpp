// SPDX-License-Identifier: Apache-2.0
#include "report/quantity.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace millrace {
namespace {

struct Scale {
  std::string_view name;
  double factor;
};

constexpr std::array<Scale, 8> kTimes{{{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1},
                                       {"min", 60}, {"h", 3600}, {"\u00b5s", 1e-6}, {"m", 60}}};
constexpr std::array<Scale, 5> kBinary{{{"B", 1}, {"KiB", 1024.0}, {"MiB", 1048576.0},
                                        {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}}};
constexpr std::array<Scale, 4> kThousands{{{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}}};

// Four significant digits without an exponent, for |value| in [1, 1000) or whatever is left.
std::string four_digits(double value) {
  const double size = std::fabs(value);
  if (size >= 1e6 || (size != 0 && size < 1e-3)) return fmt::format("{:.3e}", value);
  if (size >= 999.95) return fmt::format("{:.0f}", value);
  if (size >= 99.995) return fmt::format("{:.1f}", value);
  if (size >= 9.9995) return fmt::format("{:.2f}", value);
  return fmt::format("{:.3f}", value);
}

std::string scaled(double value, std::span<const Scale> scales) {
  std::size_t at = 0;
  while (at + 1 < scales.size() && std::fabs(value) >= 0.99995 * scales[at + 1].factor) ++at;
  const double shown = value / scales[at].factor;
  const std::string number = shown == std::floor(shown) && std::fabs(shown) < 1000 && at == 0
                                 ? fmt::format("{:.0f}", shown)
                                 : four_digits(shown);
  return scales[at].name.empty() ? number : fmt::format("{} {}", number, scales[at].name);
}

// Powers of ten apart, so that 500 ms is 5e8 ns to the last bit.
double convert(double value, double from, double to) {
  return from >= to ? value * std::round(from / to) : value / std::round(to / from);
}

}  // namespace

std::string show(double value, Unit unit) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (const auto second = seconds_in(unit)) {
    const double seconds = value * *second;
    if (seconds == 0) return "0 s";
    // Times are scaled from nanoseconds to seconds; minutes and hours are harder to compare.
    std::size_t at = 0;
    while (at < 3 && std::fabs(seconds) >= 0.99995 * kTimes[at + 1].factor) ++at;
    return fmt::format("{} {}", four_digits(seconds / kTimes[at].factor), kTimes[at].name);
  }
  if (unit == Unit::bytes) return scaled(value, kBinary);
  return scaled(value, kThousands);
}

std::string show_number(double value) {
  if (std::isnan(value)) return "-";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return four_digits(value);
}

std::string show_count(std::uint64_t count) {
  std::string text = fmt::format("{}", count);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::optional<double> parse_quantity(std::string_view text, Unit unit) {
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  std::string_view suffix(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  while (suffix.starts_with(' ')) suffix.remove_prefix(1);

  if (const auto second = seconds_in(unit)) {
    if (suffix.empty()) suffix = "ms";
    for (const Scale& scale : kTimes) {
      if (scale.name == suffix) return convert(number, scale.factor, *second);
    }
    return std::nullopt;
  }
  if (suffix.empty()) return number;
  if (unit == Unit::bytes) {
    constexpr std::array<Scale, 3> kDecimal{{{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}}};
    for (const Scale& scale : kBinary) {
      if (scale.name == suffix) return number * scale.factor;
    }
    for (const Scale& scale : kDecimal) {
      if (scale.name == suffix) return number * scale.factor;
    }
    return std::nullopt;
  }
  for (const Scale& scale : kThousands) {
    if (scale.name == suffix) return number * scale.factor;
  }
  return std::nullopt;
}

}  // namespace millrace
