// SPDX-License-Identifier: Apache-2.0
//
// SummaryBuilder: the final numbers of an aggregator that has closed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "millrace/summary.hpp"

#include "engine/aggregator.hpp"

namespace millrace {

class SummaryBuilder {
 public:
  static Summary build(const Aggregator& aggregator, std::vector<std::string> labels,
                       std::vector<std::string> errors, std::int64_t elapsed_ns);
};

}  // namespace millrace
