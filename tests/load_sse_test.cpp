// SPDX-License-Identifier: Apache-2.0
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "load/sse_parser.hpp"

namespace millrace::load {
namespace {

using Events = std::vector<std::string>;

Events events_of(const std::vector<std::string>& pieces) {
  SseParser parser;
  Events events;
  for (const std::string& piece : pieces) {
    EXPECT_TRUE(parser.feed(piece, [&](std::string& data) { events.push_back(data); }));
  }
  return events;
}

TEST(LoadSse, DataLinesAreJoinedAndOtherLinesPassedOver) {
  EXPECT_EQ(events_of({"data: a\n\n"}), Events{"a"});
  EXPECT_EQ(events_of({"data:a\ndata:  b\n\n"}), Events{"a\n b"});
  EXPECT_EQ(events_of({": a comment\nevent: x\nid: 3\nretry: 5\nfoo\ndata: a\n\n"}), Events{"a"});
  EXPECT_EQ(events_of({"database: no\n\n"}), Events{});
  EXPECT_EQ(events_of({"event: nothing\n\n\n\n"}), Events{});
  EXPECT_EQ(events_of({"data\n\ndata\ndata\n\ndata:"}),
            (Events{"", "\n"}));  // the standard's example
  EXPECT_EQ(events_of({"\xEF\xBB\xBF"
                       "data: a\n\ndata: [DONE]\n\n"}),
            (Events{"a", "[DONE]"}));
}

TEST(LoadSse, AStreamThatEndsWithinAnEventHasNoSuchEvent) {
  EXPECT_EQ(events_of({"data: a\n\ndata: b\n"}), Events{"a"});
  EXPECT_EQ(events_of({"data: a\n\ndata: b"}), Events{"a"});
}

TEST(LoadSse, EveryLineEndAndEveryCutGiveTheSameEvents) {
  const Events expected = {"one", "two\nlines", "", "[DONE]"};
  for (const std::string end : {"\n", "\r", "\r\n"}) {
    std::string stream;
    for (const char* line : {"data: one", "", ": comment", "data: two", "data: lines", "", "",
                             "data:", "", "data: [DONE]", ""}) {
      stream += line + end;
    }
    for (std::size_t i = 0; i <= stream.size(); ++i) {
      for (std::size_t j = i; j <= stream.size(); ++j) {
        ASSERT_EQ(events_of({stream.substr(0, i), stream.substr(i, j - i), stream.substr(j)}),
                  expected)
            << i << " " << j;
      }
    }
  }
}

TEST(LoadSse, RandomBytesInRandomPiecesGiveWhatTheyGiveWhole) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::string alphabet = "da:t \r\n\n\nx{}";
    std::string stream;
    for (int i = 0; i < 400; ++i) {
      if (random() % 8 == 0) stream += "data:";
      stream += alphabet[random() % alphabet.size()];
    }
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t length = 1 + random() % 9;
      pieces.push_back(stream.substr(at, length));
      at += length;
    }
    ASSERT_EQ(events_of(pieces), events_of({stream}));
  }
}

TEST(LoadSse, AnEventBeyondTheBoundIsAnErrorUntilReset) {
  const auto ignore = [](std::string&) {};
  SseParser parser;
  EXPECT_TRUE(parser.feed("data: " + std::string(SseParser::kEventBytesMax - 6, 'x'), ignore));
  EXPECT_FALSE(parser.feed("y", ignore));
  EXPECT_FALSE(parser.feed("\n\n", ignore));
  parser.reset();
  Events events;
  EXPECT_TRUE(parser.feed("data: a\n\n", [&](std::string& data) { events.push_back(data); }));
  EXPECT_EQ(events, Events{"a"});
  bool fine = true;  // many short lines, too
  for (int i = 0; i < 200'000 && fine; ++i) fine = parser.feed("data: 0123456789\n", ignore);
  EXPECT_FALSE(fine);
}

}  // namespace
}  // namespace millrace::load
