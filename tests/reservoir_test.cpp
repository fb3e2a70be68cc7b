// SPDX-License-Identifier: Apache-2.0
#include "stats/reservoir.hpp"

#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

std::vector<int> sample_of(int items, std::uint64_t size, std::uint64_t seed) {
  Reservoir<int> reservoir(size, seed);
  for (int i = 0; i < items; ++i) reservoir.add(i);
  EXPECT_EQ(reservoir.seen(), static_cast<std::uint64_t>(items));
  return reservoir.take();
}

TEST(Reservoir, HoldsAllWhereThereAreNoMoreThanItsSize) {
  std::vector<int> all(7);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sample_of(7, 7, 1), all);
  EXPECT_EQ(sample_of(7, 1000, 1), all);
  EXPECT_EQ(sample_of(7, 0, 1), std::vector<int>{});
  EXPECT_EQ(sample_of(0, 5, 1), std::vector<int>{});
}

TEST(Reservoir, GivesDifferentItemsInTheirOrder) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<int> sample = sample_of(50, 12, seed);
    EXPECT_EQ(sample.size(), 12u);
    EXPECT_TRUE(std::is_sorted(sample.begin(), sample.end()));
    EXPECT_EQ(std::set<int>(sample.begin(), sample.end()).size(), 12u);
  }
}

TEST(Reservoir, TakesEverySetOfItemsEquallyOften) {
  // 3 of 6: 20 sets, 60,000 samples, 3,000 each. 99.9 % of chi-squares of 19 degrees are below 43.8.
  std::map<std::vector<int>, int> sets;
  constexpr int kSamples = 60'000;
  for (std::uint64_t seed = 0; seed < kSamples; ++seed) ++sets[sample_of(6, 3, seed * 0x9E3779B9)];
  ASSERT_EQ(sets.size(), 20u);
  double chi_square = 0;
  for (const auto& [set, times] : sets) {
    const double expected = kSamples / 20.0;
    chi_square += (times - expected) * (times - expected) / expected;
  }
  EXPECT_LT(chi_square, 43.8);
}

TEST(Reservoir, GivesTheSameSampleOnEveryMachine) {
  EXPECT_EQ(sample_of(1000, 5, 42), sample_of(1000, 5, 42));
  EXPECT_NE(sample_of(1000, 5, 42), sample_of(1000, 5, 43));
  // Algorithm R by hand, with splitmix64 from the state 42.
  std::uint64_t state = 42;
  std::vector<int> places = {0, 1};
  for (int item = 2; item < 10; ++item) {
    std::uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    __extension__ using Wide = unsigned __int128;
    const auto place = static_cast<std::size_t>((Wide{z} * static_cast<unsigned>(item + 1)) >> 64);
    if (place < 2) places[place] = item;
  }
  std::sort(places.begin(), places.end());
  EXPECT_EQ(sample_of(10, 2, 42), places);
}

}  // namespace
}  // namespace millrace
