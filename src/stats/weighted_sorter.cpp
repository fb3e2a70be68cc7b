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

template <typename Item, typename KeyOf>
std::uint64_t bound_of(SortedCursor<Item>& cursor, const KeyOf& key) {
  const auto ahead = shown(cursor);
  const bool more = ahead.size() < cursor.ahead().size() || cursor.more();
  return more ? key(ahead.back()) : kEnd;
}

// Still there until the cursor is asked again.
template <typename Item, typename KeyOf>
std::span<const Item> take_through(SortedCursor<Item>& cursor, std::uint64_t through,
                                   const KeyOf& key) {
  const auto ahead = shown(cursor);
  const auto beyond = std::ranges::upper_bound(ahead, through, {}, key);
  const auto taken = ahead.first(static_cast<std::size_t>(beyond - ahead.begin()));
  cursor.pass(taken.size());
  return taken;
}

}  // namespace

bool WeightedCursor::at_end() { return usual_.ahead().empty() && others_.ahead().empty(); }

void WeightedCursor::decode(std::span<const std::uint64_t> usual, std::span<Weighted> items) const {
  if (decode_ != nullptr) return decode_(usual, items);
  std::ranges::transform(usual, items.begin(), [weight = usual_weight_](std::uint64_t key) {
    return Weighted{weight, key};
  });
}

std::uint64_t WeightedCursor::key_of_usual(std::uint64_t usual) const {
  if (decode_ == nullptr) return usual;
  Weighted item{};
  decode_(std::span(&usual, 1), std::span(&item, 1));
  return item.key;
}

std::uint64_t WeightedCursor::bound() {
  return std::min(bound_of(usual_, [this](std::uint64_t usual) { return key_of_usual(usual); }),
                  bound_of(others_, [](const Weighted& item) { return item.key; }));
}

std::span<const Weighted> WeightedCursor::take(std::uint64_t through) {
  const auto usual =
      take_through(usual_, through, [this](std::uint64_t each) { return key_of_usual(each); });
  weighted_.resize(usual.size());
  decode(usual, weighted_);
  std::vector<std::span<const Weighted>> both = {
      weighted_, take_through(others_, through, [](const Weighted& item) { return item.key; })};
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
