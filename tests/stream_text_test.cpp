// SPDX-License-Identifier: Apache-2.0
//
// StreamText: what is written is what is read, for every schema; and hostile texts are errors.
#include "log/stream_text.hpp"

#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "millrace/record.hpp"

#include "log/format.hpp"

namespace millrace::log {
namespace {

void expect_same(const StreamText& stream) {
  const std::string text = to_text(stream);
  const auto back = parse_stream(text);
  ASSERT_TRUE(back) << back.error().message << "\n" << text;
  EXPECT_EQ(back->name, stream.name);
  EXPECT_EQ(back->schema, stream.schema) << text;
  ASSERT_EQ(back->goodput.size(), stream.goodput.size());
  for (std::size_t i = 0; i < stream.goodput.size(); ++i) {
    EXPECT_EQ(back->goodput[i].metric, stream.goodput[i].metric);
    EXPECT_EQ(std::memcmp(&back->goodput[i].at_most, &stream.goodput[i].at_most, 8), 0);
  }
  EXPECT_EQ(to_text(*back), text);
}

StreamText generation() {
  return {"requests",
          RecordTraits<GenerationRecord>::schema().value(),
          {{"time_to_first_token", 5e8}, {"output_tokens", 0.1}}};
}

TEST(StreamTextTest, BuiltInSchemasComeBackExactly) {
  expect_same(generation());
  expect_same({"http", RecordTraits<RequestRecord>::schema().value(), {}});
  expect_same({"gaps", RecordTraits<SampleRecord>::schema().value(), {}});
  expect_same({"times", sample_schema("gap", Unit::nanoseconds).value(), {{"gap", -0.0}}});
}

TEST(StreamTextTest, TheTextIsThatOfTheDocument) {
  const std::string text = to_text(generation());
  EXPECT_TRUE(text.starts_with(R"({"stream":"requests","schema":"generation","record_size":184,)"
                               R"("fields":[{"name":"status","type":"u8","offset":0},)"))
      << text;
  EXPECT_NE(text.find(R"("roles":{"status":0,"label":2,"error_class":4,"event":1,"start":56,)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"({"name":"time_to_first_token","unit":"nanoseconds","domain":"duration",)"
                      R"("rated":false,"operation":"difference","a":72,"b":56})"),
            std::string::npos)
      << text;
  EXPECT_TRUE(text.ends_with(R"("goodput":[{"metric":"time_to_first_token","at_most":500000000.0},)"
                             R"({"metric":"output_tokens","at_most":0.1}],)"
                             R"("labels_max":1024,"label_memory_bytes":268435456})"))
      << text;
}

TEST(StreamTextTest, TheLimitsOfLabelsComeBackAndHaveDefaults) {
  StreamText stream = generation();
  stream.labels_max = 3;
  stream.label_memory_bytes = std::uint64_t{1} << 40;
  const std::string text = to_text(stream);
  EXPECT_EQ(parse_stream(text).value().labels_max, 3u);
  EXPECT_EQ(parse_stream(text).value().label_memory_bytes, std::uint64_t{1} << 40);
  const std::string without = text.substr(0, text.find(R"(,"labels_max")")) + "}";
  EXPECT_EQ(parse_stream(without).value().labels_max, EngineOptions{}.labels_max);
  for (const char* wrong : {"-1", "1.5", "4294967296", "\"3\"", "null"}) {
    std::string bad = text;
    bad.replace(bad.find(R"("labels_max":3)"), 14, std::string(R"("labels_max":)") + wrong);
    EXPECT_FALSE(parse_stream(bad)) << wrong;
  }
}

Schema random_schema(std::mt19937& random) {
  const auto below = [&](std::size_t n) { return random() % n; };
  const auto name = [&] {
    static constexpr const char* kOdd[] = {"\"", "\\", "\n", "\xC3\xA9", "\xE2\x82\xAC", " ", "/"};
    std::string text(1, static_cast<char>('a' + below(26)));
    for (std::size_t i = below(12); i > 0; --i) {
      text += below(3) == 0 ? kOdd[below(7)] : std::string(1, static_cast<char>('!' + below(90)));
    }
    return text;
  };
  Schema schema;
  schema.name = name();
  schema.record_size = static_cast<std::uint32_t>(16 + 8 * below(20));
  std::vector<Field> all;
  for (std::uint32_t at = 0; at < schema.record_size;) {
    const auto type = static_cast<FieldType>(below(10));
    const auto size = static_cast<std::uint32_t>(size_of(type));
    if (at % size != 0 || at + size > schema.record_size) continue;
    all.push_back({at, type});
    at += size;
  }
  const auto any_field = [&]() -> Field {
    if (below(4) != 0) return all[below(all.size())];
    const auto type = static_cast<FieldType>(below(10));  // overlapping, not listed
    return {static_cast<std::uint32_t>(below(schema.record_size - size_of(type) + 1)), type};
  };
  const std::size_t metrics = 1 + below(10);
  for (std::size_t i = 0; i < metrics; ++i) {
    Metric metric;
    metric.name = std::to_string(i) + name();
    metric.unit = static_cast<Unit>(below(9));
    metric.domain = static_cast<Domain>(below(3));
    metric.rated = below(2) == 0;
    metric.value.operation = static_cast<Operation>(below(5));
    metric.value.a = any_field();
    if (metric.value.operation != Operation::field) metric.value.b = any_field();
    if (metric.value.operation == Operation::per_count_less_one) metric.value.c = any_field();
    schema.metrics.push_back(metric);
  }
  for (const Field& field : all) schema.fields.push_back({name(), field});
  if (below(2)) schema.fields.push_back({name(), any_field()});
  std::shuffle(schema.fields.begin(), schema.fields.end(), random);
  const auto role = [&](std::optional<Field>& field, FieldType type) {
    const auto size = static_cast<std::uint32_t>(size_of(type));
    if (below(2))
      field = Field{static_cast<std::uint32_t>(below(schema.record_size - size + 1)), type};
  };
  role(schema.status, FieldType::u8);
  role(schema.label, FieldType::u16);
  role(schema.error_class, FieldType::u16);
  role(schema.start, FieldType::i64);
  role(schema.intended_start, FieldType::i64);
  role(schema.end, FieldType::i64);
  return schema;
}

TEST(StreamTextTest, RandomSchemasComeBackExactly) {
  std::mt19937_64 bits(1);
  for (unsigned seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    StreamText stream{"s" + std::to_string(seed), random_schema(random), {}};
    ASSERT_TRUE(stream.schema.validate()) << stream.schema.validate().error().message;
    for (const Metric& metric : stream.schema.metrics) {
      double limit;
      const std::uint64_t word = bits();
      std::memcpy(&limit, &word, sizeof limit);
      if (limit == limit) stream.goodput.push_back({metric.name, limit});
    }
    expect_same(stream);
  }
}

TEST(StreamTextTest, LimitsThatJsonHasNoNumbersForComeBack) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  expect_same({"s", sample_schema("v", Unit::none).value(), {{"v", kInf}, {"v", -kInf}}});
  const StreamText nan{"s", sample_schema("v", Unit::none).value(), {{"v", kInf - kInf}}};
  const auto back = parse_stream(to_text(nan)).value();
  EXPECT_NE(back.goodput[0].at_most, back.goodput[0].at_most);
}

TEST(StreamTextTest, UnknownKeysArePassedOver) {
  std::string text = to_text(generation());
  text.insert(1, R"("later":{"a":[1,2,{"b":null}]},)");
  text.insert(text.find(R"("name":"time_to_first)"), R"("colour":"red",)");
  const auto stream = parse_stream(text);
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(stream->schema, generation().schema);
}

// Each is one change to a good text, and what must be said of it.
TEST(StreamTextTest, HostileTextsAreErrors) {
  const std::string good = to_text({"s", sample_schema("v", Unit::none).value(), {{"v", 1}}});
  ASSERT_TRUE(parse_stream(good)) << good;
  struct Case {
    const char* from;
    const char* to;
    const char* words;
  };
  const Case cases[] = {
      {R"("stream":"s")", R"("stream":7)", "'stream' is missing or no text"},
      {R"("stream":"s")", R"("stream":"")", "empty"},
      {R"("stream":"s",)", "", "'stream' is missing"},
      {R"("record_size":24)", R"("record_size":-24)", "'record_size'"},
      {R"("record_size":24)", R"("record_size":24.5)", "'record_size'"},
      {R"("record_size":24)", R"("record_size":4294967320)", "'record_size'"},
      {R"("record_size":24)", R"("record_size":1e400)", "no JSON"},
      {R"("record_size":24)", R"("record_size":99999999999999999999999)", "'record_size'"},
      {R"("record_size":24)", R"("record_size":32)", "is no field"},
      {R"("record_size":24)", R"("record_size":16)", "outside the record"},
      {R"("record_size":24)", R"("record_size":20)", "multiple of 8"},
      {R"("offset":8)", R"("offset":513)", "'offset'"},
      {R"("offset":8)", R"("offset":512)", "outside the record"},
      {R"("offset":8)", R"("offset":"8")", "'offset'"},
      {R"("type":"u64")", R"("type":"u128")", "'u128', which is not known"},
      {R"("type":"u64")", R"("type":null)", "'type'"},
      {R"("fields":[)", R"("fields":[5,)", "'type' is missing"},
      {R"("fields":[)", R"("field":[)", "'fields' is missing"},
      {R"("roles":{)", R"("roles":[],"x":{)", "'roles'"},
      {R"("status":16)", R"("status":24)", "status field"},
      {R"("status":16)", R"("status":true)", "'status'"},
      {R"("label":18)", R"("label":23)", "label field"},
      {R"("metrics":[)", R"("metrics":[],"x":[)", "0 metrics"},
      {R"("unit":"none")", R"("unit":"parsec")", "'parsec'"},
      {R"("domain":"number")", R"("domain":"word")", "'word'"},
      {R"("rated":false)", R"("rated":0)", "'rated'"},
      {R"("operation":"field")", R"("operation":"root")", "'root'"},
      {R"("operation":"field")", R"("operation":"sum")", "'b' is missing"},
      {R"("a":0)", R"("a":1)", "where no field begins"},
      {R"("a":0)", R"("a":{"type":"f64","offset":17})", "reads outside"},
      {R"("a":0)", R"("a":{"type":"f64"})", "'offset'"},
      {R"("a":0)", R"("a":[])", "'a' is missing"},
      {R"("metric":"v")", R"("metric":"w")", "no metric of it"},
      {R"("at_most":1.0)", R"("at_most":"many")", "'at_most'"},
      {R"("at_most":1.0)", R"("at_most":null)", "'at_most'"},
  };
  for (const Case& c : cases) {
    std::string text = good;
    const std::size_t at = text.find(c.from);
    ASSERT_NE(at, std::string::npos) << c.from << " in " << good;
    text.replace(at, std::string(c.from).size(), c.to);
    const auto stream = parse_stream(text);
    ASSERT_FALSE(stream) << text;
    EXPECT_NE(stream.error().message.find(c.words), std::string::npos)
        << stream.error().message << "\n"
        << text;
  }
  for (const char* text :
       {"", " ", "null", "[]", "7", "\"s\"", "{", "{}", "\xFF", "{\"stream\":"}) {
    EXPECT_FALSE(parse_stream(text)) << text;
  }
}

TEST(StreamTextTest, DepthAndSizeAreBoundedAtTheirEdges) {
  const std::string good = to_text(generation());
  const auto nested = [&](std::size_t depth) {
    std::string text = good;
    text.insert(1, "\"x\":" + std::string(depth, '[') + std::string(depth, ']') + ",");
    return parse_stream(text);
  };
  EXPECT_TRUE(nested(63));
  EXPECT_NE(nested(64).error().message.find("nested"), std::string::npos);
  std::string brackets = good;
  brackets.insert(
      1, R"("x":"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",)");
  EXPECT_TRUE(parse_stream(brackets)) << "within a text they are letters";
  EXPECT_FALSE(parse_stream(std::string(30'000, '[')));

  const auto sized = [&](std::size_t bytes) {
    std::string text = good;
    text.insert(1, "\"x\":\"\",");
    text.insert(6, std::string(bytes - text.size(), ' '));
    EXPECT_EQ(text.size(), bytes);
    return parse_stream(text);
  };
  EXPECT_TRUE(sized(kNameBytesMax));
  EXPECT_EQ(sized(kNameBytesMax + 1).error().code, Errc::limit);
}

TEST(StreamTextTest, EveryCutAndManyChangesOfATextAreHandled) {
  const std::string good = to_text(generation());
  for (std::size_t i = 0; i < good.size(); ++i) EXPECT_FALSE(parse_stream(good.substr(0, i)));
  std::mt19937 random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (std::size_t k = 1 + random() % 3; k > 0; --k) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    if (const auto stream = parse_stream(text)) {
      EXPECT_TRUE(stream->schema.validate());
    }
  }
}

}  // namespace
}  // namespace millrace::log
