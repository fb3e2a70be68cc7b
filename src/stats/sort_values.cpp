// SPDX-License-Identifier: Apache-2.0
#include "stats/sort_values.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include <hwy/contrib/sort/vqsort.h>

namespace millrace {

void sort_values(std::span<double> values) {
  // VQSort of Highway 1.0 pads with the greatest finite double and gives that back for an infinity.
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto finite =
      std::partition(values.begin(), values.end(), [](double v) { return v == -kInfinity; });
  const auto above = std::partition(finite, values.end(), [](double v) { return v != kInfinity; });
  thread_local const hwy::Sorter sorter;
  sorter(std::to_address(finite), static_cast<std::size_t>(above - finite), hwy::SortAscending());
}

}  // namespace millrace
