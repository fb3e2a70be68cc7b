// SPDX-License-Identifier: Apache-2.0
//
// SummaryBuilder: a Summary of parts, be they of an aggregator that has closed or of a log.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/summary.hpp"

#include "stats/stream_stats.hpp"

namespace millrace {

struct NamedStats {
  std::string name;
  std::shared_ptr<StreamStats> stats;
};

struct SummaryParts {
  std::vector<NamedStats> streams;
  std::vector<std::string> labels, errors;  // by number
  std::vector<WorkerAccount> workers;       // a last one with number 0: the sum of those not listed
  std::int64_t elapsed_ns = 0;
  std::optional<LogAccount> log;
  std::shared_ptr<LogSelection> selection = nullptr;  // attached already; null: nobody needs it
};

class SummaryBuilder {
 public:
  static Summary build(SummaryParts parts);
};

}  // namespace millrace
