// SPDX-License-Identifier: Apache-2.0
#include "engine/summary_builder.hpp"

#include <utility>

namespace millrace {

Summary SummaryBuilder::build(const Aggregator& aggregator, std::vector<std::string> labels,
                              std::vector<std::string> errors, std::int64_t elapsed_ns) {
  Summary summary;
  for (const auto& stream : aggregator.streams()) {
    StreamSummary& out = summary.streams_.emplace_back();
    out.name_ = stream.name;
    out.stats_ = stream.stats;
    out.label_names_ = labels;
    out.error_names_ = errors;
  }
  summary.workers_ = aggregator.workers();
  for (const WorkerAccount& worker : summary.workers_) summary.accounting_ += worker.accounting;
  // The last entry is the sum of the workers beyond the first kAccountsKept.
  if (summary.workers_.back().accounting.attempted() == 0) summary.workers_.pop_back();
  summary.elapsed_ns_ = elapsed_ns;
  return summary;
}

}  // namespace millrace
