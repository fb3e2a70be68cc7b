// SPDX-License-Identifier: Apache-2.0
//
// Exported records: names, absent and infinite values, quoting, several streams. Whole files, and that
// llmeter's replay to the log's numbers, are checked by log_export_cli_test.py.
#include "report/log_export.hpp"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "millrace/millrace.hpp"

#include "temporary_folder.hpp"

namespace millrace {
namespace {

// A record whose fields have the names of an exported record's own.
struct Odd {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::int32_t seq = kAbsentCount;
  std::int16_t worker = std::numeric_limits<std::int16_t>::min();
  std::uint16_t tag = 0;
  float ratio = 0;
  std::uint32_t metrics = 7;
};

Result<Schema> odd_schema() {
  return SchemaBuilder<Odd>("odd")
      .field("value", &Odd::value)
      .field("seq", &Odd::seq)
      .field("worker", &Odd::worker)
      .label(&Odd::tag)
      .field("ratio", &Odd::ratio)
      .field("metrics", &Odd::metrics)
      .metric("value", Unit::none, field(&Odd::value), Domain::any)
      .metric("latency", Unit::milliseconds, field(&Odd::ratio))
      .build();
}

}  // namespace

template <>
struct RecordTraits<Odd> {
  static Result<Schema> schema() { return odd_schema(); }
};

namespace {

class LogExportTest : public testing::Test {
 protected:
  void SetUp() override {
    auto engine = Engine::open({.log_dir = dir_});
    ASSERT_TRUE(engine) << engine.error().message;
    auto odd = engine->stream<Odd>("odd, \"stream\"").value();
    auto samples = engine->stream<SampleRecord>("samples").value();
    const std::uint16_t tag = engine->label("a,\"b\"\n\xFF");
    auto worker = odd.worker().value();
    const double infinity = std::numeric_limits<double>::infinity();
    worker.push({});
    worker.push({.value = -infinity, .seq = -5, .worker = 3, .tag = tag, .ratio = 0.1f});
    worker.push({.value = 0.1 + 0.2, .tag = kOther, .ratio = -1});
    auto sampler = samples.worker().value();
    sampler.push({.value = 1e300, .request_id = ~std::uint64_t{0}});
    ASSERT_TRUE(engine->finish());
    streams_ = streams_of_logs(dirs_, "last", "").value();
  }

  Result<std::string> exported(std::string_view format, const std::string& stream = {}) {
    std::string text;
    auto to = make_export(format, streams_, stream, [&](std::string_view more) {
      text += more;
      return Result<void>();
    });
    if (!to) return tl::unexpected(to.error());
    auto read = read_logs(dirs_, {}, [&](const LoggedSlice& slice) { return (*to)->add(slice); });
    if (!read) return tl::unexpected(read.error());
    return text;
  }

  static constexpr std::uint16_t kOther = 1;
  TemporaryFolder folder_;
  const std::string dir_ = folder_ / "run";
  const std::vector<std::string> dirs_ = {dir_};
  std::vector<log::StreamText> streams_;
};

TEST_F(LogExportTest, JsonlNamesWhatIsThereAndLeavesOutWhatIsAbsent) {
  const std::string text = exported("jsonl", "odd, \"stream\"").value();
  std::vector<nlohmann::json> lines;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    lines.push_back(nlohmann::json::parse(text.substr(at, text.find('\n', at) - at)));
    EXPECT_EQ(lines.back()["stream"], "odd, \"stream\"");
    EXPECT_EQ(lines.back()["worker"], 1);
    EXPECT_EQ(lines.back()["seq"], lines.size() - 1);
    EXPECT_EQ(lines.back()["field.metrics"], 7);
  }
  ASSERT_EQ(lines.size(), 3u);
  for (const char* absent : {"value", "field.seq", "field.worker", "label"}) {
    EXPECT_FALSE(lines[0].contains(absent)) << absent;
  }
  EXPECT_FALSE(lines[0]["metrics"].contains("value"));
  EXPECT_EQ(lines[1]["value"], "-Infinity");
  EXPECT_EQ(lines[1]["metrics"]["value"], "-Infinity");
  EXPECT_EQ(lines[1]["field.seq"], -5);
  EXPECT_EQ(lines[1]["field.worker"], 3);
  EXPECT_EQ(lines[1]["label"], "a,\"b\"\n\uFFFD");
  EXPECT_EQ(lines[2]["label"], "other");
  EXPECT_EQ(lines[2]["value"].get<double>(), 0.1 + 0.2);
  EXPECT_NE(text.find("\"value\":0.30000000000000004"), std::string::npos);
  EXPECT_NE(text.find("\"ratio\":0.1,"), std::string::npos) << "shortest as a float";
  EXPECT_FALSE(lines[2]["metrics"].contains("latency")) << "negative durations are no values";
}

TEST_F(LogExportTest, JsonlTakesAllStreamsInTheOrderOfTheLog) {
  const std::string text = exported("jsonl").value();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_NE(text.find("\"value\":1e+300"), std::string::npos);
  EXPECT_NE(text.find("\"request_id\":18446744073709551615"), std::string::npos);
}

TEST_F(LogExportTest, CsvTakesOneStreamAndQuotesWhatNeedsIt) {
  const auto several = exported("csv");
  ASSERT_FALSE(several);
  EXPECT_EQ(several.error().code, Errc::invalid_argument);
  EXPECT_NE(several.error().message.find("--stream"), std::string::npos) << several.error().message;
  const std::string text = exported("csv", "odd, \"stream\"").value();
  EXPECT_EQ(text.substr(0, text.find("\r\n")),
            "run,worker,seq,value,field.seq,field.worker,label,ratio,field.metrics,metric.value,"
            "metric.latency");
  EXPECT_NE(text.find(",1,0,,,,,0,7,,0\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find(",1,1,-Infinity,-5,3,\"a,\"\"b\"\"\n\xFF\",0.1,7,-Infinity,"),
            std::string::npos)
      << text;
}

TEST_F(LogExportTest, LlmeterNeedsItsMetrics) {
  for (const char* stream : {"", "samples"}) {
    const auto refused = exported("llmeter", stream);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  }
}

TEST_F(LogExportTest, AnUnknownStreamIsNamedBesideTheKnownOnes) {
  const auto refused = exported("jsonl", "x");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("'samples'"), std::string::npos);
}

