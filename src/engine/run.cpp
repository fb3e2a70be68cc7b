// SPDX-License-Identifier: Apache-2.0
#include "engine/run.hpp"

#include <algorithm>
#include <cfenv>
#include <chrono>
#include <exception>
#include <system_error>

#include <fmt/format.h>
#include <pthread.h>

#include "engine/idle_strategy.hpp"
#include "engine/snapshot_builder.hpp"
#include "engine/summary_builder.hpp"

namespace millrace {
namespace {

std::int64_t now_ns() noexcept {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

const char* const kForkedChild = "this is a forked child; the engine is its parent's";

}  // namespace

Run::Run(EngineOptions engine_options, detail::Gate engine_gate, std::uint64_t number)
    : Core(std::move(engine_options), std::move(engine_gate), number),
      labels(options.labels_max),
      errors(options.error_classes_max),
      aggregator_(options, rings, control_, labels, errors, places),
      opened_ns_(now_ns()) {}

Run::~Run() {
  if (thread_ == nullptr) return;
  if (forked()) {
    (void)thread_.release();  // the thread is the parent's; its handle must not be destroyed here
  } else if (thread_->joinable()) {
    thread_->join();
  }
}

Result<void> Run::start() {
  try {
    thread_ = std::make_unique<std::thread>([this] { run(); });
  } catch (const std::system_error& e) {
    return failure(Errc::limit, fmt::format("engine: no thread for the aggregator: {}", e.what()));
  }
  return {};
}

// The aggregator thread.
void Run::run() noexcept {
  // Whatever the host set (flush to zero, rounding, traps): the same numbers everywhere.
  std::fesetenv(FE_DFL_ENV);
  ::pthread_setname_np(::pthread_self(), "millrace");
  control_.begin(std::this_thread::get_id());
  try {
    IdleStrategy idle(options.idle);
    // order: acquire; pairs with the release in finish().
    while (!finishing_.load(std::memory_order_acquire)) {
      idle.rest(aggregator_.turn());
    }
    aggregator_.close();
  } catch (const std::exception& e) {
    failure_ = e.what();
  } catch (...) {
    failure_ = "an exception of unknown type";
  }
  if (!failure_.empty()) rings.close();  // pushes are refused and counted from here on
  finished_ns_ = now_ns();
  control_.begin({});
  control_.stop();
  // order: release; pairs with the acquire in over().
  stopped_.store(true, std::memory_order_release);
}

bool Run::over() const noexcept {
  // order: acquire; pairs with the release in run().
  return forked() || stopped_.load(std::memory_order_acquire);
}

Result<void> Run::failed() const {
  if (forked()) return failure(Errc::closed, kForkedChild);
  // order: acquire; pairs with the release in run().
  if (stopped_.load(std::memory_order_acquire) && !failure_.empty()) {
    return failure(Errc::failed, fmt::format("the aggregator stopped: {}", failure_));
  }
  return {};
}

Result<std::uint32_t> Run::add_stream(std::string_view name, Schema schema, StreamOptions stream) {
  if (forked()) return failure(Errc::closed, kForkedChild);
  if (auto valid = schema.validate(); !valid) return tl::unexpected(valid.error());
  if (name.empty()) return failure(Errc::invalid_argument, "stream: a name is needed");
  std::vector<StreamStats::Bound> goodput;
  for (const Limit& limit : stream.goodput) {
    const auto metric = schema.find_metric(limit.metric);
    if (!metric) {
      return failure(Errc::not_found,
                     fmt::format("stream '{}': goodput names metric '{}', which the "
                                 "schema does not have",
                                 name, limit.metric));
    }
    goodput.push_back({*metric, limit.at_most});
  }
  Result<std::uint32_t> id = failure(Errc::closed, "stream: the engine is finished");
  control_.run([&] {
    if (gate.state() != detail::kRunning) return;
    for (const auto& other : aggregator_.streams()) {
      if (other.name == name) {
        id = failure(Errc::invalid_argument, fmt::format("stream: there is one named '{}'", name));
        return;
      }
    }
    id = aggregator_.add_stream(std::string(name), std::move(schema), std::move(goodput));
  });
  return id;
}

Result<void> Run::observe(std::string_view stream, std::string_view metric, Observer observer) {
  if (forked()) return failure(Errc::closed, kForkedChild);
  Result<void> result = failure(Errc::not_found, fmt::format("observe: no stream '{}'", stream));
  control_.run([&] {
    for (const auto& existing : aggregator_.streams()) {
      if (existing.name != stream) continue;
      const auto index = existing.stats->schema().find_metric(metric);
      if (!index) {
        result = failure(Errc::not_found,
                         fmt::format("observe: stream '{}' has no metric '{}'", stream, metric));
        return;
      }
      existing.stats->observe(*index, std::move(observer));
      result = {};
      return;
    }
  });
  return result;
}

Result<detail::Ring*> Run::open_ring(std::uint32_t stream) {
  if (forked()) return failure(Errc::closed, kForkedChild);
  std::uint32_t record_size = 0;
  control_.run([&] {
    if (stream < aggregator_.streams().size()) {
      record_size = aggregator_.streams()[stream].stats->schema().record_size;
    }
  });
  if (record_size == 0)
    return failure(Errc::not_found, fmt::format("worker: no stream {}", stream));
  auto acquired = rings.acquire(stream, record_size);
  if (!acquired) return tl::unexpected(std::move(acquired).error());
  // A turn empties the queue, and so drops the null pointers that primed it.
  if (acquired->primed) control_.run([] {});
  return acquired->ring;
}

Snapshot Run::snapshot() {
  Snapshot snapshot;
  if (forked()) return snapshot;
  control_.run([&] {
    const std::int64_t until = finished_ns_ != 0 ? finished_ns_ : now_ns();
    snapshot = build_snapshot(aggregator_, options, until - opened_ns_);
  });
  return snapshot;
}

Result<void> Run::flush() {
  if (auto state = failed(); !state) return state;
  control_.run([] {});
  return failed();
}

Result<Summary> Run::finish() {
  if (forked()) return failure(Errc::closed, kForkedChild);
  const std::lock_guard lock(finish_mutex_);
  // order: release; pairs with the acquire in run().
  finishing_.store(true, std::memory_order_release);
  if (thread_ != nullptr && thread_->joinable()) thread_->join();
  if (auto state = failed(); !state) return tl::unexpected(state.error());
  if (!summary_) {
    summary_ =
        SummaryBuilder::build(aggregator_, labels.all(), errors.all(), finished_ns_ - opened_ns_);
  }
  return *summary_;
}

}  // namespace millrace
