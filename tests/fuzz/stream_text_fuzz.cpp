// SPDX-License-Identifier: Apache-2.0
//
// parse_stream() over any text: what passes is a valid schema, and comes back as it was.
#include "log/stream_text.hpp"

#include "fuzz_file.hpp"
#include "log/format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  const auto stream = log::parse_stream({reinterpret_cast<const char*>(data), size});
  if (!stream) {
    require(!stream.error().message.empty(), "an error has words");
    return 0;
  }
  require(stream->schema.validate().has_value(), "what passes is valid");
  const std::string text = log::to_text(*stream);
  if (text.size() > log::kNameBytesMax) return 0;  // escapes may be longer than what they stand for
  const auto again = log::parse_stream(text);
  require(again.has_value(), "what is written can be read");
  require(again->schema == stream->schema && again->name == stream->name, "and is the same");
  require(log::to_text(*again) == text, "to the byte");
  return 0;
}
