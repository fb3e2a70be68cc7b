// SPDX-License-Identifier: Apache-2.0
#include "load/chat_chunk.hpp"

#include <limits>
#include <string_view>

#include <fmt/format.h>

namespace millrace::load {
namespace {

using simdjson::dom::element;

bool is_text(simdjson::simdjson_result<element> value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS && !text.empty();
}

bool is_filled_array(simdjson::simdjson_result<element> value) {
  simdjson::dom::array array;
  return value.get(array) == simdjson::SUCCESS && array.begin() != array.end();
}

std::int32_t count_in(simdjson::simdjson_result<element> value) {
  std::uint64_t count = 0;
  const bool fits = value.get(count) == simdjson::SUCCESS &&
                    count <= std::uint64_t{std::numeric_limits<std::int32_t>::max()};
  return fits ? static_cast<std::int32_t>(count) : kAbsentCount;
}

ChatUsage usage_in(const element& usage) {
  return {.prompt_tokens = count_in(usage["prompt_tokens"]),
          .completion_tokens = count_in(usage["completion_tokens"]),
          .cached_tokens = count_in(usage["prompt_tokens_details"]["cached_tokens"]),
          .reasoning_tokens = count_in(usage["completion_tokens_details"]["reasoning_tokens"])};
}

// {"error": {"message": ".."}}, or a text in its place.
std::string message_in(const element& error) {
  std::string_view text;
  if (error["message"].get(text) == simdjson::SUCCESS) return std::string(text);
  if (error.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(error);
}

void read_choice(const element& choice, ChatChunk& chunk) {
  element delta;
  if (choice["delta"].get(delta) == simdjson::SUCCESS) {
    chunk.output =
        chunk.output || is_text(delta["content"]) || is_filled_array(delta["tool_calls"]);
    chunk.reasoning =
        chunk.reasoning || is_text(delta["reasoning_content"]) || is_text(delta["reasoning"]);
  }
  chunk.finished = chunk.finished || is_text(choice["finish_reason"]);
}

}  // namespace

Result<ChatChunk> ChatChunkParser::parse(std::string& data) {
  ChatChunk chunk;
  if (data == "[DONE]") {
    chunk.done = true;
    return chunk;
  }
  data.reserve(data.size() + simdjson::SIMDJSON_PADDING);
  element document;
  const auto parsed = parser_.parse(data.data(), data.size(), false).get(document);
  if (parsed != simdjson::SUCCESS || !document.is_object()) {
    return failure(
        Errc::invalid_argument,
        fmt::format("{}: {}",
                    parsed != simdjson::SUCCESS ? simdjson::error_message(parsed) : "another value",
                    data.substr(0, 80)));
  }
  element part;
  if (document["error"].get(part) == simdjson::SUCCESS && !part.is_null()) {
    chunk.error = message_in(part);
  }
  if (document["usage"].get(part) == simdjson::SUCCESS && part.is_object()) {
    chunk.usage = usage_in(part);
  }
  simdjson::dom::array choices;
  if (document["choices"].get(choices) == simdjson::SUCCESS) {
    for (const element choice : choices) read_choice(choice, chunk);
  }
  return chunk;
}

}  // namespace millrace::load
