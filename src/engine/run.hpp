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
#include "transport/core.hpp"

namespace millrace {

class Run final : public detail::Core {
 public:
  Run(EngineOptions options, detail::Gate gate, std::uint64_t number);
  ~Run() override;

  Result<void> start();

  Result<std::uint32_t> add_stream(std::string_view name, Schema schema, StreamOptions options);
  Result<void> observe(std::string_view stream, std::string_view metric, Observer observer);
  Result<detail::Ring*> open_ring(std::uint32_t stream);
  Snapshot snapshot();
  Result<void> flush();
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

  Control control_;
  Aggregator aggregator_;
  std::unique_ptr<std::thread> thread_;
  const std::int64_t opened_ns_;
  std::int64_t finished_ns_ = 0;
  std::string failure_;  // why the aggregator stopped; written before control_.stop()
  std::atomic<bool> finishing_{false};
  std::atomic<bool> stopped_{false};
  std::mutex finish_mutex_;
  std::optional<Summary> summary_;
};

}  // namespace millrace
