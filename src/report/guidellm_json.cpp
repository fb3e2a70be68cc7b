// SPDX-License-Identifier: Apache-2.0
#include "report/guidellm_json.hpp"

#include <array>
#include <utility>

#include "stats/generation_definitions.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kStatuses = {"successful", "errored", "incomplete"};
constexpr std::array kPercentiles = {"p001", "p01", "p05", "p10", "p25", "p50",
                                     "p75",  "p90", "p95", "p99", "p999"};

Json time_json(std::optional<std::int64_t> ns) { return ns ? Json(seconds_of(*ns)) : Json(nullptr); }
// The old seed's word for a time that it was not told.
Json time_or_less(std::int64_t ns) {
  return ns == kAbsentTime ? Json(-1) : Json(seconds_of(ns));
}

Json distribution_json(const Distribution& d, bool as_0_2_1) {
  Json percentiles = Json::object();
  for (std::size_t i = 0; i < d.percentiles.size(); ++i) {
    if (as_0_2_1 && i == kMedian) continue;  // it has a median, and no p50
    percentiles[kPercentiles[i]] = d.percentiles[i];
  }
  Json curve = nullptr;
  if (!d.curve.empty()) {
    curve = Json::array();
    for (const auto& [value, probability] : d.curve) curve.push_back({value, probability});
  }
  return {{"mean", d.mean},
          {"median", d.percentiles[kMedian]},
          {"mode", d.mode},
          {"variance", d.variance},
          {"std_dev", d.deviation},
          {"min", d.min},
          {"max", d.max},
          {"count", d.count},
          {"total_sum", d.total},
          {"percentiles", std::move(percentiles)},
          {as_0_2_1 ? "cumulative_distribution_function" : "pdf", std::move(curve)}};
}

Json counts_json(const std::array<std::uint64_t, kStatusCount>& counts) {
  Json json = Json::object();
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kStatusCount; ++i) {
    json[kStatuses[i]] = counts[i];
    total += counts[i];
  }
  json["total"] = total;
  return json;
}

Json run_stats_json(const GenerationReport& report) {
  const GenerationRunning& running = *report.running;
  const std::array<std::uint64_t, kStatusCount> made = {
      running.requests(Status::ok).count, running.requests(Status::error).count,
      running.requests(Status::incomplete).count};
  Json json = {{"start_time", seconds_of(report.opened_ns)},
               {"end_time", time_json(report.summary.last_end_ns)},
               {"requests_made", counts_json(made)}};
  for (const char* name :
       {"queued_time", "scheduled_time_delay", "scheduled_time_sleep", "worker_start_delay",
        "worker_time", "worker_start_time_targeted_delay", "request_start_time_delay",
        "request_start_time_targeted_delay", "request_time_delay", "request_time"}) {
    json[std::string(name) + "_avg"] = running.find(name)->mean() / 1e9;
  }
  return json;
}

// The six values of a request; of one that failed null where there is nothing to compute them from.
void add_derived(const GenerationRecord& r, Json& json) {
  const bool ok = r.status == Status::ok;
  const double latency = seconds_between(r.start_ns, r.end_ns);
  const auto first = time_of(r.first_token_ns), last = time_of(r.last_token_ns);
  const double generation_ms = first && last ? 1000 * seconds_between(*first, *last) : 0;
  const double out = static_cast<double>(r.output_tokens), in = static_cast<double>(r.input_tokens);
  const bool times = first && last;
  const auto or_null = [](bool known, double value) { return known ? Json(value) : Json(nullptr); };
  json["request_latency"] = latency;
  json["time_to_first_token_ms"] =
      or_null(ok || first, first ? 1000 * seconds_between(r.start_ns, *first) : 0);
  json["time_per_output_token_ms"] =
      or_null(ok || (times && out > 0), out > 0 ? generation_ms / out : 0);
  json["inter_token_latency_ms"] = or_null(ok || times, out > 1 ? generation_ms / (out - 1) : 0);
  json["tokens_per_second"] = latency == 0 ? 0.0 : (in + out) / latency;
  json["output_tokens_per_second"] = or_null(ok || times, latency == 0 ? 0.0 : out / latency);
}

Json request_json(const GenerationRecord& r) {
  const bool ok = r.status == Status::ok;
  const bool canceled = r.status == Status::incomplete;
  Json json = {{"type_", ok ? "generative_text_response" : "generative_text_error"},
               {"request_id", std::to_string(r.request_id)},
               {"request_type", "text_completions"},
               {"scheduler_info",
                {{"requested", true},
                 {"completed", ok},
                 {"errored", !ok},
                 {"canceled", canceled},
                 {"targeted_start_time", time_or_less(r.intended_start_ns)},
                 {"queued_time", time_or_less(r.queued_ns)},
                 {"dequeued_time", time_or_less(r.dequeued_ns)},
                 {"scheduled_time", time_or_less(r.scheduled_ns)},
                 {"worker_start", time_or_less(r.resolve_start_ns)},
                 {"request_start", time_or_less(r.start_ns)},
                 {"request_end", time_or_less(r.end_ns)},
                 {"worker_end", time_or_less(r.resolve_end_ns)},
                 {"process_id", 0}}},
               {"prompt", ""},
               {"output", ""},
               {"prompt_tokens", r.input_tokens},
               {"output_tokens", r.output_tokens},
               {"start_time", time_or_less(r.start_ns)},
               {"end_time", time_or_less(r.end_ns)},
               {"first_token_time", time_json(time_of(r.first_token_ns))},
               {"last_token_time", time_json(time_of(r.last_token_ns))}};
  if (!ok) json["error"] = r.error_class == 0 ? "" : "error " + std::to_string(r.error_class);
  add_derived(r, json);
  return json;
}

}  // namespace

Json guidellm_metrics_json(const GenerationReport& report) {
  Json metrics = Json::object();
  for (std::size_t i = 0; i < report.summary.metrics.size(); ++i) {
    const StatusDistributions& distributions = report.summary.metrics[i];
    Json& json = metrics[report.profile->metrics[i].name];
    for (std::size_t s = 0; s < kStatusCount; ++s) {
      json[kStatuses[s]] = distribution_json(distributions.by_status[s], report.profile->as_0_2_1);
    }
    json["total"] = distribution_json(distributions.total, report.profile->as_0_2_1);
  }
  return metrics;
}

Json guidellm_0_2_1_json(const GenerationReport& report, const GuidellmTexts& texts) {
  Json requests = Json::object();
  for (std::size_t s = 0; s < kStatusCount; ++s) {
    Json& list = requests[kStatuses[s]] = Json::array();
    for (const GenerationRecord& r : report.requests[s]) list.push_back(request_json(r));
  }
  requests["total"] = nullptr;
  const auto start = report.summary.first_start_ns, end = report.summary.last_end_ns;
  Json benchmark = {{"type_", "generative_benchmark"},
                    {"id_", texts.id},
                    {"run_id", texts.run_id},
                    {"args", texts.args},
                    {"run_stats", run_stats_json(report)},
                    {"worker", texts.worker},
                    {"request_loader", texts.request_loader},
                    {"extras", texts.extras},
                    {"metrics", guidellm_metrics_json(report)},
                    {"start_time", time_json(start)},
                    {"end_time", time_json(end)},
                    {"request_totals", counts_json(report.summary.requests)},
                    {"request_samples", nullptr},
                    {"requests", std::move(requests)},
                    {"duration", start && end ? Json(seconds_between(*start, *end)) : Json(nullptr)}};
  return {{"benchmarks", Json::array({std::move(benchmark)})}};
}

}  // namespace millrace
