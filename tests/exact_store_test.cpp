// SPDX-License-Identifier: Apache-2.0
//
// ExactStore against a sorted vector. What it shares with the other estimators is in
// estimator_contract_test.cpp.
#include "stats/exact_store.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Limits = std::numeric_limits<double>;
constexpr std::size_t kRoom = std::size_t{1} << 30;

using Values = std::vector<double>;

// In slices of changing length, as the aggregator adds them.
[[nodiscard]] bool add_all(ExactStore& store, std::span<const double> values) {
  for (std::size_t slice = 1; !values.empty(); slice = slice % 700 + 97) {
    const auto now = values.first(std::min(slice, values.size()));
    if (!store.add(now)) return false;
    values = values.subspan(now.size());
  }
  return true;
}

// First, last, and what lies between: all when few.
std::vector<std::uint64_t> ranks_among(std::uint64_t n) {
  std::vector<std::uint64_t> ranks;
  const std::uint64_t step = std::max<std::uint64_t>(1, n / 60);
  for (std::uint64_t rank = 1; rank <= n; rank += step) ranks.push_back(rank);
  if (ranks.back() != n) ranks.push_back(n);
  return ranks;
}

void expect_sorted_vector(std::span<const ExactStore* const> stores, Values values) {
  std::ranges::sort(values);
  const auto ranks = ranks_among(values.size());

  const Values found = ExactStore::order_statistics(stores, ranks);

  ASSERT_EQ(found.size(), ranks.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    ASSERT_EQ(found[i], values[ranks[i] - 1]) << "rank " << ranks[i] << " of " << values.size();
  }
  for (const std::uint64_t rank : {ranks.front(), ranks[ranks.size() / 2], ranks.back()}) {
    ASSERT_EQ(ExactStore::order_statistics(stores, {&rank, 1}).front(), values[rank - 1]);
  }
}

void expect_exact(const Values& values) {
  Arena arena(kRoom);
  ExactStore store(arena);
  ASSERT_TRUE(add_all(store, values));
  EXPECT_TRUE(store.exact());
  EXPECT_EQ(store.count(), values.size());
  const ExactStore* stores[] = {&store};
  expect_sorted_vector(stores, values);
}

Values generate(std::size_t n, std::uint32_t seed,
                const std::function<double(std::mt19937_64&)>& next) {
  std::mt19937_64 random(seed);
  Values values(n);
  for (double& value : values) value = next(random);
  return values;
}

Values lognormal(std::size_t n, std::uint32_t seed, double sigma = 0.5) {
  std::lognormal_distribution<double> distribution(0, sigma);
  return generate(n, seed, [&](auto& random) { return distribution(random); });
}

// So many that its 5-bit bucket is split: 200,000 in [1, 1.01).
Values crowded(std::size_t n, std::uint32_t seed) {
  std::uniform_real_distribution<double> distribution(1, 1.01);
  return generate(n, seed, [&](auto& random) { return distribution(random); });
}

TEST(ExactStore, HoldsNothingWhenNew) {
  Arena arena(kRoom);
  ExactStore store(arena);
  EXPECT_EQ(store.count(), 0u);
  EXPECT_TRUE(store.exact());
  EXPECT_TRUE(store.add({}));
  EXPECT_EQ(arena.bytes(), 0u);
  const ExactStore* stores[] = {&store};
  EXPECT_TRUE(ExactStore::order_statistics(stores, {}).empty());
}

