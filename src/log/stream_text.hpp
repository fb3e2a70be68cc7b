// SPDX-License-Identifier: Apache-2.0
//
// StreamText: a stream's name, schema and goodput limits as JSON, as NAMES frames carry them.
//
//   {"stream":"requests","schema":"generation","record_size":184,
//    "fields":[{"name":"status","type":"u8","offset":0}, ..],
//    "roles":{"status":0,"label":2,..},                               offsets of fields
//    "metrics":[{"name":"time_to_first_token","unit":"nanoseconds","domain":"duration",
//                "rated":false,"operation":"difference","a":80,"b":64}, ..],
//    "goodput":[{"metric":"time_to_first_token","at_most":5e8}],
//    "labels_max":1024,"label_memory_bytes":268435456,                absent: these
//    "window":{"begin_ns":5,"end_ns":9},"range":{"first":11,"last":90},   absent: all results count
//    "tokens":{"input":"response","output":"request"}}                absent: response
//
// Input     parse_stream() believes nothing: at most kNameBytesMax bytes, 64 levels; the schema must
//           pass Schema::validate(). Unknown keys are passed over, so that later minor versions can
//           add some.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/options.hpp"
#include "millrace/result.hpp"
#include "millrace/schema.hpp"
#include "millrace/summary.hpp"

namespace millrace::log {

struct StreamText {
  std::string name;
  Schema schema;
  std::vector<Limit> goodput;
  // What decides which labels are told apart: replay must decide alike.
  std::uint32_t labels_max = EngineOptions{}.labels_max;
  std::uint64_t label_memory_bytes = EngineOptions{}.label_memory_bytes;
  // Which results count.
  std::optional<TimeWindow> window = {};
  std::optional<ResultRange> range = {};
  TokenSources tokens = {};
};

std::string to_text(const StreamText& stream);
Result<StreamText> parse_stream(std::string_view text);

}  // namespace millrace::log
