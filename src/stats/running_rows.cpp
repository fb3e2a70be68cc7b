// SPDX-License-Identifier: Apache-2.0
//
// The tables of running statistics. Sums over tokens are fed as sums with the number of tokens: their mean
// weighs each token once.
#include "stats/generation_running.hpp"

namespace millrace {
namespace {

using Record = GenerationRecord;
using Stat = RunningStat;

void update(Stat& stat, std::optional<std::int64_t> value) {
  if (value) stat.update(*value);
}

// ---- As one would: what is known, once ---------------------------------------------------------------

constexpr RunningRow kMillrace[] = {
    {"queued_time", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.queued_ns, r.dequeued_ns));
     }},
    {"scheduled_time_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.dequeued_ns, r.scheduled_ns));
     }},
    {"scheduled_time_sleep", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       const auto sleep = between(r.scheduled_ns, r.intended_start_ns);
       if (sleep) s.update(std::max<std::int64_t>(*sleep, 0));
     }},
    {"worker_start_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       const auto sleep = between(r.scheduled_ns, r.intended_start_ns);
       const auto delay = between(r.scheduled_ns, r.resolve_start_ns);
       if (delay) s.update(*delay - std::max<std::int64_t>(sleep.value_or(0), 0));
     }},
    {"worker_time", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.resolve_start_ns, r.resolve_end_ns));
     }},
    {"worker_start_time_targeted_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.intended_start_ns, r.resolve_start_ns));
     }},
    {"request_start_time_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.resolve_start_ns, r.start_ns));
     }},
    {"request_start_time_targeted_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.intended_start_ns, r.start_ns));
     }},
    {"request_time_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       const auto before = between(r.resolve_start_ns, r.start_ns);
       const auto after = between(r.end_ns, r.resolve_end_ns);
       if (before && after) s.update(*before + *after);
     }},
    {"request_time", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.start_ns, r.end_ns));
     }},
    {"time_to_first_token", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.start_ns, r.first_token_ns));
     }},
    {"inter_token_latency", true,
     [](const Record& r, const TokenSources& from, Stat& s) {
       const auto ns = between(r.first_token_ns, r.last_token_ns);
       const std::int64_t n = told_tokens(r.output_tokens, r.requested_output_tokens, from.output);
       if (ns && n > 1) s.update(*ns, static_cast<std::uint64_t>(n - 1));
     }},
    {"prompt_tokens", false,
     [](const Record& r, const TokenSources& from, Stat& s) {
       s.update(told_tokens(r.input_tokens, r.requested_input_tokens, from.input));
     }},
    {"output_tokens", false,
     [](const Record& r, const TokenSources& from, Stat& s) {
       s.update(told_tokens(r.output_tokens, r.requested_output_tokens, from.output));
     }},
    {"total_tokens", false,
     [](const Record& r, const TokenSources& from, Stat& s) {
       s.update(told_tokens(r.input_tokens, r.requested_input_tokens, from.input) +
                told_tokens(r.output_tokens, r.requested_output_tokens, from.output));
     }},
    {"response_time", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.intended_start_ns, r.end_ns));
     }},
    {"time_to_first_output_token", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.start_ns, r.first_output_token_ns));
     }},
    {"worker_end_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.end_ns, r.resolve_end_ns));
     }},
    {"finalized_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.resolve_end_ns, r.finalized_ns));
     }},
    {"output_tokens_per_iteration", false,
     [](const Record& r, const TokenSources& from, Stat& s) {
       const std::int64_t iterations = token_iterations_of(r);
       if (iterations < 1) return;
       s.update(told_tokens(r.output_tokens, r.requested_output_tokens, from.output),
                static_cast<std::uint64_t>(iterations));
     }},
};

// ---- guidellm 0.2.1 ----------------------------------------------------------------------------------

