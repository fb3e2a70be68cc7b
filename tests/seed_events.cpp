// SPDX-License-Identifier: Apache-2.0
//
// The golden vectors of guidellm's aggregator: events in, running statistics and phases out.
#include <cmath>
#include <string>

#include "seed_vectors.hpp"
#include "stats/generation_running.hpp"

namespace millrace {
namespace {

// Multiples of 1/512 s; -1 and null: not told.
std::int64_t nanoseconds(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number()) return kAbsentTime;
  const double seconds = object[key];
  return seconds < 0 ? kAbsentTime : std::llround(seconds * 1e9);
}

std::int32_t tokens(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number()) return kAbsentCount;
  return object[key];
}

bool flag(const Json& info, const char* key) { return info.value(key, false); }

// By the precedence canceled, errored, completed.
GenerationRecord record_of(const Json& event) {
  const Json& info = event["request_info"];
  const Json& response = event["response"];
  const Json& run = event["run_info"];
  GenerationRecord r;
  r.event = event["type_"] == "request_scheduled"                ? Event::scheduled
            : event["type_"] == "request_start"                  ? Event::started
            : flag(info, "canceled") && !flag(info, "requested") ? Event::withdrawn
                                                                 : Event::result;
  r.status = flag(info, "canceled")  ? Status::incomplete
             : flag(info, "errored") ? Status::error
                                     : Status::ok;
  r.intended_start_ns = nanoseconds(info, "targeted_start_time");
  r.queued_ns = nanoseconds(info, "queued_time");
  r.dequeued_ns = nanoseconds(info, "dequeued_time");
  r.scheduled_ns = nanoseconds(info, "scheduled_time");
  r.resolve_start_ns = nanoseconds(info, "worker_start");
  r.resolve_end_ns = nanoseconds(info, "worker_end");
  r.start_ns = nanoseconds(response, "start_time");
  r.end_ns = nanoseconds(response, "end_time");
  r.first_token_ns = nanoseconds(response, "first_iter_time");
  r.last_token_ns = nanoseconds(response, "last_iter_time");
  r.input_tokens = tokens(response, "response_prompt_tokens");
  r.output_tokens = tokens(response, "response_output_tokens");
  r.requested_input_tokens = tokens(response, "request_prompt_tokens");
  r.requested_output_tokens = tokens(response, "request_output_tokens");
  r.error_class = response.is_object() && !response["error"].is_null() ? 2 : 0;
  r.created_requests = tokens(run, "created_requests");
  r.queued_requests = tokens(run, "queued_requests");
  r.scheduled_requests = tokens(run, "scheduled_requests");
  r.processing_requests = tokens(run, "processing_requests");
  r.completed_requests = tokens(run, "completed_requests");
  return r;
}

TokenSource source_of(const Json& args, const char* key) {
  return args[key] == "request" ? TokenSource::request : TokenSource::response;
}

RunningRules rules_of(const Json& args, bool sign_of_0_2_1) {
  const Json& limits = args["args"];
  const auto number = [&](const char* key) { return limits.value(key, std::uint64_t{0}); };
  const auto ns = [&](const char* key) { return std::llround(limits.value(key, 0.0) * 1e9); };
  return {.table = RunningTable::guidellm_0_2_1,
          .sources = {source_of(args, "preferred_prompt_tokens_source"),
                      source_of(args, "preferred_output_tokens_source")},
          .phases = {.warmup_number = number("warmup_number"),
                     .cooldown_number = number("cooldown_number"),
                     .max_number = number("max_number"),
                     .warmup_ns = ns("warmup_duration"),
                     .cooldown_ns = ns("cooldown_duration"),
                     .max_ns = ns("max_duration"),
                     .start_ns = std::llround(args["aggregator_start_time"].get<double>() * 1e9),
                     .warmup_before_start = sign_of_0_2_1}};
}

