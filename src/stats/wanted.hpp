// SPDX-License-Identifier: Apache-2.0
//
// Which order statistics are wanted: of which metric, of which records, of which ranks.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "millrace/schema.hpp"

namespace millrace {

/// Records, by numbers: nothing given is everything.
struct Selected {
  std::optional<Status> status;
  std::optional<std::uint16_t> label;
  auto operator<=>(const Selected&) const = default;
};

struct Wanted {
  std::size_t metric = 0;
  Selected selected;
  std::vector<std::uint64_t> ranks;  // 1-based, ascending
};

/// Gives the exact values of ranks; nullopt for one that it could not find.
using OrderStatistics = std::function<std::vector<std::optional<double>>(
    std::size_t metric, const Selected& selected, std::span<const std::uint64_t> ranks)>;

}  // namespace millrace
