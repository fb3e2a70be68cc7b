// SPDX-License-Identifier: Apache-2.0
#include "stats/span_merger.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace millrace {
namespace {

bool before(const Weighted& a, const Weighted& b) {
  return a.key != b.key ? a.key < b.key : a.weight < b.weight;
}

TEST(SpanMerger, GivesEachItemOnceInOrderOfItsKey) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  SpanMerger merger;
  for (int round = 0; round < 3'000; ++round) {
    std::vector<std::vector<Weighted>> parts(random() % 7);
    std::vector<Weighted> expected;
    const std::uint64_t keys = round % 3 == 0 ? 3 : ~std::uint64_t{0};
    for (auto& part : parts) {
      part.resize(random() % 4 == 0 ? 0 : random() % 50);
      for (Weighted& item : part) item = {random(), random() % keys};
      std::ranges::sort(part, before);
      expected.insert(expected.end(), part.begin(), part.end());
    }
    std::ranges::sort(expected, before);
    std::vector<std::span<const Weighted>> spans(parts.begin(), parts.end());
    const auto merged = merger.merge(spans);
    ASSERT_TRUE(std::ranges::is_sorted(merged, {}, &Weighted::key));
    std::vector<Weighted> same(merged.begin(), merged.end());
    std::ranges::sort(same, before);
    ASSERT_EQ(same, expected);
  }
}

TEST(SpanMerger, TakesASinglePieceAsItIs) {
  const std::vector<Weighted> one = {{1, 2}, {3, 4}};
  std::vector<std::span<const Weighted>> spans = {{}, one, {}};
  SpanMerger merger;
  EXPECT_EQ(merger.merge(spans).data(), one.data());
}

}  // namespace
}  // namespace millrace
