// SPDX-License-Identifier: Apache-2.0
//
// JsonlMap: from TOML and from flags, and what is said of those that are wrong.
#include "ingest/jsonl_map.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/jsonl_format.hpp"

namespace millrace {
namespace {

std::string toml_error(std::string_view toml) {
  const auto map = parse_jsonl_map(toml, "m.toml");
  return map ? "no error" : map.error().message;
}

TEST(JsonlMap, TakesPathsAndTablesInTheOrderOfTheFile) {
  const auto map = parse_jsonl_map(R"(
format = "jsonl"
[fields]
z = "/z"
start = "/s"
a = { path = "/a", unit = "µs" }
end = { path = "/e", unit = "ms" }
error = "/err"
note = { path = "/note", type = "text" }
[labels]
y = "/y"
b = "/b"
[ok]
when = "note == 'fine'"
)",
                                   "m.toml");
  ASSERT_TRUE(map) << map.error().message;
  ASSERT_EQ(map->fields.size(), 3u);
  EXPECT_EQ(map->fields[0].name, "z");
  EXPECT_EQ(map->fields[1].unit, Unit::microseconds);
  EXPECT_EQ(map->fields[2].kind, JsonlField::Kind::text);
  EXPECT_EQ(map->start->unit, TimeUnit::any);
  EXPECT_EQ(map->end->unit, TimeUnit::milliseconds);
  EXPECT_EQ(map->error, "/err");
  EXPECT_EQ(map->labels[0].name, "y");
  EXPECT_EQ(map->ok->names(), std::vector<std::string>{"note"});
  EXPECT_TRUE(make_jsonl_format(*map));
}

TEST(JsonlMap, NamesTheLineAndTheKeyOfAnError) {
  EXPECT_EQ(toml_error("x = 1\n"),
            "m.toml:1: unknown key 'x' in the map; known: format, fields, "
            "ok, labels");
  EXPECT_EQ(toml_error("[fields]\na = { path = '/a', tpye = 'int' }\n"),
            "m.toml:2: unknown key 'tpye' in a; known: path, type, unit");
  EXPECT_EQ(toml_error("[fields]\na = { unit = 's' }\n"), "m.toml:2: a: path is missing");
  EXPECT_EQ(toml_error("[fields]\na = 5\n"),
            "m.toml:2: a must be a path or a table { path, type, unit }");
  EXPECT_EQ(toml_error("[fields]\na = 'b'\n"),
            "m.toml:2: JSON Pointer 'b': it must begin with a slash, as in '/b'");
  EXPECT_EQ(toml_error("[fields]\na = { path = '/a', unit = 'min' }\n"),
            "m.toml:2: a: unknown unit 'min'; known: ns, us, ms, s, B, tokens, or none");
  EXPECT_EQ(toml_error("[fields]\nstart = { path = '/a', unit = 'B' }\n"),
            "m.toml:2: start: unknown unit 'B'; known: iso8601, s, ms, us, ns, auto");
  EXPECT_EQ(toml_error("[fields]\nfirst = { path = '/a', type = 'time' }\n"),
            "m.toml:2: only start and end are of type \"time\"");
  EXPECT_EQ(toml_error("[fields]\na = '/a'\n\n[labels]\na = '/b'\n"),
            "m.toml:5: the name 'a' is used twice");
  EXPECT_EQ(toml_error("[ok]\nwhen = 'a ='\n"),
            "m.toml:2: ok rule, column 3: expected '==' for equality");
  EXPECT_EQ(toml_error("[ok]\nif = 'a'\n"), "m.toml:2: unknown key 'if' in [ok]; known: when");
  EXPECT_EQ(toml_error("format = 'csv'\n"), "m.toml:1: format must be \"jsonl\"");
  EXPECT_EQ(toml_error("fields = 1\n"), "m.toml:1: fields must be a table");
  EXPECT_NE(toml_error("a = \n= 3").find("m.toml:1: "), std::string::npos);
  EXPECT_EQ(read_jsonl_map("/nonexistent.toml").error().message,
            "cannot open '/nonexistent.toml': No such file or directory");
}

TEST(JsonlMap, ExplainsBadFlags) {
  JsonlMap map;
  EXPECT_EQ(add_metric(map, "/a").error().message, "--metric '/a': expected NAME=POINTER[:UNIT]");
  EXPECT_EQ(add_metric(map, "=/a").error().message, "--metric '=/a': expected NAME=POINTER[:UNIT]");
  EXPECT_EQ(add_metric(map, "a=a:ms").error().message,
            "--metric 'a=a:ms': JSON Pointer 'a': it must begin with a slash, as in '/a'");
  EXPECT_EQ(add_metric(map, "a=/a:b").error().message,
            "--metric 'a=/a:b': unknown unit 'b'; known: ns, us, ms, s, B, tokens, or none; a path "
            "that holds a colon needs one behind it");
  EXPECT_TRUE(add_metric(map, "a=/a:b:"));
  EXPECT_EQ(map.fields[0].pointer, "/a:b");
  EXPECT_EQ(add_metric(map, "a=/c").error().message, "--metric 'a=/c': the name 'a' is used twice");
  EXPECT_EQ(set_start(map, "/t:min").error().message,
            "--start '/t:min': unknown unit 'min'; known: iso8601, s, ms, us, ns, auto");
  EXPECT_EQ(add_label(map, "/x").error().message, "--label '/x': expected NAME=POINTER");
  EXPECT_EQ(set_error(map, "x~").error().message.substr(0, 12), "--error 'x~'");
  EXPECT_FALSE(set_ok(map, "("));
}

TEST(JsonlMap, IsRefusedWithoutAMetricOrWithUnknownNames) {
  JsonlMap map;
  EXPECT_EQ(make_jsonl_format(map).error().message,
            "the map has no metric: give one, or both start and end");
  ASSERT_TRUE(add_metric(map, "x=/x"));
  ASSERT_TRUE(set_ok(map, "status < 400"));
  EXPECT_EQ(make_jsonl_format(map).error().message,
            "ok rule 'status < 400': 'status' is no field of the map; a JSON Pointer begins with a "
            "slash, as in '/status'");
  map.ok.reset();
  for (std::size_t i = 1; i < kJsonlMetricsMax; ++i) {
    ASSERT_TRUE(add_metric(map, "m" + std::to_string(i) + "=/m" + std::to_string(i)));
  }
  EXPECT_TRUE(make_jsonl_format(map));
  ASSERT_TRUE(add_metric(map, "more=/more"));
  EXPECT_EQ(make_jsonl_format(map).error().message, "the map has 33 metrics; at most 32");
}

}  // namespace
}  // namespace millrace
