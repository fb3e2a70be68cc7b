// SPDX-License-Identifier: Apache-2.0
//
// Which of two counts of tokens is believed: what the request asked for, or what the response told.
#pragma once

#include <cstdint>
#include <optional>

#include "millrace/options.hpp"
#include "millrace/record.hpp"

#include "stats/generation_values.hpp"

namespace millrace {

/// The preferred one, else the other one; a count of 0 is no count, as guidellm 0.2.1 has it.
inline std::int64_t told_tokens(std::int32_t response, std::int32_t request,
                                TokenSource preferred) noexcept {
  const std::int64_t r = count_of(response).value_or(0), q = count_of(request).value_or(0);
  const std::int64_t first = preferred == TokenSource::response ? r : q;
  return first != 0 ? first : preferred == TokenSource::response ? q : r;
}

/// What guidellm 0.2.1 stores of a request: the preferred count of a success, else the response's, else the
/// request's.
inline std::int64_t stored_tokens(Status status, std::int32_t response, std::int32_t request,
                                  TokenSource preferred) noexcept {
  const bool by_request = status == Status::ok && preferred == TokenSource::request;
  return told_tokens(response, request, by_request ? TokenSource::request : TokenSource::response);
}

/// The record with the counts that the old seed stores in place of the response's.
inline GenerationRecord with_stored_tokens(GenerationRecord r, TokenSources sources) noexcept {
  r.input_tokens = static_cast<std::int32_t>(
      stored_tokens(r.status, r.input_tokens, r.requested_input_tokens, sources.input));
  r.output_tokens = static_cast<std::int32_t>(
      stored_tokens(r.status, r.output_tokens, r.requested_output_tokens, sources.output));
  return r;
}

/// The record with the counts that guidellm 0.7.3 believes: the preferred side's, where it has one; a count
/// of 0 is one. What a failed request asked for is no output. (It prefers one side for both counts.)
inline GenerationRecord with_preferred_tokens(GenerationRecord r, TokenSources sources) noexcept {
  const auto choose = [](std::int32_t response, std::int32_t request, TokenSource preferred) {
    const bool by_response = preferred == TokenSource::response;
    const std::int32_t first = by_response ? response : request;
    return first != kAbsentCount ? first : by_response ? request : response;
  };
  const std::int32_t requested = r.status == Status::ok ? r.requested_output_tokens : kAbsentCount;
  r.input_tokens = choose(r.input_tokens, r.requested_input_tokens, sources.input);
  r.output_tokens = choose(r.output_tokens, requested, sources.output);
  return r;
}

}  // namespace millrace