TEST(ExactStore, IsExactAtEverySizeAroundItsEdges) {
  for (const std::size_t n : {1u, 2u, 5u, 6u, 7u, 12u, 13u, 1'023u, 1'024u, 1'025u, 1'200u, 1'600u,
                              2'000u, 4'095u, 4'096u, 4'097u, 50'000u}) {
    SCOPED_TRACE(testing::Message() << n << " values");
    expect_exact(lognormal(n, 1));
  }
}

TEST(ExactStore, IsExactWhereABucketIsSplit) {
  for (const std::size_t n : {65'535u, 65'536u, 66'100u, 1'048'576u, 1'050'000u, 1'200'000u}) {
    SCOPED_TRACE(testing::Message() << n << " values");
    expect_exact(crowded(n, 2));
  }
}

TEST(ExactStore, IsExactWhereABucketIsSplitToItsLastBit) {
  // Eight neighbouring doubles: no level but the last tells them apart.
  expect_exact(generate(200'000, 3,
                        [](auto& random) { return value_of_key(order_key(1.0) + random() % 8); }));
}

TEST(ExactStore, IsExactWhenHalfOfTheValuesAreEqual) {
  Values values = crowded(300'000, 4);
  for (std::size_t i = 0; i < values.size(); i += 2) values[i] = 1.005;
  expect_exact(values);
}

TEST(ExactStore, IsExactWithFewDistinctValues) {
  expect_exact(
      generate(300'000, 5, [](auto& random) { return 1.0 + double(random() % 20) / 1024; }));
  expect_exact(generate(300'000, 6, [](auto& random) { return double(random() % 3); }));
}

TEST(ExactStore, HoldsEqualValuesInLittleMemory) {
  Arena arena(64 << 10);
  ExactStore store(arena);
  ASSERT_TRUE(add_all(store, Values(1'000'000, 3.25)));
  const ExactStore* stores[] = {&store};
  expect_sorted_vector(stores, Values(1'000'000, 3.25));
}

TEST(ExactStore, IsExactWhenEqualValuesAreFollowedByOthers) {
  for (const std::size_t equal : {5u, 6u, 7u, 100u, 1'000u, 70'000u}) {
    for (const std::size_t others : {1u, 6u, 2'000u, 70'000u}) {
      SCOPED_TRACE(testing::Message() << equal << " equal, " << others << " others");
      Values values(equal, 1.004);
      const Values rest = crowded(others, 7);
      values.insert(values.end(), rest.begin(), rest.end());
      values.insert(values.end(), equal, 1.004);
      expect_exact(values);
    }
  }
}

TEST(ExactStore, IsExactWithRunsOfEqualValues) {
  std::mt19937 random(8);
  Values values;
  while (values.size() < 400'000) {
    values.insert(values.end(), random() % 1'000, 1.0 + double(random() % 5'000) / 200'000);
  }
  expect_exact(values);
}

// All values go to one child. With 23 runs before them it meets its own limit, and is split, before
// its parent's values have all come.
TEST(ExactStore, IsExactWhereAChildIsSplitWhileItIsFilled) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Values values;
    for (std::uint64_t i = 0; i < seed; ++i) {
      values.insert(values.end(), 6, value_of_key(order_key(1.0) + i));
    }
    while (values.size() < 90'000) {
      const double value = value_of_key(order_key(1.0) + random() % (std::uint64_t{1} << 30));
      values.insert(values.end(), 1 + values.size() % 2, value);
    }
    expect_exact(values);
  }
}

TEST(ExactStore, IsExactForBurstsOfAnyLength) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const std::size_t n = seed % 3 == 0 ? 150'000 : 4'000;
    const std::uint64_t spread = std::uint64_t{1} << (random() % 53);
    const std::uint64_t burst = 1 + random() % 40, rarity = 1 + random() % 30;
    Values values;
    while (values.size() < n) {
      const double value = value_of_key(order_key(1.0) + random() % spread);
      values.insert(values.end(), random() % rarity == 0 ? 1 + random() % burst : 1, value);
    }
    expect_exact(values);
  }
}

TEST(ExactStore, TakesEveryDoubleButNaN) {
  Values values{0.0,
                -0.0,
                Limits::infinity(),
                -Limits::infinity(),
                Limits::denorm_min(),
                -Limits::denorm_min(),
                Limits::min(),
                -Limits::min(),
                Limits::max(),
                -Limits::max()};
  expect_exact(values);
  const Values more = generate(100'000, 9, [](auto& random) {
    for (;;) {
      const auto value = std::bit_cast<double>(random());
      if (!std::isnan(value)) return value;
    }
  });
  for (int i = 0; i < 2'000; ++i) values.insert(values.end(), values.begin(), values.begin() + 10);
  values.insert(values.end(), more.begin(), more.end());
  expect_exact(values);
}

TEST(ExactStore, IsExactWithNegativeValuesAndZeros) {
  std::normal_distribution<double> normal;
  expect_exact(generate(200'000, 10,
                        [&](auto& random) { return random() % 4 == 0 ? 0.0 : normal(random); }));
}

TEST(ExactStore, GivesPlusZeroForMinusZero) {
  Arena arena(kRoom);
  ExactStore store(arena);
  ASSERT_TRUE(store.add(Values{-0.0}));
  const ExactStore* stores[] = {&store};
  EXPECT_FALSE(
      std::signbit(ExactStore::order_statistics(stores, std::vector<std::uint64_t>{1})[0]));
}

TEST(ExactStore, UnionsOfManyStoresAreExact) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    Arena arena(kRoom);
    std::vector<ExactStore> stores;
    Values all;
    for (int i = 0; i < 40; ++i) {
      ExactStore& store = stores.emplace_back(arena);
      const std::size_t sizes[] = {0, 1, 10, 1'000, 3'000, 20'000};
      const auto next = static_cast<std::uint32_t>(random());
      Values values =
          random() % 2 ? lognormal(sizes[random() % 6], next) : crowded(sizes[random() % 6], next);
      if (random() % 4 == 0) std::ranges::fill(values, 1.0078125);
      ASSERT_TRUE(add_all(store, values));
      all.insert(all.end(), values.begin(), values.end());
    }
    std::vector<const ExactStore*> pointers;
    for (const ExactStore& store : stores) pointers.push_back(&store);
    expect_sorted_vector(pointers, all);
  }
}

TEST(ExactStore, UnionsOfASplitStoreAndLists) {
  Arena arena(kRoom);
  ExactStore large(arena), small(arena), tiny(arena);
  Values all = crowded(150'000, 1);
  for (std::size_t i = 0; i < all.size(); i += 3) all[i] = 1.0025;
  ASSERT_TRUE(add_all(large, all));
  const Values some = crowded(900, 2), few{1.0025, 1.0025, 0.5, 7};
  ASSERT_TRUE(add_all(small, some));
  ASSERT_TRUE(add_all(tiny, few));
  all.insert(all.end(), some.begin(), some.end());
  all.insert(all.end(), few.begin(), few.end());
  const ExactStore* stores[] = {&tiny, &large, &small};
  expect_sorted_vector(stores, all);
}

TEST(ExactStore, IsExactWhileItGrows) {
  Arena arena(kRoom);
  ExactStore store(arena);
  const Values values = lognormal(30'000, 12, 2.0);
  const ExactStore* stores[] = {&store};
  for (std::size_t n = 0; n < values.size(); n += 600) {
    ASSERT_TRUE(store.add(std::span(values).subspan(n, 600)));
    expect_sorted_vector(stores, Values(values.begin(), values.begin() + std::ptrdiff_t(n) + 600));
  }
}

TEST(ExactStore, CostsLittleMoreThanTheValuesForManyMiddlingKeys) {
  Arena arena(kRoom);
  std::vector<ExactStore> stores;
  std::size_t outside = 0;
  for (std::uint32_t i = 0; i < 500; ++i) {
    ASSERT_TRUE(add_all(stores.emplace_back(arena), lognormal(2'000, i + 1)));
    outside += stores.back().memory_bytes();
  }
  EXPECT_LT(double(arena.bytes() + outside), 1.7 * 500 * 2'000 * sizeof(double));
}

// The cap is met in every phase: in a list, while a root, an octave or a bucket is split.
TEST(ExactStore, CountsEveryValueOnceWhenTheArenaIsFull) {
  Values values = crowded(120'000, 13);
  for (std::size_t i = 0; i < values.size(); i += 2) values[i] = 1.005;
  const Values wide = lognormal(80'000, 14, 1.5);
  values.insert(values.end(), wide.begin(), wide.end());

  for (std::size_t cap = 0; cap <= std::size_t{1} << 20; cap += std::size_t{28} << 10) {
    SCOPED_TRACE(testing::Message() << "cap " << cap);
    Arena arena(cap);
    ExactStore store(arena), other(arena);
    const bool other_fits = other.add(Values{1, 2, 3});
    std::span<const double> rest = values;
    bool fits = true;
    while (fits && !rest.empty()) {
      fits = store.add(rest.first(std::min<std::size_t>(500, rest.size())));
      rest = rest.subspan(std::min<std::size_t>(500, rest.size()));
      ASSERT_LE(arena.bytes(), cap);
    }
    ASSERT_FALSE(fits);
    EXPECT_EQ(other_fits, cap > 0);
    store.drop_values();
    other.drop_values();
    arena.release_all();
    ASSERT_TRUE(add_all(store, rest));

    EXPECT_FALSE(store.exact());
    EXPECT_EQ(store.count(), values.size());
    CoarseHistogram expected;
    expected.add(values);
    const auto ranks = ranks_among(values.size());
    const ExactStore* stores[] = {&store};
    EXPECT_EQ(ExactStore::order_statistics(stores, ranks), expected.order_statistics(ranks));
    EXPECT_EQ(other.count(), 3u);
  }
}

TEST(ExactStore, KeepsTheCountsOfDroppedValues) {
  for (const std::size_t n : {3u, 1'000u, 5'000u, 150'000u}) {
    SCOPED_TRACE(testing::Message() << n << " values");
    Values values = crowded(n, 15);
    const Values wide = lognormal(n, 16, 2.0);
    values.insert(values.end(), wide.begin(), wide.end());
    for (std::size_t i = 0; i < values.size(); i += 3) values[i] = 1.002;
    Arena arena(kRoom);
    ExactStore store(arena);
    ASSERT_TRUE(add_all(store, values));

    store.drop_values();
    arena.release_all();

    EXPECT_FALSE(store.exact());
    EXPECT_EQ(store.count(), values.size());
    EXPECT_GT(store.memory_bytes(), 0u);
    CoarseHistogram expected;
    expected.add(values);
    const auto ranks = ranks_among(values.size());
    const ExactStore* stores[] = {&store};
    EXPECT_EQ(ExactStore::order_statistics(stores, ranks), expected.order_statistics(ranks));
    store.drop_values();
    EXPECT_EQ(store.count(), values.size());
  }
}

TEST(ExactStore, UnionsWithADroppedStoreAreThoseOfTheCounts) {
  Arena arena(kRoom);
  ExactStore exact(arena), dropped(arena);
  const Values some = lognormal(9'000, 17), others = lognormal(500, 18);
  ASSERT_TRUE(add_all(exact, some));
  ASSERT_TRUE(add_all(dropped, others));
  dropped.drop_values();
  CoarseHistogram expected;
  expected.add(some);
  expected.add(others);
  const auto ranks = ranks_among(9'500);
  const ExactStore* stores[] = {&exact, &dropped};
  EXPECT_EQ(ExactStore::order_statistics(stores, ranks), expected.order_statistics(ranks));
}

TEST(ExactStore, CanBeMoved) {
  Arena arena(kRoom);
  ExactStore first(arena);
  const Values values = lognormal(5'000, 19);
  ASSERT_TRUE(add_all(first, values));
  ExactStore second = std::move(first);
  const ExactStore* stores[] = {&second};
  expect_sorted_vector(stores, values);
}

}  // namespace
}  // namespace millrace
