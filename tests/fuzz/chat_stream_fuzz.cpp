// SPDX-License-Identifier: Apache-2.0
//
// SseParser and ChatChunkParser over any bytes: a stream gives the same events however it is cut, and each event is
// a chunk or an error.
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_file.hpp"
#include "load/chat_chunk.hpp"
#include "load/sse_parser.hpp"

namespace {

struct Events {
  std::vector<std::string> texts;
  bool whole = true;  // no event was too long
};

Events events_of(std::string_view stream, std::size_t piece) {
  Events events;
  millrace::load::SseParser parser;
  for (std::size_t at = 0; at < stream.size() && events.whole; at += piece) {
    events.whole = parser.feed(stream.substr(at, piece),
                               [&](std::string& data) { events.texts.push_back(data); });
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  if (size < 1) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data + 1), size - 1);
  Events whole = events_of(stream, stream.size() + 1);
  const Events cut = events_of(stream, 1 + std::size_t{data[0]});
  require(whole.whole == cut.whole && whole.texts == cut.texts, "cuts change nothing");
  load::ChatChunkParser parser;
  for (std::string& text : whole.texts) {
    const std::size_t length = text.size();
    const auto chunk = parser.parse(text);
    require(text.size() == length, "the padding is not part of the text");
    require(chunk || !chunk.error().message.empty(), "an error says why");
  }
  return 0;
}
