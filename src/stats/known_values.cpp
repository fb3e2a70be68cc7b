// SPDX-License-Identifier: Apache-2.0
#include "stats/known_values.hpp"

#include <algorithm>

namespace millrace {

void KnownValues::add(std::size_t metric, const Selected& selected,
                      std::span<const std::uint64_t> ranks,
                      std::span<const std::optional<double>> values) {
  std::vector<OfRank>& known = values_[{metric, selected}];
  for (std::size_t i = 0; i < std::min(ranks.size(), values.size()); ++i) {
    if (values[i]) known.emplace_back(ranks[i], *values[i]);
  }
  const auto rank = [](const OfRank& value) { return value.first; };
  std::ranges::stable_sort(known, {}, rank);
  const auto again = std::ranges::unique(known, {}, rank);
  known.erase(again.begin(), again.end());
}

std::optional<double> KnownValues::find(std::size_t metric, const Selected& selected,
                                        std::uint64_t rank) const {
  const auto known = values_.find({metric, selected});
  if (known == values_.end()) return std::nullopt;
  const auto found =
      std::ranges::lower_bound(known->second, rank, {}, [](const OfRank& v) { return v.first; });
  if (found == known->second.end() || found->first != rank) return std::nullopt;
  return found->second;
}

}  // namespace millrace
