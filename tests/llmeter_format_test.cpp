// SPDX-License-Identifier: Apache-2.0
//
// One line of responses.jsonl to one LlmeterRecord: what llmeter writes, what a killed run leaves,
// and what nobody should write.
#include "ingest/llmeter_format.hpp"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/json_reason.hpp"

namespace millrace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t kNewYear2026 = 1'767'225'600'000'000'000;  // ns, UTC

// One parser over several lines, as a thread uses it. The buffer ends right behind the padding, so
// that a sanitizer sees a read beyond it.
struct Reader {
  LineFormat format = llmeter_format(true);
  std::unique_ptr<LineParser> parser = format.parser();
  LocalNames labels, errors;
  LineNotes notes;
  LlmeterRecord record;

  // nullptr, or why the line is no record.
  const char* read(std::string_view line) {
    std::vector<char> padded(line.begin(), line.end());
    padded.resize(line.size() + LineParser::kPadding, '\0');
    alignas(LlmeterRecord) std::byte bytes[sizeof(LlmeterRecord)] = {};
    const char* reason = parser->parse({padded.data(), line.size()}, bytes, labels, errors, notes);
    std::memcpy(&record, bytes, sizeof record);
    return reason;
  }
  [[nodiscard]] std::string error_name() const {
    std::vector<std::string> names;
    errors.names_from(names);
    return record.error_class < 2 ? "" : names.at(record.error_class - 2u);
  }
};

