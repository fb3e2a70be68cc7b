// SPDX-License-Identifier: Apache-2.0
//
// GuidellmColumn: of a table on guidellm 0.7.3's console: three lines of header, and a row a benchmark.
//
//   std::string text = guidellm_tables("Run Summary Info", {{strategy, start, end}});
//
// Headers  Equal ones side by side are one over all their columns, which grow where it needs more.
// Several  Tables under one title stand one below the other, each column as wide in all of them: they have
//          the same number of columns, one at least.
// Source   guidellm 0.7.3, utils/console.py: Console.print_tables.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct GuidellmColumn {
  std::array<std::string, 3> header;  // group, name, unit
  std::vector<std::string> values;
};

std::string guidellm_tables(std::string_view title,
                            const std::vector<std::vector<GuidellmColumn>>& tables);

}  // namespace millrace
