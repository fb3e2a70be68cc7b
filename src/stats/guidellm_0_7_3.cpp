// SPDX-License-Identifier: Apache-2.0
//
// The definitions of guidellm 0.7.3 (schemas/request_stats.py, benchmark/schemas/metrics.py), with its
// faults: what is missing enters as 0.
#include <cmath>

#include "stats/generation_definitions.hpp"
#include "stats/generation_profile.hpp"
#include "stats/generation_values.hpp"

namespace millrace {
namespace {

double number(std::optional<std::int64_t> count) { return static_cast<double>(count.value_or(0)); }

// 0 where a time is missing.
double seconds_or_0(std::int64_t from_ns, std::int64_t to_ns) {
  const bool both = from_ns != kAbsentTime && to_ns != kAbsentTime;
  return both ? seconds_between(from_ns, to_ns) : 0;
}

// Tokens of each iteration behind the first; nullopt: there is none, or they cannot be told.
std::optional<double> tokens_per_iteration(const GenerationRecord& r) {
  const std::int64_t n = output_tokens_of(r).value_or(0), iterations = token_iterations_of(r);
  if (n <= 1 || iterations <= 1) return std::nullopt;
  return static_cast<double>(n - 1) / static_cast<double>(iterations - 1);
}

bool timed_iterations(const GenerationRecord& r) {
  return r.first_token_ns != kAbsentTime && r.last_token_ns != kAbsentTime &&
         token_iterations_of(r) > 1;
}

void prompt_events(const GenerationRecord& r, MetricSink& sink) {
  const auto at = r.first_token_ns != kAbsentTime ? time_of(r.first_token_ns) : end_of(r);
  if (at) sink.event(*at, count_of(r.input_tokens).value_or(0) * kOne);
}

void output_events(const GenerationRecord& r, MetricSink& sink) {
  const std::int64_t n = output_tokens_of(r).value_or(0);
  if (!timed_iterations(r)) {
    const auto at = r.last_token_ns != kAbsentTime ? time_of(r.last_token_ns) : end_of(r);
    if (at) sink.event(*at, n * kOne);
    return;
  }
  sink.event(r.first_token_ns, n != 0 ? kOne : 0);
  if (const auto each = tokens_per_iteration(r)) {
    sink.spread(r.first_token_ns, r.last_token_ns, token_iterations_of(r) - 1,
                std::llround(*each * static_cast<double>(kOne)));
  }
}

constexpr GenerationMetric kMetrics[] = {
    {.name = "requests_per_second",
     .unit = "1/s",
     .kind = MetricKind::rate,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           if (const auto end = end_of(r)) sink.event(*end);
         },
     .formula = "1 at each end; over half of the way to either neighbour",
     .weight = "time",
     .population = "all",
     .in_window = true},
    {.name = "request_concurrency",
     .unit = "requests",
     .kind = MetricKind::concurrency,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const auto begin = begin_of(r), end = end_of(r);
           if (begin && end) sink.interval(*begin, *end);
         },
     .formula = "requests under way; near events add their changes",
     .weight = "time",
     .population = "start and end are known",
     .in_window = true},
    {.name = "request_latency",
     .unit = "s",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { sink.value(seconds_or_0(r.start_ns, r.end_ns)); },
     .formula = "end - start; 0 without them",
     .weight = "1",
     .population = "all"},
    {.name = "request_streaming_iterations_count",
     .unit = "iterations",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { sink.value(number(request_iterations_of(r))); },
     .formula = "iterations of the answer; 0 without",
     .weight = "1",
     .population = "all"},
    {.name = "prompt_token_count",
     .unit = "tokens",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { sink.value(number(count_of(r.input_tokens))); },
     .formula = "prompt tokens; 0 without",
     .weight = "1",
     .population = "all"},
    {.name = "output_token_count",
     .unit = "tokens",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { sink.value(number(output_tokens_of(r))); },
     .formula = "output tokens, else iterations that brought some; 0 without",
     .weight = "1",
     .population = "all"},
    {.name = "total_token_count",
     .unit = "tokens",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           sink.value(number(count_of(r.input_tokens)) + number(output_tokens_of(r)));
         },
     .formula = "prompt + output tokens",
     .weight = "1",
     .population = "all"},
    {.name = "time_to_first_token_ms",
     .unit = "ms",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           sink.value(1000 * seconds_or_0(r.start_ns, r.first_token_ns));
         },
     .formula = "first token - start; 0 without one",
     .weight = "1",
     .population = "all"},
    {.name = "time_to_first_output_token_ms",
     .unit = "ms",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const bool told = r.first_output_token_ns != kAbsentTime;
           const std::int64_t first = told ? r.first_output_token_ns : r.first_token_ns;
           sink.value(1000 * seconds_or_0(r.start_ns, first));
         },
     .formula = "first token that is no reasoning - start; 0 without one",
     .weight = "1",
     .population = "all"},
    {.name = "time_per_output_token_ms",
     .unit = "ms",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const std::int64_t n = output_tokens_of(r).value_or(0);
           const auto last = r.last_token_ns != kAbsentTime ? time_of(r.last_token_ns) : end_of(r);
           const double ms = 1000 * seconds_or_0(r.start_ns, last.value_or(kAbsentTime));
           if (n > 0) sink.value(ms / static_cast<double>(n), n);
         },
     .formula = "(last token, else end, - start) / output tokens",
     .weight = "output tokens",
     .population = "at least 1 output token"},
    {.name = "inter_token_latency_ms",
     .unit = "ms",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const std::int64_t n = output_tokens_of(r).value_or(0);
           if (n <= 1) return;
           const double ms = 1000 * seconds_or_0(r.first_token_ns, r.last_token_ns);
           sink.value(ms / static_cast<double>(n - 1), n - 1);
         },
     .formula = "(last token - first token) / (output tokens - 1); 0 without them",
     .weight = "output tokens - 1",
     .population = "at least 2 output tokens"},
    {.name = "prompt_tokens_per_second",
     .unit = "tokens/s",
     .kind = MetricKind::rate,
     .take = prompt_events,
     .formula =
         "prompt tokens at the first token, else the end; over half of the way to either neighbour",
     .weight = "time",
     .population = "all"},
    {.name = "output_tokens_per_second",
     .unit = "tokens/s",
     .kind = MetricKind::rate,
     .take = output_events,
     .formula =
         "1 at the first token, the others evenly over the iterations to the last token; over "
         "half of the way to either neighbour",
     .weight = "time",
     .population = "all"},
    {.name = "tokens_per_second",
     .unit = "tokens/s",
     .kind = MetricKind::rate,
     .take = prompt_events,
     .formula = "those of the prompt and of the output together",
     .weight = "time",
     .population = "all",
     .with = "output_tokens_per_second"},
    {.name = "output_tokens_per_iteration",
     .unit = "tokens",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const std::int64_t n = output_tokens_of(r).value_or(0);
           if (!timed_iterations(r)) return sink.value(static_cast<double>(n));
           sink.value(n != 0 ? 1 : 0);
           if (const auto each = tokens_per_iteration(r)) {
             sink.value(*each, token_iterations_of(r) - 1);
           }
         },
     .formula =
         "1 of the first iteration, the others evenly; all at once where iterations are not known",
     .weight = "1 an iteration",
     .population = "all"},
    {.name = "iter_tokens_per_iteration",
     .unit = "tokens",
     .kind = MetricKind::values,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const auto each = timed_iterations(r) ? tokens_per_iteration(r) : std::nullopt;
           if (each) sink.value(*each, token_iterations_of(r) - 1);
         },
     .formula = "(output tokens - 1) / (iterations - 1)",
     .weight = "1 an iteration, without the first",
     .population = "at least 2 output tokens and 2 iterations"},
};

}  // namespace

GenerationProfile guidellm_0_7_3() {
  return {.name = "guidellm-0.7.3",
          .metrics = kMetrics,
          .begin = begin_of,
          .end = end_of,
          .values = {.count = DistributionRule::Count::weights},
          .near_seconds = 1e-4,
          .arithmetic = TimeAxis::Arithmetic::seconds,
          .as_0_2_1 = false,
          .running = RunningTable::guidellm_0_7_3};
}

}  // namespace millrace
