// SPDX-License-Identifier: Apache-2.0
//
// Quantities as people read and write them; both sides of each edge.
#include "report/quantity.hpp"

#include <cmath>
#include <limits>
#include <string_view>

#include <gtest/gtest.h>

namespace millrace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Quantity, ShowsTimesInTheUnitThatLeavesOneToThreeDigits) {
  EXPECT_EQ(show(0, Unit::seconds), "0 s");
  EXPECT_EQ(show(1, Unit::nanoseconds), "1.000 ns");
  EXPECT_EQ(show(0.5, Unit::nanoseconds), "0.5000 ns");
  EXPECT_EQ(show(999.94, Unit::nanoseconds), "999.9 ns");
  EXPECT_EQ(show(999.96, Unit::nanoseconds), "1.000 us");
  EXPECT_EQ(show(49.6, Unit::milliseconds), "49.60 ms");
  EXPECT_EQ(show(0.99994, Unit::seconds), "999.9 ms");
  EXPECT_EQ(show(0.99996, Unit::seconds), "1.000 s");
  EXPECT_EQ(show(5400, Unit::seconds), "5,400 s");  // minutes would be harder to compare
  EXPECT_EQ(show(-0.25, Unit::seconds), "-250.0 ms");
}

TEST(Quantity, ShowsCountsWholeUpToAMillion) {
  EXPECT_EQ(show(0, Unit::none), "0");
  EXPECT_EQ(show(999, Unit::tokens), "999");
  EXPECT_EQ(show(1845, Unit::tokens), "1,845");
  EXPECT_EQ(show(1845.4, Unit::tokens), "1,845");
  EXPECT_EQ(show(188.2, Unit::tokens), "188.2");
  EXPECT_EQ(show(0.003704, Unit::none), "0.003704");
  EXPECT_EQ(show(0.0001, Unit::none), "1.000e-04");
  EXPECT_EQ(show(999'949, Unit::none), "999,949");
  EXPECT_EQ(show(999'950, Unit::none), "1.000 M");
  EXPECT_EQ(show(1'234'567, Unit::tokens), "1.235 M");
  EXPECT_EQ(show(45.51e9, Unit::tokens), "45.51 G");
  EXPECT_EQ(show(-1845, Unit::none), "-1,845");
}

TEST(Quantity, ShowsBytesInPowersOf1024) {
  EXPECT_EQ(show(512, Unit::bytes), "512 B");
  EXPECT_EQ(show(1023, Unit::bytes), "1023 B");
  EXPECT_EQ(show(1536, Unit::bytes), "1.500 KiB");
  EXPECT_EQ(show(1048576, Unit::bytes), "1.000 MiB");
}

TEST(Quantity, ShowsWhatIsMissingAsADash) {
  EXPECT_EQ(show(kNan, Unit::seconds), "-");
  EXPECT_EQ(show(kInfinity, Unit::seconds), "inf");
  EXPECT_EQ(show(-kInfinity, Unit::none), "-inf");
  EXPECT_EQ(show_percent(kNan), "-");
  EXPECT_EQ(show_percent(0.1304), "13.04 %");
  EXPECT_EQ(show_percent(1), "100 %");
}

TEST(Quantity, GroupsTheDigitsOfCounts) {
  EXPECT_EQ(show_count(0), "0");
  EXPECT_EQ(show_count(999), "999");
  EXPECT_EQ(show_count(1000), "1,000");
  EXPECT_EQ(show_count(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(Quantity, ReadsTimesInAnyUnitToTheLastBit) {
  EXPECT_EQ(parse_quantity("500ms", Unit::nanoseconds), 5e8);
  EXPECT_EQ(parse_quantity("500 ms", Unit::seconds), 0.5);
  EXPECT_EQ(parse_quantity("0.1s", Unit::milliseconds), 100.0);
  EXPECT_EQ(parse_quantity("7us", Unit::seconds), 7e-6);
  EXPECT_EQ(parse_quantity("\u00b5s", Unit::seconds), std::nullopt);
  EXPECT_EQ(parse_quantity("7\u00b5s", Unit::microseconds), 7.0);
  EXPECT_EQ(parse_quantity("2m", Unit::seconds), 120.0);
  EXPECT_EQ(parse_quantity("2min", Unit::seconds), 120.0);
  EXPECT_EQ(parse_quantity("1.5h", Unit::seconds), 5400.0);
  EXPECT_EQ(parse_quantity("250", Unit::seconds), 0.25);  // bare: milliseconds
}

TEST(Quantity, ReadsCountsAndBytes) {
  EXPECT_EQ(parse_quantity("10k", Unit::none), 1e4);
  EXPECT_EQ(parse_quantity("10M", Unit::tokens), 1e7);
  EXPECT_EQ(parse_quantity("10m", Unit::none), 1e7);
  EXPECT_EQ(parse_quantity("1G", Unit::none), 1e9);
  EXPECT_EQ(parse_quantity("-3", Unit::none), -3.0);
  EXPECT_EQ(parse_quantity("4KiB", Unit::bytes), 4096.0);
  EXPECT_EQ(parse_quantity("4KB", Unit::bytes), 4000.0);
  EXPECT_EQ(parse_quantity("4", Unit::bytes), 4.0);
}

TEST(Quantity, RefusesWhatIsNoQuantityOfTheKind) {
  for (const std::string_view text :
       {"", " ", "s", "1kg", "1%", "1s2", "nan", "inf", "1e999", "1 0"}) {
    EXPECT_EQ(parse_quantity(text, Unit::seconds), std::nullopt) << text;
  }
  EXPECT_EQ(parse_quantity("1s", Unit::none), std::nullopt);
  EXPECT_EQ(parse_quantity("1s", Unit::bytes), std::nullopt);
  EXPECT_EQ(parse_quantity("1k", Unit::seconds), std::nullopt);
  EXPECT_EQ(parse_quantity("1K", Unit::none), std::nullopt);
}

}  // namespace
}  // namespace millrace
