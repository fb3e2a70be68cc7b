// SPDX-License-Identifier: Apache-2.0
#include "millrace/c/snapshot.h"

#include <limits>

#include <fmt/format.h>

#include "c_api/handles.hpp"
#include "c_api/numbers.hpp"
#include "c_api/outcome.hpp"
#include "c_api/struct_size.hpp"

namespace millrace::c_api {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Result<const StreamSnapshot*> stream_of(const millrace_snapshot& snapshot,
                                        const millrace_query& query) {
  if (query.label != nullptr || query.select != MILLRACE_SELECT_ALL) {
    return failure(
        Errc::invalid_argument,
        "snapshot: its numbers are of all records; a summary tells status and label apart");
  }
  if (const StreamSnapshot* stream = snapshot.snapshot.stream(query.stream)) return stream;
  return failure(Errc::not_found, fmt::format("snapshot: no stream '{}'", query.stream));
}

Result<const MetricSnapshot*> metric_of(const millrace_snapshot& snapshot,
                                        const millrace_query* query) {
  auto asked = question(query, Needs::metric);
  if (!asked) return tl::unexpected(std::move(asked).error());
  auto stream = stream_of(snapshot, *asked);
  if (!stream) return tl::unexpected(std::move(stream).error());
  if (const MetricSnapshot* metric = (*stream)->metric(asked->metric)) return metric;
  return failure(Errc::not_found, fmt::format("snapshot: stream '{}' has no metric '{}'",
                                              asked->stream, asked->metric));
}

}  // namespace
}  // namespace millrace::c_api

using namespace millrace;
using namespace millrace::c_api;

int millrace_snapshot_take(millrace_engine* engine, millrace_snapshot** snapshot,
                           millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto out = given("millrace_snapshot_take", {{"snapshot", snapshot}}); !out) return out;
    *snapshot = nullptr;
    if (auto all = given("millrace_snapshot_take", {{"engine", engine}}); !all) return all;
    auto taken = std::make_unique<millrace_snapshot>();
    taken->snapshot = engine->engine.snapshot();
    if (taken->snapshot.elapsed_ns == 0) {
      return failure(Errc::failed,
                     "snapshot: there is none in a forked child, or no memory for one");
    }
    *snapshot = taken.release();
    return {};
  });
}

int millrace_snapshot_accounting(const millrace_snapshot* snapshot, millrace_accounting* accounting,
                                 millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_snapshot_accounting",
                         {{"snapshot", snapshot}, {"accounting", accounting}});
        !all) {
      return all;
    }
    const Snapshot& s = snapshot->snapshot;
    return put("millrace_accounting", numbers(s.accounting, s.elapsed_ns), accounting);
  });
}

int millrace_snapshot_log(const millrace_snapshot* snapshot, millrace_log_account* log,
                          millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_snapshot_log", {{"snapshot", snapshot}, {"log", log}}); !all)
      return all;
    if (!snapshot->snapshot.log)
      return failure(Errc::not_found, "snapshot: the engine writes no log");
    return put("millrace_log_account", numbers(*snapshot->snapshot.log), log);
  });
}

int millrace_snapshot_stream(const millrace_snapshot* snapshot, const millrace_query* query,
                             millrace_stream_numbers* to, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_snapshot_stream", {{"snapshot", snapshot}, {"numbers", to}});
        !all)
      return all;
    auto asked = question(query, Needs::stream);
    if (!asked) return tl::unexpected(std::move(asked).error());
    auto stream = stream_of(*snapshot, *asked);
    if (!stream) return tl::unexpected(std::move(stream).error());
    millrace_stream_numbers filled = numbers((*stream)->left_out, (*stream)->times);
    filled.count = (*stream)->count;
    for (std::size_t i = 0; i < kStatusCount; ++i) filled.by_status[i] = (*stream)->by_status[i];
    return put("millrace_stream_numbers", filled, to);
  });
}

int millrace_snapshot_metric(const millrace_snapshot* snapshot, const millrace_query* query,
                             millrace_metric_numbers* to, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_snapshot_metric", {{"snapshot", snapshot}, {"numbers", to}});
        !all)
      return all;
    const auto metric = metric_of(*snapshot, query);
    if (!metric) return tl::unexpected(metric.error());
    const MetricSnapshot& m = **metric;
    const bool empty = m.count == 0;
    double relative_error = empty ? 0 : kNone;  // not known without a percentile
    for (const auto& [p, value] : m.percentiles) relative_error = value.relative_error;
    return put("millrace_metric_numbers",
               {.struct_size = 0,
                .count = m.count,
                .absent = m.absent,
                .invalid = m.invalid,
                .sum = m.sum,
                .mean = m.mean,
                .variance = m.deviation * m.deviation,
                .deviation = m.deviation,
                .skewness = kNone,
                .kurtosis = kNone,
                .min = m.min,
                .max = m.max,
                .relative_error = relative_error,
                .exact = relative_error == 0,
                .unit = static_cast<std::uint32_t>(m.unit)},
               to);
  });
}

int millrace_snapshot_percentile(const millrace_snapshot* snapshot, const millrace_query* query,
                                 double p, double* value, double* relative_error,
                                 millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all =
            given("millrace_snapshot_percentile", {{"snapshot", snapshot}, {"value", value}});
        !all) {
      return all;
    }
    const auto metric = metric_of(*snapshot, query);
    if (!metric) return tl::unexpected(metric.error());
    if (query->rule != MILLRACE_RULE_NEAREST_RANK) {
      return failure(Errc::invalid_argument, "snapshot: its percentiles are by nearest rank");
    }
    Percentile found{kNone, 0};
    bool there = (*metric)->count == 0;
    for (const auto& [at, of] : (*metric)->percentiles) {
      if (at != p) continue;
      found = of;
      there = true;
    }
    if (!there) {
      return failure(Errc::not_found,
                     fmt::format("snapshot: {} is not among the options' live_percentiles", p));
    }
    *value = found.value;
    if (relative_error != nullptr) *relative_error = found.relative_error;
    return {};
  });
}

void millrace_snapshot_free(millrace_snapshot* snapshot) { delete snapshot; }
