// SPDX-License-Identifier: Apache-2.0
#include "ingest/timestamp.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>

#include <fmt/format.h>

namespace millrace {
namespace {

__extension__ using Wide = __int128;  // before the range check

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// What is left of a text. Each take_...() removes what it understood from the front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Exactly `digits` digits.
  bool take_number(int digits, int& number) {
    number = 0;
    for (int i = 0; i < digits; ++i) {
      if (!next_is_digit()) return false;
      number = number * 10 + take_digit();
    }
    return true;
  }
  // One digit or more, as a fraction of 1e9.
  bool take_fraction(std::int64_t& billionths) {
    if (!next_is_digit()) return false;
    billionths = 0;
    std::int64_t weight = kNsPerSecond / 10;
    for (; next_is_digit(); weight /= 10) billionths += take_digit() * weight;
    return true;
  }
  [[nodiscard]] bool next_is_digit() const {
    return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }
  int take_digit() {
    const int digit = rest_.front() - '0';
    rest_.remove_prefix(1);
    return digit;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> in_range(Wide ns) {
  if (ns < std::numeric_limits<std::int64_t>::min() + 1 ||  // the least one is kAbsentTime
      ns > std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(ns);
}

bool take_time(Scanner& in, std::int64_t& seconds, std::int64_t& ns) {
  int hour = 0, minute = 0, second = 0;
  if (!in.take_number(2, hour) || !in.take(':') || !in.take_number(2, minute)) return false;
  if (in.take(':')) {
    if (!in.take_number(2, second)) return false;
    if ((in.take('.') || in.take(',')) && !in.take_fraction(ns)) return false;
  }
  seconds = hour * 3600 + minute * 60 + second;
  return hour <= 23 && minute <= 59 && second <= 60;
}

bool take_zone(Scanner& in, std::int64_t& offset_seconds, bool& zoned) {
  zoned = true;
  if (in.take('Z') || in.take('z')) return true;
  const bool east = in.take('+');
  if (!east && !in.take('-')) {
    zoned = false;
    return true;
  }
  int hours = 0, minutes = 0;
  if (!in.take_number(2, hours)) return false;
  if ((in.take(':') || in.next_is_digit()) && !in.take_number(2, minutes)) return false;
  offset_seconds = (east ? 1 : -1) * (hours * 3600 + minutes * 60);
  return hours <= 23 && minutes <= 59;
}

// How many ns one unit of `number` is; 0 when it is no number.
std::int64_t unit_by_magnitude(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size()) return 0;
  if (value < 0) value = -value;
  if (value < 1e11) return kNsPerSecond;
  if (value < 1e14) return 1'000'000;
  return value < 1e17 ? 1'000 : 1;
}

std::int64_t ns_in(TimeUnit unit, std::string_view number) {
  switch (unit) {
    case TimeUnit::seconds:
      return kNsPerSecond;
    case TimeUnit::milliseconds:
      return 1'000'000;
    case TimeUnit::microseconds:
      return 1'000;
    case TimeUnit::nanoseconds:
      return 1;
    case TimeUnit::any:
      return unit_by_magnitude(number);
    case TimeUnit::iso8601:
      break;
  }
  return 0;
}

// With an exponent, which writers of time stamps rarely use, a double has to do.
std::optional<std::int64_t> parse_as_double(std::string_view number, std::int64_t ns_per_unit) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  value *= static_cast<double>(ns_per_unit);
  if (!(value > -9.2e18 && value < 9.2e18)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

// digits * 10^exponent as the text has it, but for digits behind the 36th that count.
struct Decimal {
  Wide digits = 0;
  int exponent = 0;
  bool more = false;  // a digit that was left out is not 0
};

constexpr Wide ten_to(int exponent) {
  Wide power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

std::optional<Decimal> take_decimal(Scanner& in) {
  constexpr int kExponentMax = 1'000'000;  // of the text; what is beyond is 0 or out of range
  Decimal number;
  const auto take_digits = [&](int places) {
    if (!in.next_is_digit()) return false;
    while (in.next_is_digit()) {
      const int digit = in.take_digit();
      if (number.digits < ten_to(36)) {
        number.digits = number.digits * 10 + digit;
        number.exponent -= places;
      } else {
        number.more |= digit != 0;
        number.exponent += 1 - places;
      }
    }
    return true;
  };
  if (!take_digits(0) || (in.take('.') && !take_digits(1))) return std::nullopt;
  if (in.take('e') || in.take('E')) {
    const bool negative = in.take('-');
    if (!negative) in.take('+');
    if (!in.next_is_digit()) return std::nullopt;
    int exponent = 0;
    while (in.next_is_digit()) exponent = std::min(exponent * 10 + in.take_digit(), kExponentMax);
    number.exponent += negative ? -exponent : exponent;
  }
  return number;
}

std::string format(std::int64_t ns, const char* zone) {
  using namespace std::chrono;
  // In microseconds first: the day of the least ns begins before it, beyond i64 ns.
  const auto when = floor<microseconds>(sys_time<nanoseconds>{nanoseconds{ns}});
  const auto day = floor<days>(when);
  const year_month_day date{day};
  const hh_mm_ss<microseconds> time{when - day};
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int{date.year()},
                                 unsigned{date.month()}, unsigned{date.day()}, time.hours().count(),
                                 time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) text += fmt::format(".{:06}", time.subseconds().count());
  return text + zone;
}

}  // namespace

std::optional<Timestamp> parse_iso8601(std::string_view text) noexcept {
  Scanner in(text);
  int year = 0, month = 0, day = 0;
  if (!in.take_number(4, year) || !in.take('-') || !in.take_number(2, month) || !in.take('-') ||
      !in.take_number(2, day)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;

  std::int64_t seconds = 0, ns = 0, offset_seconds = 0;
  bool zoned = false;
  if (in.take('T') || in.take('t') || in.take(' ')) {
    if (!take_time(in, seconds, ns) || !take_zone(in, offset_seconds, zoned)) return std::nullopt;
  }
  if (!in.at_end()) return std::nullopt;

  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  const Wide whole = days * std::int64_t{86'400} + seconds - offset_seconds;
  const auto total = in_range(whole * kNsPerSecond + ns);
  if (!total) return std::nullopt;
  return Timestamp{*total, zoned};
}

std::optional<std::int64_t> parse_epoch(std::string_view number, TimeUnit unit) noexcept {
  const std::int64_t ns_per_unit = ns_in(unit, number);
  if (ns_per_unit == 0) return std::nullopt;

  Scanner in(number);
  const bool negative = in.take('-');
  if (!in.next_is_digit()) return std::nullopt;
  std::int64_t whole = 0;
  while (in.next_is_digit()) {
    if (whole > (std::numeric_limits<std::int64_t>::max() - 9) / 10) return std::nullopt;
    whole = whole * 10 + in.take_digit();
  }
  std::int64_t billionths = 0;
  if (in.take('.') && !in.take_fraction(billionths)) return std::nullopt;
  if (!in.at_end()) return parse_as_double(number, ns_per_unit);

  const Wide ns = static_cast<Wide>(whole) * ns_per_unit +
                  static_cast<Wide>(billionths) * ns_per_unit / kNsPerSecond;
  return in_range(negative ? -ns : ns);
}

std::optional<std::int64_t> parse_seconds(std::string_view number) noexcept {
  Scanner in(number);
  const bool negative = in.take('-');
  const auto decimal = take_decimal(in);
  if (!decimal || !in.at_end()) return std::nullopt;

  Wide ns = decimal->digits;
  int exponent = decimal->exponent + 9;
  for (; exponent > 0 && ns != 0; --exponent) {
    if (ns > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    ns *= 10;
  }
  if (exponent < -38) {
    ns = 0;  // of 37 digits at most
  } else if (exponent < 0) {
    const Wide unit = ten_to(-exponent);
    const Wide rest = ns % unit;
    ns /= unit;
    const bool above = rest > unit / 2 || (rest == unit / 2 && decimal->more);
    if (above || (rest == unit / 2 && ns % 2 != 0)) ++ns;
  }
  return in_range(negative ? -ns : ns);
}

std::optional<Timestamp> parse_timestamp(std::string_view text, TimeUnit unit) noexcept {
  if (unit == TimeUnit::iso8601 || unit == TimeUnit::any) {
    if (const auto stamp = parse_iso8601(text)) return stamp;
    if (unit == TimeUnit::iso8601) return std::nullopt;
  }
  const auto ns = parse_epoch(text, unit);
  if (!ns) return std::nullopt;
  return Timestamp{*ns, true};
}

std::string format_iso8601(std::int64_t ns) { return format(ns, "Z"); }

std::string format_python_isoformat(std::int64_t ns) { return format(ns, "+00:00"); }

}  // namespace millrace
