// SPDX-License-Identifier: Apache-2.0
#include "ingest/timestamp.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <optional>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace millrace {
namespace {

constexpr std::int64_t kNewYear = 1'767'225'600'000'000'000;  // 2026-01-01T00:00:00Z

std::int64_t ns_of(std::string_view text) {
  const auto stamp = parse_iso8601(text);
  EXPECT_TRUE(stamp) << text;
  return stamp ? stamp->ns : 0;
}

TEST(Timestamp, ReadsTheFormsOfIso8601) {
  EXPECT_EQ(ns_of("2026-01-01T00:00:00Z"), kNewYear);
  EXPECT_EQ(ns_of("2026-01-01t00:00:00z"), kNewYear);
  EXPECT_EQ(ns_of("2026-01-01 00:00:00Z"), kNewYear);
  EXPECT_EQ(ns_of("2026-01-01T01:00:00+01:00"), kNewYear);
  EXPECT_EQ(ns_of("2026-01-01T01:30:00+0130"), kNewYear);
  EXPECT_EQ(ns_of("2025-12-31T19:00:00-05"), kNewYear);
  EXPECT_EQ(ns_of("2026-01-01T00:00"), kNewYear);
  EXPECT_EQ(ns_of("2026-01-01"), kNewYear);
  EXPECT_EQ(ns_of("2026-01-01T00:00:00.000123Z"), kNewYear + 123'000);
  EXPECT_EQ(ns_of("2026-01-01T00:00:00,5Z"), kNewYear + 500'000'000);
  EXPECT_EQ(ns_of("2026-01-01T00:00:00.123456789Z"), kNewYear + 123'456'789);
  EXPECT_EQ(ns_of("2026-01-01T00:00:00.1234567899999999999999Z"), kNewYear + 123'456'789);
  EXPECT_EQ(ns_of("1969-12-31T23:59:59.5Z"), -500'000'000);
  EXPECT_EQ(ns_of("2016-12-31T23:59:60Z"), ns_of("2017-01-01T00:00:00Z"));
  EXPECT_EQ(ns_of("2024-02-29"), ns_of("2024-03-01") - 86'400'000'000'000);
}

TEST(Timestamp, SaysWhenNoZoneWasGiven) {
  EXPECT_TRUE(parse_iso8601("2026-01-01T00:00:00Z")->zoned);
  EXPECT_TRUE(parse_iso8601("2026-01-01T00:00:00-00:00")->zoned);
  EXPECT_FALSE(parse_iso8601("2026-01-01T00:00:00.5")->zoned);
  EXPECT_FALSE(parse_iso8601("2026-01-01")->zoned);
}

TEST(Timestamp, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "2026",
                           "2026-1-1",
                           "2026-13-01",
                           "2026-02-30",
                           "2026-01-01T",
                           "2026-01-01T24:00:00Z",
                           "2026-01-01T00:60:00Z",
                           "2026-01-01T00:00:61Z",
                           "2026-01-01T00:00:00.Z",
                           "2026-01-01T00:00:00ZZ",
                           "2026-01-01T00:00:00+1",
                           "2026-01-01T00:00:00+01:",
                           "2026-01-01T00:00:00+01:0",
                           "2026-01-01T00:00:00+99:00",
                           "2026-01-01Z",
                           " 2026-01-01",
                           "2026-01-01T00:00:00 Z",
                           "0000-00-00T00:00:00Z",
                           "+2026-01-01",
                           "9999-12-31T00:00:00Z",
                           "1600-01-01T00:00:00Z",
                           "2026-01-01T-1:00:00Z"}) {
    EXPECT_FALSE(parse_iso8601(text)) << text;
  }
}

