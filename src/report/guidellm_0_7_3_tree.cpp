// SPDX-License-Identifier: Apache-2.0
//
// benchmarks.json of guidellm 0.7.3, report version 2. What is not known is null there, but for the scheduler's
// times and delays: -1, also where a mean is 0.
#include <cmath>
#include <utility>

#include "millrace/c/version.h"

#include "report/guidellm_trees.hpp"
#include "stats/generation_definitions.hpp"
#include "stats/generation_values.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

// ---- A request ---------------------------------------------------------------------------------------

Json count_json(std::optional<std::int64_t> count) { return count ? Json(*count) : Json(nullptr); }

Json timings_json(const GenerationRecord& r) {
  const auto time = [](std::int64_t ns) { return seconds_json(time_of(ns)); };
  const bool reasons = r.first_output_token_ns != kAbsentTime;  // else its first token is output
  return {
      {"targeted_start", time(r.intended_start_ns)},
      {"queued", time(r.queued_ns)},
      {"dequeued", time(r.dequeued_ns)},
      {"scheduled_at", time(r.scheduled_ns)},
      {"resolve_start", time(r.resolve_start_ns)},
      {"request_start", time(r.start_ns)},
      {"first_request_iteration", time(r.first_iteration_ns)},
      {"first_token_iteration", time(r.first_token_ns)},
      {"first_output_token_iteration", time(reasons ? r.first_output_token_ns : r.first_token_ns)},
      {"last_token_iteration", time(r.last_token_ns)},
      {"last_request_iteration", time(r.last_iteration_ns)},
      {"request_iterations", request_iterations_of(r)},
      {"token_iterations", token_iterations_of(r)},
      {"request_end", time(r.end_ns)},
      {"resolve_end", time(r.resolve_end_ns)},
      {"finalized", time(r.finalized_ns)}};
}

Json info_json(const GenerationRecord& r, const std::string& error) {
  const bool ok = r.status == Status::ok;
  const char* const status = ok                               ? "completed"
                             : r.status == Status::incomplete ? "cancelled"
                                                              : "errored";
  return {{"request_id", std::to_string(r.request_id)},
          {"conversation_id", nullptr},
          {"turn_index", 0},
          {"status", status},
          {"scheduler_node_id", -1},
          {"scheduler_process_id", -1},
          {"scheduler_start_time", -1},
          {"timings", timings_json(r)},
          {"settings", {{"relative_timestamp", nullptr}, {"requeue_delay", nullptr}}},
          {"error", ok || error.empty() ? Json(nullptr) : Json(error)},
          {"traceback", nullptr},
          {"started_at", seconds_json(begin_of(r))},
          {"completed_at", seconds_json(end_of(r))}};
}

// Of text alone: a record knows of no other kind.
Json usage_json(std::optional<std::int64_t> tokens, std::optional<std::int64_t> characters) {
  Json usage = {{"text_tokens", count_json(tokens)},
                {"text_words", nullptr},
                {"text_characters", count_json(characters)}};
  for (const char* other : {"image_tokens", "image_count", "image_pixels", "image_bytes",
                            "video_tokens", "video_frames", "video_seconds", "video_bytes",
                            "audio_tokens", "audio_samples", "audio_seconds", "audio_bytes",
                            "tool_call_tokens", "mixed_content_tool_tokens", "tool_call_count"}) {
    usage[other] = nullptr;
  }
  usage["total_tokens"] = count_json(tokens);
  return usage;
}

