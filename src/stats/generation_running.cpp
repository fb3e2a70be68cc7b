// SPDX-License-Identifier: Apache-2.0
#include "stats/generation_running.hpp"

#include <algorithm>
#include <cstring>

namespace millrace {
namespace {

// When the record was made, as far as it tells.
std::optional<std::int64_t> reported_ns(const GenerationRecord& r) noexcept {
  std::int64_t latest = kAbsentTime;
  for (const std::int64_t ns : {r.queued_ns, r.dequeued_ns, r.scheduled_ns, r.resolve_start_ns,
                                r.start_ns, r.end_ns, r.resolve_end_ns, r.finalized_ns}) {
    latest = std::max(latest, ns);
  }
  return time_of(latest);
}

}  // namespace

GenerationRunning::GenerationRunning(const RunningRules& rules)
    : rules_(rules), phases_(rules.phases), rows_(running_rows(rules.table)) {
  for (const RunningRow& row : rows_) {
    const auto at = std::find_if(metrics_.begin(), metrics_.end(), [&](const Named& named) {
      return std::string_view(named.name) == row.name;
    });
    target_.push_back(static_cast<std::size_t>(at - metrics_.begin()));
    if (at == metrics_.end()) metrics_.push_back({row.name, row.is_time, {}});
  }
}

bool GenerationRunning::add(const GenerationRecord& record) {
  const std::int32_t state[] = {record.created_requests, record.queued_requests,
                                record.scheduled_requests, record.processing_requests,
                                record.completed_requests};
  for (std::size_t i = 0; i < scheduler_.size(); ++i) {
    if (state[i] != kAbsentCount) scheduler_[i].update(std::max(state[i], 0));
  }
  const auto at = reported_ns(record);
  if (at && record.processing_requests != kAbsentCount) {
    segment_concurrency_.update(record.processing_requests, *at);
  }
  if (record.event != Event::result) return false;

  const auto status = std::min(static_cast<std::size_t>(record.status),
                               static_cast<std::size_t>(Status::incomplete));
  requests_[kStatusCount].update(1);
  requests_[status].update(1);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    rows_[i].take(record, rules_.sources, metrics_[target_[i]].stat);
  }
  kept_ = phases_.next(record.resolve_start_ns) == CompletionPhases::Phase::active;
  return true;
}

void GenerationRunning::accumulate(const Slice& slice) {
  GenerationRecord record;
  for (std::uint32_t i = 0; i < slice.count; ++i) {
    std::memcpy(&record, slice.records + i * sizeof record, sizeof record);
    (void)add(record);
  }
}

void GenerationRunning::end_segment() noexcept {
  concurrency_.append(segment_concurrency_);
  segment_concurrency_ = {};
}

void GenerationRunning::merge(const GenerationRunning& segment) noexcept {
  const auto append = [](auto& ours, const auto& theirs) {
    for (std::size_t i = 0; i < ours.size(); ++i) ours[i].merge(theirs[i]);
  };
  append(scheduler_, segment.scheduler_);
  append(requests_, segment.requests_);
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    metrics_[i].stat.merge(segment.metrics_[i].stat);
  }
  concurrency_.append(segment.concurrency_);
}

const RunningStat* GenerationRunning::find(std::string_view name) const noexcept {
  for (const Named& named : metrics_) {
    if (name == named.name) return &named.stat;
  }
  return nullptr;
}

}  // namespace millrace
