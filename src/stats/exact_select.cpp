// SPDX-License-Identifier: Apache-2.0
#include "stats/exact_select.hpp"

#include <algorithm>

namespace millrace::exact {
namespace {

// Counting costs 1 ns a value and divides by up to 256, std::nth_element 5 ns: below this it is not
// worth another level.
constexpr std::uint64_t kSelected = 4'096;
// So many are copied (8 MiB) rather than picked again out of lists of four times as many and more.
constexpr std::uint64_t kCopied = std::uint64_t{1} << 20;

// What a tree and a bucket have in common.
bool is_list(const Tree& tree) noexcept { return tree.list() != nullptr; }
bool is_list(const Bucket& bucket) noexcept { return !bucket.split(); }

std::uint64_t listed(const Bucket& bucket, int level) noexcept {
  return is_list(bucket) ? count(bucket, level) : 0;
}
std::uint64_t listed(const Tree& tree, int level) noexcept {
  return is_list(tree) ? count(*tree.list(), level) : 0;
}

template <typename Visit>
void for_each_child(const Tree& tree, int, Visit&& visit) {
  tree.octaves().for_each(visit);
}
template <typename Visit>
void for_each_child(const Bucket& bucket, int level, Visit&& visit) {
  for (std::size_t i = 0; i < children_at(level); ++i) visit(i, bucket.children[i]);
}

const Bucket* child(const Tree& tree, std::size_t index, int) {
  return is_list(tree) ? tree.list() : tree.octaves().find(static_cast<std::uint32_t>(index));
}
const Bucket* child(const Bucket& bucket, std::size_t index, int) {
  return is_list(bucket) ? &bucket : &bucket.children[index];
}

template <typename Visit>
void for_each_value(const Tree& tree, int level, Visit&& visit) {
  if (is_list(tree)) {
    for_each(*tree.list(), level, visit);
  } else {
    tree.octaves().for_each(
        [&](std::uint32_t, const Bucket& bucket) { for_each(bucket, below(level), visit); });
  }
}
template <typename Visit>
void for_each_value(const Bucket& bucket, int level, Visit&& visit) {
  for_each(bucket, level, visit);
}

// The values whose keys begin with `prefix`, all bits above `level` (none at the root's).
struct Range {
  int level = kRootLevel;
  std::uint64_t prefix = 0;
  std::uint64_t count = 0;
  std::uint64_t before = 0;  // values below the range

  [[nodiscard]] bool holds(std::uint64_t key) const noexcept {
    return level == kRootLevel || key >> level == prefix;
  }
};

void select(std::span<double> values, std::uint64_t before, std::span<const std::uint64_t> ranks,
            std::vector<double>& found) {
  auto from = values.begin();
  for (const std::uint64_t rank : ranks) {
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank - before - 1);
    if (place >= from) {
      std::nth_element(from, place, values.end());
      from = place + 1;
    }
    found.push_back(*place);
  }
}

// `parts` are all that may hold values of the range: subtrees of the range, and lists of it or of a
// wider one, in trees that are not split so far.
template <typename Part>
void descend(std::span<const Part* const> parts, const Range& range,
             std::span<const std::uint64_t> ranks, std::vector<double>& found) {
  if (range.level == 0) {  // the key is whole
    found.insert(found.end(), ranks.size(), value_of_key(range.prefix));
    return;
  }
  std::uint64_t in_lists = 0;
  for (const Part* part : parts) in_lists += listed(*part, range.level);
  if (range.count <= kSelected || (range.count <= kCopied && range.count < in_lists / 4)) {
    std::vector<double> values;
    values.reserve(range.count);
    for (const Part* part : parts) {
      for_each_value(*part, range.level, [&](double value, std::uint64_t count) {
        if (range.holds(order_key(value))) values.insert(values.end(), count, value);
      });
    }
    select(values, range.before, ranks, found);
    return;
  }

  std::vector<std::uint64_t> counts(children_at(range.level));
  for (const Part* part : parts) {
    if (is_list(*part)) {
      for_each_value(*part, range.level, [&](double value, std::uint64_t count) {
        const std::uint64_t key = order_key(value);
        if (range.holds(key)) counts[child_index(key, range.level)] += count;
      });
    } else {
      for_each_child(*part, range.level, [&](std::size_t i, const Bucket& bucket) {
        counts[i] += exact::count(bucket, below(range.level));
      });
    }
  }

  Range narrower{.level = below(range.level), .before = range.before};
  const std::uint64_t above = range.level == kRootLevel
                                  ? 0  // a shift by 64 is undefined
                                  : range.prefix << (range.level - narrower.level);
  std::vector<const Bucket*> narrower_parts;
  for (std::size_t i = 0; !ranks.empty(); narrower.before += counts[i++]) {
    const auto within = std::ranges::upper_bound(ranks, narrower.before + counts[i]);
    const auto wanted = static_cast<std::size_t>(within - ranks.begin());
    if (wanted == 0) continue;
    narrower.prefix = above | i;
    narrower.count = counts[i];
    narrower_parts.clear();
    for (const Part* part : parts) {
      const Bucket* bucket = child(*part, i, range.level);
      if (bucket != nullptr && !bucket->empty()) narrower_parts.push_back(bucket);
    }
    descend<Bucket>(narrower_parts, narrower, ranks.first(wanted), found);
    ranks = ranks.subspan(wanted);
  }
}

}  // namespace

std::vector<double> order_statistics(std::span<const Tree* const> trees, std::uint64_t count,
                                     std::span<const std::uint64_t> ranks) {
  std::vector<double> found;
  found.reserve(ranks.size());
  descend(trees, Range{.count = count}, ranks, found);
  return found;
}

}  // namespace millrace::exact
