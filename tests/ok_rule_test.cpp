// SPDX-License-Identifier: Apache-2.0
#include "ingest/ok_rule.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Values = std::map<std::string, OkValue>;

bool holds(const std::string& text, const Values& values = {}) {
  const auto rule = OkRule::compile(text);
  EXPECT_TRUE(rule) << text << ": " << rule.error().message;
  std::vector<OkValue> ordered;
  for (const std::string& name : rule->names()) {
    const auto known = values.find(name);
    ordered.push_back(known == values.end() ? OkValue{} : known->second);
  }
  return rule->holds(ordered);
}

std::string error_of(const std::string& text) {
  const auto rule = OkRule::compile(text);
  return rule ? "no error" : rule.error().message;
}

TEST(OkRule, ComparesNumbersTextsAndTruthValues) {
  const Values values{{"status", 200.0}, {"kind", "http"}, {"cached", false}};
  EXPECT_TRUE(
      holds("status == 200 and status != 201 and status < 200.5 and status <= 200", values));
  EXPECT_TRUE(holds("status > -1e3 and status >= 200 and 100 < status", values));
  EXPECT_FALSE(holds("status < 200 or status > 200 or status == 1", values));
  EXPECT_TRUE(holds("kind == 'http' and kind < \"https\" and kind != 'HTTP'", values));
  EXPECT_TRUE(holds("cached == false and cached != true", values));
  EXPECT_TRUE(holds("'it\\'s' == \"it's\""));
}

TEST(OkRule, ReadsATextThatIsANumberAsOneBesideANumber) {
  EXPECT_TRUE(holds("status >= 200 and status < 400", {{"status", "204"}}));
  EXPECT_FALSE(holds("status >= 200", {{"status", "204 "}}));
  EXPECT_FALSE(holds("status >= 200", {{"status", ""}}));
  EXPECT_TRUE(holds("status == '204'", {{"status", 204.0}}));
}

TEST(OkRule, TakesALoneNameForItsTruth) {
  for (const OkValue& value :
       {OkValue{}, OkValue{false}, OkValue{0.0}, OkValue{-0.0}, OkValue{""}}) {
    EXPECT_FALSE(holds("x", {{"x", value}}));
    EXPECT_TRUE(holds("not x", {{"x", value}}));
  }
  for (const OkValue& value : {OkValue{true}, OkValue{0.1}, OkValue{"0"}}) {
    EXPECT_TRUE(holds("x", {{"x", value}}));
  }
}

TEST(OkRule, FindsAMissingFieldEqualToNullOnly) {
  for (const char* text : {"x == 1", "x < 1", "x > 1", "x <= 1", "x >= 1", "x == ''", "x == false",
                           "x == y", "x != null", "x < null", "x <= null"}) {
    EXPECT_FALSE(holds(text)) << text;
  }
  for (const char* text : {"x != 1", "x != ''", "x != y", "x == null", "null == x"}) {
    EXPECT_TRUE(holds(text)) << text;
  }
  EXPECT_TRUE(holds("x != null", {{"x", 0.0}}));
}

TEST(OkRule, NeverOrdersWhatCannotBeCompared) {
  const Values values{{"t", "text"}, {"n", 1.0}, {"b", true}};
  for (const char* pair : {"t {} n", "t {} b", "n {} b"}) {
    for (const char* sign : {"==", "<", "<=", ">", ">="}) {
      std::string text = pair;
      text.replace(text.find("{}"), 2, sign);
      EXPECT_FALSE(holds(text, values)) << text;
    }
    std::string text = pair;
    EXPECT_TRUE(holds(text.replace(text.find("{}"), 2, "!="), values));
  }
}

TEST(OkRule, BindsNotBeforeAndBeforeOr) {
  for (int bits = 0; bits < 8; ++bits) {
    const bool a = bits & 1, b = bits & 2, c = bits & 4;
    const Values values{{"a", a}, {"b", b}, {"c", c}};
    EXPECT_EQ(holds("a or b and c", values), a || (b && c));
    EXPECT_EQ(holds("a and b or c", values), (a && b) || c);
    EXPECT_EQ(holds("(a or b) and c", values), (a || b) && c);
    EXPECT_EQ(holds("not a and b", values), !a && b);
    EXPECT_EQ(holds("not (a and b) or not not c", values), !(a && b) || c);
  }
}

TEST(OkRule, TakesDottedNamesAndJsonPointers) {
  const auto rule = OkRule::compile("http.code<400 and /http/code>=200 and (/a~1b)").value();
  EXPECT_EQ(rule.names(), (std::vector<std::string>{"http.code", "/http/code", "/a~1b"}));
  EXPECT_EQ(OkRule::compile("x or x and x").value().names().size(), 1u);
}

TEST(OkRule, SaysWhereAndWhatIsWrong) {
  const std::string operand = "expected a name, a number, a text, true, false or null";
  EXPECT_EQ(error_of(""), "ok rule, column 1: " + operand);
  EXPECT_EQ(error_of("a and"), "ok rule, column 6: " + operand);
  EXPECT_EQ(error_of("a == and b"), "ok rule, column 6: " + operand);
  EXPECT_EQ(error_of("a = 1"), "ok rule, column 3: expected '==' for equality");
  EXPECT_EQ(error_of("a b"), "ok rule, column 3: expected 'and', 'or' or the end");
  EXPECT_EQ(error_of("1 < a < 2"), "ok rule, column 7: expected 'and', 'or' or the end");
  EXPECT_EQ(error_of("(a"), "ok rule, column 3: expected ')'");
  EXPECT_EQ(error_of("a == 'x"), "ok rule, column 6: the text that begins here has no end");
  EXPECT_EQ(error_of("a == 12ms"), "ok rule, column 8: expected a blank behind the number");
  EXPECT_EQ(error_of("a == -"), "ok rule, column 6: expected a number");
  EXPECT_EQ(error_of("a & b"), "ok rule, column 3: expected 'and', 'or' or the end");
}

TEST(OkRule, BoundsItsSizeAndDepth) {
  EXPECT_TRUE(holds(std::string(30, '(') + "1" + std::string(30, ')')));
  EXPECT_NE(error_of(std::string(1000, '(')).find("levels deep"), std::string::npos);
  EXPECT_NE(error_of("a" + std::string(5000, ' ')).find("longer than"), std::string::npos);
  std::string nested = "true";
  for (int i = 0; i < 30; ++i) nested = "false or true and (" + nested + ")";
  EXPECT_TRUE(holds(nested));
  std::string chain = "false";
  while (chain.size() < 4000) chain += " or false";
  EXPECT_FALSE(holds(chain));
}

TEST(OkRule, SurvivesAnyText) {
  const std::vector<std::string> words{"a", "/b", "and", "or", "not",   "(",    ")", "==", "<=",
                                       "!", "1",  "'t",  "'",  "\"x\"", "null", " ", "\\", "\xff"};
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::string text;
    for (std::size_t i = random() % 12; i > 0; --i) text += words[random() % words.size()] + " ";
    const auto rule = OkRule::compile(text);
    if (rule) static_cast<void>(rule->holds(std::vector<OkValue>(rule->names().size())));
  }
}

}  // namespace
}  // namespace millrace
