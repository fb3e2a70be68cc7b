// SPDX-License-Identifier: Apache-2.0
//
// The built-in records. Times are i64 nanoseconds of one clock of the caller's choice; what did not
// happen keeps its absent default and enters no statistic.
//
//   worker.push({.status = millrace::Status::ok, .start_ns = t0, .first_token_ns = t1,
//                .end_ns = t2, .output_tokens = 42});
#pragma once

#include <cstdint>

#include "millrace/schema.hpp"

namespace millrace {

/// One request to a language model. Metrics: time_to_first_token, time_to_last_token, response_time (from
/// the intended start), time_per_output_token ((end - first token) / (output_tokens - 1)), input_tokens,
/// output_tokens. The further time stamps and counts are what schedulers know; docs/definitions.md says
/// which number needs which. A scheduler may push the same request when it is scheduled and when it is
/// started, too: `event` tells these from its result.
struct GenerationRecord {
  Status status = Status::ok;
  Event event = Event::result;
  std::uint16_t label = 0;        // Engine::label(); 0: none
  std::uint16_t error_class = 0;  // Engine::error_class(); 0: none
  std::uint16_t retries = 0;
  std::uint64_t request_id = 0;

  std::int64_t intended_start_ns = kAbsentTime;  // when the schedule wanted it sent
  std::int64_t queued_ns = kAbsentTime;
  std::int64_t dequeued_ns = kAbsentTime;
  std::int64_t scheduled_ns = kAbsentTime;
  std::int64_t resolve_start_ns = kAbsentTime;  // the worker took it
  std::int64_t start_ns = kAbsentTime;          // sent
  std::int64_t first_iteration_ns = kAbsentTime;
  std::int64_t first_token_ns = kAbsentTime;
  std::int64_t first_output_token_ns = kAbsentTime;  // first token that is not reasoning
  std::int64_t last_token_ns = kAbsentTime;
  std::int64_t last_iteration_ns = kAbsentTime;
  std::int64_t end_ns = kAbsentTime;          // answer complete, or given up
  std::int64_t resolve_end_ns = kAbsentTime;  // the worker let go of it
  std::int64_t finalized_ns = kAbsentTime;

  std::int32_t input_tokens = kAbsentCount;  // as the response tells
  std::int32_t output_tokens = kAbsentCount;
  std::int32_t requested_input_tokens = kAbsentCount;
  std::int32_t requested_output_tokens = kAbsentCount;
  std::int32_t cached_input_tokens = kAbsentCount;
  std::int32_t reasoning_tokens = kAbsentCount;
  std::int32_t request_iterations = kAbsentCount;
  std::int32_t token_iterations = kAbsentCount;

  // The scheduler's state when the record was made.
  std::int32_t created_requests = kAbsentCount;
  std::int32_t queued_requests = kAbsentCount;
  std::int32_t scheduled_requests = kAbsentCount;
  std::int32_t processing_requests = kAbsentCount;
  std::int32_t completed_requests = kAbsentCount;
  std::int32_t input_characters = kAbsentCount;  // of the prompt; 0: it was empty
};
static_assert(sizeof(GenerationRecord) == 184);

/// One request of HTTP and the like, one cache line. Metrics: latency (end - start), response_time (end -
/// intended start), time_to_first_byte, bytes_sent, bytes_received.
struct RequestRecord {
  Status status = Status::ok;
  std::uint8_t reserved = 0;
  std::uint16_t label = 0;
  std::uint16_t error_class = 0;
  std::uint16_t code = 0;  // the protocol's own status, e.g. 200
  std::int64_t intended_start_ns = kAbsentTime;
  std::int64_t start_ns = kAbsentTime;
  std::int64_t first_byte_ns = kAbsentTime;
  std::int64_t end_ns = kAbsentTime;
  std::int64_t bytes_sent = kAbsentTime;
  std::int64_t bytes_received = kAbsentTime;
  std::uint64_t request_id = 0;
};
static_assert(sizeof(RequestRecord) == 64);

/// One number: a microbenchmark's sample, a gap between tokens. Metric: value, of no unit; a
/// stream of another unit is opened with sample_schema().
struct SampleRecord {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t request_id = 0;
  Status status = Status::ok;
  std::uint8_t reserved = 0;
  std::uint16_t label = 0;
  std::uint32_t index = 0;  // place within its request
};
static_assert(sizeof(SampleRecord) == 24);

/// What one request took or gave beside tokens; NaN: not known, or none of its kind.
struct ModalityCounts {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double text_tokens = kNone, text_words = kNone, text_characters = kNone;
  double image_tokens = kNone, image_count = kNone, image_pixels = kNone, image_bytes = kNone;
  double video_tokens = kNone, video_frames = kNone, video_seconds = kNone, video_bytes = kNone;
  double audio_tokens = kNone, audio_samples = kNone, audio_seconds = kNone, audio_bytes = kNone;
  double tool_call_tokens = kNone, mixed_content_tool_tokens = kNone, tool_call_count = kNone;
};

/// Texts, images, video, audio and tool calls of one request to a language model: a stream of its own beside
/// that of GenerationRecords, joined by request_id where rates and concurrency are made of both. Metrics:
/// input_image_count, output_text_words and so on, of each count.
///
///   auto modalities = engine.stream<millrace::ModalityRecord>("modalities");
///   worker.push({.request_id = id, .input = {.image_count = 2, .image_pixels = 1'572'864}});
struct ModalityRecord {
  std::uint64_t request_id = 0;
  Status status = Status::ok;  // of the request, for this stream's own numbers
  std::uint8_t reserved = 0;
  std::uint16_t label = 0;
  std::uint32_t reserved_too = 0;
  ModalityCounts input{}, output{};
};
static_assert(sizeof(ModalityRecord) == 304);

template <>
struct RecordTraits<ModalityRecord> {
  MILLRACE_API static Result<Schema> schema();
};
template <>
struct RecordTraits<GenerationRecord> {
  MILLRACE_API static Result<Schema> schema();
};
template <>
struct RecordTraits<RequestRecord> {
  MILLRACE_API static Result<Schema> schema();
};
template <>
struct RecordTraits<SampleRecord> {
  MILLRACE_API static Result<Schema> schema();
};

/// A schema for streams of SampleRecord whose metric has this name and unit.
MILLRACE_API Result<Schema> sample_schema(std::string metric, Unit unit);
/// Of a stream of gaps between tokens, beside that of their requests: metric itl, in nanoseconds. `request_id`
/// is the request's, `index` the gap's number in it, from 0.
///
///   auto gaps = engine.stream<millrace::SampleRecord>("itl", millrace::token_gap_schema().value());
MILLRACE_API Result<Schema> token_gap_schema();

}  // namespace millrace
