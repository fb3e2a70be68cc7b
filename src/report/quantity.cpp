// SPDX-License-Identifier: Apache-2.0
#include "report/quantity.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace millrace {
namespace {

struct Scale {
  std::string_view name;
  double factor;
};

constexpr std::array<Scale, 8> kTimes{{{"ns", 1e-9},
                                       {"us", 1e-6},
                                       {"ms", 1e-3},
                                       {"s", 1},
                                       {"min", 60},
                                       {"h", 3600},
                                       {"\u00b5s", 1e-6},
                                       {"m", 60}}};
constexpr std::array<Scale, 5> kBinary{{{"B", 1},
                                        {"KiB", 1024.0},
                                        {"MiB", 1048576.0},
                                        {"GiB", 1073741824.0},
                                        {"TiB", 1099511627776.0}}};
constexpr std::array<Scale, 4> kThousands{{{"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}}};

std::string grouped(std::string digits) {
  const std::size_t sign = digits.starts_with('-') ? 1 : 0;
  for (std::size_t at = digits.size(); at > sign + 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

// Four significant digits without an exponent, as far as that is readable.
std::string four_digits(double value) {
  const double size = std::fabs(value);
  if (size >= 1e6 || (size != 0 && size < 1e-3)) return fmt::format("{:.3e}", value);
  if (size >= 999.95) return grouped(fmt::format("{:.0f}", value));
  if (size >= 99.995) return fmt::format("{:.1f}", value);
  if (size >= 9.9995) return fmt::format("{:.2f}", value);
  if (size >= 0.99995) return fmt::format("{:.3f}", value);
  return fmt::format("{:#.4g}", value);
}

std::string show_bytes(double value) {
  std::size_t at = 0;
  while (at + 1 < kBinary.size() && std::fabs(value) >= 0.99995 * kBinary[at + 1].factor) ++at;
  const double shown = value / kBinary[at].factor;
  return fmt::format(
      "{} {}",
      at == 0 && shown == std::floor(shown) ? fmt::format("{:.0f}", shown) : four_digits(shown),
      kBinary[at].name);
}

std::string show_counted(double value) {
  const double size = std::fabs(value);
  if (size >= 999'950) {
    std::size_t at = 1;
    while (at + 1 < kThousands.size() && size >= 0.99995 * kThousands[at + 1].factor) ++at;
    return fmt::format("{} {}", four_digits(value / kThousands[at].factor), kThousands[at].name);
  }
  return value == std::floor(value) ? grouped(fmt::format("{:.0f}", value)) : four_digits(value);
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
  return unit == Unit::bytes ? show_bytes(value) : show_counted(value);
}

std::string show_count(std::uint64_t count) { return grouped(fmt::format("{}", count)); }

std::string show_percent(double fraction) {
  return std::isnan(fraction) ? "-" : fmt::format("{:.4g} %", 100 * fraction);
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
  if (suffix == "m") suffix = "M";  // no count is a thousandth
  for (const Scale& scale : kThousands) {
    if (scale.name == suffix) return number * scale.factor;
  }
  return std::nullopt;
}

std::string show_part(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-" : show_percent(static_cast<double>(part) / static_cast<double>(whole));
}

std::string plural(std::uint64_t n, std::string_view thing) {
  return fmt::format("{} {}{}", show_count(n), thing, n == 1 ? "" : "s");
}

}  // namespace millrace