void expect_stat(const Json& expected, const RunningStat& stat, double unit, double elapsed_s,
                 const std::string& what) {
  SCOPED_TRACE(what);
  EXPECT_EQ(expected["count"].get<std::uint64_t>(), stat.count);
  const auto expect = [&](const char* key, double actual) {
    EXPECT_TRUE(close(*number(expected[key]), actual))
        << key << ": " << expected[key] << ", got " << actual;
  };
  expect("total", static_cast<double>(stat.total) * unit);
  expect("last", static_cast<double>(stat.last) * unit);
  expect("mean", stat.mean() * unit);
  expect("rate", stat.rate(elapsed_s) * unit);
  if (expected.contains("mean_ms")) expect("mean_ms", stat.mean() * unit * 1000);
}

const char* const kStatuses[] = {"successful", "errored", "incomplete"};

// The events in order; what each step showed, and what was kept, by status.
GenerationRunning run(const Json& events, const Json& expected, const RunningRules& rules,
                      std::map<std::string, GenerationRecord>& kept_records) {
  GenerationRunning running(rules);
  Json steps = Json::array();
  Json kept = {
      {"successful", Json::array()}, {"errored", Json::array()}, {"incomplete", Json::array()}};
  for (const Json& event : events) {
    const GenerationRecord record = record_of(event);
    const bool counted = running.add(record);
    if (event["type_"] != "request_complete") {
      EXPECT_FALSE(counted);
      continue;
    }
    const Json id = event["request"]["request_id"];
    steps.push_back({id, counted, running.in_warmup(), running.in_cooldown()});
    if (!counted || !running.kept()) continue;
    kept[kStatuses[static_cast<std::size_t>(record.status)]].push_back(id);
    kept_records[id] = record;
  }
  EXPECT_EQ(steps, expected["steps_id_returned_inwarmup_incooldown"]);
  EXPECT_EQ(kept, expected["retained"]);
  return running;
}

}  // namespace

void check_guidellm_events(const fs::path& dir) {
  const Json args = read_json(dir / "args.json"), expected = read_json(dir / "expected.json");
  Json events = Json::array();
  std::ifstream lines(dir / "events.jsonl");
  for (std::string line; std::getline(lines, line);) events.push_back(Json::parse(line));
  const double elapsed = args["now"].get<double>() - args["aggregator_start_time"].get<double>();

  std::map<std::string, GenerationRecord> kept;
  (void)run(events, expected["v030_warmup_sign"], rules_of(args, false), kept);
  kept.clear();
  const RunningRules rules = rules_of(args, true);
  const Json& v021 = expected["v021"];
  const GenerationRunning running = run(events, v021, rules, kept);
  for (std::size_t i = 0; i < GenerationRunning::kScheduler.size(); ++i) {
    const char* name = GenerationRunning::kScheduler[i];
    expect_stat(v021["scheduler_stats"][name], running.scheduler()[i], 1, elapsed, name);
  }
  const Json& requests = v021["requests_stats"];
  for (std::size_t s = 0; s < kStatusCount; ++s) {
    expect_stat(requests["totals"][kStatuses[s]], running.requests(static_cast<Status>(s)), 1,
                elapsed, kStatuses[s]);
  }
  expect_stat(requests["totals"]["total"], running.requests(), 1, elapsed, "total");
  EXPECT_EQ(requests.size(), 1 + running.metrics().size());
  for (const auto& [name, is_time, stat] : running.metrics()) {
    ASSERT_TRUE(requests.contains(name)) << name;
    expect_stat(requests[name], stat, is_time ? 1e-9 : 1, elapsed, name);
  }
  for (const auto& [key, value] : v021["run_stats"].items()) {
    if (!key.ends_with("_avg")) continue;
    const RunningStat* stat = running.find(key.substr(0, key.size() - 4));
    ASSERT_NE(stat, nullptr) << key;
    EXPECT_TRUE(close(value.get<double>(), stat->mean() / 1e9)) << key;
  }
  for (const auto& [id, tokens_and_times] : v021["compiled_tokens"].items()) {
    const GenerationRecord stored = with_stored_tokens(kept.at(id), rules.sources);
    EXPECT_EQ(stored.input_tokens, tokens_and_times[0].get<int>()) << id;
    EXPECT_EQ(stored.output_tokens, tokens_and_times[1].get<int>()) << id;
  }
  EXPECT_EQ(v021["compiled_tokens"].size(), kept.size());
}

}  // namespace millrace
