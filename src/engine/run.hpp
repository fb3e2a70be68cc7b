// SPDX-License-Identifier: Apache-2.0
//
// Run: one open to finish of an engine: the shared core, the names, the aggregator and its thread.
//
// Lifetime  Held by the engine, its streams and its workers. finish() has ended the thread before
//           the engine lets go. In a forked child there is no thread: nothing here touches it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "millrace/engine.hpp"

#include "engine/aggregator.hpp"
#include "engine/control.hpp"
#include "engine/names.hpp"
#include "engine/place_names.hpp"
#include "engine/run_log.hpp"
#include "transport/core.hpp"

namespace millrace {

class Run final : public detail::Core {
 public:
  /// `log`: nullptr: none.
  Run(EngineOptions options, detail::Gate gate, const detail::RingFiles& files,
      std::unique_ptr<RunLog> log, std::int64_t opened_ns);
  ~Run() override;

  Result<void> start();

  Result<std::uint32_t> add_stream(std::string_view name, Schema schema, StreamOptions options);
  Result<void> observe(std::string_view stream, std::string_view metric, Observer observer);
  Result<detail::RingSet::Acquired> open_ring(std::uint32_t stream);
  /// After open_ring() has primed a ring: a turn empties the queue, and so drops the null pointers.
  void take_primed();
  Snapshot snapshot();
  Result<void> flush();
  /// Refuses further pushes, aggregates everything accepted, ends the thread and the log. Takes no
  /// memory: destructors ask it.
  void close() noexcept;
  /// close(), and the summary: in low-memory mode with passes over the log.
  Result<Summary> finish();

  /// True once the thread has ended, or in a forked child.
  [[nodiscard]] bool over() const noexcept;

  Names labels;
  Names errors;
  PlaceNames places;
  std::string notice;

 private:
  void run() noexcept;
  [[nodiscard]] bool forked() const noexcept { return gate.state() == detail::kForked; }
  [[nodiscard]] Result<void> failed() const;
  [[nodiscard]] Result<Summary> summarize();
  Result<void> select_from_log(SummaryParts& parts);

  const std::unique_ptr<RunLog> log_;
  Control control_;
  Aggregator aggregator_;
  std::unique_ptr<std::thread> thread_;
  const RunIdentity identity_;
  const std::int64_t opened_ns_;
  std::int64_t finished_ns_ = 0;
  std::string failure_;      // why the aggregator stopped; written before control_.stop()
  std::string log_failure_;  // why the log has no end mark; written before stopped_
  std::atomic<bool> finishing_{false};
  std::atomic<bool> stopped_{false};
  std::mutex finish_mutex_;
  std::optional<Summary> summary_;
};

}  // namespace millrace
