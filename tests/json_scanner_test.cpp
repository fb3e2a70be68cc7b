// SPDX-License-Identifier: Apache-2.0
//
// JsonScanner: the end of a value is found wherever the text is cut.
#include "ingest/json_scanner.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace millrace {
namespace {

struct Found {
  std::string value, fault;
  bool done = false;
  bool operator==(const Found&) const = default;
};

// The value at the front of `text`, which comes in pieces of `bytes`.
Found scan(std::string_view text, std::size_t bytes) {
  JsonScanner scanner;
  scanner.begin();
  Found found;
  std::size_t at = 0;
  while (at < text.size() && !scanner.done() && scanner.fault() == nullptr) {
    const std::string_view piece = text.substr(at, bytes);
    const char* const end = piece.data() + piece.size();
    const char* const behind = scanner.take(piece.data(), end);
    EXPECT_LE(behind, end);
    found.value.append(piece.data(), behind);
    at += static_cast<std::size_t>(behind - piece.data());
    if (scanner.fault() != nullptr) found.fault = scanner.fault();
  }
  found.done = scanner.done();
  return found;
}

TEST(JsonScanner, FindsTheEndOfAValueInPiecesOfEverySize) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"a": [1, {"b": "}"}], "c": "\"]"} , 3)", R"({"a": [1, {"b": "}"}], "c": "\"]"})"},
      {R"([[], {}, "x\\", "\\\"", -1.5e9]])", R"([[], {}, "x\\", "\\\"", -1.5e9])"},
      {R"("text with { and \u005d",1)", R"("text with { and \u005d")"},
      {"12.5,", "12.5"},
      {"null}", "null"},
      {"-Infinity\n", "-Infinity"},
      {"NaN]", "NaN"},
      {"{}{}", "{}"},
      {"{\n\"a\"\n:\n1\n}\n", "{\n\"a\"\n:\n1\n}"},
      {"\"\"\"", "\"\""},
  };
  for (const auto& [text, value] : cases) {
    for (std::size_t bytes = 1; bytes <= text.size(); ++bytes) {
      EXPECT_EQ(scan(text, bytes), (Found{value, "", true})) << text << " by " << bytes;
    }
  }
}

TEST(JsonScanner, WaitsForWhatIsNotThereYet) {
  for (const char* text : {"{\"a\": 1", "\"abc", "\"abc\\", "[[]", "12", "tru", "{\"a\": \"}"}) {
    for (std::size_t bytes = 1; bytes <= 8; ++bytes) {
      EXPECT_EQ(scan(text, bytes), (Found{text, "", false})) << text << " by " << bytes;
    }
  }
}

TEST(JsonScanner, StopsAtTheByteThatCannotStandThere) {
  const std::pair<std::string, Found> cases[] = {
      {"{\"a\": 1]", {"{\"a\": 1", "']' closes an object", false}},
      {"[1}", {"[1", "'}' closes an array", false}},
      {"[{\"a\": 1]]", {"[{\"a\": 1", "']' closes an object", false}},
      {"[\"a\nb\"]", {"[\"a", "a line ends within a text", false}},
      {"[\"a\\\nb\"]", {"[\"a\\", "a line ends within a text", false}},
  };
  for (const auto& [text, found] : cases) {
    for (std::size_t bytes = 1; bytes <= text.size(); ++bytes) {
      EXPECT_EQ(scan(text, bytes), found) << text << " by " << bytes;
    }
  }
}

TEST(JsonScanner, NestsToItsCapAndNoDeeper) {
  const std::string most(JsonScanner::kDepthMax, '[');
  const std::string closed = most + std::string(JsonScanner::kDepthMax, ']');
  EXPECT_EQ(scan(closed, 7), (Found{closed, "", true}));
  EXPECT_EQ(scan(most + "{", 7), (Found{most, "nested more than 128 levels deep", false}));
}

}  // namespace
}  // namespace millrace