std::int64_t or_before(std::int64_t ns) { return time_of(ns).value_or(-1'000'000'000); }
std::int64_t way(std::int64_t from, std::int64_t to) { return or_before(to) - or_before(from); }
std::int64_t sleep_of(const Record& r) {
  return std::max<std::int64_t>(0, way(r.scheduled_ns, r.intended_start_ns));
}
std::int64_t requested(std::int32_t count) { return count_of(count).value_or(0); }

constexpr RunningRow kGuidellm_0_2_1[] = {
    {"queued_time", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(way(r.queued_ns, r.dequeued_ns));
     }},
    {"scheduled_time_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(way(r.dequeued_ns, r.scheduled_ns));
     }},
    {"scheduled_time_sleep", true,
     [](const Record& r, const TokenSources&, Stat& s) { s.update(sleep_of(r)); }},
    {"worker_start_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(way(r.scheduled_ns, r.resolve_start_ns) - sleep_of(r));
     }},
    {"worker_time", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(way(r.resolve_start_ns, r.resolve_end_ns));
     }},
    {"worker_start_time_targeted_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(way(r.intended_start_ns, r.resolve_start_ns));
     }},
    // Four quantities have a sample of the worker's times and one of the response's.
    {"request_start_time_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(way(r.intended_start_ns, r.resolve_start_ns));
       s.update(way(r.resolve_start_ns, r.start_ns));
     }},
    {"request_start_time_targeted_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(way(r.intended_start_ns, r.resolve_start_ns));
       s.update(way(r.intended_start_ns, r.start_ns));
     }},
    {"request_time_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(0);
       s.update(way(r.resolve_start_ns, r.start_ns) + way(r.end_ns, r.resolve_end_ns));
     }},
    {"request_time", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(way(r.resolve_start_ns, r.resolve_end_ns));
       s.update(way(r.start_ns, r.end_ns));
     }},
    {"time_to_first_token", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       if (r.first_token_ns != kAbsentTime) s.update(way(r.start_ns, r.first_token_ns));
     }},
    {"inter_token_latency", true,
     [](const Record& r, const TokenSources& from, Stat& s) {
       if (r.first_token_ns == kAbsentTime || r.last_token_ns == kAbsentTime) return;
       // Of an error it takes the prompt's tokens for the output's.
       const std::int64_t n =
           r.error_class != 0
               ? requested(r.input_tokens)
               : told_tokens(r.output_tokens, r.requested_output_tokens, from.output);
       s.update(way(r.first_token_ns, r.last_token_ns),
                static_cast<std::uint64_t>((n == 0 ? 1 : n) - 1));
     }},
    {"prompt_tokens", false,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(requested(r.requested_input_tokens));
     }},
    {"output_tokens", false,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(requested(r.requested_output_tokens));
     }},
    {"total_tokens", false,
     [](const Record& r, const TokenSources&, Stat& s) {
       s.update(requested(r.requested_input_tokens) + requested(r.requested_output_tokens));
     }},
};

// ---- guidellm 0.7.3 ----------------------------------------------------------------------------------

constexpr RunningRow kGuidellm_0_7_3[] = {
    {"queued_time", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.queued_ns, r.dequeued_ns));
     }},
    {"resolve_start_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.scheduled_ns, r.resolve_start_ns));
     }},
    {"resolve_targeted_start_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.intended_start_ns, r.resolve_start_ns));
     }},
    {"request_start_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.resolve_start_ns, r.start_ns));
     }},
    {"request_targeted_start_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.intended_start_ns, r.start_ns));
     }},
    {"request_time", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.start_ns, r.end_ns));
     }},
    {"resolve_end_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.end_ns, r.resolve_end_ns));
     }},
    {"resolve_time", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.resolve_start_ns, r.resolve_end_ns));
     }},
    {"finalized_delay", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.resolve_end_ns, r.finalized_ns));
     }},
    {"request_latency", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.start_ns, r.end_ns));
     }},
    {"prompt_tokens", false,
     [](const Record& r, const TokenSources&, Stat& s) { update(s, count_of(r.input_tokens)); }},
    {"output_tokens", false,
     [](const Record& r, const TokenSources&, Stat& s) { update(s, output_tokens_of(r)); }},
    {"total_tokens", false,
     [](const Record& r, const TokenSources&, Stat& s) {
       const auto in = count_of(r.input_tokens), out = output_tokens_of(r);
       if (in || out) s.update(in.value_or(0) + out.value_or(0));
     }},
    {"time_to_first_token", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.start_ns, r.first_token_ns));
     }},
    {"time_to_first_output_token", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       update(s, between(r.start_ns, r.first_output_token_ns));
     }},
    {"time_per_output_token", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       const auto end = r.last_token_ns != kAbsentTime ? time_of(r.last_token_ns) : end_of(r);
       const auto ns = between(r.start_ns, end.value_or(kAbsentTime));
       const std::int64_t n = output_tokens_of(r).value_or(0);
       if (ns && n > 0) s.update(*ns, static_cast<std::uint64_t>(n));
     }},
    {"inter_token_latency", true,
     [](const Record& r, const TokenSources&, Stat& s) {
       const auto ns = between(r.first_token_ns, r.last_token_ns);
       const std::int64_t n = output_tokens_of(r).value_or(0);
       if (ns && n > 1) s.update(*ns, static_cast<std::uint64_t>(n - 1));
     }},
    {"streaming_iterations", false,
     [](const Record& r, const TokenSources&, Stat& s) { s.update(token_iterations_of(r)); }},
    {"output_tokens_by_iteration", false,
     [](const Record& r, const TokenSources&, Stat& s) {
       const std::int64_t n = output_tokens_of(r).value_or(0), iterations = token_iterations_of(r);
       if (iterations >= 1) s.update(n, static_cast<std::uint64_t>(iterations));
     }},
    {"iter_tokens_by_iteration", false,
     [](const Record& r, const TokenSources&, Stat& s) {
       const std::int64_t n = output_tokens_of(r).value_or(0), iterations = token_iterations_of(r);
       if (iterations > 1 && n > 1) s.update(n - 1, static_cast<std::uint64_t>(iterations - 1));
     }},
};

}  // namespace

std::span<const RunningRow> running_rows(RunningTable table) {
  switch (table) {
    case RunningTable::millrace:
      return kMillrace;
    case RunningTable::guidellm_0_2_1:
      return kGuidellm_0_2_1;
    case RunningTable::guidellm_0_7_3:
      return kGuidellm_0_7_3;
  }
  return {};
}

}  // namespace millrace