void add_derived(const GenerationRecord& r, Json& json) {
  using Number = std::optional<double>;
  const auto seconds = [](std::int64_t from, std::int64_t to) -> Number {
    if (from == kAbsentTime || to == kAbsentTime) return std::nullopt;
    return seconds_between(from, to);
  };
  const auto scaled = [](Number value, double by) -> Number {
    return value ? Number(*value * by) : std::nullopt;
  };
  const auto over = [](Number value, double divisor) -> Number {
    return value && divisor != 0 ? Number(*value / divisor) : std::nullopt;
  };
  const auto in = count_of(r.input_tokens), out = output_tokens_of(r);
  const double n = static_cast<double>(out.value_or(0));
  const double all = n + static_cast<double>(in.value_or(0));
  const double iterations = static_cast<double>(token_iterations_of(r));
  const Number latency = seconds(r.start_ns, r.end_ns);
  const auto last = r.last_token_ns != kAbsentTime ? time_of(r.last_token_ns) : end_of(r);
  const Number whole = seconds(r.start_ns, last.value_or(kAbsentTime));
  const Number gaps = n > 1 ? seconds(r.first_token_ns, r.last_token_ns) : std::nullopt;
  const auto rate = [&](bool known, double tokens) {
    return known && latency ? over(tokens, *latency) : std::nullopt;
  };

  json["request_start_time"] = seconds_json(begin_of(r));
  json["request_end_time"] = seconds_json(end_of(r));
  json["request_latency"] = or_null(latency);
  json["prompt_tokens"] = count_json(in);
  json["output_tokens"] = count_json(out);
  json["total_tokens"] = in || out ? Json(in.value_or(0) + out.value_or(0)) : Json(nullptr);
  json["time_to_first_token_ms"] = or_null(scaled(seconds(r.start_ns, r.first_token_ns), 1000));
  json["time_per_output_token_ms"] = or_null(over(scaled(whole, 1000), n));
  json["inter_token_latency_ms"] = or_null(over(scaled(gaps, 1000), n - 1));
  json["tokens_per_second"] = or_null(rate(in || out, all));
  json["output_tokens_per_second"] = or_null(rate(out.has_value(), n));
  const bool reasons = r.first_output_token_ns != kAbsentTime;
  const std::int64_t first_output = reasons ? r.first_output_token_ns : r.first_token_ns;
  json["time_to_first_output_token_ms"] = or_null(scaled(seconds(r.start_ns, first_output), 1000));
  json["iter_tokens_per_iteration"] =
      or_null(n > 1 && iterations > 1 ? over(n - 1, iterations - 1) : std::nullopt);
  json["output_tokens_per_iteration"] = or_null(out ? over(n, iterations) : std::nullopt);
}

// ---- The benchmark around them -----------------------------------------------------------------------

double or_less(std::optional<std::int64_t> ns) { return ns ? seconds_of(*ns) : -1.0; }

Json scheduler_metrics_json(const GenerationReport& report) {
  const auto& window = report.window;
  Json json = {
      {"start_time", seconds_of(report.opened_ns)},
      {"request_start_time", or_less(report.first_start_ns)},
      {"measure_start_time",
       window ? seconds_of(window->begin_ns) : or_less(report.first_start_ns)},
      {"measure_end_time", window ? seconds_of(window->end_ns) : or_less(report.last_end_ns)},
      {"request_end_time", or_less(report.last_end_ns)},
      {"end_time", seconds_of(report.finished_ns)},
      {"requests_made", made_json(*report.running)}};
  for (const char* name :
       {"queued_time", "resolve_start_delay", "resolve_targeted_start_delay", "request_start_delay",
        "request_targeted_start_delay", "request_time", "resolve_end_delay", "resolve_time",
        "finalized_delay", "processed_delay"}) {  // the last one: no record tells it
    const RunningStat* const stat = report.running->find(name);
    const double mean = stat == nullptr ? 0 : stat->mean() / 1e9;
    json[std::string(name) + "_avg"] = mean == 0 ? -1.0 : mean;
  }
  return json;
}

