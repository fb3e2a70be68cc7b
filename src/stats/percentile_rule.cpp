// SPDX-License-Identifier: Apache-2.0
#include "stats/percentile_rule.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>

namespace millrace {
namespace {

__extension__ using UInt128 = unsigned __int128;
__extension__ using Int128 = __int128;

constexpr std::uint64_t kMillionth = 1'000'000;     // of a percent
constexpr std::uint64_t kWhole = 100 * kMillionth;  // 100 %

constexpr std::array<std::pair<Rule, std::string_view>, 4> kNames{{
    {Rule::nearest_rank, "nearest-rank"},
    {Rule::linear, "linear"},
    {Rule::exclusive, "exclusive"},
    {Rule::exclusive_clamped, "exclusive-clamped"},
}};

std::uint64_t millionths(double p) noexcept {
  if (!(p > 0)) return 0;
  return static_cast<std::uint64_t>(std::min(p, 100.0) * 1e6 + 0.5);
}

Ranks nearest_rank(std::uint64_t part, std::uint64_t n) noexcept {
  const auto rank = static_cast<std::uint64_t>((UInt128{n} * part + (kWhole - 1)) / kWhole);
  Ranks ranks;
  ranks.low = ranks.high = std::max<std::uint64_t>(rank, 1);
  return ranks;
}

// numpy's arithmetic, (n - 1) * (p / 100) in double and its fraction, so that the result has
// numpy's bits; but the integers say which value it is, where the product falls on the wrong side
// of a whole number.
Ranks linear(std::uint64_t part, std::uint64_t n) noexcept {
  const auto before = static_cast<std::uint64_t>(UInt128{n - 1} * part / kWhole);
  const double fraction = static_cast<double>(part) / 1e6 / 100;
  const double position = static_cast<double>(n - 1) * fraction;
  const double t = std::clamp(position - static_cast<double>(before), 0.0, 1.0);
  Ranks ranks{.rule = Rule::linear, .low = before + 1, .high = before + 1};
  if (t > 0 && before + 1 < n) ++ranks.high;
  ranks.weight_low = 1 - t;
  ranks.weight_high = t;
  return ranks;
}

// Parts of which p is a whole number: 4, 10 or 100 as llmeter chooses them, more for a fraction.
std::uint64_t base_of(std::uint64_t part) noexcept {
  if (part % (25 * kMillionth) == 0) return 4;
  if (part % (10 * kMillionth) == 0) return 10;
  std::uint64_t base = 100;
  for (std::uint64_t unit = kMillionth; part % unit != 0; unit /= 10) base *= 10;
  return base;
}

// Python's statistics.quantiles(method="exclusive"), which keeps the rank within the values but not
// the weights: hence the extrapolation. At 50 it is statistics.median.
Ranks exclusive(std::uint64_t part, std::uint64_t n, Rule rule) noexcept {
  Ranks ranks{.rule = rule};
  if (n == 1) return ranks;
  if (part == kWhole / 2) {
    ranks.low = (n + 1) / 2;
    ranks.high = n / 2 + 1;
    ranks.weight_low = ranks.weight_high = 1;
    ranks.divisor = 2;
    return ranks;
  }
  const std::uint64_t base = base_of(part);
  const std::uint64_t step = part / (kWhole / base);
  const UInt128 position = (UInt128{n} + 1) * step;
  ranks.low = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(position / base), 1, n - 1);
  ranks.high = ranks.low + 1;
  const auto over = static_cast<std::int64_t>(static_cast<Int128>(position) -
                                              static_cast<Int128>(UInt128{ranks.low} * base));
  ranks.weight_low = static_cast<double>(static_cast<std::int64_t>(base) - over);
  ranks.weight_high = static_cast<double>(over);
  ranks.divisor = static_cast<double>(base);
  return ranks;
}

}  // namespace

std::string_view to_string(Rule rule) noexcept {
  for (const auto& [known, name] : kNames) {
    if (known == rule) return name;
  }
  return "unknown";
}

std::optional<Rule> rule_from(std::string_view name) noexcept {
  for (const auto& [rule, known] : kNames) {
    if (known == name) return rule;
  }
  return std::nullopt;
}

Ranks ranks_of(double p, std::uint64_t n, Rule rule) noexcept {
  const std::uint64_t part = millionths(p);
  switch (rule) {
    case Rule::linear:
      return linear(part, n);
    case Rule::exclusive:
    case Rule::exclusive_clamped:
      return exclusive(part, n, rule);
    case Rule::nearest_rank:
      break;
  }
  return nearest_rank(part, n);
}

double combine(const Ranks& ranks, double low, double high, double least,
               double greatest) noexcept {
  if (ranks.low == ranks.high) return low;  // also keeps infinity * 0 out
  if (ranks.rule == Rule::linear) {
    const double distance = high - low;
    return ranks.weight_high < 0.5 ? low + distance * ranks.weight_high
                                   : high - distance * ranks.weight_low;
  }
  const double value = (low * ranks.weight_low + high * ranks.weight_high) / ranks.divisor;
  return ranks.rule == Rule::exclusive_clamped ? std::clamp(value, least, greatest) : value;
}

std::uint64_t least_sample_for(double p) noexcept {
  constexpr double kMissed = 0.05;
  const std::uint64_t part = millionths(p);
  const std::uint64_t upper = std::max(part, kWhole - part);
  if (upper == kWhole) return std::numeric_limits<std::uint64_t>::max();

  // The largest n with q^n > 0.05, bit by bit from q^(2^k); no libm, same answer everywhere.
  std::array<double, 64> powers{};
  powers[0] = static_cast<double>(upper) / static_cast<double>(kWhole);
  std::size_t top = 0;
  for (; powers[top] > kMissed; ++top) powers[top + 1] = powers[top] * powers[top];
  std::uint64_t n = 0;
  double missed = 1;
  for (std::size_t k = top; k-- > 0;) {
    if (missed * powers[k] <= kMissed) continue;
    missed *= powers[k];
    n += std::uint64_t{1} << k;
  }
  return n + 1;
}

}  // namespace millrace
