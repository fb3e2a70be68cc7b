// SPDX-License-Identifier: Apache-2.0
#include "millrace/engine.hpp"

#include <atomic>
#include <random>

#include <fmt/format.h>

#include "engine/exit_guard.hpp"
#include "engine/run.hpp"

namespace millrace {
namespace {

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
  for (const double p : o.live_percentiles) {
    if (!(p >= 0 && p <= 100)) return bad(fmt::format("engine: live percentile {}; 0 to 100", p));
  }
  return {};
}

// Tells runs apart in a log; not a secret.
std::uint64_t new_run_number() {
  std::random_device random;
  return (std::uint64_t{random()} << 32) | random();
}

}  // namespace

Engine::Engine(std::shared_ptr<detail::Core> core) : core_(std::move(core)) {}
Engine::Engine(Engine&&) noexcept = default;

Engine& Engine::operator=(Engine&& other) noexcept {
  std::swap(core_, other.core_);
  return *this;
}

Engine::~Engine() {
  if (core_ != nullptr) (void)run_of(core_).finish();
}

Result<Engine> Engine::open(EngineOptions options) {
  if (auto valid = check(options); !valid) return tl::unexpected(valid.error());
  auto gate = detail::Gate::open();
  if (!gate) return tl::unexpected(std::move(gate).error());
  const bool fenced = gate->fenced();
  const bool at_exit = options.finish_at_exit;
  try {
    auto run = std::make_shared<Run>(std::move(options), std::move(*gate), new_run_number());
    if (fenced)
      run->notice = "membarrier is refused here: each push pays for a full fence (4-5 ns)";
    if (auto started = run->start(); !started) return tl::unexpected(started.error());
    if (at_exit) ExitGuard::watch(run);
    return Engine(std::move(run));
  } catch (const std::exception& e) {
    return failure(Errc::out_of_memory, fmt::format("engine: {}", e.what()));
  }
}

Result<std::uint32_t> Engine::add_stream(std::string_view name, Schema schema,
                                         StreamOptions options) {
  return run_of(core_).add_stream(name, std::move(schema), std::move(options));
}
std::uint16_t Engine::label(std::string_view name) {
  // In a forked child the lock may be taken for ever.
  return core_->gate.state() == detail::kForked ? Names::kNone : run_of(core_).labels.number(name);
}
std::uint16_t Engine::error_class(std::string_view name) {
  return core_->gate.state() == detail::kForked ? Names::kNone : run_of(core_).errors.number(name);
}
Result<void> Engine::observe(std::string_view stream, std::string_view metric, Observer observer) {
  return run_of(core_).observe(stream, metric, std::move(observer));
}
Snapshot Engine::snapshot() const { return run_of(core_).snapshot(); }
Result<void> Engine::flush() { return run_of(core_).flush(); }
Result<Summary> Engine::finish() { return run_of(core_).finish(); }
const std::string& Engine::notice() const noexcept { return run_of(core_).notice; }

Result<detail::Port> detail::open_port(const std::shared_ptr<Core>& core, std::uint32_t stream) {
  auto ring = run_of(core).open_ring(stream);
  if (!ring) return tl::unexpected(std::move(ring).error());
  return Port(core, **ring);
}

}  // namespace millrace
