// SPDX-License-Identifier: Apache-2.0
#include "c_api/options.hpp"

#include <fmt/format.h>

#include "c_api/outcome.hpp"
#include "c_api/struct_size.hpp"

namespace millrace::c_api {
namespace {

static_assert(static_cast<int>(Overflow::wait) == MILLRACE_OVERFLOW_WAIT);
static_assert(static_cast<int>(Idle::sleep) == MILLRACE_IDLE_SLEEP);
static_assert(static_cast<int>(LogWrite::pwrite) == MILLRACE_LOG_PWRITE);
static_assert(static_cast<int>(LogSync::on_flush) == MILLRACE_SYNC_ON_FLUSH);
static_assert(static_cast<int>(Rule::exclusive_clamped) == MILLRACE_RULE_EXCLUSIVE_CLAMPED);

// Of EngineOptions, too; c_api_test compares.
constexpr double kPercentiles[] = {50, 90, 95, 99, 99.9};

millrace_options defaults() {
  const EngineOptions o;
  millrace_options d{};
  d.struct_size = sizeof d;
  d.overflow = static_cast<std::uint32_t>(o.overflow);
  d.idle = static_cast<std::uint32_t>(o.idle);
  d.ring_blocks = o.ring_blocks;
  d.ring_records_min = o.ring_records_min;
  d.workers_max = o.workers_max;
  d.labels_max = o.labels_max;
  d.error_classes_max = o.error_classes_max;
  d.finish_at_exit = o.finish_at_exit;
  d.flush_interval_ns = o.flush_interval.count();
  d.exact_memory_bytes = o.exact_memory_bytes;
  d.label_memory_bytes = o.label_memory_bytes;
  d.live_percentiles = d.percentiles = kPercentiles;
  d.live_percentiles_size = d.percentiles_size = std::size(kPercentiles);
  d.append_log = o.append_log;
  d.low_memory = o.low_memory;
  d.log_write = static_cast<std::uint32_t>(o.log_write);
  d.log_sync = static_cast<std::uint32_t>(o.log_sync);
  d.log_sync_interval_ns = std::chrono::nanoseconds(o.log_sync_interval).count();
  d.segment_bytes = o.segment_bytes;
  d.log_bytes_max = o.log_bytes_max;
  d.ring_files = o.ring_files;
  return d;
}

std::string text_or_none(const char* text) { return text == nullptr ? "" : text; }

Result<void> check_constants(const millrace_options& o) {
  const struct {
    const char* what;
    std::uint64_t value, last;
  } constants[] = {{"options: overflow", o.overflow, MILLRACE_OVERFLOW_WAIT},
                   {"options: idle", o.idle, MILLRACE_IDLE_SLEEP},
                   {"options: log_write", o.log_write, MILLRACE_LOG_PWRITE},
                   {"options: log_sync", o.log_sync, MILLRACE_SYNC_ON_FLUSH},
                   {"options: finish_at_exit", o.finish_at_exit, 1},
                   {"options: append_log", o.append_log, 1},
                   {"options: low_memory", o.low_memory, 1},
                   {"options: ring_files", o.ring_files, 1},
                   {"options: reserved", o.reserved, 0}};
  for (const auto& [what, value, last] : constants) {
    if (auto good = within(what, value, last); !good) return good;
  }
  return {};
}

}  // namespace

Result<EngineOptions> engine_options(const millrace_options* given) {
  if (given == nullptr) return EngineOptions{};
  const auto read = taken("millrace_options", given, defaults());
  if (!read) return tl::unexpected(read.error());
  const millrace_options& o = *read;
  if (auto good = check_constants(o); !good) return tl::unexpected(good.error());
  const auto live =
      percentiles("options: live_percentiles", o.live_percentiles, o.live_percentiles_size);
  if (!live) return tl::unexpected(live.error());
  const auto wanted = percentiles("options: percentiles", o.percentiles, o.percentiles_size);
  if (!wanted) return tl::unexpected(wanted.error());

  EngineOptions options;
  options.overflow = static_cast<Overflow>(o.overflow);
  options.idle = static_cast<Idle>(o.idle);
  options.ring_blocks = o.ring_blocks;
  options.ring_records_min = o.ring_records_min;
  options.workers_max = o.workers_max;
  options.labels_max = o.labels_max;
  options.error_classes_max = o.error_classes_max;
  options.finish_at_exit = o.finish_at_exit != 0;
  options.flush_interval = std::chrono::nanoseconds(o.flush_interval_ns);
  options.exact_memory_bytes = o.exact_memory_bytes;
  options.label_memory_bytes = o.label_memory_bytes;
  options.live_percentiles.assign(live->begin(), live->end());
  options.percentiles.assign(wanted->begin(), wanted->end());
  options.log_dir = text_or_none(o.log_dir);
  options.append_log = o.append_log != 0;
  options.low_memory = o.low_memory != 0;
  options.log_write = static_cast<LogWrite>(o.log_write);
  options.log_sync = static_cast<LogSync>(o.log_sync);
  options.log_sync_interval = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::nanoseconds(o.log_sync_interval_ns));
  options.segment_bytes = o.segment_bytes;
  options.log_bytes_max = o.log_bytes_max;
  options.ring_files = o.ring_files != 0;
  options.ring_dir = text_or_none(o.ring_dir);
  return options;
}

