// SPDX-License-Identifier: Apache-2.0
#include "load/load_run.hpp"

#include <algorithm>
#include <functional>

#include "load/chat_recorder.hpp"
#include "load/request_recorder.hpp"

namespace millrace::load {
namespace {

using MakeRecorder = std::function<Result<std::unique_ptr<Recorder>>()>;

// One recorder a thread, with engine workers of its own.
Result<MakeRecorder> recorders_of(Engine& engine, const LoadPlan& plan,
                                  const StreamOptions& options) {
  const std::uint16_t label = plan.label.empty() ? std::uint16_t{0} : engine.label(plan.label);
  if (!plan.prompts) {
    auto requests = engine.stream<RequestRecord>("requests", options);
    if (!requests) return tl::unexpected(requests.error());
    return [&engine, label, requests = *requests]() -> Result<std::unique_ptr<Recorder>> {
      auto worker = requests.worker();
      if (!worker) return tl::unexpected(worker.error());
      return std::make_unique<RequestRecorder>(engine, std::move(*worker), label);
    };
  }
  auto requests = engine.stream<GenerationRecord>("requests", options);
  if (!requests) return tl::unexpected(requests.error());
  auto gaps = engine.stream<SampleRecord>("itl", token_gap_schema().value());
  if (!gaps) return tl::unexpected(gaps.error());
  return [&engine, &plan, label, requests = *requests,
          gaps = *gaps]() -> Result<std::unique_ptr<Recorder>> {
    auto worker = requests.worker();
    if (!worker) return tl::unexpected(worker.error());
    auto of_gaps = gaps.worker();
    if (!of_gaps) return tl::unexpected(of_gaps.error());
    return std::make_unique<ChatRecorder>(engine, std::move(*worker), std::move(*of_gaps),
                                          *plan.prompts, label);
  };
}

void add(RecorderTally& sum, const RecorderTally& one) {
  sum.ok += one.ok;
  sum.failed += one.failed;
  sum.abandoned += one.abandoned;
  sum.unsent += one.unsent;
  sum.answered += one.answered;
  sum.without_usage += one.without_usage;
  if (sum.first_failure.empty()) sum.first_failure = one.first_failure;
}

void add(WorkerTally& sum, const WorkerTally& one) {
  sum.sent += one.sent;
  sum.late += one.late;
  sum.latest_ns = std::max(sum.latest_ns, one.latest_ns);
  sum.connections += one.connections;
  sum.http1 += one.http1;
  sum.http2 += one.http2;
  sum.end_ns = std::max(sum.end_ns, one.end_ns);
  sum.cpu_ns += one.cpu_ns;
}

}  // namespace

LoadRun::LoadRun(Engine& engine, LoadPlan plan)
    : engine_(&engine),
      plan_(std::move(plan)),
      headers_(plan_.http.headers),
      arrivals_(plan_.arrivals) {}

LoadRun::~LoadRun() { abandon(); }  // and the threads are joined

Result<std::unique_ptr<LoadRun>> LoadRun::open(Engine& engine, LoadPlan plan,
                                               const StreamOptions& options) {
  plan.threads = std::clamp(plan.threads, 1u, plan.connections);
  std::unique_ptr<LoadRun> run(new LoadRun(engine, std::move(plan)));
  if (auto made = run->make_workers(engine, options); !made) return tl::unexpected(made.error());
  return run;
}

Result<void> LoadRun::make_workers(Engine& engine, const StreamOptions& options) {
  const auto make = recorders_of(engine, plan_, options);
  if (!make) return tl::unexpected(make.error());
  auto own = (*make)();
  if (!own) return tl::unexpected(own.error());
  unsent_ = std::move(*own);
  for (unsigned i = 0; i < plan_.threads; ++i) {
    auto recorder = (*make)();
    if (!recorder) return tl::unexpected(recorder.error());
    const unsigned connections =
        plan_.connections / plan_.threads + (i < plan_.connections % plan_.threads ? 1 : 0);
    auto worker =
        LoadWorker::make(plan_, headers_, arrivals_, abandon_, std::move(*recorder), connections);
    if (!worker) return tl::unexpected(worker.error());
    workers_.push_back(std::move(*worker));
  }
  return {};
}

void LoadRun::start() {
  // order: relaxed; the threads begin after it.
  running_.store(plan_.threads, std::memory_order_relaxed);
  start_ns_ = steady_now_ns();
  arrivals_.begin(start_ns_);
  for (const auto& worker : workers_) {
    threads_.emplace_back([this, &worker] {
      worker->run();
      // order: relaxed; a hint: finish() joins the thread.
      running_.fetch_sub(1, std::memory_order_relaxed);
    });
  }
}

bool LoadRun::running() const noexcept {
  // order: relaxed; as above.
  return running_.load(std::memory_order_relaxed) != 0;
}

void LoadRun::stop() { arrivals_.stop(steady_now_ns()); }

void LoadRun::abandon() {
  stop();
  // order: relaxed; a wish, from which nothing else is inferred. Read by LoadWorker::given_up().
  abandon_.store(true, std::memory_order_relaxed);
}

// Of what was due and not sent. A ring holds 16,384 records at least; nothing is lost when it is emptied before it
// is full.
bool LoadRun::record_unsent(const std::function<bool()>& give_up) {
  constexpr std::uint64_t kBetweenFlushes = 8'192;
  const std::int64_t end_ns = std::min(arrivals_.end_ns(), steady_now_ns());
  for (std::uint64_t n = 1; const auto left = arrivals_.unsent(); ++n) {
    unsent_->unsent(left->id, left->intended_ns, end_ns);
    if (n % kBetweenFlushes != 0) continue;
    if (give_up() || !engine_->flush()) return false;
  }
  return true;
}

LoadTally LoadRun::finish(const std::function<bool()>& give_up) {
  threads_.clear();
  LoadTally tally;
  tally.whole = record_unsent(give_up);
  tally.threads = plan_.threads;
  add(tally.results, unsent_->tally());
  for (const auto& worker : workers_) {
    add(tally.work, worker->tally());
    add(tally.results, worker->recorder().tally());
  }
  tally.elapsed_s = static_cast<double>(tally.work.end_ns - start_ns_) / 1e9;
  return tally;
}

}  // namespace millrace::load
