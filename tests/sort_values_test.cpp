// SPDX-License-Identifier: Apache-2.0
#include "stats/sort_values.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(SortValues, GivesWhatStdSortGivesInfinitiesAmongThem) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::mt19937_64 random(20261122);
  for (std::size_t size = 0; size < 600; ++size) {
    std::vector<double> values(size);
    for (double& value : values) {
      const std::uint64_t drawn = random();
      value = drawn % 9 == 0   ? kInfinity
              : drawn % 9 == 1 ? -kInfinity
                               : static_cast<double>(drawn % 1000) - 500;
    }
    std::vector<double> expected = values;
    std::sort(expected.begin(), expected.end());
    sort_values(values);
    EXPECT_EQ(values, expected) << size << " values";
  }
}

}  // namespace
}  // namespace millrace
