// SPDX-License-Identifier: Apache-2.0
//
// The generic JSONL format: what a line becomes, and which lines are bad.
#include "ingest/jsonl_format.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/json_picker.hpp"
#include "ingest/jsonl_map.hpp"

namespace millrace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A parser with all it needs, and the last record it made.
class Lines {
 public:
  explicit Lines(const JsonlMap& map, std::string_view label_choice = {})
      : format_(make_jsonl_format(map, label_choice).value()), parser_(format_.parser()) {}

  const char* parse(std::string_view line) {
    // A buffer of just the size, so that AddressSanitizer sees a read beyond the padding.
    std::vector<char> buffer(line.size() + LineParser::kPadding, '}');
    std::memcpy(buffer.data(), line.data(), line.size());
    record_.assign(format_.schema.record_size, std::byte{0});
    return parser_->parse({buffer.data(), line.size()}, record_.data(), labels_, errors_, notes_);
  }

  double number(std::string_view metric) const {
    const Expression& value = format_.schema.metrics[*format_.schema.find_metric(metric)].value;
    if (value.operation == Operation::field) return read<double>(value.a);
    return static_cast<double>(read<std::int64_t>(value.a) - read<std::int64_t>(value.b));
  }
  Status status() const { return static_cast<Status>(record_[0]); }
  std::int64_t start() const { return read<std::int64_t>(*format_.schema.start); }
  std::int64_t end() const { return read<std::int64_t>(*format_.schema.end); }
  std::string label() const { return name(labels_, read<std::uint16_t>(*format_.schema.label)); }
  std::string error() const {
    return name(errors_, read<std::uint16_t>(*format_.schema.error_class));
  }
  const Schema& schema() const { return format_.schema; }
  const LineNotes& notes() const { return notes_; }
  std::size_t label_count() const {
    std::vector<std::string> names;
    labels_.names_from(names);
    return names.size();
  }

 private:
  template <typename T>
  T read(const Field& field) const {
    T value;
    std::memcpy(&value, record_.data() + field.offset, sizeof value);
    return value;
  }
  static std::string name(const LocalNames& names, std::uint16_t number) {
    if (number == LocalNames::kNone) return "(none)";
    std::vector<std::string> all;
    names.names_from(all);
    return all.at(number - 2u);
  }

  LineFormat format_;
  std::unique_ptr<LineParser> parser_;
  std::vector<std::byte> record_;
  LocalNames labels_, errors_;
  LineNotes notes_;
};

JsonlMap map_of(const std::vector<std::string>& metrics) {
  JsonlMap map;
  for (const std::string& metric : metrics) EXPECT_TRUE(add_metric(map, metric)) << metric;
  return map;
}

TEST(JsonlFormat, ReadsTheExampleThroughItsMap) {
  const char* data = std::getenv("MILLRACE_TEST_DATA");
  const std::string folder =
      std::string(data != nullptr ? data : MILLRACE_TEST_DATA_DIR) + "/generic/";
  const auto map = read_jsonl_map(folder + "map.toml");
  ASSERT_TRUE(map) << map.error().message;
  Lines lines(*map);
  ASSERT_EQ(lines.schema().metrics.size(), 2u);  // status is a code, which the ok rule reads
  EXPECT_EQ(lines.schema().metrics[0].name, "latency");
  EXPECT_EQ(lines.schema().metrics[0].unit, Unit::microseconds);
  EXPECT_EQ(lines.schema().metrics[0].domain, Domain::duration);
  EXPECT_EQ(lines.schema().metrics[1].name, "tokens_out");
  EXPECT_EQ(lines.schema().record_size, 40u);
  EXPECT_FALSE(lines.schema().end);

  std::ifstream file(folder + "app.jsonl");
  double latency = 0, tokens = 0;
  int ok = 0, count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    ASSERT_EQ(lines.parse(line), nullptr);
    EXPECT_EQ(lines.start(), 1'767'225'600'000'123'000 + count * 50'000'000);
    EXPECT_EQ(lines.label(),
              count % 2 == 0 ? "op=/v1/chat/completions,host=h0" : "op=/v1/completions,host=h1");
    ok += lines.status() == Status::ok;
    if (lines.status() == Status::ok) latency += lines.number("latency");
    tokens += lines.number("tokens_out");
  }
  EXPECT_EQ(count, 20);
  EXPECT_EQ(ok, 18);                         // expected.json: ok
  EXPECT_EQ(tokens, 116);                    // tokens_out
  EXPECT_NEAR(latency / ok, 304'009.45, 1);  // latency_ok_ns.mean, in us
}

