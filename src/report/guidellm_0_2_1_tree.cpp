// SPDX-License-Identifier: Apache-2.0
//
// benchmarks.json of guidellm 0.2.1. A time that it was not told is -1 there; of an answer without token times
// these are -1, too, and its metrics are computed with that.
#include <utility>

#include "report/guidellm_trees.hpp"
#include "stats/generation_definitions.hpp"
#include "stats/generation_values.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kMissing = -1'000'000'000;

Json time_or_less(std::int64_t ns) { return ns == kAbsentTime ? Json(-1) : Json(seconds_of(ns)); }

std::optional<std::int64_t> token_time(const GenerationRecord& r, std::int64_t ns) {
  return ns == kAbsentTime && r.status == Status::ok ? std::optional(kMissing) : time_of(ns);
}

Json run_stats_json(const GenerationReport& report) {
  const GenerationRunning& running = *report.running;
  Json json = {{"start_time", seconds_of(report.opened_ns)},
               {"end_time", seconds_of(report.finished_ns)},
               {"requests_made", made_json(running)}};
  for (const char* name :
       {"queued_time", "scheduled_time_delay", "scheduled_time_sleep", "worker_start_delay",
        "worker_time", "worker_start_time_targeted_delay", "request_start_time_delay",
        "request_start_time_targeted_delay", "request_time_delay", "request_time"}) {
    json[std::string(name) + "_avg"] = running.find(name)->mean() / 1e9;
  }
  return json;
}

Json samples_json(const KeptRequests& requests) {
  if (!requests.sample()) return nullptr;
  Json samples = Json::object();
  for (std::size_t s = 0; s < kStatusCount; ++s) {
    samples[kGuidellmStatuses[s]] = requests.kept(static_cast<Status>(s));
  }
  samples["total"] = nullptr;
  return samples;
}

// The six values of a request; of one that failed null where there is nothing to compute them from.
void add_derived(const GenerationRecord& r, std::int64_t start, std::int64_t end, Json& json) {
  const bool ok = r.status == Status::ok;
  const double latency = seconds_between(start, end);
  const auto first = token_time(r, r.first_token_ns), last = token_time(r, r.last_token_ns);
  const bool times = first && last;
  const double generation_ms = times ? 1000 * seconds_between(*first, *last) : 0;
  const double out = static_cast<double>(r.output_tokens), in = static_cast<double>(r.input_tokens);
  const auto known = [](bool is, double value) {
    return or_null(is ? std::optional(value) : std::nullopt);
  };
  json["request_latency"] = latency;
  json["time_to_first_token_ms"] =
      known(first.has_value(), first ? 1000 * seconds_between(start, *first) : 0);
  json["time_per_output_token_ms"] =
      known(ok || (times && out > 0), out > 0 ? generation_ms / out : 0);
  json["inter_token_latency_ms"] = known(ok || times, out > 1 ? generation_ms / (out - 1) : 0);
  json["tokens_per_second"] = latency == 0 ? 0.0 : (in + out) / latency;
  json["output_tokens_per_second"] = known(ok || times, latency == 0 ? 0.0 : out / latency);
}

}  // namespace

Json guidellm_0_2_1_request(const GenerationRecord& r, const std::string& error) {
  const bool ok = r.status == Status::ok;
  const bool canceled = r.status == Status::incomplete;
  const std::int64_t start = begin_of(r).value_or(kMissing), end = end_of(r).value_or(kMissing);
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
               {"start_time", seconds_of(start)},
               {"end_time", seconds_of(end)},
               {"first_token_time", seconds_json(token_time(r, r.first_token_ns))},
               {"last_token_time", seconds_json(token_time(r, r.last_token_ns))}};
  if (!ok) json["error"] = error;
  add_derived(r, start, end, json);
  return json;
}

Json guidellm_0_2_1_tree(const GenerationReport& report, const GuidellmTexts& texts) {
  const auto start = report.summary.first_start_ns, end = report.summary.last_end_ns;
  Json benchmark = {
      {"type_", "generative_benchmark"},
      {"id_", texts.id},
      {"run_id", texts.run_id},
      {"args", texts.args},
      {"run_stats", run_stats_json(report)},
      {"worker", texts.worker},
      {"request_loader", texts.request_loader},
      {"extras", texts.extras},
      {"metrics", guidellm_metrics_json(report)},
      {"start_time", seconds_json(start)},
      {"end_time", seconds_json(end)},
      {"request_totals", counts_json(report.summary.requests)},
      {"request_samples", samples_json(*report.requests)},
      {"requests", requests_json()},
      {"duration", start && end ? Json(seconds_between(*start, *end)) : Json(nullptr)}};
  return {{"benchmarks", Json::array({std::move(benchmark)})}};
}

}  // namespace millrace
