// SPDX-License-Identifier: Apache-2.0
#include "stats/weighted_sorter.hpp"

#include <algorithm>
#include <limits>
#include <memory>

namespace millrace {
namespace {

constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kAtOnce = 4'096;  // items of each kind: they stay in the cache

template <typename Item>
std::span<const Item> shown(SortedCursor<Item>& cursor) {
  const auto ahead = cursor.ahead();
  return ahead.first(std::min(ahead.size(), kAtOnce));
}

template <typename Item>
std::uint64_t bound_of(SortedCursor<Item>& cursor) {
  const auto ahead = shown(cursor);
  const bool more = ahead.size() < cursor.ahead().size() || cursor.more();
  return more ? key_of(ahead.back()) : kEnd;
}

// Still there until the cursor is asked again.
template <typename Item>
std::span<const Item> take_through(SortedCursor<Item>& cursor, std::uint64_t key) {
  const auto ahead = shown(cursor);
  const auto beyond =
      std::ranges::upper_bound(ahead, key, {}, [](const Item& item) { return key_of(item); });
  const auto taken = ahead.first(static_cast<std::size_t>(beyond - ahead.begin()));
  cursor.pass(taken.size());
  return taken;
}

}  // namespace

bool WeightedCursor::at_end() { return usual_.ahead().empty() && others_.ahead().empty(); }

std::uint64_t WeightedCursor::bound() { return std::min(bound_of(usual_), bound_of(others_)); }

std::span<const Weighted> WeightedCursor::take(std::uint64_t through) {
  const auto keys = take_through(usual_, through);
  weighted_.resize(keys.size());
  std::ranges::transform(keys, weighted_.begin(), [weight = usual_weight_](std::uint64_t key) {
    return Weighted{weight, key};
  });
  std::vector<std::span<const Weighted>> both = {weighted_, take_through(others_, through)};
  return merger_.merge(both);
}

void visit_sorted(std::span<WeightedSorter* const> sorters, const WeightedSorter::Visit& visit) {
  std::vector<std::unique_ptr<WeightedCursor>> cursors;
  for (WeightedSorter* sorter : sorters) {
    if (sorter->size() != 0) cursors.push_back(std::make_unique<WeightedCursor>(*sorter));
  }
  SpanMerger merger;
  std::vector<std::span<const Weighted>> spans;
  for (;;) {
    std::erase_if(cursors, [](const auto& cursor) { return cursor->at_end(); });
    if (cursors.empty()) return;
    std::uint64_t through = kEnd;
    for (const auto& cursor : cursors) through = std::min(through, cursor->bound());
    spans.clear();
    for (const auto& cursor : cursors) spans.push_back(cursor->take(through));
    const auto merged = merger.merge(spans);
    if (!merged.empty()) visit(merged);
  }
}

}  // namespace millrace
