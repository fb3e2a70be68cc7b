// SPDX-License-Identifier: Apache-2.0
#include "stats/weighted_sorter.hpp"

#include <algorithm>
#include <random>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "memory_spill.hpp"

namespace millrace {
namespace {

using Items = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // key and weight

Items in_order(std::initializer_list<WeightedSorter*> sorters) {
  Items items;
  visit_sorted(sorters, [&](std::span<const Weighted> some) {
    EXPECT_FALSE(some.empty());
    for (const Weighted& item : some) {
      EXPECT_TRUE(items.empty() || items.back().first <= item.key);
      items.emplace_back(item.key, item.weight);
    }
  });
  std::sort(items.begin(), items.end());
  return items;
}

TEST(WeightedSorter, NothingIsVisitedOfNothing) {
  SortRoom room;
  WeightedSorter a(room), b(room);
  EXPECT_TRUE(in_order({}).empty());
  EXPECT_TRUE(in_order({&a, &b}).empty());
}

TEST(WeightedSorter, EachItemComesOnceInOrderOfItsKeyWhateverTheRoom) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t keys = std::uint64_t{1} << (random() % 3 == 0 ? 4 : 1 + random() % 63);
    const std::size_t room_bytes = 1 + random() % 2'000'000;
    SortRoom room(room_bytes, std::make_unique<MemorySpill>());
    WeightedSorter sorters[] = {WeightedSorter(room), WeightedSorter(room), WeightedSorter(room)};
    Items expected;
    const std::size_t n = random() % 200'000;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t key = random() % keys, weight = random();
      sorters[random() % 7 % 3].add({weight, key});
      expected.emplace_back(key, weight);
    }
    std::sort(expected.begin(), expected.end());
    for (int again = 0; again < 2; ++again) {
      ASSERT_EQ(in_order({&sorters[0], &sorters[1], &sorters[2]}), expected);
      const Weighted late{random(), random() % keys};  // between visits
      sorters[1].add(late);
      expected.insert(
          std::upper_bound(expected.begin(), expected.end(), std::pair(late.key, late.weight)),
          {late.key, late.weight});
    }
    EXPECT_EQ(sorters[0].size() + sorters[1].size() + sorters[2].size(), expected.size());
    EXPECT_EQ(room.failed(), "");
  }
}

TEST(WeightedSorter, WhatDoesNotFitIsPutAwayAndTheRestHeld) {
  SortRoom room(std::size_t{1} << 20, std::make_unique<MemorySpill>());
  WeightedSorter sorter(room);
  for (std::uint64_t i = 0; i < 1'000'000; ++i) sorter.add({i, ~i});
  EXPECT_GT(room.spilled_bytes(), 15'000'000u);
  EXPECT_LE(room.spilled_bytes(), 16'000'000u);
  EXPECT_EQ(in_order({&sorter}).size(), 1'000'000u);
}

TEST(WeightedSorter, AnErrorOfTheSpillIsToldAndNothingIsMadeUp) {
  for (int bad = 0; bad < 12; ++bad) {
    SortRoom room(1, std::make_unique<MemorySpill>(bad));
    WeightedSorter sorter(room);
    for (std::uint64_t i = 0; i < 40'000; ++i) sorter.add({1, i * 7 % 40'009});
    std::uint64_t last = 0, seen = 0;
    visit_sorted({&sorter}, [&](std::span<const Weighted> some) {
      for (const Weighted& item : some) {
        EXPECT_LE(last, item.key);
        EXPECT_EQ(item.weight, 1u);
        last = item.key;
        ++seen;
      }
    });
    EXPECT_NE(room.failed(), "") << "call " << bad;
    EXPECT_LT(seen, 40'000u);
  }
}

// Three codes a key.
void decode(std::span<const std::uint64_t> codes, std::span<Weighted> items) {
  for (std::size_t i = 0; i < codes.size(); ++i) items[i] = {codes[i] % 3, codes[i] / 3};
}

TEST(WeightedSorter, TakesItemsByCodesBesideOthers) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (const std::size_t room_bytes : {std::size_t{1}, std::size_t{1} << 30}) {
    SortRoom room(room_bytes, std::make_unique<MemorySpill>());
    WeightedSorter sorter(room);
    sorter.take_codes(decode);
    Items expected;
    const std::uint64_t keys = 1 + random() % 100'000;
    for (int i = 0; i < 60'000; ++i) {
      const std::uint64_t code = random() % (3 * keys), weight = random() % 3;
      if (i % 3 == 0) {
        sorter.add({weight, code / 3});
        expected.emplace_back(code / 3, weight);
      } else {
        sorter.add_code(code);
        expected.emplace_back(code / 3, code % 3);
      }
    }
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(sorter.size(), expected.size());
    ASSERT_EQ(in_order({&sorter}), expected);
  }
}

}  // namespace
}  // namespace millrace
