// SPDX-License-Identifier: Apache-2.0
//
// python_json against text that Python 3.11 wrote: json.dumps() and repr().
#include "report/python_json.hpp"

#include <limits>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

TEST(PythonJson, WritesDoublesAsPythonsRepr) {
  const std::pair<double, const char*> cases[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {7.5, "7.5"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1.0 / 3, "0.3333333333333333"},
      {0.0001, "0.0001"},
      {0.00012345678901234567, "0.00012345678901234567"},
      {9.9999e-5, "9.9999e-05"},
      {1e-5, "1e-05"},
      {1.5e-7, "1.5e-07"},
      {123456.0, "123456.0"},
      {999999999999999.9, "999999999999999.9"},
      {9999999999999998.0, "9999999999999998.0"},
      {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},
      {1e22, "1e+22"},
      {123456789012345680.0, "1.2345678901234568e+17"},
      {1e100, "1e+100"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {-1.2345678901234567e-300, "-1.2345678901234568e-300"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {5e-324, "5e-324"},
      {13638.688412797635, "13638.688412797635"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(python_float(value), text);
}

TEST(PythonJson, WritesWhatIsNotFiniteAsBareWords) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(python_float(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(python_float(-std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(python_float(kInfinity), "Infinity");
  EXPECT_EQ(python_float(-kInfinity), "-Infinity");
}

TEST(PythonJson, KeepsIntegersWithoutAPoint) {
  EXPECT_EQ(python_json(0), "0");
  EXPECT_EQ(python_json(-7), "-7");
  EXPECT_EQ(python_json(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(python_json(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(python_json(true), "true");
  EXPECT_EQ(python_json(nullptr), "null");
}

TEST(PythonJson, EscapesAllButPrintableAscii) {
  EXPECT_EQ(python_json("plain ~"), R"("plain ~")");
  EXPECT_EQ(python_json("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(python_json("\n\r\t\b\f"), R"("\n\r\t\b\f")");
  EXPECT_EQ(python_json(std::string("\0\x01\x1f\x7f", 4)), R"("\u0000\u0001\u001f\u007f")");
  EXPECT_EQ(python_json("\u00e9\u2014\uffff"), R"("\u00e9\u2014\uffff")");
  EXPECT_EQ(python_json("\U0001F600\U0010FFFF"), R"("\ud83d\ude00\udbff\udfff")");
}

// os.fsdecode() of such bytes, then json.dumps().
TEST(PythonJson, WritesBytesThatAreNoUtf8AsSurrogates) {
  EXPECT_EQ(python_json("a\xff"), R"("a\udcff")");
  EXPECT_EQ(python_json("\xc3("), R"("\udcc3(")");
  EXPECT_EQ(python_json("\xe2\x82"), R"("\udce2\udc82")");
  EXPECT_EQ(python_json("\xed\xa0\x80"), R"("\udced\udca0\udc80")") << "a surrogate";
  EXPECT_EQ(python_json("\xc0\xaf"), R"("\udcc0\udcaf")") << "an overlong slash";
  EXPECT_EQ(python_json("\xf4\x90\x80\x80"), R"("\udcf4\udc90\udc80\udc80")") << "beyond U+10FFFF";
}

TEST(PythonJson, PutsOneLineTogetherWithBlanksAfterCommasAndColons) {
  const Json value = {{"a", {1, 2.0, nullptr}}, {"b", Json::object()}, {"c", Json::array()}};
  EXPECT_EQ(python_json(value), R"({"a": [1, 2.0, null], "b": {}, "c": []})");
}

TEST(PythonJson, IndentsAsIndent4Does) {
  const Json value = {
      {"z", 1}, {"a", {{"x", {true, "t"}}, {"e", Json::object()}}}, {"l", Json::array()}};
  EXPECT_EQ(python_json(value, 4), R"({
    "z": 1,
    "a": {
        "x": [
            true,
            "t"
        ],
        "e": {}
    },
    "l": []
})");
}

}  // namespace
}  // namespace millrace
