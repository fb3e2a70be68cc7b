// SPDX-License-Identifier: Apache-2.0
//
// Our own definitions: what is not known enters nothing, each thing counts once, times are exact.
#include "stats/generation_definitions.hpp"
#include "stats/generation_profile.hpp"
#include "stats/generation_values.hpp"

namespace millrace {
namespace {

void duration(MetricSink& sink, std::int64_t from_ns, std::int64_t to_ns) {
  const auto ns = between(from_ns, to_ns);
  if (ns && *ns >= 0) sink.value(milliseconds(*ns));
}

void count(MetricSink& sink, std::optional<std::int64_t> tokens) {
  if (tokens) sink.value(static_cast<double>(*tokens));
}

// The mean gap between tokens, and how many there are.
void gaps(MetricSink& sink, const GenerationRecord& r, std::int64_t last_ns, bool by_gap) {
  const std::int64_t n = output_tokens_of(r).value_or(0);
  const auto ns = between(r.first_token_ns, last_ns);
  if (n < 2 || !ns || *ns < 0) return;
  sink.value(milliseconds(*ns) / static_cast<double>(n - 1), by_gap ? n - 1 : 1);
}

void prompt_events(const GenerationRecord& r, MetricSink& sink) {
  const auto tokens = count_of(r.input_tokens);
  if (tokens && r.first_token_ns != kAbsentTime) sink.event(r.first_token_ns, *tokens * kOne);
}

// One by one: an iteration may bring several, but when each came is not known.
void output_events(const GenerationRecord& r, MetricSink& sink) {
  const auto tokens = output_tokens_of(r);
  if (!tokens || *tokens < 1 || r.first_token_ns == kAbsentTime) return;
  sink.event(r.first_token_ns);
  if (*tokens == 1 || r.last_token_ns == kAbsentTime) return;
  sink.spread(r.first_token_ns, r.last_token_ns, *tokens - 1);
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
     .population = "end is known",
     .in_window = true},
    {.name = "request_concurrency",
     .unit = "requests",
     .kind = MetricKind::concurrency,
     .take =
         [](const GenerationRecord& r, MetricSink& sink) {
           const auto begin = begin_of(r), end = end_of(r);
           if (begin && end && *begin <= *end) sink.interval(*begin, *end);
         },
     .formula = "requests under way",
     .weight = "time",
     .population = "start and end are known",
     .in_window = true},
    {.name = "request_latency",
     .unit = "ms",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { duration(sink, r.start_ns, r.end_ns); },
     .formula = "end - start",
     .weight = "1",
     .population = "both are known"},
    {.name = "response_time",
     .unit = "ms",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { duration(sink, r.intended_start_ns, r.end_ns); },
     .formula = "end - intended start",
     .weight = "1",
     .population = "both are known"},
    {.name = "time_to_first_token",
     .unit = "ms",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { duration(sink, r.start_ns, r.first_token_ns); },
     .formula = "first token - start",
     .weight = "1",
     .population = "both are known"},
    {.name = "time_to_first_output_token",
     .unit = "ms",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { duration(sink, r.start_ns, r.first_output_token_ns); },
     .formula = "first token that is no reasoning - start",
     .weight = "1",
     .population = "both are known"},
    {.name = "time_per_output_token",
     .unit = "ms",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r, MetricSink& sink) { gaps(sink, r, r.end_ns, false); },
     .formula = "(end - first token) / (output tokens - 1)",
     .weight = "1",
     .population = "at least 2 output tokens"},
    {.name = "itl_request_mean",
     .unit = "ms",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { gaps(sink, r, r.last_token_ns, false); },
     .formula = "(last token - first token) / (output tokens - 1)",
     .weight = "1",
     .population = "at least 2 output tokens"},
    {.name = "itl_request_mean_by_gap",
     .unit = "ms",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { gaps(sink, r, r.last_token_ns, true); },
     .formula = "(last token - first token) / (output tokens - 1)",
     .weight = "output tokens - 1",
     .population = "at least 2 output tokens"},
    {.name = "prompt_token_count",
     .unit = "tokens",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r,
                MetricSink& sink) { count(sink, count_of(r.input_tokens)); },
     .formula = "prompt tokens",
     .weight = "1",
     .population = "known"},
    {.name = "output_token_count",
     .unit = "tokens",
     .kind = MetricKind::values,
     .take = [](const GenerationRecord& r, MetricSink& sink) { count(sink, output_tokens_of(r)); },
     .formula = "output tokens, else iterations that brought some",
     .weight = "1",
     .population = "known"},
    {.name = "prompt_tokens_per_second",
     .unit = "tokens/s",
     .kind = MetricKind::rate,
     .take = prompt_events,
     .formula = "prompt tokens at the first token; over half of the way to either neighbour",
     .weight = "time",
     .population = "both are known",
     .in_window = true},
    {.name = "output_tokens_per_second",
     .unit = "tokens/s",
     .kind = MetricKind::rate,
     .take = output_events,
     .formula = "1 at the first token, the others evenly to the last; over half of the way to "
                "either neighbour",
     .weight = "time",
     .population = "first token and number are known",
     .in_window = true},
    {.name = "tokens_per_second",
     .unit = "tokens/s",
     .kind = MetricKind::rate,
     .take = prompt_events,
     .formula = "those of the prompt and of the output together",
     .weight = "time",
     .population = "as these",
     .in_window = true,
     .with = "output_tokens_per_second"},
};

}  // namespace

GenerationProfile millrace_profile() {
  return {.name = "millrace",
          .metrics = kMetrics,
          .begin = begin_of,
          .end = end_of,
          .values = {.count = DistributionRule::Count::weights},
          .near_seconds = 0,
          .arithmetic = TimeAxis::Arithmetic::exact,
          .as_0_2_1 = false,
          .running = RunningTable::millrace};
}

}  // namespace millrace