std::vector<std::string> lines_of(const char* file) {
  const char* data = std::getenv("MILLRACE_TEST_DATA");
  const std::filesystem::path folder = data != nullptr ? data : MILLRACE_TEST_DATA_DIR;
  std::ifstream in(folder / "llmeter" / file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

const std::string kWhole =
    R"({"response_text": "a b c", "input_payload": {"x": [1, {"error": "no"}]}, "id": "id1", )"
    R"("input_prompt": "hello there", "time_to_first_token": 0.01, "time_to_last_token": 0.12, )"
    R"("num_tokens_input": 2, "num_tokens_output": 4, "num_tokens_input_cached": 1, )"
    R"("num_tokens_output_reasoning": 3, "time_per_output_token": 0.0366, "error": null, )"
    R"("retries": null, "request_time": "2026-01-01T00:00:00Z"})";

TEST(LlmeterRecord, HasASchemaInLlmetersOrder) {
  const auto sound = llmeter_schema(false);
  ASSERT_TRUE(sound) << sound.error().message;
  std::vector<std::string> names;
  for (const Metric& metric : sound->metrics) names.push_back(metric.name);
  EXPECT_EQ(names, (std::vector<std::string>{"time_to_last_token", "time_to_first_token",
                                             "time_per_output_token", "num_tokens_output",
                                             "num_tokens_input", "num_tokens_input_cached",
                                             "num_tokens_output_reasoning"}));
  EXPECT_EQ(sound->metrics[0].domain, Domain::duration);
  EXPECT_EQ(sound->metrics[3].domain, Domain::number);
  EXPECT_TRUE(sound->start && sound->status && sound->label && sound->error_class);
}

TEST(LlmeterRecord, TakesEveryNumberButNaNWhenAsked) {
  const auto any = llmeter_schema(true);
  ASSERT_TRUE(any);
  for (const Metric& metric : any->metrics) EXPECT_EQ(metric.domain, Domain::any) << metric.name;
}

TEST(LlmeterFormat, ReadsEveryNumberOfALine) {
  Reader reader;
  ASSERT_EQ(reader.read(kWhole), nullptr);
  const LlmeterRecord& r = reader.record;
  EXPECT_EQ(r.time_to_first_token, 0.01);
  EXPECT_EQ(r.time_to_last_token, 0.12);
  EXPECT_EQ(r.time_per_output_token, 0.0366);
  EXPECT_EQ(r.num_tokens_input, 2);
  EXPECT_EQ(r.num_tokens_output, 4);
  EXPECT_EQ(r.num_tokens_input_cached, 1);
  EXPECT_EQ(r.num_tokens_output_reasoning, 3);
  EXPECT_EQ(r.request_time_ns, kNewYear2026);
  EXPECT_EQ(r.status, Status::ok) << "the error key of a nested object is another one";
  EXPECT_EQ(r.error_class, LocalNames::kNone);
  EXPECT_EQ(reader.notes.missing_keys + reader.notes.unknown_keys + reader.notes.duplicate_keys,
            0u);
}

TEST(LlmeterFormat, ReadsKeysInAnyOrderAndWithoutBlanks) {
  Reader reader;
  ASSERT_EQ(reader.read(R"({"request_time":"2026-01-01T01:00:00.5+01:00","num_tokens_output":4.5,)"
                        R"("error":null,"time_to_last_token":2,"response_text":null})"),
            nullptr);
  EXPECT_EQ(reader.record.request_time_ns, kNewYear2026 + 500'000'000);
  EXPECT_EQ(reader.record.num_tokens_output, 4.5);
  EXPECT_EQ(reader.record.time_to_last_token, 2);
  EXPECT_EQ(reader.notes.missing_keys, 1u);
}

TEST(LlmeterFormat, ReadsWhatPullRequest56WroteWithoutANote) {
  Reader reader;
  std::string older = kWhole.substr(0, kWhole.find(", \"request_time\"")) + "}";
  const auto reasoning = older.find("\"num_tokens_output_reasoning\": 3, ");
  older.erase(reasoning, std::strlen("\"num_tokens_output_reasoning\": 3, "));
  ASSERT_EQ(reader.read(older), nullptr);
  EXPECT_EQ(reader.notes.missing_keys, 0u);
  EXPECT_EQ(reader.record.request_time_ns, kAbsentTime);
  EXPECT_TRUE(std::isnan(reader.record.num_tokens_output_reasoning));
}

TEST(LlmeterFormat, TakesMissingKeysAsNullAndNotesThem) {
  Reader reader;
  ASSERT_EQ(reader.read("{}"), nullptr);
  EXPECT_EQ(reader.notes.missing_keys, 1u);
  EXPECT_TRUE(std::isnan(reader.record.time_to_last_token));
  EXPECT_EQ(reader.record.status, Status::ok);
}

TEST(LlmeterFormat, SkipsUnknownKeysAndNotesThem) {
  Reader reader;
  ASSERT_EQ(reader.read(R"({"new": {"a": [1, "}"]}, "newer": 3, "time_to_last_token": 2})"),
            nullptr);
  EXPECT_EQ(reader.notes.unknown_keys, 1u) << "lines, not keys";
  EXPECT_EQ(reader.record.time_to_last_token, 2);
}

TEST(LlmeterFormat, LeavesBytesMarkersOfThePayloadAlone) {
  Reader reader;
  ASSERT_EQ(reader.read(R"({"input_payload": {"image": {"__llmeter_bytes__": "AAEC/w=="}}, )"
                        R"("input_prompt": {"__llmeter_bytes__": ""}, "time_to_last_token": 2})"),
            nullptr);
  EXPECT_EQ(reader.record.time_to_last_token, 2);
  EXPECT_EQ(reader.notes.unknown_keys, 0u);
}

TEST(LlmeterFormat, LetsTheLastOfTwoEqualKeysCount) {
  Reader reader;
  ASSERT_EQ(reader.read(R"({"time_to_last_token": 9, "error": "x", "time_to_last_token": 1, )"
                        R"("error": null, "num_tokens_input": 3, "num_tokens_input": null})"),
            nullptr);
  EXPECT_EQ(reader.record.time_to_last_token, 1);
  EXPECT_EQ(reader.record.status, Status::ok);
  EXPECT_TRUE(std::isnan(reader.record.num_tokens_input));
  EXPECT_EQ(reader.notes.duplicate_keys, 1u);
}

TEST(LlmeterFormat, UnderstandsEscapedKeys) {
  Reader reader;
  ASSERT_EQ(reader.read(R"({"\u0065rror": "x", "a\"b": 1})"), nullptr);
  EXPECT_EQ(reader.record.status, Status::error);
  EXPECT_EQ(reader.notes.unknown_keys, 1u);
}

TEST(LlmeterFormat, ReadsPythonsWordsForNumbersThatAreNotFinite) {
  Reader reader;
  ASSERT_EQ(reader.read(R"({"time_to_first_token": NaN, "time_to_last_token": Infinity ,)"
                        R"("num_tokens_input": -Infinity})"),
            nullptr);
  EXPECT_TRUE(std::isnan(reader.record.time_to_first_token));
  EXPECT_EQ(reader.record.time_to_last_token, kInfinity);
  EXPECT_EQ(reader.record.num_tokens_input, -kInfinity);
  EXPECT_EQ(reader.notes.nonfinite_words, 3u);
}

TEST(LlmeterFormat, CountsAnyErrorThatIsNotNullAsFailure) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"error": "boom"})", "boom"},   {R"({"error": "a\nb \u00e9"})", "a\nb \u00e9"},
      {R"({"error": ""})", ""},           {R"({"error": 503 })", "503"},
      {R"({"error": false})", "false"},   {R"({"error": {"code": 1}})", "(an object)"},
      {R"({"error": []})", "(an array)"}, {R"({"error": "lone \ud800"})", R"(lone \ud800)"},
  };
  for (const auto& [line, name] : cases) {
    Reader reader;
    ASSERT_EQ(reader.read(line), nullptr) << line;
    EXPECT_EQ(reader.record.status, Status::error) << line;
    EXPECT_GE(reader.record.error_class, 2u) << line;
    EXPECT_EQ(reader.error_name(), name);
  }
}