Result<StreamOptions> stream_options(const millrace_stream_options* given) {
  if (given == nullptr) return StreamOptions{};
  const auto o = taken("millrace_stream_options", given, millrace_stream_options{});
  if (!o) return tl::unexpected(o.error());
  if (auto good = within("stream options: start_given", o->start_given, 1); !good) {
    return tl::unexpected(good.error());
  }
  if (auto good = within("stream options: reserved", o->reserved, 0); !good) {
    return tl::unexpected(good.error());
  }
  auto goodput = limits(o->goodput, o->goodput_size);
  if (!goodput) return tl::unexpected(std::move(goodput).error());
  StreamOptions options;
  options.goodput = std::move(*goodput);
  options.phases.warmup = std::chrono::nanoseconds(o->warmup_ns);
  options.phases.cooldown = std::chrono::nanoseconds(o->cooldown_ns);
  options.phases.time_max = std::chrono::nanoseconds(o->time_max_ns);
  options.phases.warmup_results = o->warmup_results;
  options.phases.cooldown_results = o->cooldown_results;
  options.phases.results_max = o->results_max;
  if (o->start_given != 0) options.phases.start_ns = o->start_ns;
  return options;
}

Result<std::vector<Limit>> limits(const millrace_limit* first, std::size_t count) {
  std::vector<Limit> all;
  if (count != 0 && first == nullptr) {
    return failure(Errc::invalid_argument, "goodput is NULL, and goodput_size is not 0");
  }
  const auto* at = reinterpret_cast<const std::byte*>(first);
  for (std::size_t i = 0; i < count; ++i, at += first->struct_size) {
    const auto limit =
        taken("millrace_limit", reinterpret_cast<const millrace_limit*>(at), millrace_limit{});
    if (!limit) return tl::unexpected(limit.error());
    if (limit->struct_size != first->struct_size || limit->metric == nullptr) {
      return failure(
          Errc::invalid_argument,
          fmt::format("goodput: limit {} has no metric, or another struct_size than the first", i));
    }
    all.push_back({limit->metric, limit->at_most});
  }
  return all;
}

Result<std::span<const double>> percentiles(const char* what, const double* ps, std::size_t count) {
  if (count != 0 && ps == nullptr) {
    return failure(Errc::invalid_argument, fmt::format("{} is NULL, and its size is not 0", what));
  }
  const std::span<const double> all(ps, count);
  for (const double p : all) {
    if (!(p >= 0 && p <= 100)) {
      return failure(Errc::invalid_argument, fmt::format("{}: percentile {}; 0 to 100", what, p));
    }
  }
  return all;
}

Result<Rule> rule(std::uint64_t number) {
  if (auto good = within("rule", number, MILLRACE_RULE_EXCLUSIVE_CLAMPED); !good) {
    return tl::unexpected(good.error());
  }
  return static_cast<Rule>(number);
}

}  // namespace millrace::c_api

int millrace_options_init(millrace_options* options, std::size_t struct_size) {
  using namespace millrace::c_api;
  return outcome(nullptr, [&]() -> millrace::Result<void> {
    if (auto all = given("millrace_options_init", {{"options", options}}); !all) return all;
    if (auto size = fits<millrace_options>("millrace_options", struct_size); !size) return size;
    options->struct_size = struct_size;
    return put("millrace_options", defaults(), options);
  });
}
