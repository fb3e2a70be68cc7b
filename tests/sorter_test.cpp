// SPDX-License-Identifier: Apache-2.0
#include "stats/sorter.hpp"

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "memory_spill.hpp"

namespace millrace {
namespace {

using Keys = Sorter<std::uint64_t>;
constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kLeast = 64 << 10;  // of a sorter, whatever the room

std::vector<std::uint64_t> all_of(Keys& sorter) {
  std::vector<std::uint64_t> keys;
  SortedCursor<std::uint64_t> cursor(sorter);
  for (std::size_t step = 1; !cursor.ahead().empty(); step = step * 3 % 5'003) {
    const auto some = cursor.ahead().first(std::min(step, cursor.ahead().size()));
    keys.insert(keys.end(), some.begin(), some.end());
    cursor.pass(some.size());
  }
  EXPECT_FALSE(cursor.more());
  return keys;
}

TEST(Sorter, OfFewItemsIsSmall) {
  SortRoom room;
  Keys empty(room), one(room);
  EXPECT_EQ(room.used_bytes(), 0u);
  one.add(3);
  EXPECT_EQ(room.used_bytes(), 4'096u);
}

TEST(Sorter, MovesWithItsItems) {
  SortRoom room(kMiB, std::make_unique<MemorySpill>());
  std::vector<Keys> sorters;
  for (std::uint64_t i = 0; i < 5; ++i) {
    sorters.emplace_back(room);
    for (Keys& sorter : sorters) sorter.add(i);
  }
  EXPECT_EQ(all_of(sorters[0]), (std::vector<std::uint64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(all_of(sorters[3]), (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(room.used_bytes(), 5 * 4'096u);
}

TEST(Sorter, HoldsNoMoreTogetherThanTheRoomAndPutsLargePiecesAway) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  SortRoom room(8 * kMiB, std::make_unique<MemorySpill>());
  std::deque<Keys> sorters;
  std::deque<std::vector<std::uint64_t>> expected;
  for (int i = 0; i < 20; ++i) sorters.emplace_back(room), expected.emplace_back();
  for (int i = 0; i < 4'000'000; ++i) {
    const std::size_t which = random() % 20 * (random() % 20) / 19;  // the first most often
    const std::uint64_t key = random();
    sorters[which].add(key);
    expected[which].push_back(key);
    if (i % 1'000 != 0) continue;
    ASSERT_LE(room.used_bytes(), 8 * kMiB + 20 * kLeast);
  }
  EXPECT_GT(room.spilled_bytes(), 20 * kMiB);
  for (std::size_t i = 0; i < sorters.size(); ++i) {
    std::ranges::sort(expected[i]);
    ASSERT_EQ(all_of(sorters[i]), expected[i]);
  }
  sorters.clear();
  EXPECT_EQ(room.used_bytes(), 0u);
}

TEST(Sorter, ThatGrowsLateGetsTheMemoryOfTheLargest) {
  SortRoom room(4 * kMiB, std::make_unique<MemorySpill>());
  Keys early(room), late(room);
  for (std::uint64_t i = 0; i < 4 * kMiB / 8; ++i) early.add(i);
  EXPECT_EQ(room.spilled_bytes(), 0u);
  for (std::uint64_t i = 0; i < kMiB / 8; ++i) late.add(~i);
  EXPECT_EQ(room.spilled_bytes(), 4 * kMiB) << "all of the early one at once";
  EXPECT_EQ(late.held_bytes(), kMiB);
  EXPECT_EQ(early.held_bytes(), 0u);
  EXPECT_EQ(all_of(early).size(), 4 * kMiB / 8);
}

TEST(Sorter, ThatIsReadStaysWhereItIs) {
  SortRoom room(4 * kMiB, std::make_unique<MemorySpill>());
  Keys early(room), late(room);
  for (std::uint64_t i = 0; i < 4 * kMiB / 8; ++i) early.add(i);
  {
    SortedCursor<std::uint64_t> cursor(early);
    const auto ahead = cursor.ahead();
    for (std::uint64_t i = 0; i < kMiB / 8; ++i) late.add(~i);
    EXPECT_EQ(early.held_bytes(), 4 * kMiB);
    EXPECT_EQ(late.held_bytes(), kLeast);
    EXPECT_EQ(ahead.back(), 4 * kMiB / 8 - 1);
  }
  EXPECT_EQ(all_of(late).size(), kMiB / 8);
}

TEST(Sorter, MergesRunsThatFollowOneAnotherAndRunsOfOneKey) {
  for (const std::uint64_t distinct : {std::uint64_t{1}, std::uint64_t{1} << 40}) {
    SortRoom room(1, std::make_unique<MemorySpill>());  // runs of 64 KiB
    Keys sorter(room);
    std::vector<std::uint64_t> expected;
    for (std::uint64_t i = 0; i < 100'000; ++i) expected.push_back(i % distinct);
    for (const std::uint64_t key : expected) sorter.add(key);
    EXPECT_GT(room.spilled_bytes(), 700'000u);
    EXPECT_EQ(all_of(sorter), expected);
  }
}

}  // namespace
}  // namespace millrace
