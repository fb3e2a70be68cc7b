// SPDX-License-Identifier: Apache-2.0
//
// Time stamps: texts and numbers to i64 nanoseconds since 1970-01-01T00:00:00Z, and back.
//
//   parse_iso8601("2026-01-01T01:00:00.5+01:00")->ns               1767225600500000000
//   parse_epoch("1767225600.123456789", TimeUnit::seconds)         1767225600123456789
//   parse_seconds("1767225600.03912354")                           1767225600039123540
//   format_iso8601(1767225600500000000)                            "2026-01-01T00:00:00.500000Z"
//
// Method    Digits are read as integers; no double rounds them. Digits below 1 ns are cut off;
//           parse_seconds() rounds them.
// Range     Years 1677-09-21 to 2262-04-11, which is what fits in i64 ns; nullopt beyond.
// Cost      No allocation and no locale in parsing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

struct Timestamp {
  std::int64_t ns = 0;
  bool zoned = true;  // false: no zone was given, taken as UTC
};

/// YYYY-MM-DD, then nothing or 'T', 't' or a blank and HH:MM[:SS[.,digits]], then nothing or Z, z,
/// +HH:MM, +HHMM or +HH. A leap second (:60) is the first second of the next minute, as in POSIX.
std::optional<Timestamp> parse_iso8601(std::string_view text) noexcept;

enum class TimeUnit : std::uint8_t {
  iso8601,  // a text
  seconds,
  milliseconds,
  microseconds,
  nanoseconds,
  /// A text is ISO-8601; a number's magnitude tells its unit: below 1e11 seconds (until the year
  /// 5138), below 1e14 ms, below 1e17 us, else ns.
  any,
};

/// A decimal number, as JSON writes it, of `unit` (not iso8601) since the epoch.
std::optional<std::int64_t> parse_epoch(std::string_view number, TimeUnit unit) noexcept;

/// A decimal number of seconds, with or without an exponent, to the nearest nanosecond; of two that
/// are as near to the even one. nullopt: no number, or beyond i64 ns.
std::optional<std::int64_t> parse_seconds(std::string_view number) noexcept;

/// parse_iso8601() or parse_epoch() as `unit` tells.
std::optional<Timestamp> parse_timestamp(std::string_view text, TimeUnit unit) noexcept;

/// "2026-01-01T00:00:00Z", with six digits of the second when it is not whole.
std::string format_iso8601(std::int64_t ns);
/// As Python's datetime.isoformat() writes UTC: "+00:00" for the Z.
std::string format_python_isoformat(std::int64_t ns);

}  // namespace millrace