TEST(LlmeterFormat, NotesFailedRecordsThatCarryTimes) {
  Reader reader;
  ASSERT_EQ(reader.read(R"({"error": "stream broke", "time_to_first_token": 0.2})"), nullptr);
  ASSERT_EQ(reader.read(R"({"error": "refused", "time_to_first_token": null})"), nullptr);
  ASSERT_EQ(reader.read(R"({"error": null, "time_to_first_token": 0.2})"), nullptr);
  EXPECT_EQ(reader.notes.mid_stream_errors, 1u);
}

double derived(const std::string& ttft, const std::string& ttlt, const std::string& tokens,
               const std::string& tpot) {
  Reader reader;
  EXPECT_EQ(reader.read(R"({"time_per_output_token": )" + tpot + R"(, "time_to_first_token": )" +
                        ttft + R"(, "time_to_last_token": )" + ttlt + R"(, "num_tokens_output": )" +
                        tokens + "}"),
            nullptr);
  return reader.record.time_per_output_token;
}

TEST(LlmeterFormat, DerivesTheTimePerOutputTokenWhereItIsNull) {
  EXPECT_EQ(derived("0.5", "2.5", "5", "null"), 0.5);
  EXPECT_EQ(derived("0.5", "2.5", "5", "0.25"), 0.25) << "a given one stays";
  EXPECT_TRUE(std::isnan(derived("0.5", "2.5", "5", "NaN"))) << "NaN is given";
  EXPECT_TRUE(std::isnan(derived("0.5", "2.5", "1", "null")));
  EXPECT_TRUE(std::isnan(derived("0.5", "2.5", "null", "null")));
  EXPECT_TRUE(std::isnan(derived("null", "2.5", "5", "null")));
  EXPECT_TRUE(std::isnan(derived("0.5", "null", "5", "null")));
  EXPECT_TRUE(std::isnan(derived("0", "2.5", "5", "null"))) << "llmeter takes 0 as absent";
  EXPECT_TRUE(std::isnan(derived("0.5", "0.0", "5", "null")));
  EXPECT_EQ(derived("2.5", "0.5", "5", "null"), -0.5);
}

