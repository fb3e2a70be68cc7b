// SPDX-License-Identifier: Apache-2.0
//
// Requests of guidellm, one JSON object a line, one GenerationRecord each. GuidellmSplitter makes such
// lines of a benchmarks.json; written by themselves they are read, too.
//
//   auto replay = replay_files({"requests.jsonl"}, guidellm_format(), {});
//
// Shapes    Told apart line by line: version 0.1 (`request`, `prompt_token_count`), 0.2 and 0.3
//           (`scheduler_info`, `first_token_time`), 0.4 to 0.7 (`info.timings`). docs/guidellm.md
//           maps them field by field.
// Times     Seconds, to the nearest nanosecond of what their digits say; no double is in between.
//           null, a missing key, NaN and guidellm's -1 are kAbsentTime.
// Status    The key `status` (successful, errored, incomplete); without it info.status, the flags of
//           scheduler_info (canceled before errored before completed), type_, or, in 0.1, message.
// Modalities  Counts of texts, images, video, audio and tool calls in input_metrics and output_metrics
//           (0.4 on) are a ModalityRecord of the stream "modalities", joined by request_id.
// Names     The label is the key `benchmark_name`. The error class is the error text of a request
//           that is not ok.
// request_id  The id, if it is a decimal number as it would be printed; else the CRC-64 of its text
//           (record/crc64.hpp): ids are UUIDs, and the same one gives the same number everywhere.
// Refuses   A line that is not JSON to its last byte, or has none of the shapes, or in which
//           something that is read has the wrong type: see JsonPicker, and the reasons.
// Cost      docs/benchmarks.md; no allocation per line once the longest line was seen.
#pragma once

#include <string_view>

#include "ingest/line_format.hpp"

namespace millrace {

LineFormat guidellm_format();

/// Whether a file that starts with these bytes is of such lines.
bool looks_like_guidellm_requests(std::string_view first_bytes);

}  // namespace millrace
