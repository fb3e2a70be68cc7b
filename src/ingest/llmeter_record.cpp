// SPDX-License-Identifier: Apache-2.0
#include "ingest/llmeter_record.hpp"

#include <optional>

namespace millrace {

Result<Schema> llmeter_schema(bool any_number) {
  using R = LlmeterRecord;
  std::optional<Domain> domain;  // none: by unit
  if (any_number) domain = Domain::any;

  return SchemaBuilder<R>("llmeter")
      .field("time_to_last_token", &R::time_to_last_token)
      .field("time_to_first_token", &R::time_to_first_token)
      .field("time_per_output_token", &R::time_per_output_token)
      .field("num_tokens_output", &R::num_tokens_output)
      .field("num_tokens_input", &R::num_tokens_input)
      .field("num_tokens_input_cached", &R::num_tokens_input_cached)
      .field("num_tokens_output_reasoning", &R::num_tokens_output_reasoning)
      .start(&R::request_time_ns)
      .status(&R::status)
      .field("reserved", &R::reserved)
      .label(&R::label)
      .error_class(&R::error_class)
      .field("reserved_end", &R::reserved_end)
      .metric("time_to_last_token", Unit::seconds, field(&R::time_to_last_token), domain)
      .metric("time_to_first_token", Unit::seconds, field(&R::time_to_first_token), domain)
      .metric("time_per_output_token", Unit::seconds_per_token, field(&R::time_per_output_token),
              domain)
      .metric("num_tokens_output", Unit::tokens, field(&R::num_tokens_output), domain)
      .metric("num_tokens_input", Unit::tokens, field(&R::num_tokens_input), domain)
      .metric("num_tokens_input_cached", Unit::tokens, field(&R::num_tokens_input_cached), domain)
      .metric("num_tokens_output_reasoning", Unit::tokens, field(&R::num_tokens_output_reasoning),
              domain)
      .build();
}

}  // namespace millrace