TEST(Timestamp, EndsExactlyWhereNanosecondsEnd) {
  EXPECT_EQ(ns_of("2262-04-11T23:47:16.854775807Z"), std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(parse_iso8601("2262-04-11T23:47:16.854775808Z"));
  EXPECT_EQ(ns_of("1677-09-21T00:12:43.145224193Z"), std::numeric_limits<std::int64_t>::min() + 1);
  EXPECT_FALSE(parse_iso8601("1677-09-21T00:12:43.145224192Z"));
}

TEST(Timestamp, ReadsEpochNumbersWithoutRounding) {
  EXPECT_EQ(parse_epoch("1767225600", TimeUnit::seconds), kNewYear);
  EXPECT_EQ(parse_epoch("1767225600.123456789", TimeUnit::seconds), kNewYear + 123'456'789);
  EXPECT_EQ(parse_epoch("1767225600123.5", TimeUnit::milliseconds), kNewYear + 123'500'000);
  EXPECT_EQ(parse_epoch("1767225600000001", TimeUnit::microseconds), kNewYear + 1'000);
  EXPECT_EQ(parse_epoch("1767225600000000001", TimeUnit::nanoseconds), kNewYear + 1);
  EXPECT_EQ(parse_epoch("1767225600000000001.9", TimeUnit::nanoseconds), kNewYear + 1);
  EXPECT_EQ(parse_epoch("-0.5", TimeUnit::seconds), -500'000'000);
  EXPECT_EQ(parse_epoch("1.5e3", TimeUnit::milliseconds), 1'500'000'000);
  EXPECT_EQ(parse_epoch("0", TimeUnit::seconds), 0);
}

TEST(Timestamp, TellsTheUnitByMagnitude) {
  EXPECT_EQ(parse_epoch("1767225600", TimeUnit::any), kNewYear);
  EXPECT_EQ(parse_epoch("1767225600.5", TimeUnit::any), kNewYear + 500'000'000);
  EXPECT_EQ(parse_epoch("1767225600000", TimeUnit::any), kNewYear);
  EXPECT_EQ(parse_epoch("1767225600000000", TimeUnit::any), kNewYear);
  EXPECT_EQ(parse_epoch("1767225600000000000", TimeUnit::any), kNewYear);
  EXPECT_EQ(parse_timestamp("2026-01-01T00:00:00Z", TimeUnit::any)->ns, kNewYear);
  EXPECT_FALSE(parse_timestamp("1767225600", TimeUnit::iso8601));
}

TEST(Timestamp, RefusesNumbersThatAreNoneOrDoNotFit) {
  for (const char* text : {"", "-", ".5", "1.", "1x", "0x10", "nan", "inf", "1e400", "1e300",
                           "99999999999999999999", "9223372037", "-9223372037"}) {
    EXPECT_FALSE(parse_epoch(text, TimeUnit::seconds)) << text;
    EXPECT_FALSE(parse_epoch(text, TimeUnit::iso8601)) << text;
  }
}

TEST(Timestamp, WritesWholeSecondsAndMicroseconds) {
  EXPECT_EQ(format_iso8601(kNewYear), "2026-01-01T00:00:00Z");
  EXPECT_EQ(format_iso8601(kNewYear + 123'456), "2026-01-01T00:00:00.000123Z");
  EXPECT_EQ(format_iso8601(kNewYear + 999), "2026-01-01T00:00:00Z");
  EXPECT_EQ(format_iso8601(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_python_isoformat(kNewYear), "2026-01-01T00:00:00+00:00");
  EXPECT_EQ(format_python_isoformat(kNewYear + 500'000'000), "2026-01-01T00:00:00.500000+00:00");
  EXPECT_EQ(format_iso8601(std::numeric_limits<std::int64_t>::min()),
            "1677-09-21T00:12:43.145224Z");
}

TEST(Timestamp, AgreesWithTheCLibraryAndReadsWhatItWrites) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 1000; ++i) {
      const auto seconds = static_cast<std::int64_t>(random() % 18'000'000'000) - 9'000'000'000;
      const std::time_t when = seconds;
      std::tm parts{};
      gmtime_r(&when, &parts);
      char text[40];
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
      ASSERT_EQ(ns_of(text), seconds * 1'000'000'000);
      ASSERT_EQ(format_iso8601(seconds * 1'000'000'000), text);
      const std::int64_t with_us =
          seconds * 1'000'000'000 + static_cast<std::int64_t>(random() % 1'000'000) * 1000;
      ASSERT_EQ(ns_of(format_python_isoformat(with_us)), with_us);
    }
  }
}

TEST(Timestamp, SurvivesAnyBytes) {
  std::mt19937 random(1);
  for (int i = 0; i < 300'000; ++i) {
    std::string text = "2026-01-01T00:00:00.123456789+01:00";
    for (int k = 0; k < 3; ++k)
      text[random() % text.size()] = "0123456789-+:.TZ e\xff\0"[random() % 20];
    text.resize(random() % (text.size() + 1));
    parse_timestamp(text, TimeUnit::any);
    parse_timestamp(text, TimeUnit::seconds);
  }
}

std::optional<std::int64_t> seconds(std::string_view text) { return parse_seconds(text); }

TEST(Seconds, KeepEveryDigitDownToTheNanosecond) {
  EXPECT_EQ(seconds("1767225600.0391235"), kNewYear + 39'123'500);
  EXPECT_EQ(seconds("1700000000.052734375"), 1'700'000'000'052'734'375);
  EXPECT_EQ(seconds("1767225600"), kNewYear);
  EXPECT_EQ(seconds("1767225600.0"), kNewYear);
  EXPECT_EQ(seconds("-1.0"), -1'000'000'000);
  EXPECT_EQ(seconds("-0.0"), 0);
  EXPECT_EQ(seconds("0.000000000"), 0);
  EXPECT_EQ(seconds("9223372036.854775807"), std::numeric_limits<std::int64_t>::max());
}

TEST(Seconds, AreRoundedToTheNearestAndTiesToTheEvenNanosecond) {
  EXPECT_EQ(seconds("1000.1234567894"), 1'000'123'456'789);
  EXPECT_EQ(seconds("1000.12345678951"), 1'000'123'456'790);
  EXPECT_EQ(seconds("0.0000000005"), 0);
  EXPECT_EQ(seconds("0.0000000015"), 2);
  EXPECT_EQ(seconds("-0.0000000015"), -2);
  EXPECT_EQ(seconds("0.00000000250000000000000000000000000000000000000000001"), 3);
  EXPECT_EQ(seconds("1.000000002500000000000000000000000000000000000000000"), 1'000'000'002);
  EXPECT_EQ(seconds("123456789.0000000000000000000000000000000000000000009"),
            123'456'789'000'000'000);
}

TEST(Seconds, MayHaveAnExponent) {
  EXPECT_EQ(seconds("1e-05"), 10'000);
  EXPECT_EQ(seconds("1.7672256e9"), kNewYear);
  EXPECT_EQ(seconds("1.7672256E+09"), kNewYear);
  EXPECT_EQ(seconds("17672256000391235e-7"), kNewYear + 39'123'500);
  EXPECT_EQ(seconds("5e-324"), 0);
  EXPECT_EQ(seconds("0e99999999999999999999"), 0);
  EXPECT_EQ(seconds("1e-99999999999999999999"), 0);
}

TEST(Seconds, BeyondTheRangeOrNoNumberAreNone) {
  for (const char* text : {"", "-", "+1", ".5", "1.", "1e", "1e+", "1x", " 1", "NaN", "Infinity",
                           "9223372036.8547758075", "-9223372036.854775808", "1e10", "1e400",
                           "99999999999999999999999999999999999999999999999999"}) {
    EXPECT_EQ(seconds(text), std::nullopt) << text;
  }
}

// The text of a double near now has more digits than a double of nanoseconds.
TEST(Seconds, AgreeWithExactArithmeticOnDoublesOfEverySize) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 100'000; ++i) {
    const std::int64_t ns = static_cast<std::int64_t>(random() >> (1 + random() % 62));
    char text[64];
    const int shown =
        std::snprintf(text, sizeof text, "%lld.%09lld", static_cast<long long>(ns / 1'000'000'000),
                      static_cast<long long>(ns % 1'000'000'000));
    EXPECT_EQ(seconds({text, static_cast<std::size_t>(shown)}), ns) << text;
  }
}

}  // namespace
}  // namespace millrace
