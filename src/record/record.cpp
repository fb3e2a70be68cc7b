// SPDX-License-Identifier: Apache-2.0
#include "millrace/record.hpp"

namespace millrace {

Result<Schema> RecordTraits<GenerationRecord>::schema() {
  using R = GenerationRecord;
  return SchemaBuilder<R>("generation")
      .status(&R::status)
      .event(&R::event)
      .label(&R::label)
      .error_class(&R::error_class)
      .field("retries", &R::retries)
      .field("request_id", &R::request_id)
      .intended_start(&R::intended_start_ns)
      .field("queued_ns", &R::queued_ns)
      .field("dequeued_ns", &R::dequeued_ns)
      .field("scheduled_ns", &R::scheduled_ns)
      .field("resolve_start_ns", &R::resolve_start_ns)
      .start(&R::start_ns)
      .field("first_iteration_ns", &R::first_iteration_ns)
      .field("first_token_ns", &R::first_token_ns)
      .field("first_output_token_ns", &R::first_output_token_ns)
      .field("last_token_ns", &R::last_token_ns)
      .field("last_iteration_ns", &R::last_iteration_ns)
      .end(&R::end_ns)
      .field("resolve_end_ns", &R::resolve_end_ns)
      .field("finalized_ns", &R::finalized_ns)
      .field("input_tokens", &R::input_tokens)
      .field("output_tokens", &R::output_tokens)
      .field("requested_input_tokens", &R::requested_input_tokens)
      .field("requested_output_tokens", &R::requested_output_tokens)
      .field("cached_input_tokens", &R::cached_input_tokens)
      .field("reasoning_tokens", &R::reasoning_tokens)
      .field("request_iterations", &R::request_iterations)
      .field("token_iterations", &R::token_iterations)
      .field("created_requests", &R::created_requests)
      .field("queued_requests", &R::queued_requests)
      .field("scheduled_requests", &R::scheduled_requests)
      .field("processing_requests", &R::processing_requests)
      .field("completed_requests", &R::completed_requests)
      .field("input_characters", &R::input_characters)
      .metric("time_to_first_token", Unit::nanoseconds,
              difference(&R::first_token_ns, &R::start_ns))
      .metric("time_to_last_token", Unit::nanoseconds, difference(&R::end_ns, &R::start_ns))
      .metric("response_time", Unit::nanoseconds, difference(&R::end_ns, &R::intended_start_ns))
      .metric("time_per_output_token", Unit::nanoseconds_per_token,
              per_count_less_one(&R::end_ns, &R::first_token_ns, &R::output_tokens))
      .metric("input_tokens", Unit::tokens, field(&R::input_tokens))
      .metric("output_tokens", Unit::tokens, field(&R::output_tokens))
      .build();
}

Result<Schema> RecordTraits<RequestRecord>::schema() {
  using R = RequestRecord;
  return SchemaBuilder<R>("request")
      .status(&R::status)
      .field("reserved", &R::reserved)
      .label(&R::label)
      .error_class(&R::error_class)
      .field("code", &R::code)
      .intended_start(&R::intended_start_ns)
      .start(&R::start_ns)
      .field("first_byte_ns", &R::first_byte_ns)
      .end(&R::end_ns)
      .field("bytes_sent", &R::bytes_sent)
      .field("bytes_received", &R::bytes_received)
      .field("request_id", &R::request_id)
      .metric("latency", Unit::nanoseconds, difference(&R::end_ns, &R::start_ns))
      .metric("response_time", Unit::nanoseconds, difference(&R::end_ns, &R::intended_start_ns))
      .metric("time_to_first_byte", Unit::nanoseconds, difference(&R::first_byte_ns, &R::start_ns))
      .metric("bytes_sent", Unit::bytes, field(&R::bytes_sent))
      .metric("bytes_received", Unit::bytes, field(&R::bytes_received))
      .build();
}

Result<Schema> sample_schema(std::string metric, Unit unit) {
  using R = SampleRecord;
  return SchemaBuilder<R>("sample")
      .field("value", &R::value)
      .field("request_id", &R::request_id)
      .status(&R::status)
      .field("reserved", &R::reserved)
      .label(&R::label)
      .field("index", &R::index)
      .metric(std::move(metric), unit, field(&R::value))
      .build();
}

Result<Schema> token_gap_schema() { return sample_schema("itl", Unit::nanoseconds); }

Result<Schema> RecordTraits<SampleRecord>::schema() { return sample_schema("value", Unit::none); }

}  // namespace millrace
