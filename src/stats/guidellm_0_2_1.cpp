// SPDX-License-Identifier: Apache-2.0
//
// The definitions of guidellm 0.2.1 (statistics.py, benchmark.py), with its faults: it counts a missing time
// as 1 s before its clock's start, a prompt's tokens twice in tokens_per_second, and its time per output
// token leaves the time to the first one out.
#include "stats/generation_definitions.hpp"
#include "stats/generation_profile.hpp"
#include "stats/generation_values.hpp"

namespace millrace {
namespace {

constexpr std::int64_t kMissing = -1'000'000'000;

std::int64_t begins(const GenerationRecord& r) { return begin_of(r).value_or(kMissing); }
std::int64_t ends(const GenerationRecord& r) { return end_of(r).value_or(kMissing); }
std::int64_t tokens(std::int32_t count) { return count_of(count).value_or(0); }

// Of an answer. A failed request may have had no token; its metrics are 0 then.
std::optional<std::int64_t> token_time(const GenerationRecord& r, std::int64_t ns) {
  return ns == kAbsentTime && r.status == Status::ok ? std::optional(kMissing) : time_of(ns);
}

double generation_ms(const GenerationRecord& r) {
  const auto first = token_time(r, r.first_token_ns), last = token_time(r, r.last_token_ns);
  return first && last ? 1000 * seconds_between(*first, *last) : 0;
}

// Evenly to the end of the request, not to its last token.
void spread_tokens(const GenerationRecord& r, std::int64_t first_count, std::int64_t count,
                   MetricSink& sink) {
  const std::int64_t first = token_time(r, r.first_token_ns).value_or(begins(r));
  sink.event(first, first_count * kOne);
  if (count > 1) sink.spread(first, ends(r), count - 1);
}

constexpr GenerationMetric kMetrics[] = {
    {.name = "requests_per_second",
     .unit = "1/s",
     .kind = MetricKind::rate,
     .take = [](const GenerationRecord& r, MetricSink& sink) { sink.event(ends(r)); },
     .formula = "1 at each end, and 1 at the first start; each over the way to the next",
     .weight = "time",
     .population = "all",
     .weight_at_first_start = kOne},
    {.name = "request_concurrency",
     .unit = "requests",
     .kind = MetricKind::concurrency,
     .take = [](const GenerationRecord& r, MetricSink& sink) { sink.interval(begins(r), ends(r)); },
     .formula = "requests under way; near events add their levels",
     .weight = "time",
     .population = "all"},
    {.name = "request_latency",
     .unit = "s",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { sink.value(seconds_between(begins(r), ends(r))); },
     .formula = "end - start",
     .weight = "1",
     .population = "all"},
    {.name = "prompt_token_count",
     .unit = "tokens",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           if (r.input_characters != 0) sink.value(static_cast<double>(tokens(r.input_tokens)));
         },
     .formula = "prompt tokens",
     .weight = "1",
     .population = "prompts that are not empty"},
    {.name = "output_token_count",
     .unit = "tokens",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const std::int64_t n = tokens(r.output_tokens);
           if (n > 0) sink.value(static_cast<double>(n));
         },
     .formula = "output tokens",
     .weight = "1",
     .population = "at least 1 output token"},
    {.name = "time_to_first_token_ms",
     .unit = "ms",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           if (tokens(r.output_tokens) <= 0) return;
           const auto first = token_time(r, r.first_token_ns);
           sink.value(first ? 1000 * seconds_between(begins(r), *first) : 0);
         },
     .formula = "first token - start; 0 without one",
     .weight = "1",
     .population = "at least 1 output token"},
    {.name = "time_per_output_token_ms",
     .unit = "ms",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const std::int64_t n = tokens(r.output_tokens);
           if (n > 0) sink.value(generation_ms(r) / static_cast<double>(n), n);
         },
     .formula = "(last token - first token) / output tokens; 0 without them",
     .weight = "output tokens",
     .population = "at least 1 output token"},
    {.name = "inter_token_latency_ms",
     .unit = "ms",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const std::int64_t n = tokens(r.output_tokens);
           if (n > 1) sink.value(generation_ms(r) / static_cast<double>(n - 1), n - 1);
         },
     .formula = "(last token - first token) / (output tokens - 1); 0 without them",
     .weight = "output tokens - 1",
     .population = "at least 2 output tokens"},
    {.name = "output_tokens_per_second",
     .unit = "tokens/s",
     .kind = MetricKind::rate,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const std::int64_t n = tokens(r.output_tokens);
           if (n > 0) spread_tokens(r, 1, n, sink);
         },
     .formula = "1 at the first token (else the start), the others evenly from there to the end; "
                "each over the way to the next",
     .weight = "time",
     .population = "at least 1 output token",
     .weight_at_first_start = 0,
     .weight_at_last_end = 0},
    {.name = "tokens_per_second",
     .unit = "tokens/s",
     .kind = MetricKind::rate,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const std::int64_t n = tokens(r.output_tokens), prompt = tokens(r.input_tokens);
           if (n > 0) spread_tokens(r, prompt, prompt + n, sink);
         },
     .formula =
         "the prompt's at the first token, then prompt + output - 1 evenly from there to the "
         "end; each over the way to the next",
     .weight = "time",
     .population = "at least 1 output token",
     .weight_at_first_start = 0,
     .weight_at_last_end = 0},
};

}  // namespace

GenerationProfile guidellm_0_2_1() {
  return {.name = "guidellm-0.2.1",
          .metrics = kMetrics,
          .begin = [](const GenerationRecord& r) { return std::optional(begins(r)); },
          .end = [](const GenerationRecord& r) { return std::optional(ends(r)); },
          .values = {.equal_values_are_one = false},
          .near_seconds = 1e-6,
          .arithmetic = TimeAxis::Arithmetic::seconds,
          .as_0_2_1 = true,
          .running = RunningTable::guidellm_0_2_1};
}

}  // namespace millrace
