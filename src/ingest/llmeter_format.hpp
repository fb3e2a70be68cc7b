// SPDX-License-Identifier: Apache-2.0
//
// llmeter's responses.jsonl: one JSON object a line, one LlmeterRecord each.
//
//   auto replay = replay_files({"run/responses.jsonl"}, llmeter_format(false), {});
//
// Reads     Keys in any order; unknown ones are skipped, missing ones are null, of two equal ones
//           the last counts: all noted. NaN, Infinity, -Infinity as llmeter writes them, noted.
// Derived   time_per_output_token where it is null: (last - first token) / (num_tokens_output - 1)
//           when both times are there and not 0 and there is more than one token.
// Status    error, with the text as error class, when `error` is not null, even if it is "".
// Refuses   A line that is not one JSON object, a number or time that is something else: by line,
//           with a reason. Parts that are skipped are not validated beyond brackets and strings.
// Cost      docs/benchmarks.md; no allocation per line once the longest line was seen.
#pragma once

#include <string_view>

#include "ingest/line_format.hpp"
#include "ingest/llmeter_record.hpp"

namespace millrace {

/// any_number: see llmeter_schema().
LineFormat llmeter_format(bool any_number);

/// Whether a file that starts with these bytes is llmeter's: the first line that is not blank is an
/// object with the key response_text, or with a time to a token beside another key of the format.
bool looks_like_llmeter(std::string_view first_bytes);

}  // namespace millrace
