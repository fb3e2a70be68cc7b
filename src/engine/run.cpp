// SPDX-License-Identifier: Apache-2.0
#include "engine/run.hpp"

#include <algorithm>
#include <cfenv>
#include <exception>
#include <system_error>

#include <fmt/format.h>
#include <pthread.h>

#include "engine/clock.hpp"
#include "engine/idle_strategy.hpp"
#include "engine/log_selection.hpp"
#include "engine/log_summary.hpp"
#include "engine/measured.hpp"
#include "engine/snapshot_builder.hpp"
#include "engine/summary_builder.hpp"
#include "record/caught.hpp"
#include "record/local_names.hpp"
#include "stats/digest.hpp"

namespace millrace {
namespace {

const char* const kForkedChild = "this is a forked child; the engine is its parent's";

}  // namespace

Run::Run(EngineOptions engine_options, detail::Gate engine_gate, const detail::RingFiles& files,
         std::unique_ptr<RunLog> log, std::int64_t opened_ns)
    : Core(std::move(engine_options), std::move(engine_gate), files),
      labels(options.labels_max),
      errors(options.error_classes_max),
      log_(std::move(log)),
      aggregator_(options, rings, control_, labels, errors, places, log_.get()),
      identity_(files.identity),
      opened_ns_(opened_ns) {
  if (log_ == nullptr) return;
  labels.publish_to([this](std::uint16_t number, std::string_view name) {
    log_->name(log::NameKind::label, number, name);
  });
  errors.publish_to([this](std::uint16_t number, std::string_view name) {
    log_->name(log::NameKind::error_class, number, name);
  });
  rings.on_retired([this](const detail::RingSet::Account& account) {
    log_->retired(account.worker, account.stream, account.accepted, account.rejected);
  });
}

Run::~Run() {
  if (thread_ == nullptr) return;
  if (forked()) {
    (void)thread_.release();  // the thread is the parent's; its handle must not be destroyed here
  } else if (thread_->joinable()) {
    thread_->join();
  }
}

Result<void> Run::start() {
  const std::lock_guard lock(finish_mutex_);  // an exit meanwhile closes it before or after
  try {
    thread_ = std::make_unique<std::thread>([this] { run(); });
  } catch (const std::system_error& e) {
    return failure(Errc::limit, fmt::format("engine: no thread for the aggregator: {}", e.what()));
  }
  if (log_ != nullptr) log_->begun();
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
    for (;;) {
      const std::uint32_t heard =
          control_.bell().heard();  // first: what rings from here on ends the rest
      // order: acquire; pairs with the release in finish().
      if (finishing_.load(std::memory_order_acquire)) break;
      idle.rest(aggregator_.turn(), control_.bell(), heard);
    }
    aggregator_.close();
  } catch (...) {
    failure_ = caught_error().message;
  }
  if (!failure_.empty()) rings.close();  // pushes are refused and counted from here on
  finished_ns_ = now_ns();
  // Of a run whose aggregator failed the log stays without its end mark: rings hold what it lacks.
  if (log_ != nullptr && failure_.empty()) {
    Result<bool> whole = caught([&] { return aggregator_.close_log(finished_ns_); });
    if (!whole) {
      log_failure_ = std::move(whole).error().message;
    } else if (*whole) {
      rings.remove_files();
    }
  }
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
  if (name.size() > LocalNames::kNameBytesMax || name.find('\0') != std::string_view::npos) {
    return failure(Errc::invalid_argument,
                   fmt::format("stream: a name has 1 to {} bytes and no NUL, this one {}",
                               LocalNames::kNameBytesMax, name.size()));
  }
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
  auto counted = measured(stream.phases, now_ns());
  if (!counted) {
    return failure(counted.error().code,
                   fmt::format("stream '{}': {}", name, counted.error().message));
  }
  if (counted->range && options.log_bytes_max != 0) {
    return failure(Errc::invalid_argument,
                   fmt::format("stream '{}': phases by results need all of the log, of which "
                               "log_bytes_max removes the beginning; use phases by time",
                               name));
  }
  if (stream.every.count() != 0 && stream.every < std::chrono::milliseconds(1)) {
    return failure(Errc::invalid_argument,
                   fmt::format("stream '{}': every is less than a millisecond", name));
  }
  const log::StreamText text{
      std::string(name),          schema,          stream.goodput, options.labels_max,
      options.label_memory_bytes, counted->window, counted->range, stream.tokens};
  const StatsLimits limits{
      options.labels_max,
      options.label_memory_bytes,
      counted->window,
      counted->range,
      stream.tokens,
      SeriesRules{.every_ns = stream.every.count(), .percentiles = options.percentiles}};
  Result<std::uint32_t> id = failure(Errc::closed, "stream: the engine is finished");
  control_.run([&] {
    if (gate.state() != detail::kRunning) return;
    for (const auto& other : aggregator_.streams()) {
      if (other.name == name) {
        id = failure(Errc::invalid_argument, fmt::format("stream: there is one named '{}'", name));
        return;
      }
    }
    if (log_ == nullptr) {
      id = aggregator_.add_stream(text.name, std::move(schema), limits, std::move(goodput));
      return;
    }
    const std::size_t number = aggregator_.streams().size();
    if (number > 255) {
      id = failure(Errc::limit, "stream: an engine with a log has 256 streams at most");
      return;
    }
    id = aggregator_.add_stream(text.name, std::move(schema), limits, std::move(goodput));
    // Last: what the names file holds cannot be taken back, and numbers are not given twice.
    auto logged = caught([&] { return log_->stream(static_cast<std::uint16_t>(number), text); });
    if (logged) return;
    aggregator_.drop_last_stream();
    id = tl::unexpected(std::move(logged).error());
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

Result<detail::RingSet::Acquired> Run::open_ring(std::uint32_t stream) {
  if (forked()) return failure(Errc::closed, kForkedChild);
  std::uint32_t record_size = 0;
  control_.run([&] {
    if (stream < aggregator_.streams().size()) {
      record_size = aggregator_.streams()[stream].stats->schema().record_size;
    }
  });
  if (record_size == 0)
    return failure(Errc::not_found, fmt::format("worker: no stream {}", stream));
  return rings.acquire(stream, record_size);
}

void Run::take_primed() {
  control_.run([] {});
}

Snapshot Run::snapshot() {
  Snapshot snapshot;
  if (forked()) return snapshot;
  control_.run([&] {
    const std::int64_t until = finished_ns_ != 0 ? finished_ns_ : now_ns();
    // An aggregator that an error stopped may have stopped in the midst of a slice.
    if (failure_.empty()) {
      snapshot = build_snapshot(aggregator_, options, until - opened_ns_);
    } else {
      snapshot.elapsed_ns = until - opened_ns_;
      snapshot.accounting = aggregator_.accounting();
    }
    if (log_ != nullptr) snapshot.log = log_->account();
  });
  return snapshot;
}

Result<void> Run::flush() {
  if (auto state = failed(); !state) return state;
  control_.run([] {});
  if (auto state = failed(); !state) return state;
  if (log_ != nullptr && options.log_sync == LogSync::on_flush) return log_->sync();
  return {};
}

void Run::close() noexcept {
  if (forked()) return;
  const std::lock_guard lock(finish_mutex_);
  // order: release; pairs with the acquire in run().
  finishing_.store(true, std::memory_order_release);
  control_.bell().ring();
  if (thread_ != nullptr && thread_->joinable()) thread_->join();
}

Result<Summary> Run::finish() {
  close();
  if (auto state = failed(); !state) return tl::unexpected(std::move(state).error());
  const std::lock_guard lock(finish_mutex_);
  if (!summary_) {
    auto summary = summarize();
    if (!summary) return summary;
    summary_ = std::move(*summary);
  }
  return *summary_;
}

Result<Summary> Run::summarize() {
  SummaryParts parts{.streams = aggregator_.streams(),
                     .labels = labels.all(),
                     .errors = errors.all(),
                     .workers = aggregator_.workers(),
                     .elapsed_ns = finished_ns_ - opened_ns_,
                     .log = std::nullopt};
  if (log_ == nullptr) return SummaryBuilder::build(std::move(parts));
  parts.log = log_->account();
  if (!log_failure_.empty() && parts.log->error.empty()) parts.log->error = log_failure_;
  // Retention took records away that the live numbers hold: all numbers are then of those that are left.
  if (parts.log->dropped != 0) return summarize_log(log_->dir(), identity_, options, parts);
  if (!aggregator_.exact() && parts.log->unlogged == 0) {
    if (auto selected = select_from_log(parts); !selected)
      parts.log->error = selected.error().message;
  }
  return SummaryBuilder::build(std::move(parts));
}

// The run's numbers are the totals' own.
Result<void> Run::select_from_log(SummaryParts& parts) {
  auto log_parts = parts_of_run(log_->dir(), identity_.run);
  if (!log_parts) return tl::unexpected(std::move(log_parts).error());
  RunNumbers numbers;
  for (std::size_t i = 0; i < parts.streams.size(); ++i) numbers.streams.push_back(i);
  const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  parts.selection = std::make_shared<LogSelection>(std::move(*log_parts), std::vector{numbers},
                                                   parts.streams, threads);
  parts.selection->attach();
  std::vector<double> ps(kDigestPercentiles.begin(), kDigestPercentiles.end());
  ps.insert(ps.end(), options.percentiles.begin(), options.percentiles.end());
  parts.selection->prepare(ps, kDigestRules, false);
  return {};
}

}  // namespace millrace
