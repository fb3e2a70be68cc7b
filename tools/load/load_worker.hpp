// SPDX-License-Identifier: Apache-2.0
//
// LoadWorker: one thread's share of the connections: sends what is due, takes what comes.
//
// Threads  run() on the worker's thread; the others before it begins or after it has ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "load/http_client.hpp"
#include "load/load_plan.hpp"
#include "load/transfer.hpp"

namespace millrace::load {

/// How one thread fared.
struct WorkerTally {
  std::uint64_t sent = 0;
  std::uint64_t late = 0;  // of an open loop, more than kLateNs after the intended start
  std::int64_t latest_ns = 0;
  std::uint64_t connections = 0;       // made
  std::uint64_t http1 = 0, http2 = 0;  // answers by version
  std::int64_t end_ns = 0;             // nothing is under way any more
  std::int64_t cpu_ns = 0;
  static constexpr std::int64_t kLateNs = 1'000'000;
};

class LoadWorker {
 public:
  /// The references outlive it.
  static Result<std::unique_ptr<LoadWorker>> make(const LoadPlan& plan, const HeaderList& headers,
                                                  Arrivals& arrivals,
                                                  const std::atomic<bool>& abandon,
                                                  std::unique_ptr<Recorder> recorder,
                                                  unsigned connections);

  /// Returns when nothing is left to send and nothing is under way, or when the run is abandoned.
  void run();

  [[nodiscard]] const WorkerTally& tally() const noexcept { return tally_; }
  [[nodiscard]] Recorder& recorder() noexcept { return *recorder_; }

 private:
  LoadWorker(const LoadPlan& plan, Arrivals& arrivals, const std::atomic<bool>& abandon)
      : plan_(plan), arrivals_(arrivals), abandon_(abandon) {}
  bool send_due(std::int64_t now_ns);
  void send(const Claim& claim);
  bool finish_ended();
  void finish(Transfer& transfer, CURLcode code);
  [[nodiscard]] bool given_up(std::int64_t now_ns) const;
  void abandon();

  const LoadPlan& plan_;
  Arrivals& arrivals_;
  const std::atomic<bool>& abandon_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<HttpClient> client_;
  std::vector<std::unique_ptr<Transfer>> transfers_;  // go before the client
  std::vector<Transfer*> free_;
  std::optional<Claim> next_;  // a free transfer is kept for it
  WorkerTally tally_;
};

}  // namespace millrace::load
