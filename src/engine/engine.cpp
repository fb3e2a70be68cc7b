// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine.hpp"

#include <atomic>

#include <fmt/format.h>

#include "engine/clock.hpp"
#include "engine/exit_guard.hpp"
#include "engine/run.hpp"
#include "record/caught.hpp"
#include "stats/rank_selection.hpp"

namespace millrace {
namespace {

using log::kSegmentBytesMax;
using log::kSegmentBytesMin;

Run& run_of(const std::shared_ptr<detail::Core>& core) { return static_cast<Run&>(*core); }

Result<void> check(const EngineOptions& o) {
  const auto bad = [](std::string what) {
    return failure(Errc::invalid_argument, std::move(what));
  };
  if (o.ring_blocks < 2 || o.ring_blocks > 4096) {
    return bad(fmt::format("engine: ring_blocks is {}; 2 to 4096", o.ring_blocks));
  }
  if (o.ring_records_min > (1u << 24)) {
    return bad(fmt::format("engine: ring_records_min is {}; 2^24 at most", o.ring_records_min));
  }
  if (o.workers_max < 1 || o.workers_max > 4096) {
    return bad(fmt::format("engine: workers_max is {}; 1 to 4096", o.workers_max));
  }
  if (o.flush_interval.count() < 0) return bad("engine: flush_interval is negative");
  if (o.labels_max > 65'533 || o.error_classes_max > 65'533) {
    return bad("engine: labels_max and error_classes_max are 65533 at most");
  }
  for (const auto& percentiles : {o.live_percentiles, o.percentiles}) {
    for (const double p : percentiles) {
      if (!(p >= 0 && p <= 100)) return bad(fmt::format("engine: percentile {}; 0 to 100", p));
    }
  }
  if (o.log_dir.empty()) {
    if (o.low_memory) {
      return bad("engine: low_memory keeps no values, so that it needs a log; set log_dir");
    }
    return {};
  }
  if (o.by_place && o.ring_files) {
    return bad(
        "engine: by_place numbers names by place, which rings cannot tell: with a log it needs "
        "ring_files = false");
  }
  if (o.segment_bytes < kSegmentBytesMin || o.segment_bytes > kSegmentBytesMax) {
    return bad(fmt::format("engine: segment_bytes is {}; {} to {}", o.segment_bytes,
                           kSegmentBytesMin, kSegmentBytesMax));
  }
  if (o.log_sync == LogSync::interval && o.log_sync_interval.count() < 1) {
    return bad("engine: log_sync_interval is less than a millisecond");
  }
  return {};
}

// With a log a kill loses no number at least; with ring files it loses no record.
detail::RingFiles ring_files(const EngineOptions& options, const RunIdentity& identity, bool log) {
  const auto kind = !log                 ? detail::RingKind::anonymous
                    : options.ring_files ? detail::RingKind::file
                                         : detail::RingKind::counted;
  return {kind, options.ring_dir.empty() ? options.log_dir : options.ring_dir, identity,
          options.log_write == LogWrite::mapped};
}

std::uint16_t number_of(const detail::Core& core, Names& names, std::string_view name) {
  // In a forked child the lock may be taken for ever.
  if (core.gate.state() == detail::kForked) return Names::kNone;
  try {
    return names.number(name);
  } catch (const std::exception&) {
    return Names::kOther;
  }
}

void note(std::string& notice, std::string_view what) {
  if (!notice.empty()) notice += "; ";
  notice += what;
}

}  // namespace

Engine::Engine(std::shared_ptr<detail::Core> core) : core_(std::move(core)) {}
Engine::Engine(Engine&&) noexcept = default;

Engine& Engine::operator=(Engine&& other) noexcept {
  std::swap(core_, other.core_);
  return *this;
}

Engine::~Engine() {
  if (core_ != nullptr) run_of(core_).close();
}

Result<Engine> Engine::open(EngineOptions options) {
  return caught([&]() -> Result<Engine> {
    if (auto valid = check(options); !valid) return tl::unexpected(valid.error());
    auto gate = detail::Gate::open();
    if (!gate) return tl::unexpected(std::move(gate).error());
    const bool fenced = gate->fenced();
    const bool at_exit = options.finish_at_exit;
    const std::int64_t opened_ns = now_ns();
    std::unique_ptr<RunLog> log;
    RunIdentity identity;
    std::string notice;
    if (!options.log_dir.empty()) {
      auto opened = RunLog::open(options, opened_ns);
      if (!opened) return tl::unexpected(std::move(opened).error());
      log = std::move(*opened);
      identity = log->identity();
      notice = log->notice();
      if (!options.ring_files) {
        note(notice,
             "no ring files: what is not logged when the process dies is lost, and counted");
      }
    } else {
      identity = RunIdentity::make({});
    }
    if (fenced) {
      note(notice, "membarrier is refused here: each push pays for a full fence (4-5 ns)");
    }
    const auto files = ring_files(options, identity, log != nullptr);
    if (options.low_memory) {
      note(notice,
           fmt::format("low memory: {} MiB at most of labels' tables, {} MiB while finish() "
                       "makes its passes, {} MiB of log pages",
                       options.label_memory_bytes >> 20, SelectionLimits{}.memory_bytes >> 20,
                       2 * options.segment_bytes >> 20));
    }
    auto run = std::make_shared<Run>(std::move(options), std::move(*gate), files, std::move(log),
                                     opened_ns);
    run->notice = std::move(notice);
    if (at_exit) ExitGuard::watch(run);
    // The last that can fail: a run whose thread is there must be closed.
    if (auto started = run->start(); !started) return tl::unexpected(started.error());
    return Engine(std::move(run));
  });
}

Result<Schema> detail::made_by(Result<Schema> (*schema)()) noexcept {
  return caught([&] { return schema(); });
}

Result<std::uint32_t> Engine::add_stream(std::string_view name, Schema schema,
                                         StreamOptions options, std::size_t record_size) {
  return caught([&]() -> Result<std::uint32_t> {
    if (record_size != 0 && record_size != schema.record_size) {
      return failure(Errc::invalid_argument, "stream: the schema is of another record size");
    }
    return run_of(core_).add_stream(name, std::move(schema), std::move(options));
  });
}
std::uint16_t Engine::label(std::string_view name) {
  return number_of(*core_, run_of(core_).labels, name);
}
std::uint16_t Engine::error_class(std::string_view name) {
  return number_of(*core_, run_of(core_).errors, name);
}
Result<void> Engine::observe(std::string_view stream, std::string_view metric, Observer observer) {
  return caught([&] { return run_of(core_).observe(stream, metric, std::move(observer)); });
}
Snapshot Engine::snapshot() const {
  try {
    return run_of(core_).snapshot();
  } catch (const std::exception&) {
    return {};
  }
}
Result<void> Engine::flush() {
  return caught([&] { return run_of(core_).flush(); });
}
Result<Summary> Engine::finish() {
  return caught([&] { return run_of(core_).finish(); });
}
MemoryBound Engine::memory_bound() const noexcept {
  const EngineOptions& o = core_->options;
  const std::size_t blocks =
      std::max<std::size_t>(o.ring_blocks, o.ring_records_min / detail::block_capacity(64) + 1);
  const bool log = !o.log_dir.empty();
  return {.rings = o.workers_max * blocks * detail::kBlockBytes,
          .values = o.low_memory ? 0 : o.exact_memory_bytes,
          .labels = o.label_memory_bytes,
          .log_pages = log ? 2 * o.segment_bytes : 0,
          .passes = log ? SelectionLimits{}.memory_bytes : 0};
}
const std::string& Engine::notice() const noexcept { return run_of(core_).notice; }

Result<detail::Port> detail::open_port(const std::shared_ptr<Core>& core, std::uint32_t stream) {
  return caught([&]() -> Result<Port> {
    auto acquired = run_of(core).open_ring(stream);
    if (!acquired) return tl::unexpected(std::move(acquired).error());
    Port port(core, *acquired->ring);  // from here on gives the ring back
    if (acquired->primed) run_of(core).take_primed();
    return port;
  });
}

}  // namespace millrace
