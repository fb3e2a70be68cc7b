// SPDX-License-Identifier: Apache-2.0
#include "stats/exact_store.hpp"

#include <cassert>

#include "stats/exact_select.hpp"

namespace millrace {

bool ExactStore::add(std::span<const double> values) {
  count_ += values.size();
  if (exact_) {
    const std::size_t held = tree_.add(values);
    if (held == values.size()) return true;
    drop_values();
    dropped_.add(values.subspan(held));
    return false;
  }
  dropped_.add(values);
  return true;
}

void ExactStore::drop_values() {
  if (!exact_) return;
  count_into(dropped_);
  tree_.forget();
  exact_ = false;
}

void ExactStore::drop_all() noexcept {
  tree_.forget();
  dropped_ = {};
  count_ = 0;
  exact_ = false;
}

void ExactStore::merge(const Histogram& counts) {
  assert(!exact_);
  counts.count_into(dropped_);
  count_ += counts.count();
}

void ExactStore::merge(const ExactStore& dropped) {
  assert(!exact_ && !dropped.exact_);
  dropped_.merge(dropped.dropped_);
  count_ += dropped.count_;
}

void ExactStore::count_into(CoarseHistogram& histogram) const {
  if (!exact_) {
    histogram.merge(dropped_);
    return;
  }
  const auto add = [&](double value, std::uint64_t count) {
    histogram.add_bucket(order_key(value) >> exact::kBucketLevel, count);
  };
  if (const exact::Bucket* list = tree_.list()) {
    exact::for_each(*list, exact::kRootLevel, add);
    return;
  }
  tree_.octaves().for_each([&](std::uint32_t octave, const exact::Bucket& values) {
    if (!values.split()) {
      exact::for_each(values, exact::kOctaveLevel, add);
      return;
    }
    const std::size_t buckets = exact::children_at(exact::kOctaveLevel);
    for (std::size_t i = 0; i < buckets; ++i) {
      const std::uint64_t count = exact::count(values.children[i], exact::kBucketLevel);
      if (count != 0) histogram.add_bucket(octave * buckets + i, count);
    }
  });
}

void ExactStore::copy_to(std::vector<double>& values) const {
  assert(exact_);
  values.reserve(values.size() + count_);
  const auto add = [&](double value, std::uint64_t count) {
    values.insert(values.end(), count, value);
  };
  if (const exact::Bucket* list = tree_.list()) {
    exact::for_each(*list, exact::kRootLevel, add);
    return;
  }
  tree_.octaves().for_each([&](std::uint32_t, const exact::Bucket& octave) {
    exact::for_each(octave, exact::kOctaveLevel, add);
  });
}

std::vector<double> ExactStore::order_statistics(std::span<const ExactStore* const> stores,
                                                 std::span<const std::uint64_t> ranks) {
  bool exact = true;
  std::uint64_t count = 0;
  std::vector<const exact::Tree*> trees;
  trees.reserve(stores.size());
  for (const ExactStore* store : stores) {
    exact = exact && store->exact_;
    count += store->count_;
    if (store->count_ != 0) trees.push_back(&store->tree_);
  }
  if (exact) return exact::order_statistics(trees, count, ranks);

  CoarseHistogram together;
  for (const ExactStore* store : stores) store->count_into(together);
  return together.order_statistics(ranks);
}

}  // namespace millrace
