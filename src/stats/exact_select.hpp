// SPDX-License-Identifier: Apache-2.0
//
// Order statistics of the union of exact trees: a radix selection from the top bits of the key
// down, which takes counts from the trees as far as these are split and counts values where they
// are not.
//
// Cost     One tree of 10 M values: 20 to 500 us. Many small trees that are plain lists: some
//          passes over their values, 2 to 4 ns a value and pass.
// Memory   At most 4,096 values are copied for a rank, or 8 MiB of a union.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stats/exact_tree.hpp"

namespace millrace::exact {

/// `count`: all values of the trees. Ranks are 1-based, ascending, and at most that.
std::vector<double> order_statistics(std::span<const Tree* const> trees, std::uint64_t count,
                                     std::span<const std::uint64_t> ranks);

}  // namespace millrace::exact
