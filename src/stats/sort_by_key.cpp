// SPDX-License-Identifier: Apache-2.0
#include "stats/sort_by_key.hpp"

#include <algorithm>

#include <hwy/contrib/sort/vqsort.h>

namespace millrace {
namespace {

static_assert(sizeof(Weighted) == sizeof(hwy::K64V64) && alignof(Weighted) <= alignof(hwy::K64V64));

template <typename Item>
bool in_order(std::span<const Item> items) {
  return std::ranges::is_sorted(items, {}, [](const Item& item) { return key_of(item); });
}

const hwy::Sorter& sorter() {
  thread_local const hwy::Sorter made;
  return made;
}

}  // namespace

void sort_by_key(std::span<std::uint64_t> keys) {
  if (!in_order<std::uint64_t>(keys)) {
    sorter()(keys.data(), keys.size(), hwy::SortAscending());
  }
}

void sort_by_key(std::span<Weighted> items) {
  if (in_order<Weighted>(items)) return;
  // hwy::K64V64 is {value, key}, as Weighted is {weight, key}.
  sorter()(reinterpret_cast<hwy::K64V64*>(items.data()), items.size(), hwy::SortAscending());
}

void sort_by_key(std::span<Spread> spreads) {
  if (in_order<Spread>(spreads)) return;
  std::ranges::sort(spreads, {}, [](const Spread& spread) { return key_of(spread); });
}

}  // namespace millrace
