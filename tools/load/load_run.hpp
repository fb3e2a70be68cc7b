// SPDX-License-Identifier: Apache-2.0
//
// LoadRun: HTTP load on a server, each result a record of an engine.
//
//   auto engine = millrace::Engine::open({}).value();
//   auto run = LoadRun::open(engine, plan, {}).value();
//   run->start();
//   while (run->running()) sleep();            // stop() ends the sending, abandon() the waiting, too
//   const LoadTally tally = run->finish([] { return false; });
//   auto summary = engine.finish().value();
//
// Streams    "requests", of RequestRecord; or of GenerationRecord and "itl", the gaps between tokens.
// Not sent   What was due and found no connection before the end is a record, too: incomplete, error class
//            "not sent", with the intended start and the end of the run. Its response_time is what it had
//            waited by then, the least that it would have been; it has no latency.
// Abandoned  What was under way when the run gave up waiting: incomplete, "abandoned", its times the
//            least that they would have been.
// Threads    All methods on the thread that opened it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "millrace/millrace.hpp"

#include "load/load_worker.hpp"

namespace millrace::load {

struct LoadTally {
  WorkerTally work;  // of all threads together; latest_ns is the largest
  RecorderTally results;
  double elapsed_s = 0;  // from start() to the end of the last request
  unsigned threads = 0;
  bool whole = true;  // all that was not sent is recorded
};

class LoadRun {
 public:
  /// `engine` outlives it; its workers_max is at least engine_workers(plan).
  static Result<std::unique_ptr<LoadRun>> open(Engine& engine, LoadPlan plan,
                                               const StreamOptions& options);
  static unsigned engine_workers(const LoadPlan& plan) {
    return (plan.threads + 1) * (plan.prompts ? 2 : 1);
  }
  ~LoadRun();

  void start();
  [[nodiscard]] bool running() const noexcept;
  /// Nothing further is sent; what is under way may finish within the plan's grace.
  void stop();
  /// Nor is it waited for.
  void abandon();
  /// Joins the threads and records what was not sent, until `give_up` says true: it is asked now and then.
  [[nodiscard]] LoadTally finish(const std::function<bool()>& give_up);

 private:
  LoadRun(Engine& engine, LoadPlan plan);
  bool record_unsent(const std::function<bool()>& give_up);
  Result<void> make_workers(Engine& engine, const StreamOptions& options);

  Engine* engine_;
  LoadPlan plan_;
  HeaderList headers_;
  Arrivals arrivals_;
  std::atomic<bool> abandon_{false};
  std::atomic<unsigned> running_{0};
  std::unique_ptr<Recorder> unsent_;  // of this thread
  std::vector<std::unique_ptr<LoadWorker>> workers_;
  std::vector<std::jthread> threads_;
  std::int64_t start_ns_ = 0;
};

}  // namespace millrace::load
