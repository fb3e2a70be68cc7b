// SPDX-License-Identifier: Apache-2.0
#include "stats/spread_cursor.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "memory_spill.hpp"

namespace millrace {
namespace {

using Totals = std::map<std::uint64_t, Int128>;  // by key
constexpr std::size_t kPiece = 16'384;

// Event by event, as it is defined.
void add_naively(Totals& totals, ExactTime, const Spread& s) {
  const std::int64_t first = ExactTime::at(s.first_key);
  const Int128 way = Int128{ExactTime::at(s.last_key)} - first;
  for (std::int64_t i = 1; i <= s.events; ++i) {
    totals[ExactTime::key(first + static_cast<std::int64_t>(way * i / s.events))] += s.weight;
  }
}
void add_naively(Totals& totals, SecondsTime, const Spread& s) {
  const double first = SecondsTime::at(s.first_key), last = SecondsTime::at(s.last_key);
  const double step = (last - first) / static_cast<double>(s.events);
  for (std::int64_t i = 1; i <= s.events; ++i) {
    totals[order_key(first + static_cast<double>(i) * step)] += s.weight;
  }
}

// In pieces up to a random key each, as merges with others make them.
template <typename Time>
Totals taken(Sorter<Spread>& spreads, std::mt19937_64& random, std::size_t piece_max) {
  Totals totals;
  SpreadCursor<Time> cursor(spreads);
  for (std::uint64_t before = 0; !cursor.at_end();) {
    std::uint64_t through = cursor.bound();
    if (random() % 3 == 0 && before < through) through = before + random() % (through - before);
    std::uint64_t last = before;
    const auto events = cursor.take(through);
    EXPECT_LE(events.size(), piece_max);
    for (const Weighted& event : events) {
      EXPECT_LE(last, event.key);
      EXPECT_LE(event.key, through);
      totals[last = event.key] += static_cast<std::int64_t>(event.weight);
    }
    before = std::max(before, through);
  }
  return totals;
}

template <typename Time>
class SpreadCursorOf : public testing::Test {};
using Times = testing::Types<ExactTime, SecondsTime>;
TYPED_TEST_SUITE(SpreadCursorOf, Times, );

TYPED_TEST(SpreadCursorOf, GivesEachEventAtItsTimeHoweverItIsAsked) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const bool exact = std::is_same_v<TypeParam, ExactTime>;
  for (int round = 0; round < 600; ++round) {
    // Short grids have ties, and steps that are shorter than what tells points in time apart.
    const std::uint64_t grid = std::uint64_t{1} << (random() % (exact ? 62 : 50));
    const std::uint64_t origin = exact ? ExactTime::key(0) : order_key(1.7e9);
    SortRoom room(1, std::make_unique<MemorySpill>());
    Sorter<Spread> spreads(room);
    Totals expected;
    for (std::size_t n = random() % 60 * (random() % 60); n-- > 0;) {
      Spread one{origin + random() % grid, origin + random() % grid, 1, kOne};
      if (random() % 4 == 0) std::swap(one.first_key, one.last_key);
      if (random() % 8 == 0) one.last_key = one.first_key;
      if (random() % 2 == 0) one.events += static_cast<std::int64_t>(random() % 30);
      if (random() % 4 == 0) one.weight = static_cast<std::int64_t>(random() % 5) - 2;
      spreads.add(one);
      add_naively(expected, TypeParam{}, one);
    }
    ASSERT_EQ(taken<TypeParam>(spreads, random, 10 * kPiece), expected) << grid;
  }
}

TYPED_TEST(SpreadCursorOf, GivesPiecesThatStayInTheCache) {
  std::mt19937_64 random(1);
  SortRoom room;
  Sorter<Spread> spreads(room);
  const TimeAxis axis(0, std::is_same_v<TypeParam, ExactTime> ? TimeAxis::Arithmetic::exact
                                                              : TimeAxis::Arithmetic::seconds);
  Int128 expected = 0;
  const auto add = [&](std::int64_t start_ns, std::int64_t ns, std::int64_t events) {
    spreads.add({*axis.key(start_ns), *axis.key(start_ns + ns), events, 1});
    expected += events;
  };
  add(0, 1'000'000'000'000, 3'000'000);  // one long one with many short ones, and a burst
  for (int i = 0; i < 20'000; ++i) {
    const auto start = static_cast<std::int64_t>(random() % 900'000'000'000);
    add(start, 1 + static_cast<std::int64_t>(random() % 100'000'000), 50);
    add(500'000'000'000, 100'000'000, 20);
  }
  // At one time 20,000 are under way: 4 events of each, and one more where they come together.
  Int128 sum = 0;
  for (const auto& [key, weight] : taken<TypeParam>(spreads, random, 5 * 20'001)) sum += weight;
  EXPECT_TRUE(sum == expected);
}

TYPED_TEST(SpreadCursorOf, TakesNoMemoryForEventsOfOneTime) {
  constexpr std::int64_t kMany = std::int64_t{1} << 40;
  SortRoom room;
  Sorter<Spread> spreads(room);
  const std::uint64_t at =
      std::is_same_v<TypeParam, ExactTime> ? ExactTime::key(5'000) : order_key(1.7e9);
  spreads.add({at, at, kMany, 3});
  spreads.add({at, at + 4, kMany, 3});
  spreads.add({at + 7, at + 7, kMany, kOne});  // more than a weight can tell
  spreads.add({at + 9, at + 9, 3, std::numeric_limits<std::int64_t>::min()});
  SpreadCursor<TypeParam> cursor(spreads);
  Totals totals;
  std::size_t events = 0;
  while (!cursor.at_end()) {
    for (const Weighted& event : cursor.take(cursor.bound())) {
      totals[event.key] += static_cast<std::int64_t>(event.weight);
      ++events;
    }
  }
  EXPECT_LE(events, 600u);
  Int128 sum = 0;
  for (const auto& [key, weight] : totals) sum += key <= at + 4 ? weight : 0;
  EXPECT_TRUE(sum == Int128{kMany} * 6);
  EXPECT_TRUE(totals[at + 7] == Int128{kMany} * kOne);
  EXPECT_TRUE(totals[at + 9] == Int128{std::numeric_limits<std::int64_t>::min()} * 3);
}

TEST(SpreadWalk, IsExactOverTheWholeAxis) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  constexpr std::int64_t kMost = std::int64_t{1} << 62;
  for (int round = 0; round < 2'000; ++round) {
    const auto point = [&] {
      const std::int64_t edges[] = {-kMost, kMost - 1, 0};
      const auto any = static_cast<std::int64_t>(random() % (2 * std::uint64_t{kMost})) - kMost;
      return random() % 4 == 0 ? edges[random() % 3] : any;
    };
    const std::int64_t first = point(), last = point();
    const auto events =
        static_cast<std::int64_t>(1 + random() % (std::uint64_t{1} << (random() % 62)));
    const auto from = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(events));
    const Spread spread{ExactTime::key(first), ExactTime::key(last), events, 1};
    SpreadWalk<ExactTime> walk(spread, from);
    for (std::int64_t number = from; number < std::min(events, from + 20); ++number, walk.next()) {
      const std::int64_t i = last < first ? events - number : number + 1;
      const Int128 way = Int128{last} - first;
      ASSERT_EQ(walk.key(), ExactTime::key(static_cast<std::int64_t>(first + way * i / events)));
      ASSERT_EQ(walk.key(), walk.key_at(number));
    }
  }
}

}  // namespace
}  // namespace millrace
