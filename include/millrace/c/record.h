// SPDX-License-Identifier: Apache-2.0
//
// The built-in records: the same bytes as those of millrace/record.hpp, which says what each field means and
// which metrics it gives. Times are nanoseconds of one clock of the caller's choice.
//
//   millrace_request_record blank, record;
//   millrace_request_record_init(&blank);                 // once
//   record = blank;                                       // then for each record
//   record.start_ns = sent;
//   record.end_ns = received;
//   millrace_push(worker, &record);
//
// Blank     A record is begun as a copy of a blank one: a field that is zero and not absent is a value.
//           millrace_claim() gives a blank record.
#ifndef MILLRACE_C_RECORD_H
#define MILLRACE_C_RECORD_H

#include "millrace/c/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// One request to a language model.
typedef struct millrace_generation_record {
  uint8_t status;        // MILLRACE_STATUS_
  uint8_t event;         // MILLRACE_EVENT_
  uint16_t label;        // millrace_label(); 0: none
  uint16_t error_class;  // millrace_error_class(); 0: none
  uint16_t retries;
  uint64_t request_id;
  int64_t intended_start_ns;  // when the schedule wanted it sent
  int64_t queued_ns;
  int64_t dequeued_ns;
  int64_t scheduled_ns;
  int64_t resolve_start_ns;  // the worker took it
  int64_t start_ns;          // sent
  int64_t first_iteration_ns;
  int64_t first_token_ns;
  int64_t first_output_token_ns;  // first token that is not reasoning
  int64_t last_token_ns;
  int64_t last_iteration_ns;
  int64_t end_ns;          // answer complete, or given up
  int64_t resolve_end_ns;  // the worker let go of it
  int64_t finalized_ns;
  int32_t input_tokens;  // as the response tells
  int32_t output_tokens;
  int32_t requested_input_tokens;
  int32_t requested_output_tokens;
  int32_t cached_input_tokens;
  int32_t reasoning_tokens;
  int32_t request_iterations;
  int32_t token_iterations;
  int32_t created_requests;  // the scheduler's state when the record was made
  int32_t queued_requests;
  int32_t scheduled_requests;
  int32_t processing_requests;
  int32_t completed_requests;
  int32_t input_characters;  // of the prompt; 0: it was empty
} millrace_generation_record;

/// One request of HTTP and the like.
typedef struct millrace_request_record {
  uint8_t status;
  uint8_t reserved;
  uint16_t label;
  uint16_t error_class;
  uint16_t code;  // the protocol's own status, e.g. 200
  int64_t intended_start_ns;
  int64_t start_ns;
  int64_t first_byte_ns;
  int64_t end_ns;
  int64_t bytes_sent;
  int64_t bytes_received;
  uint64_t request_id;
} millrace_request_record;

/// One number: a microbenchmark's sample, a gap between tokens.
typedef struct millrace_sample_record {
  double value;
  uint64_t request_id;
  uint8_t status;
  uint8_t reserved;
  uint16_t label;
  uint32_t index;  // place within its request
} millrace_sample_record;

/// What one request took or gave beside tokens; NaN: not known, or none of its kind.
typedef struct millrace_modality_counts {
  double text_tokens, text_words, text_characters;
  double image_tokens, image_count, image_pixels, image_bytes;
  double video_tokens, video_frames, video_seconds, video_bytes;
  double audio_tokens, audio_samples, audio_seconds, audio_bytes;
  double tool_call_tokens, mixed_content_tool_tokens, tool_call_count;
} millrace_modality_counts;

/// Texts, images, video, audio and tool calls of one request, in a stream beside that of its generation record.
typedef struct millrace_modality_record {
  uint64_t request_id;
  uint8_t status;
  uint8_t reserved;
  uint16_t label;
  uint32_t reserved_too;
  millrace_modality_counts input, output;
} millrace_modality_record;

/// Make a record blank: status ok, no names, numbers zero or, where that would be a value, absent.
///   record   is overwritten. NULL: nothing is done.
///   Returns  nothing.
///   Errors   none.   Threads  any.   Cost  a copy of the record; once and then copied by the caller it is inline.
MILLRACE_API void millrace_generation_record_init(millrace_generation_record* record);
MILLRACE_API void millrace_request_record_init(millrace_request_record* record);
MILLRACE_API void millrace_sample_record_init(millrace_sample_record* record);
MILLRACE_API void millrace_modality_record_init(millrace_modality_record* record);

#ifdef __cplusplus
}
#endif

#endif
