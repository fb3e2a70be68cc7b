// SPDX-License-Identifier: Apache-2.0
//
// Aggregator: the one thread that gathers all streams. turn() shows its whole work.
//
// Threads   All of it belongs to the aggregator thread; others reach it through Control.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/options.hpp"
#include "millrace/summary.hpp"

#include "engine/control.hpp"
#include "engine/name_mapper.hpp"
#include "engine/names.hpp"
#include "engine/place_names.hpp"
#include "engine/run_log.hpp"
#include "engine/schedule.hpp"
#include "engine/summary_builder.hpp"
#include "stats/stream_stats.hpp"
#include "transport/ring_set.hpp"

namespace millrace {

class Aggregator {
 public:
  /// `log`: nullptr: none.
  Aggregator(const EngineOptions& options, detail::RingSet& rings, Control& control, Names& labels,
             Names& errors, PlaceNames& places, RunLog* log);

  /// One round; returns the number of records taken.
  std::size_t turn();
  /// Closes the gate, settles every worker's last number, takes all up to it. The last call.
  void close();
  /// After close(): the accounts and the end mark. What workers do later is in no account. True: the
  /// log says that nothing is missing behind it, and the rings have nothing that it lacks.
  Result<bool> close_log(std::int64_t finished_ns);

  std::uint32_t add_stream(std::string name, Schema schema, const StatsLimits& limits,
                           std::vector<StreamStats::Bound> goodput);
  void drop_last_stream() noexcept { streams_.pop_back(); }  // before it had a worker
  [[nodiscard]] const std::vector<NamedStats>& streams() const noexcept { return streams_; }
  /// What turns so far have seen: accepted are records whose blocks were taken from the queue.
  [[nodiscard]] Accounting accounting() const;
  [[nodiscard]] std::vector<WorkerAccount> workers() const;
  [[nodiscard]] bool exact() const noexcept { return memory_->exact; }

 private:
  void take_opened_blocks();
  [[nodiscard]] bool log(Schedule::Pick& pick, Slice& slice, const NameMap& names);
  void keep_within_memory();
  [[nodiscard]] bool drained();

  detail::RingSet& rings_;
  Control& control_;
  PlaceNames& places_;
  Names& labels_;
  Names& errors_;
  RunLog* const log_;
  NameMapper mapper_;
  Schedule schedule_;
  std::shared_ptr<ExactMemory> memory_;
  std::vector<NamedStats> streams_;
  std::optional<std::vector<WorkerAccount>> closed_workers_;  // of a log that is closed
  std::vector<std::uint64_t> aggregated_;  // by worker, up to RingSet::kAccountsKept; [0]: the rest
};

}  // namespace millrace
