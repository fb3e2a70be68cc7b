// SPDX-License-Identifier: Apache-2.0
//
// LlmeterRecord: one response of a llmeter run, as responses.jsonl holds it. Times are seconds in
// doubles, as in the file: converting them to nanoseconds would move percentiles.
//
//   Result<Schema> schema = llmeter_schema(false);
//
// Absent   A NaN, and kAbsentTime, which enter no statistic.
#pragma once

#include <cstdint>
#include <limits>

#include "millrace/result.hpp"
#include "millrace/schema.hpp"

namespace millrace {

struct LlmeterRecord {
  static constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

  double time_to_last_token = kAbsent;     // s
  double time_to_first_token = kAbsent;    // s; absent when the response was not streamed
  double time_per_output_token = kAbsent;  // s/token, without the first token
  double num_tokens_output = kAbsent;
  double num_tokens_input = kAbsent;
  double num_tokens_input_cached = kAbsent;
  double num_tokens_output_reasoning = kAbsent;  // part of num_tokens_output
  std::int64_t request_time_ns = kAbsentTime;    // when it was sent; since the epoch, UTC
  Status status = Status::ok;                    // error: the file's `error` is not null
  std::uint8_t reserved = 0;
  std::uint16_t label = 0;
  std::uint16_t error_class = 0;
  std::uint16_t reserved_end = 0;
};
static_assert(sizeof(LlmeterRecord) == 72);

/// any_number: every number but NaN enters the statistics, as in llmeter itself; else only
/// durations that are finite and not negative, and counts that are finite.
Result<Schema> llmeter_schema(bool any_number);

template <>
struct RecordTraits<LlmeterRecord> {
  static Result<Schema> schema() { return llmeter_schema(false); }
};

}  // namespace millrace