TEST(LlmeterFormat, ReadsTimesWithAndWithoutZone) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"2026-01-01T00:00:00Z", kNewYear2026},
      {"2026-01-01T00:00:00.000001Z", kNewYear2026 + 1'000},
      {"2026-01-01T02:30:00+02:30", kNewYear2026},
      {"2026-01-01T00:00:00", kNewYear2026},
  };
  for (const auto& [text, ns] : cases) {
    Reader reader;
    ASSERT_EQ(reader.read(std::string(R"({"request_time": ")") + text + "\"}"), nullptr) << text;
    EXPECT_EQ(reader.record.request_time_ns, ns) << text;
  }
}

TEST(LlmeterFormat, SaysWhyALineIsNoRecord) {
  const std::pair<std::string, const char*> cases[] = {
      {R"({"time_to_last_token": "1"})", "time_to_last_token is not a number"},
      {R"({"time_to_first_token": true})", "time_to_first_token is not a number"},
      {R"({"num_tokens_input": {}})", "num_tokens_input is not a number"},
      {R"({"num_tokens_output": [1]})", "num_tokens_output is not a number"},
      {R"({"num_tokens_output": nan})", "not JSON: a word is not true, false or null"},
      {R"({"time_to_last_token": 01})", "not JSON: a number is malformed"},
      {R"({"time_to_last_token": 1.})", "not JSON: a number is malformed"},
      {R"({"time_to_last_token": -})", "not JSON: a number is malformed"},
      {R"({"request_time": "yesterday"})", "request_time is not a time"},
      {R"({"request_time": 1767225600})", "request_time is not a time"},
      {R"([1, 2])", "not a JSON object"},
      {R"("text")", "not a JSON object"},
      {R"({"a": 1} {"a": 2})", "not JSON: more text after the end of the value"},
      {R"({"a": 1}})", "not JSON: more text after the end of the value"},
      {R"({"a": 1},)", json_reason(simdjson::INCOMPLETE_ARRAY_OR_OBJECT)},
      {R"({"response_text": "ok", "inpu)", "not JSON: a string is not closed"},
      {R"({"response_text": "ok", "time_to_last_token": 1)",
       json_reason(simdjson::INCOMPLETE_ARRAY_OR_OBJECT)},
      {"{\"id\": \"a\xff\"}", "not UTF-8"},
      {std::string("{\"id\": \"a\0b\"}", 13), "not JSON: a control character stands in a string"},
  };
  Reader reader;
  for (const auto& [line, reason] : cases) EXPECT_STREQ(reader.read(line), reason) << line;
  for (const char* line : {"{", "}", "{\"a\"}", "{\"a\":}", "{\"a\":,}", "{,}", "{1:2}", "nonsense",
                           "{\"a\": nonsense x}", "{\"time_to_last_token\": 1 2}", "\0"}) {
    EXPECT_NE(reader.read(line), nullptr) << line;
  }
  EXPECT_EQ(reader.read(kWhole), nullptr) << "a bad line spoils no later one";
}

TEST(LlmeterFormat, SkipsDeepNesting) {
  Reader reader;
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  ASSERT_EQ(reader.read("{\"input_payload\": " + deep + ", \"time_to_last_token\": 3}"), nullptr);
  EXPECT_EQ(reader.record.time_to_last_token, 3);
}

TEST(LlmeterFormat, ReadsLongLinesAfterShortOnes) {
  Reader reader;
  for (const std::size_t bytes : {10u, 1'000u, 100'000u, 3'000'000u, 20u}) {
    ASSERT_EQ(reader.read("{\"response_text\": \"" + std::string(bytes, 'x') +
                          "\", \"time_to_last_token\": 3}"),
              nullptr);
    EXPECT_EQ(reader.record.time_to_last_token, 3);
  }
}

TEST(LlmeterFormat, ReadsARealFile) {
  Reader reader;
  std::size_t failed = 0;
  const auto lines = lines_of("responses.jsonl");
  ASSERT_EQ(lines.size(), 20u);
  for (const std::string& line : lines) {
    ASSERT_EQ(reader.read(line), nullptr) << line;
    failed += reader.record.status == Status::error;
  }
  EXPECT_EQ(failed, 2u);
  EXPECT_EQ(reader.notes.missing_keys + reader.notes.unknown_keys, 0u);
}

