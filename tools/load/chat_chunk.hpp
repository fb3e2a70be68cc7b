// SPDX-License-Identifier: Apache-2.0
//
// ChatChunk: what one event of a streamed chat completion tells.
//
//   ChatChunkParser parser;
//   const auto chunk = parser.parse(data);       // of SseParser
//   if (!chunk) ..                               // no JSON object: chunk.error() says why
//
// Dialects   OpenAI's, and what servers that speak it add: reasoning in `reasoning_content` or `reasoning`, an
//            error object in the midst of a stream, a usage object in a chunk without choices, or in each.
// Tokens     A chunk with text, reasoning or a part of a tool call is a token as the client sees it; it
//            may hold several. How many there were, the usage tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <simdjson.h>

#include "millrace/record.hpp"
#include "millrace/result.hpp"

namespace millrace::load {

/// Counts that are not told, or are no numbers from 0 to 2^31 - 1, are absent.
struct ChatUsage {
  std::int32_t prompt_tokens = kAbsentCount;
  std::int32_t completion_tokens = kAbsentCount;
  std::int32_t cached_tokens = kAbsentCount;
  std::int32_t reasoning_tokens = kAbsentCount;
};

struct ChatChunk {
  bool done = false;    // "[DONE]"
  bool output = false;  // text, or a part of a tool call
  bool reasoning = false;
  bool finished = false;  // a finish_reason
  std::optional<ChatUsage> usage;
  std::optional<std::string> error;  // the server's message

  [[nodiscard]] bool token() const noexcept { return output || reasoning; }
};

class ChatChunkParser {
 public:
  /// Adds the padding that simdjson wants to `data`'s room, not to its text.
  [[nodiscard]] Result<ChatChunk> parse(std::string& data);

 private:
  simdjson::dom::parser parser_;
};

}  // namespace millrace::load