TEST(JsonlFormat, TakesNumbersAsTheyAreWritten) {
  Lines lines(map_of({"x=/x"}));
  const auto value_of = [&](const std::string& text) {
    EXPECT_EQ(lines.parse("{\"x\":" + text + "}"), nullptr) << text;
    return lines.number("x");
  };
  EXPECT_EQ(value_of("0.1"), 0.1);
  EXPECT_EQ(value_of(" -12 "), -12);
  EXPECT_EQ(value_of("1e3"), 1000);
  EXPECT_EQ(value_of("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(value_of("18446744073709551616"), 18446744073709551616.0);
  EXPECT_EQ(value_of("4.9e-324"), 4.9e-324);
  EXPECT_EQ(value_of("\"0.123\""), 0.123);
  EXPECT_EQ(value_of("\"\\u0030.5\""), 0.5);
  EXPECT_EQ(value_of("1e400"), kInfinity);
  EXPECT_EQ(value_of("-1e400"), -kInfinity);
  EXPECT_EQ(value_of("1e-400"), 0.0);
  for (const char* absent : {"null", "\"\"", "\"-\""}) EXPECT_TRUE(std::isnan(value_of(absent)));
  EXPECT_EQ(lines.parse("{}"), nullptr);
  EXPECT_TRUE(std::isnan(lines.number("x")));
}

TEST(JsonlFormat, NotesTheWordsOfPython) {
  Lines lines(map_of({"x=/x"}));
  EXPECT_EQ(lines.parse(R"({"x": Infinity, "y": [NaN]})"), nullptr);
  EXPECT_EQ(lines.number("x"), kInfinity);
  EXPECT_EQ(lines.parse(R"({"x": -Infinity})"), nullptr);
  EXPECT_EQ(lines.number("x"), -kInfinity);
  EXPECT_EQ(lines.parse(R"({"x":NaN})"), nullptr);
  EXPECT_TRUE(std::isnan(lines.number("x")));
  EXPECT_EQ(lines.notes().nonfinite_words, 4u);
  EXPECT_NE(lines.parse(R"({"x":nan})"), nullptr);
  EXPECT_NE(lines.parse(R"({"x":Infinit})"), nullptr);
}

TEST(JsonlFormat, FollowsPointersThroughObjectsAndArrays) {
  Lines lines(map_of({"a=/a/b/c", "b=/l/1", "c=/l/2/x", "d=/o/0", "e=/s~1t~0", "f=/k k", "g=/"}));
  ASSERT_EQ(lines.parse(R"({"a":{"x":[{}],"b":{"c":1}},"l":[9,2,{"x":3},7],"o":{"0":4},)"
                        R"("s/t~":5,"k\u0020k":6,"":7})"),
            nullptr);
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(lines.number(names[i]), static_cast<double>(i + 1)) << names[i];
  }
  ASSERT_EQ(lines.parse(R"({"a":5,"l":{"1":2},"o":[4]})"), nullptr);
  EXPECT_TRUE(std::isnan(lines.number("a")));
  EXPECT_EQ(lines.number("b"), 2);  // a step of digits is a key, too
  EXPECT_EQ(lines.number("d"), 4);
}

TEST(JsonlFormat, ReadsLinesThatAreArrays) {
  Lines lines(map_of({"x=/1:ms"}));
  EXPECT_EQ(lines.parse("[1767225600, 12.5]"), nullptr);
  EXPECT_EQ(lines.number("x"), 12.5);
}

TEST(JsonlFormat, LetsTheLastOfRepeatedKeysCount) {
  Lines lines(map_of({"x=/x", "y=/o/y", "z=/o/z"}));
  EXPECT_EQ(lines.parse(R"({"x":1,"o":{"y":1,"z":2},"x":2,"o":{"y":3}})"), nullptr);
  EXPECT_EQ(lines.number("x"), 2);
  EXPECT_EQ(lines.number("y"), 3);
  EXPECT_TRUE(std::isnan(lines.number("z")));
  EXPECT_EQ(lines.notes().duplicate_keys, 2u);
  EXPECT_EQ(lines.parse(R"({"o":{"y":1},"o":null})"), nullptr);
  EXPECT_TRUE(std::isnan(lines.number("y")));
  EXPECT_EQ(lines.notes().duplicate_keys, 3u);
}

TEST(JsonlFormat, DerivesLatencyFromStartAndEnd) {
  JsonlMap map;
  ASSERT_TRUE(set_start(map, "/s:s"));
  ASSERT_TRUE(set_end(map, "/e"));
  Lines lines(map);
  ASSERT_EQ(lines.schema().metrics.size(), 1u);
  EXPECT_EQ(lines.schema().metrics[0].name, "latency");
  EXPECT_EQ(lines.schema().metrics[0].unit, Unit::nanoseconds);
  EXPECT_TRUE(lines.schema().metrics[0].integral());
  EXPECT_EQ(lines.schema().record_size, 24u);
  EXPECT_EQ(lines.parse(R"({"s":"1767225600.265","e":"2026-01-01T00:00:00.265000007Z"})"), nullptr);
  EXPECT_EQ(lines.number("latency"), 7);
  EXPECT_EQ(lines.parse(R"({"s":1,"e":null})"), nullptr);
  EXPECT_EQ(lines.start(), 1'000'000'000);
  EXPECT_EQ(lines.end(), kAbsentTime);
  EXPECT_STREQ(lines.parse(R"({"s":"2026-01-01T00:00:00Z"})"),
               "a time stamp cannot be read, or is not between the years 1677 and 2262");
  EXPECT_STREQ(lines.parse(R"({"s":true})"), "a time stamp is neither a text nor a number");

  ASSERT_TRUE(add_metric(map, "latency=/took:ms"));
  EXPECT_EQ(make_jsonl_format(map)->schema.metrics.size(), 1u);
}

TEST(JsonlFormat, JudgesByTheRuleOrTheErrorText) {
  JsonlMap map = map_of({"x=/x"});
  ASSERT_TRUE(set_error(map, "/error"));
  Lines by_text(map);
  for (const char* ok : {"{}", R"({"error":null})", R"({"error":""})", R"({"error":false})"}) {
    EXPECT_EQ(by_text.parse(ok), nullptr);
    EXPECT_EQ(by_text.status(), Status::ok) << ok;
    EXPECT_EQ(by_text.error(), "(none)");
  }
  EXPECT_EQ(by_text.parse(R"({"error":"time\u006fut"})"), nullptr);
  EXPECT_EQ(by_text.status(), Status::error);
  EXPECT_EQ(by_text.error(), "timeout");
  EXPECT_EQ(by_text.parse(R"({"error":{"code":1}})"), nullptr);
  EXPECT_EQ(by_text.error(), "(an object or an array)");

  ASSERT_TRUE(set_ok(map, "/status < 400 and x"));
  Lines by_rule(map);
  EXPECT_EQ(by_rule.parse(R"({"status":"200","x":1,"error":"seen"})"), nullptr);
  EXPECT_EQ(by_rule.status(), Status::ok);
  EXPECT_EQ(by_rule.parse(R"({"status":503,"x":1,"error":"busy"})"), nullptr);
  EXPECT_EQ(by_rule.status(), Status::error);
  EXPECT_EQ(by_rule.error(), "busy");
  EXPECT_EQ(by_rule.parse(R"({"x":1})"), nullptr);
  EXPECT_EQ(by_rule.status(), Status::error);
  EXPECT_EQ(by_rule.error(), "(none)");
}

TEST(JsonlFormat, JoinsLabelsUnlessOneIsChosen) {
  JsonlMap map = map_of({"x=/x"});
  ASSERT_TRUE(add_label(map, "op=/op"));
  Lines alone(map);
  EXPECT_EQ(alone.parse(R"({"op":"get"})"), nullptr);
  EXPECT_EQ(alone.label(), "get");

  ASSERT_TRUE(add_label(map, "code=/code"));
  ASSERT_TRUE(add_label(map, "hit=/hit"));
  Lines joined(map);
  EXPECT_EQ(joined.parse(R"({"hit":true,"op":"get","code":200})"), nullptr);
  EXPECT_EQ(joined.label(), "op=get,code=200,hit=true");
  EXPECT_EQ(joined.parse(R"({"op":null,"code":1.50})"), nullptr);
  EXPECT_EQ(joined.label(), "code=1.50");
  EXPECT_EQ(joined.parse(R"({"op":""})"), nullptr);
  EXPECT_EQ(joined.label(), "(none)");

  Lines chosen(map, "code");
  EXPECT_EQ(chosen.parse(R"({"op":"get","code":200})"), nullptr);
  EXPECT_EQ(chosen.label(), "200");
  EXPECT_EQ(make_jsonl_format(map, "zone").error().message,
            "the map has no label 'zone'; known: op, code, hit");
}

TEST(JsonlFormat, RefusesLinesThatAreNotJsonToTheLastByte) {
  using namespace std::string_literals;
  Lines lines(map_of({"x=/x"}));
  const std::string deep(65, '['), shallow(63, '[');
  for (const std::string& line :
       {"{"s, "{\"x\":1"s, "{\"x\":1,"s, "{\"x\":"s, "{\"x"s, "{\"x\":1}}"s, "{\"x\":1} {\"x\":2}"s,
        "{\"x\":1}{\"x\":2}"s, "{\"x\":1} junk"s, "{\"x\":1},"s, "5"s, "\"x\""s, "null"s,
        "nonsense"s, "{\"x\":1]"s, "[1}"s, "{\"x\" 1}"s, "{x:1}"s, "{'x':1}"s, "{\"x\":1,}"s,
        "{,}"s, "[1,,2]"s, "[1 2]"s, "{\"x\":01}"s, "{\"x\":1.}"s, "{\"x\":.5}"s, "{\"x\":+1}"s,
        "{\"x\":0x1}"s, "{\"x\":1e}"s, "{\"x\":--1}"s, "{\"x\":tru}"s, "{\"x\":truee}"s,
        "{\"x\":nulll}"s, "{\"x\":\"a\x01\"}"s, "{\"x\":\"\xff\"}"s, "{\"x\":\"\xc0\x80\"}"s,
        "{\"x\":\"\\q\"}"s, "{\"x\":1}\0"s, "{\"x\":1\0}"s, "\0{\"x\":1}"s, "{\"x\":\"a\0\"}"s,
        "{\"x\0\":1}"s, "\xef\xbb\xbf{\"x\":1}"s,
        // The same where nobody asked for the value.
        "{\"y\":[1,,xyz]}"s, "{\"y\":{\"z\":01}}"s, "{\"y\":tru}"s, "{\"y\":\"\\q\"}"s,
        "{\"y\":\"\\u12g4\"}"s, "{\"y\":\"\\u12\"}"s, "{\"y\":[}"s, "{\"y\":{]}"s, "{\"y\":[1}}"s,
        "[\"y\":1}"s, "[\"y\":1]"s, "{\"y\":\"z\":[1]}"s, "[1,\"x\":{}]"s, "{\"x\":\"1\":2}"s,
        "{\"y\":}"s, "{\"y\"}"s, "{\"y\":1 2}"s, "{\"y\":\"a\" \"b\"}"s, "{\"y\":[1,]}"s,
        "{\"y\":" + deep + std::string(65, ']') + "}", "{\"y\":" + deep}) {
    const char* reason = lines.parse(line);
    ASSERT_NE(reason, nullptr) << line;
    EXPECT_NE(reason[0], '\0');
    EXPECT_EQ(lines.parse("{\"x\":1}"), nullptr) << "after " << line;
  }
  EXPECT_EQ(lines.parse("{\"y\":" + shallow + std::string(63, ']') + "}"), nullptr);
  EXPECT_EQ(lines.parse("{\"y\":\"\\ud800\\n\",\"z\":\"\\\\\"}"), nullptr);
}

// Python writes such texts, of file names and of broken answers, and reads them.
TEST(JsonlFormat, KeepsATextWithHalfASurrogatePairAsTheLineHasIt) {
  JsonlMap map = parse_jsonl_map("[fields]\nx='/x'\n[labels]\nl='/l'\n", "m").value();
  Lines lines(map);
  ASSERT_EQ(lines.parse("{\"x\":1,\"l\":\"a\\ud800\\n\"}"), nullptr);
  EXPECT_EQ(lines.label(), "a\\ud800\\n");
  EXPECT_NE(lines.parse("{\"x\":1,\"l\":\"a\\ud8\"}"), nullptr);
}

TEST(JsonlFormat, SaysWhatIsWrongInWordsThatDoNotChange) {
  JsonlMap map =
      parse_jsonl_map("[fields]\nx='/x'\nn={path='/n',type='int'}\n[labels]\nl='/l'\n", "m")
          .value();
  Lines lines(map);
  EXPECT_STREQ(lines.parse("{\"x\":\"a"), "not JSON: a string is not closed");
  EXPECT_STREQ(lines.parse("{\"x\":1} {}"), "not JSON: more text after the end of the value");
  EXPECT_STREQ(lines.parse("{\"x\":[1"),
               "not JSON: the line does not end where its object or array ends");
  EXPECT_STREQ(lines.parse("{\"x\":\"\xff\"}"), "not UTF-8");
  EXPECT_STREQ(lines.parse("{\"x\":1.}"), "not JSON: a number is malformed");
  EXPECT_STREQ(lines.parse("{\"x\":\"\\q\"}"), "not JSON: a string has a bad escape");
  EXPECT_STREQ(lines.parse("17"), "neither a JSON object nor an array");
  EXPECT_STREQ(lines.parse("{\"x\":true}"), "a metric is not a number");
  EXPECT_STREQ(lines.parse("{\"x\":{\"a\":1}}"), "a metric is not a number");
  EXPECT_STREQ(lines.parse("{\"x\":\"0.1, 0.2\"}"), "a metric is a text without a number");
  EXPECT_STREQ(lines.parse("{\"n\":1.5}"), "an int is not a whole number");
  EXPECT_STREQ(lines.parse("{\"l\":[]}"), "a label is an object or an array");
  EXPECT_STREQ(lines.parse(std::string(70, '[') + std::string(70, ']')),
               "nested more than 64 levels deep");
}

TEST(JsonlFormat, LeavesNoNamesOfBadLines) {
  JsonlMap map = map_of({"x=/x"});
  ASSERT_TRUE(add_label(map, "l=/l"));
  Lines lines(map);
  EXPECT_NE(lines.parse(R"({"l":"a","x":true})"), nullptr);
  EXPECT_NE(lines.parse(R"({"l":"b"})"
                        "x"),
            nullptr);
  EXPECT_EQ(lines.label_count(), 0u);
}

TEST(JsonlFormat, GrowsWithItsLines) {
  Lines lines(map_of({"x=/x"}));
  for (const std::size_t bytes : {10u, 70'000u, 3'000'000u, 10u}) {
    EXPECT_EQ(lines.parse("{\"t\":\"" + std::string(bytes, 'a') + "\",\"x\":1}"), nullptr);
    EXPECT_EQ(lines.number("x"), 1);
  }
}

TEST(JsonlFormat, SurvivesMutatedLines) {
  JsonlMap map = map_of({"a=/op/took:us", "b=/list/1", "c=/text"});
  ASSERT_TRUE(set_start(map, "/ts"));
  ASSERT_TRUE(add_label(map, "l=/l"));
  ASSERT_TRUE(set_error(map, "/error"));
  ASSERT_TRUE(set_ok(map, "/op/code < 400 or l == 'x'"));
  Lines lines(map);
  const std::string valid =
      R"({"ts":"2026-01-01T00:00:00.1Z","op":{"took":265000,"code":200},"list":[1,-2.5e3,{"a":)"
      R"(null}],"text":"12\u0020\"","l":"\ud83d\ude00 é","error":"","deep":[[[{"k":[true,false,NaN]}]]]})";
  const std::string pieces = "{}[]\",:\\u0019eE.-+tfnN \t\xff\xc3\x00\x1f/";
  for (unsigned seed = 0; seed < 60'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::string line = valid;
    for (std::size_t i = 1 + random() % 4; i > 0; --i) {
      const std::size_t at = random() % line.size();
      switch (random() % 5) {
        case 0:
          line[at] = pieces[random() % pieces.size()];
          break;
        case 1:
          line.insert(at, 1, pieces[random() % pieces.size()]);
          break;
        case 2:
          line.erase(at, 1 + random() % 8);
          break;
        case 3:
          line.insert(at, line.substr(random() % line.size(), random() % 40));
          break;
        case 4:
          line.resize(at + 1);
          break;
      }
      if (line.empty()) line = "{";
    }
    lines.parse(line);
  }
  EXPECT_EQ(lines.parse("{\"ts\":1}"), nullptr);
}

}  // namespace
}  // namespace millrace