TEST_F(LogExportTest, AnErrorOfTheOutputEndsTheReading) {
  int calls = 0;
  auto to = make_export("jsonl", streams_, "", [&](std::string_view) -> Result<void> {
    ++calls;
    return failure(Errc::io, "full");
  });
  auto read = read_logs(dirs_, {}, [&](const LoggedSlice& slice) { return (*to)->add(slice); });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "full");
  EXPECT_EQ(calls, 1);
}

// Incomplete and failed ones without a class; a time of the day, and one by the monotonic clock.
TEST(LlmeterExport, WritesWhatLlmeterWouldAndWhatItHasNoWordFor) {
  TemporaryFolder folder;
  const std::string dir = folder / "run";
  const std::vector<std::string> dirs = {dir};
  auto engine = Engine::open({.log_dir = dir}).value();
  auto requests = engine.stream<GenerationRecord>("requests").value();
  const std::uint16_t error = engine.error_class("caf\u00E9 \"x\"");
  auto worker = requests.worker().value();
  worker.push({.status = Status::ok,
               .error_class = error,
               .retries = 2,
               .request_id = 17,
               .start_ns = 1'767'225'600'250'000'000,
               .first_token_ns = 1'767'225'600'289'000'000,
               .end_ns = 1'767'225'600'515'000'000,
               .input_tokens = 129,
               .output_tokens = 5,
               .cached_input_tokens = 64,
               .reasoning_tokens = 3});
  worker.push({.status = Status::incomplete});
  worker.push({.status = Status::error});
  worker.push({.status = Status::error, .error_class = error});
  ASSERT_TRUE(engine.finish());
  std::string text;
  auto to = make_export("llmeter", streams_of_logs(dirs, "last", "").value(), "",
                        [&](std::string_view more) {
                          text += more;
                          return Result<void>();
                        })
                .value();
  ASSERT_TRUE(read_logs(dirs, {}, [&](const LoggedSlice& slice) { return to->add(slice); }));
  const std::string nothing =
      "{\"response_text\": null, \"input_payload\": null, \"id\": \"0\", \"input_prompt\": null, "
      "\"time_to_first_token\": null, \"time_to_last_token\": null, \"num_tokens_input\": null, "
      "\"num_tokens_output\": null, \"num_tokens_input_cached\": null, "
      "\"num_tokens_output_reasoning\": null, \"time_per_output_token\": null, \"error\": ";
  const std::string end = ", \"retries\": 0, \"request_time\": null}\n";
  EXPECT_EQ(text,
            "{\"response_text\": null, \"input_payload\": null, \"id\": \"17\", \"input_prompt\": "
            "null, \"time_to_first_token\": 0.039, \"time_to_last_token\": 0.265, "
            "\"num_tokens_input\": 129, \"num_tokens_output\": 5, \"num_tokens_input_cached\": 64, "
            "\"num_tokens_output_reasoning\": 3, \"time_per_output_token\": 0.0565, \"error\": "
            "null, \"retries\": 2, \"request_time\": \"2026-01-01T00:00:00.250000Z\"}\n" +
                nothing + "\"incomplete\"" + end + nothing + "\"\"" + end + nothing +
                "\"caf\\u00e9 \\\"x\\\"\"" + end);
}

}  // namespace
}  // namespace millrace