Json scheduler_state_json(const GenerationReport& report) {
  const GenerationRunning& running = *report.running;
  const auto made = running.requests().count;
  const auto last = [&](std::size_t i, std::uint64_t otherwise) {  // of kScheduler
    const RunningStat& stat = running.scheduler()[i];
    return stat.count == 0 ? Json(otherwise) : Json(stat.last);
  };
  return {{"node_id", -1},
          {"num_processes", -1},
          {"start_time", seconds_of(report.opened_ns)},
          {"end_time", seconds_of(report.finished_ns)},
          {"start_requests_time", seconds_json(report.first_start_ns)},
          {"end_requests_time", seconds_json(report.last_end_ns)},
          {"end_queuing_time", nullptr},
          {"end_queuing_constraints", Json::object()},
          {"end_processing_time", nullptr},
          {"end_processing_constraints", Json::object()},
          {"scheduler_constraints", Json::object()},
          {"progress",
           {{"remaining_requests", nullptr},
            {"total_requests", nullptr},
            {"remaining_duration", nullptr},
            {"total_duration", nullptr},
            {"stop_time", nullptr}}},
          {"created_requests", last(0, made)},
          {"queued_requests", last(1, 0)},
          {"pending_requests", 0},
          {"processing_requests", last(3, 0)},
          {"processed_requests", made},
          {"successful_requests", running.requests(Status::ok).count},
          {"errored_requests", running.requests(Status::error).count},
          {"cancelled_requests", running.requests(Status::incomplete).count}};
}

Json metrics_json(const GenerationReport& report) {
  Json metrics = {{"request_totals", counts_json(report.summary.requests)}};
  metrics.update(guidellm_metrics_json(report));
  return metrics;
}

Json config_json(const GenerationReport& report, const GuidellmTexts& texts) {
  const Json phase = {{"percent", nullptr}, {"value", nullptr}, {"mode", "prefer_duration"}};
  const auto sample = report.requests->sample();
  Json config = {{"id_", texts.id},
                 {"run_id", texts.run_id},
                 {"run_index", 0},
                 {"strategy", nullptr},
                 {"constraints", Json::object()},
                 {"sample_size", sample ? Json(*sample) : Json(nullptr)},
                 {"warmup", phase},
                 {"cooldown", phase},
                 {"prefer_response_metrics", report.sources.output == TokenSource::response},
                 {"profile", Json::object()},
                 {"requests", Json::object()},
                 {"backend", Json::object()},
                 {"environment", Json::object()}};
  config.update(texts.config);
  return config;
}

}  // namespace

Json guidellm_0_7_3_request(const GenerationRecord& r, const std::string& error) {
  Json json = {
      {"type_", "generative_request_stats"},
      {"request_id", std::to_string(r.request_id)},
      {"response_id", nullptr},
      {"request_args", nullptr},
      {"output", nullptr},
      {"reasoning_output", nullptr},
      {"tool_calls", nullptr},
      {"info", info_json(r, error)},
      {"input_metrics", usage_json(count_of(r.input_tokens), count_of(r.input_characters))},
      {"output_metrics", usage_json(count_of(r.output_tokens), std::nullopt)}};
  add_derived(r, json);
  return json;
}

Json guidellm_0_7_3_tree(const GenerationReport& report, const GuidellmTexts& texts) {
  Json scheduler = scheduler_metrics_json(report);
  const auto time = [&](const char* key) { return scheduler[key].get<double>(); };
  const double start = time("measure_start_time"), end = time("measure_end_time");
  const double warmup = start - time("request_start_time");
  const double cooldown = time("request_end_time") - end;
  Json benchmark = {{"type_", "generative_benchmark"},
                    {"config", config_json(report, texts)},
                    {"scheduler_state", scheduler_state_json(report)},
                    {"scheduler_metrics", std::move(scheduler)},
                    {"metrics", metrics_json(report)},
                    {"requests", requests_json()},
                    {"start_time", start},
                    {"end_time", end},
                    {"duration", end - start},
                    {"warmup_duration", warmup},
                    {"cooldown_duration", cooldown}};
  Json config = {{"metadata", {{"labels", Json::object()}}},
                 {"spec", Json::object()},
                 {"benchmarks", Json::array({nullptr})}};
  config.update(texts.document_config);
  return {{"metadata",
           {{"version", 2},
            {"guidellm_version", "0.7.3"},
            {"python_version", ""},
            {"platform", "millrace " MILLRACE_VERSION}}},
          {"config", std::move(config)},
          {"benchmarks", Json::array({std::move(benchmark)})}};
}

}  // namespace millrace