TEST(LlmeterFormat, ReadsTheTrapsOfRealFiles) {
  Reader reader;
  std::vector<const char*> reasons;
  for (const std::string& line : lines_of("responses.traps.jsonl")) {
    if (!line.empty()) reasons.push_back(reader.read(line));
  }
  ASSERT_EQ(reasons.size(), 4u);
  EXPECT_EQ(reasons[0], nullptr);
  EXPECT_EQ(reasons[1], nullptr);
  EXPECT_EQ(reasons[2], nullptr);
  EXPECT_STREQ(reasons[3], "not JSON: a string is not closed");
  EXPECT_EQ(reader.notes.nonfinite_words, 1u);
  EXPECT_EQ(reader.notes.mid_stream_errors, 1u);
  EXPECT_EQ(reader.notes.duplicate_keys, 1u);
  EXPECT_EQ(reader.notes.missing_keys, 1u);
}

// A torn line is a prefix of a good one: none passes for a record.
TEST(LlmeterFormat, RefusesEveryPrefixOfALine) {
  Reader reader;
  for (std::size_t bytes = 1; bytes < kWhole.size(); ++bytes) {
    EXPECT_NE(reader.read(kWhole.substr(0, bytes)), nullptr) << "after " << bytes << " bytes";
  }
}

// Nothing that a line contains may crash the parser or make it read beyond the padding: run with
// sanitizers.
TEST(LlmeterFormat, SurvivesDamagedLines) {
  const std::string pieces[] = {
      "{",  "}",       "[",         "]",    ":",     ",",    "\"",
      "\\", "NaN",     "-Infinity", "null", "1e999", "\xff", std::string(1, '\0'),
      "\n", "error\"", "tru",       " "};
  for (std::uint32_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    std::string line = kWhole;
    for (std::uint32_t edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % line.size();
      const std::string& piece = pieces[random() % std::size(pieces)];
      switch (random() % 3) {
        case 0:
          line.insert(at, piece);
          break;
        case 1:
          line.replace(at, std::min<std::size_t>(random() % 20, line.size() - at), piece);
          break;
        default:
          line.erase(at, random() % 40);
          break;
      }
      if (line.empty()) line = "{";
    }
    Reader reader;
    const char* reason = reader.read(line);
    EXPECT_TRUE(reason == nullptr || std::strlen(reason) > 3);
    EXPECT_EQ(reader.read(kWhole), nullptr);
  }
}

TEST(LooksLikeLlmeter, KnowsItsKeys) {
  EXPECT_TRUE(looks_like_llmeter(kWhole));
  EXPECT_TRUE(looks_like_llmeter(kWhole + "\n{\"other\": 1}\n"));
  EXPECT_TRUE(looks_like_llmeter("\xEF\xBB\xBF\n  \n" + kWhole));
  EXPECT_TRUE(looks_like_llmeter(R"({"response_text": "cut off in the mid)"));
  EXPECT_TRUE(looks_like_llmeter(R"({"time_to_first_token": 1, "input_prompt": "p"})"));
  EXPECT_TRUE(looks_like_llmeter(R"({"time_to_first_token": 1, "time_to_last_token": 2})"));
}

TEST(LooksLikeLlmeter, LeavesOtherFormatsAlone) {
  EXPECT_FALSE(looks_like_llmeter(""));
  EXPECT_FALSE(looks_like_llmeter("\n\n"));
  EXPECT_FALSE(looks_like_llmeter("time_to_last_token,error\n1,2\n"));
  EXPECT_FALSE(looks_like_llmeter(R"({"latency": 1, "id": "response_text"})"));
  EXPECT_FALSE(looks_like_llmeter(R"({"value": {"response_text": "nested"}})"));
  EXPECT_FALSE(looks_like_llmeter(R"({"id": 1, "error": null})"));
  EXPECT_FALSE(looks_like_llmeter(R"({"other": 1})"
                                  "\n" +
                                  kWhole));
  EXPECT_FALSE(looks_like_llmeter(R"(["response_text"])"));
}

}  // namespace
}  // namespace millrace
