// SPDX-License-Identifier: Apache-2.0
#include "engine/summary_builder.hpp"

#include <utility>

namespace millrace {

Summary SummaryBuilder::build(SummaryParts parts) {
  Summary summary;
  for (NamedStats& stream : parts.streams) {
    StreamSummary& out = summary.streams_.emplace_back();
    out.name_ = std::move(stream.name);
    out.stats_ = std::move(stream.stats);
    if (LiveSeries* const series = out.stats_->series()) {
      out.series_ = series->rows(static_cast<std::size_t>(-1), true);
    }
    out.label_names_ = parts.labels;
    out.error_names_ = parts.errors;
  }
  summary.workers_ = std::move(parts.workers);
  for (const WorkerAccount& worker : summary.workers_) summary.accounting_ += worker.accounting;
  const bool none_left_out = !summary.workers_.empty() && summary.workers_.back().worker == 0 &&
                             summary.workers_.back().accounting.attempted() == 0;
  if (none_left_out) summary.workers_.pop_back();
  summary.elapsed_ns_ = parts.elapsed_ns;
  summary.log_ = std::move(parts.log);
  summary.selection_ = std::move(parts.selection);
  return summary;
}

}  // namespace millrace
