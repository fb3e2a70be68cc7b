// SPDX-License-Identifier: Apache-2.0
//
// KnownValues: order statistics that were found once and need not be looked for again.
//
// Memory    16 bytes a value, and about 100 for each metric and selection.
// Threads   One at a time for add(); find() is reentrant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "stats/wanted.hpp"

namespace millrace {

class KnownValues {
 public:
  /// As many values as ranks; those that are nullopt are passed over.
  void add(std::size_t metric, const Selected& selected, std::span<const std::uint64_t> ranks,
           std::span<const std::optional<double>> values);
  [[nodiscard]] std::optional<double> find(std::size_t metric, const Selected& selected,
                                           std::uint64_t rank) const;
  void clear() noexcept { values_.clear(); }

 private:
  using OfRank = std::pair<std::uint64_t, double>;
  std::map<std::pair<std::size_t, Selected>, std::vector<OfRank>> values_;  // by rank, ascending
};

}  // namespace millrace
