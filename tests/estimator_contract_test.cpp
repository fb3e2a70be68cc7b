// SPDX-License-Identifier: Apache-2.0
//
// What every estimator of order statistics owes, whatever its method: the error that it states, and
// the same answer however the values came.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "stats/exact_store.hpp"
#include "stats/histogram.hpp"

namespace millrace {
namespace {

using Values = std::vector<double>;
using Ranks = std::vector<std::uint64_t>;

struct OfHistogram {
  static constexpr double kError = Histogram::kRelativeError;
  void add(std::span<const double> values) { histogram.add(values); }
  void merge(const OfHistogram& other) { histogram.merge(other.histogram); }
  Values order_statistics(const Ranks& ranks) const { return histogram.order_statistics(ranks); }
  std::uint64_t count() const { return histogram.count(); }
  Histogram histogram;
};

struct OfExactStore {
  static constexpr double kError = 0;
  void add(std::span<const double> values) { ASSERT_TRUE(stores.front().add(values)); }
  void merge(OfExactStore& other) { merged.push_back(&other.stores.front()); }
  Values order_statistics(const Ranks& ranks) const {
    std::vector<const ExactStore*> all{&stores.front()};
    all.insert(all.end(), merged.begin(), merged.end());
    return ExactStore::order_statistics(all, ranks);
  }
  std::uint64_t count() const {
    return std::accumulate(merged.begin(), merged.end(), stores.front().count(),
                           [](std::uint64_t n, const ExactStore* s) { return n + s->count(); });
  }
  OfExactStore() { stores.emplace_back(*arena); }
  std::unique_ptr<Arena> arena = std::make_unique<Arena>(std::size_t{1} << 30);
  std::vector<ExactStore> stores;
  std::vector<const ExactStore*> merged;
};

struct OfDroppedStore : OfExactStore {
  static constexpr double kError = ExactStore::kRelativeErrorOfCounts;
  void add(std::span<const double> values) {  // half of them before, half after
    OfExactStore::add(values.first(values.size() / 2));
    stores.front().drop_values();
    OfExactStore::add(values.subspan(values.size() / 2));
  }
};

struct Named {
  const char* name;
  Values values;
};

std::vector<Named> data_sets() {
  std::mt19937_64 random(1);
  const auto make = [&](auto distribution) {
    Values values(20'000);
    for (double& value : values) value = distribution(random);
    return values;
  };
  Values sorted = make(std::exponential_distribution<double>(3));
  std::ranges::sort(sorted);
  Values reversed(sorted.rbegin(), sorted.rend());
  Values two(20'000, 0.001);
  for (std::size_t i = 0; i < two.size(); i += 5) two[i] = 30;
  return {{"uniform", make(std::uniform_real_distribution<double>(1, 1000))},
          {"lognormal", make(std::lognormal_distribution<double>(0, 2))},
          {"negative", make(std::normal_distribution<double>(-3, 2))},
          {"sorted", sorted},
          {"reversed", reversed},
          {"all equal", Values(20'000, 12.5)},
          {"two points", two},
          {"few", {5, 3, 9}},
          {"one", {7}}};
}

Ranks all_ranks(std::size_t n) {
  Ranks ranks;
  for (std::uint64_t rank = 1; rank <= n; rank += 1 + n / 300) ranks.push_back(rank);
  if (ranks.back() != n) ranks.push_back(n);
  return ranks;
}

template <typename T>
class EstimatorContract : public testing::Test {};
using Estimators = testing::Types<OfHistogram, OfExactStore, OfDroppedStore>;
TYPED_TEST_SUITE(EstimatorContract, Estimators);

TYPED_TEST(EstimatorContract, StaysWithinItsStatedError) {
  for (const auto& [name, values] : data_sets()) {
    SCOPED_TRACE(name);
    TypeParam estimator;
    estimator.add(values);
    Values sorted = values;
    std::ranges::sort(sorted);
    const Ranks ranks = all_ranks(values.size());

    const Values found = estimator.order_statistics(ranks);

    ASSERT_EQ(estimator.count(), values.size());
    ASSERT_EQ(found.size(), ranks.size());
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      const double exact = sorted[ranks[i] - 1];
      ASSERT_LE(std::abs(found[i] - exact), TypeParam::kError * std::abs(exact)) << ranks[i];
    }
  }
}

TYPED_TEST(EstimatorContract, OfPartsEqualsTheWhole) {
  for (const auto& [name, values] : data_sets()) {
    SCOPED_TRACE(name);
    TypeParam whole, first, second, third;
    const std::span<const double> all(values);
    whole.add(all);
    first.add(all.first(all.size() / 3));
    second.add(all.subspan(all.size() / 3, all.size() / 5));
    third.add(all.subspan(all.size() / 3 + all.size() / 5));

    first.merge(second);
    first.merge(third);

    const Ranks ranks = all_ranks(values.size());
    EXPECT_EQ(first.count(), whole.count());
    EXPECT_EQ(first.order_statistics(ranks), whole.order_statistics(ranks));
  }
}

TYPED_TEST(EstimatorContract, MergingAnEmptyOneChangesNothing) {
  const Values values{4, 2, 8, 8, 1};
  const Ranks ranks = all_ranks(values.size());
  TypeParam some, empty, left, other_empty;
  some.add(values);
  const Values before = some.order_statistics(ranks);

  some.merge(empty);
  left.merge(some);
  empty.merge(other_empty);

  EXPECT_EQ(some.order_statistics(ranks), before);
  EXPECT_EQ(left.order_statistics(ranks), before);
  EXPECT_EQ(empty.count(), 0u);
  EXPECT_TRUE(empty.order_statistics({}).empty());
}

TYPED_TEST(EstimatorContract, GivesTheSameInAnyOrderOfAdding) {
  for (const auto& [name, values] : data_sets()) {
    const Ranks ranks = all_ranks(values.size());
    TypeParam in_order;
    in_order.add(values);
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
      SCOPED_TRACE(testing::Message() << name << ", seed " << seed);
      Values shuffled = values;
      std::ranges::shuffle(shuffled, std::mt19937(seed));
      TypeParam estimator;
      estimator.add(shuffled);
      EXPECT_EQ(estimator.order_statistics(ranks), in_order.order_statistics(ranks));
    }
  }
}

}  // namespace
}  // namespace millrace
