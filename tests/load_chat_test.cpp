// SPDX-License-Identifier: Apache-2.0
#include <random>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "load/chat_chunk.hpp"
#include "load/prompts.hpp"
#include "load/sse_parser.hpp"

namespace millrace::load {
namespace {

ChatChunk chunk_of(std::string data) {
  ChatChunkParser parser;
  const auto chunk = parser.parse(data);
  EXPECT_TRUE(chunk) << data << ": " << (chunk ? "" : chunk.error().message);
  return chunk.value_or(ChatChunk{});
}

std::string delta(const char* text) {
  return std::string(R"({"id":"x","choices":[{"index":0,"delta":)") + text +
         R"(,"finish_reason":null}]})";
}

TEST(LoadChatChunk, ATokenIsTextReasoningOrAPartOfAToolCall) {
  EXPECT_TRUE(chunk_of(delta(R"({"content":"a"})")).output);
  EXPECT_TRUE(chunk_of(delta(R"({"tool_calls":[{"index":0}]})")).output);
  EXPECT_TRUE(chunk_of(delta(R"({"reasoning_content":"a","content":null})")).reasoning);
  EXPECT_TRUE(chunk_of(delta(R"({"reasoning":"a","content":""})")).reasoning);
  for (const char* none : {R"({"role":"assistant","content":""})", R"({"content":null})", "{}",
                           "null", R"({"content":7})", R"({"tool_calls":[]})"}) {
    EXPECT_FALSE(chunk_of(delta(none)).token()) << none;
  }
}

TEST(LoadChatChunk, TheUsageIsTakenWithAndWithoutChoices) {
  const auto usage = chunk_of(R"({"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":42,
      "prompt_tokens_details":{"cached_tokens":3},"completion_tokens_details":{"reasoning_tokens":5}}})")
                         .usage;
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->prompt_tokens, 7);
  EXPECT_EQ(usage->completion_tokens, 42);
  EXPECT_EQ(usage->cached_tokens, 3);
  EXPECT_EQ(usage->reasoning_tokens, 5);
  EXPECT_FALSE(chunk_of(R"({"choices":[],"usage":null})").usage);
  const auto odd = chunk_of(R"({"usage":{"prompt_tokens":-1,"completion_tokens":2147483648,
      "prompt_tokens_details":null}})")
                       .usage;
  EXPECT_EQ(odd->prompt_tokens, kAbsentCount);
  EXPECT_EQ(odd->completion_tokens, kAbsentCount);
  EXPECT_EQ(odd->cached_tokens, kAbsentCount);
}

TEST(LoadChatChunk, TheEndAndErrorsAreTold) {
  EXPECT_TRUE(chunk_of("[DONE]").done);
  EXPECT_TRUE(chunk_of(R"({"choices":[{"delta":{},"finish_reason":"stop"}]})").finished);
  EXPECT_EQ(chunk_of(R"({"error":{"message":"overloaded","code":503}})").error, "overloaded");
  EXPECT_EQ(chunk_of(R"({"error":"overloaded"})").error, "overloaded");
  EXPECT_EQ(chunk_of(R"({"error":{"code":5}})").error, R"({"code":5})");
  EXPECT_FALSE(chunk_of(R"({"error":null,"choices":[]})").error);
}

TEST(LoadChatChunk, EveryCutOfAChunkIsDamageAndNothingElse) {
  const std::string whole = delta(R"({"content":"a \"b\" \u00e9"})");
  ChatChunkParser parser;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    std::string cut = whole.substr(0, length);
    EXPECT_FALSE(parser.parse(cut)) << length;
  }
  std::string again = whole;
  EXPECT_TRUE(parser.parse(again)) << "damage leaves the parser as it was";
  for (std::string other : {"7", "null", "[]", "\"x\"", "hello", "{\"a\":1}{", "\xff"}) {
    EXPECT_FALSE(parser.parse(other)) << other;
  }
}

TEST(LoadChatChunk, FlippedBytesNeitherCrashNorHang) {
  const std::string whole = delta(R"({"content":"abc","tool_calls":[{"index":0}]})");
  ChatChunkParser parser;
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    std::mt19937 random(seed);
    std::string damaged = whole;
    for (unsigned i = 0; i <= seed % 4; ++i)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    (void)parser.parse(damaged);
  }
}

TEST(LoadPrompts, ALineIsAPromptAStringOrARequest) {
  const auto prompts = Prompts::of_text(
      "Why?\n\n\"Two\\nlines\"\r\n{\"prompt\": \"h\u00e9\", \"max_tokens\": 3}\n"
      "{\"messages\": [{\"role\": \"system\", \"content\": \"ab\"}, {\"role\": \"user\", "
      "\"content\": \"c\"}]}",
      "p.txt", {.model = "m", .max_tokens = 9, .more = R"({"temperature": 0})"});
  ASSERT_TRUE(prompts) << prompts.error().message;
  ASSERT_EQ(prompts->size(), 4u);
  const auto body = [&](std::uint64_t i) { return nlohmann::json::parse(prompts->of(i).body); };
  EXPECT_EQ(body(0)["messages"][0]["content"], "Why?");
  EXPECT_EQ(body(0)["model"], "m");
  EXPECT_EQ(body(0)["stream"], true);
  EXPECT_EQ(body(0)["stream_options"]["include_usage"], true);
  EXPECT_EQ(body(0)["max_tokens"], 9);
  EXPECT_EQ(body(0)["temperature"], 0);
  EXPECT_EQ(body(1)["messages"][0]["content"], "Two\nlines");
  EXPECT_EQ(body(2)["max_tokens"], 3);
  EXPECT_FALSE(body(2).contains("prompt"));
  EXPECT_EQ(prompts->of(2).characters, 2);
  EXPECT_EQ(body(3)["messages"].size(), 2u);
  EXPECT_EQ(prompts->of(3).characters, 3);
  EXPECT_EQ(prompts->of(4).body, prompts->of(0).body) << "and again from the beginning";
}

TEST(LoadPrompts, DamageIsNamedByFileAndLine) {
  for (const char* line : {"{\"prompt\": ", "\"open", "{}", "{\"messages\": []}",
                           "{\"messages\": [1]}", "{\"prompt\": 3}", "caf\xe9"}) {
    const auto prompts = Prompts::of_text(std::string("fine\n") + line + "\n", "p.txt", {});
    ASSERT_FALSE(prompts) << line;
    EXPECT_EQ(prompts.error().message.substr(0, 9), "p.txt:2: ") << prompts.error().message;
  }
  EXPECT_FALSE(Prompts::of_text("\n\n", "p.txt", {}));
  const auto marked = Prompts::of_text("\xEF\xBB\xBF{\"prompt\": \"a\"}\n", "p.txt", {});
  ASSERT_TRUE(marked) << marked.error().message;
  EXPECT_NE(marked->of(0).body.find(R"("content":"a")"), std::string::npos) << marked->of(0).body;
  EXPECT_FALSE(Prompts::of_text("a", "p.txt", {.more = "[]"}));
  EXPECT_FALSE(Prompts::read("/nowhere/p.txt", {}));
}

}  // namespace
}  // namespace millrace::load
