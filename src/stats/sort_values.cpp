// SPDX-License-Identifier: Apache-2.0
#include "stats/sort_values.hpp"

#include <hwy/contrib/sort/vqsort.h>

namespace millrace {

void sort_values(std::span<double> values) {
  thread_local const hwy::Sorter sorter;
  sorter(values.data(), values.size(), hwy::SortAscending());
}

}  // namespace millrace
