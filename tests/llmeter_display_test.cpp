// SPDX-License-Identifier: Apache-2.0
//
// llmeter's statistics maps and live lines from numbers made by hand. That they equal llmeter's own
// for whole runs is in seed_vectors_test.cpp.
#include "report/llmeter_display.hpp"

#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "millrace/engine.hpp"
#include "millrace/record.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

LlmeterMetric metric(std::string name, std::uint64_t count, double sum, double p50) {
  LlmeterMetric m;
  m.tokens = name.starts_with("num_tokens");
  m.name = std::move(name);
  m.count = count;
  m.sum = sum;
  m.mean = sum / static_cast<double>(count);
  if (count != 0) m.percentiles = {{50, p50}, {90, p50 * 2}, {99, p50 * 3}};
  return m;
}

// Four requests over 3 s, one of them failed.
LlmeterNumbers four_requests() {
  LlmeterNumbers numbers;
  numbers.count = 4;
  numbers.failed = 1;
  numbers.first_request_ns = 10'000'000'000;
  numbers.last_request_ns = 13'000'000'000;
  numbers.metrics = {metric("time_to_last_token", 3, 6, 2), metric("time_to_first_token", 0, 0, 0),
                     metric("time_per_output_token", 3, 0.75, 0.25),
                     metric("num_tokens_output", 3, 21, 7), metric("num_tokens_input", 4, 10, 2)};
  return numbers;
}

std::vector<std::string> keys_of(const Json& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map.items()) keys.push_back(key);
  return keys;
}

TEST(LlmeterStats, GiveAnIntWherePythonDoes) {
  const Json stats = llmeter_stats(four_requests());
  EXPECT_TRUE(stats["num_tokens_output-average"].is_number_integer()) << "21 / 3";
  EXPECT_EQ(stats["num_tokens_output-average"], 7);
  EXPECT_TRUE(stats["num_tokens_output-p50"].is_number_integer()) << "the middle one of three";
  EXPECT_TRUE(stats["num_tokens_output-p90"].is_number_float()) << "between two";
  EXPECT_TRUE(stats["num_tokens_input-average"].is_number_float()) << "10 / 4";
  EXPECT_TRUE(stats["num_tokens_input-p50"].is_number_float()) << "between two of four";
  EXPECT_TRUE(stats["time_to_last_token-average"].is_number_float());
  EXPECT_TRUE(stats["total_output_tokens"].is_number_float()) << "a sum that starts at 0.0";
}

TEST(LlmeterStats, LeaveEmptyMetricsOut) {
  EXPECT_FALSE(llmeter_stats(four_requests()).contains("time_to_first_token-average"));
}

TEST(LlmeterStats, GiveRatesOnlyWhereThereIsAWindow) {
  LlmeterNumbers numbers = four_requests();
  Json stats = llmeter_stats(numbers, 15'000'000'000);
  EXPECT_EQ(stats["requests_per_minute"], 80.0) << "4 requests in the 3 s between first and last";
  EXPECT_EQ(stats["average_input_tokens_per_minute"], 200.0);
  EXPECT_EQ(stats["average_output_tokens_per_minute"], 252.0) << "21 tokens in 5 s";
  EXPECT_EQ(stats["output_tps"], 4.2);

  stats = llmeter_stats(numbers);
  EXPECT_TRUE(stats.contains("requests_per_minute"));
  EXPECT_FALSE(stats.contains("output_tps")) << "no end";
  numbers.last_request_ns = numbers.first_request_ns;
  EXPECT_FALSE(llmeter_stats(numbers).contains("requests_per_minute")) << "one moment";
  EXPECT_FALSE(llmeter_stats(numbers, 10'000'000'000).contains("output_tps")) << "no time passed";
  numbers.first_request_ns = numbers.last_request_ns = std::nullopt;
  EXPECT_FALSE(llmeter_stats(numbers, 15'000'000'000).contains("output_tps")) << "no first request";
}

TEST(LlmeterStats, PutTheResultsFieldsFirst) {
  const Json stats = llmeter_stats(four_requests(), std::nullopt,
                                   {{"total_requests", 4}, {"failed_requests", 99}});
  EXPECT_EQ(keys_of(stats)[0], "total_requests");
  EXPECT_EQ(keys_of(stats)[1], "failed_requests");
  EXPECT_EQ(stats["failed_requests"], 1) << "computed values win";
}

TEST(LlmeterStats, HandNullAndZeroTotalsThrough) {
  const LlmeterNumbers numbers = four_requests();
  Json stats = llmeter_pr56_stats(numbers);
  EXPECT_TRUE(stats["failed_requests_rate"].is_null());
  EXPECT_TRUE(stats["requests_per_minute"].is_null());
  stats = llmeter_pr56_stats(numbers, 0, 10.0);
  EXPECT_EQ(stats["failed_requests_rate"], 0);
  EXPECT_TRUE(stats["requests_per_minute"].is_null());
  EXPECT_EQ(stats["average_output_tokens_per_minute"], 126.0);
  stats = llmeter_pr56_stats(numbers, 4, 0.0);
  EXPECT_EQ(stats["failed_requests_rate"], 0.25);
  EXPECT_EQ(stats["requests_per_minute"], 0.0);
  EXPECT_EQ(stats["average_output_tokens_per_minute"], 0.0);
}

TEST(LlmeterStats, AreThoseOfChosenMetrics) {
  LlmeterNumbers numbers = four_requests();
  numbers.metrics = {metric("num_tokens_input", 4, 10, 2)};
  const Json stats = llmeter_stats(numbers);
  EXPECT_EQ(stats["total_output_tokens"], 0) << "not tracked";
  EXPECT_TRUE(stats["total_output_tokens"].is_number_integer());
  EXPECT_EQ(stats["total_input_tokens"], 10);
  EXPECT_FALSE(stats.contains("time_to_last_token-p50"));
}

TEST(LlmeterStats, TakeContributedNumbersOnly) {
  Json stats = {{"failed_requests", 1}};
  EXPECT_TRUE(contribute_llmeter_stats({{"cost_total", 1.25}, {"failed_requests", 2}}, stats));
  EXPECT_EQ(stats, (Json{{"failed_requests", 2}, {"cost_total", 1.25}}));
  EXPECT_FALSE(contribute_llmeter_stats({{"a", 1}, {"b", "text"}}, stats));
  EXPECT_FALSE(stats.contains("a")) << "all or nothing";
}

// Any engine's numbers, final and live: here of GenerationRecord, in nanoseconds.
TEST(LlmeterStats, ServeAnEnginesOwnRecords) {
  auto engine = Engine::open({}).value();
  auto requests = engine.stream<GenerationRecord>("requests").value();
  {
    auto worker = requests.worker().value();
    for (const std::int64_t second : {0, 1, 2}) {
      GenerationRecord record;
      record.start_ns = second * 1'000'000'000;
      record.first_token_ns = record.start_ns + 250'000'000;
      record.end_ns = record.start_ns + 1'250'000'000;
      record.output_tokens = 5;
      record.status = second == 2 ? Status::error : Status::ok;
      ASSERT_TRUE(worker.push(record));
    }
  }
  const Snapshot snapshot = engine.snapshot();
  const LlmeterNumbers live = llmeter_numbers(*snapshot.stream("requests"));
  const Summary summary = engine.finish().value();
  const Json stats = llmeter_stats(llmeter_numbers(summary["requests"]));

  EXPECT_EQ(live.count, 3u);
  EXPECT_EQ(live.failed, 1u);
  EXPECT_NEAR(live.metric("time_to_first_token")->percentiles[0].second, 0.25, 0.25 * 1e-3);
  EXPECT_EQ(live.metric("num_tokens_output")->sum, 15);
  EXPECT_EQ(stats["failed_requests"], 1);
  EXPECT_DOUBLE_EQ(stats["time_to_first_token-p50"].get<double>(), 0.25);
  EXPECT_DOUBLE_EQ(stats["time_per_output_token-average"].get<double>(), 0.25);
  EXPECT_EQ(stats["num_tokens_output-average"], 5);
  EXPECT_EQ(stats["requests_per_minute"], 90.0);
}

// llmeter's workers put responses into one queue, which one consumer empties until the end mark.
TEST(LlmeterStats, CoverWhatEveryWorkerPushedBeforeTheEnd) {
  constexpr int kWorkers = 4, kEach = 5'000;
  auto engine = Engine::open({.overflow = Overflow::wait}).value();
  auto requests = engine.stream<GenerationRecord>("requests").value();
  std::vector<std::thread> threads;
  for (int i = 0; i < kWorkers; ++i) {
    threads.emplace_back([worker = requests.worker().value()]() mutable {
      GenerationRecord record;
      record.output_tokens = 3;
      for (int n = 0; n < kEach; ++n) worker.push(record);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const LlmeterNumbers numbers = llmeter_numbers(engine.finish().value()["requests"]);
  EXPECT_EQ(numbers.count, std::uint64_t{kWorkers} * kEach);
  EXPECT_EQ(numbers.metric("num_tokens_output")->sum, 3.0 * kWorkers * kEach);
}

std::string text_of(const Json& value, const DisplayField& field) {
  return format_display(Json{{field.key, value}}, std::vector{field})[0].second;
}

TEST(LlmeterDisplay, ChoosesTheUnitByTheKey) {
  EXPECT_EQ(text_of(0.04, {"a", "time_per_output_token-p50", true}), "25.0 tok/s");
  EXPECT_EQ(text_of(0, {"a", "time_per_output_token-p50", true}), "0.000s") << "no inverse of 0";
  EXPECT_EQ(text_of(-1, {"a", "requests_per_minute", true}), "-1.0");
  EXPECT_EQ(text_of(12.34, {"a", "output_tps"}), "12.3 tok/s");
  EXPECT_EQ(text_of(1.2345, {"a", "time_to_last_token-p50"}), "1.234s") << "1.2345 is below it";
  EXPECT_EQ(text_of(2, {"a", "my_ttft"}), "2.000s");
  EXPECT_EQ(text_of(2, {"a", "my_ttlt"}), "2.000s");
  EXPECT_EQ(text_of(417, {"a", "total_input_tokens"}), "417.0");
  EXPECT_EQ(text_of(kNaN, {"a", "time"}), "nans");
  EXPECT_EQ(text_of(-kNaN, {"a", "time"}), "nans");
  EXPECT_EQ(text_of(kInfinity, {"a", "time"}), "infs");
  EXPECT_EQ(text_of(kInfinity, {"a", "time", true}), "0.0 tok/s");
}

TEST(LlmeterDisplay, ShowsWhatIsNoNumberAsItsText) {
  EXPECT_EQ(text_of("case", {"a", "run_name"}), "case");
  EXPECT_EQ(text_of("2.5", {"a", "run_name"}), "2.5") << "Python's float() reads it";
  EXPECT_EQ(text_of("2.55", {"a", "x"}), "2.5");
  EXPECT_EQ(text_of(true, {"a", "interrupted"}), "1.0");
}

TEST(LlmeterDisplay, ShowsPlaceholdersForWhatIsMissing) {
  const std::vector<DisplayField> fields = {{"a", "nope"}, {"b", "null"}};
  for (const auto& [label, text] : format_display(Json{{"null", nullptr}}, fields)) {
    EXPECT_EQ(text, "\u2014") << label;
  }
  for (const auto& [label, text] : format_display({}, default_display_fields())) {
    EXPECT_EQ(text, "\u2014") << label;
  }
}

TEST(LlmeterDisplay, GroupsByWordsInTheLabel) {
  const std::vector<LabelledText> items = {{"cost", "1"}, {"fail", "2"},         {"My_TTFT", "3"},
                                           {"rpm", "4"},  {"p50_ttlt_tps", "5"}, {"tokens", "6"}};
  const std::vector<LabelGroup> expected = {{"Throughput", {{"rpm", "4"}, {"p50_ttlt_tps", "5"}}},
                                            {"TTFT", {{"My_TTFT", "3"}}},
                                            {"Tokens", {{"tokens", "6"}}},
                                            {"Errors", {{"fail", "2"}}},
                                            {"Other", {{"cost", "1"}}}};
  EXPECT_EQ(group_display(items), expected);
}

struct Terminal {
  std::string bytes;
  LlmeterDisplay::Write write = [this](std::string_view s) { bytes += s; };
};

TEST(LlmeterDisplay, ReplacesItsBlockAndErasesItOnce) {
  Terminal terminal;
  LlmeterDisplay display({{"fail", "failed_requests"}, {"x", "x"}}, terminal.write);
  display.update({}, "reqs=0");
  EXPECT_EQ(terminal.bytes, "  reqs=0\n  Errors: fail=\u2014\n  Other: x=\u2014\n");
  terminal.bytes.clear();
  display.update(Json{{"failed_requests", 1}});
  EXPECT_EQ(terminal.bytes, "\x1b[3A\x1b[J  Errors: fail=1.0\n  Other: x=\u2014\n");
  terminal.bytes.clear();
  display.close();
  display.close();
  EXPECT_EQ(terminal.bytes, "\x1b[2A\x1b[J");
}

TEST(TerminalBlock, GoesUpOverTheRowsIntoWhichTheTerminalBreaksLines) {
  Terminal terminal;
  TerminalBlock block(terminal.write, [] { return std::size_t{10}; });
  const std::vector<std::string> lines = {"12345678", "123456789", "\u2014\u2014\u2014\u2014", ""};
  block.show(lines);
  terminal.bytes.clear();
  block.close();
  EXPECT_EQ(terminal.bytes, "\x1b[5A\x1b[J");
}

TEST(LlmeterDisplay, WritesNothingWithoutFields) {
  Terminal terminal;
  LlmeterDisplay display({}, terminal.write);
  display.update({}, "reqs=0");
  display.close();
  EXPECT_EQ(terminal.bytes, "");
}

TEST(LlmeterSnapshot, LeavesOutLabelsWithoutAValue) {
  const std::vector<DisplayField> fields = {{"ttft", "time_to_first_token-p50"},
                                            {"sum", "num_tokens_output-sum"},
                                            {"unknown", "no_such-sum"},
                                            {"p33", "time_to_last_token-p33"},
                                            {"word", "requests"},
                                            {"fail", "failed"}};
  const std::vector<LabelledText> expected = {{"sum", "21"}, {"unknown", "0"}, {"fail", "1"}};
  EXPECT_EQ(llmeter_snapshot(four_requests(), fields), expected);
}

TEST(LlmeterSnapshot, IsEmptyBeforeTheFirstRecord) {
  EXPECT_TRUE(llmeter_snapshot({}, default_snapshot_fields()).empty());
}

TEST(LlmeterSnapshot, OfPullRequest58LeadsWithRatesAndHasPlaceholders) {
  const auto fields = default_pr58_fields();
  const auto before = llmeter_pr58_snapshot({}, fields);
  ASSERT_EQ(before.size(), 10u);
  for (const auto& [label, text] : before) EXPECT_EQ(text, "\u2014") << label;

  const auto items = llmeter_pr58_snapshot(four_requests(), fields);
  EXPECT_EQ(items[0], LabelledText("rpm", "80.0"));
  EXPECT_EQ(items[1], LabelledText("output_tps", "7.0 tok/s"));

  LlmeterNumbers one_moment = four_requests();
  one_moment.last_request_ns = one_moment.first_request_ns;
  EXPECT_NE(llmeter_pr58_snapshot(one_moment, fields)[0].first, "rpm") << "no window, no label";
}

TEST(DisplayFields, AreReadFromText) {
  const std::vector<std::string> texts = {"p99=time_to_last_token-p99",
                                          "tps=time_per_output_token-p50:inv"};
  const std::vector<DisplayField> expected = {{"p99", "time_to_last_token-p99"},
                                              {"tps", "time_per_output_token-p50", true}};
  EXPECT_EQ(parse_display_fields(texts).value(), expected);
}

TEST(DisplayFields, AreSwitchedOffByAnEmptyMap) {
  for (const char* off : {"{}", "none"}) {
    EXPECT_TRUE(parse_display_fields(std::vector<std::string>{off}).value().empty());
  }
}

TEST(DisplayFields, NeedALabelAndAKey) {
  for (const char* bad : {"", "p99", "=key", "label=", "label=:inv"}) {
    const auto fields = parse_display_fields(std::vector<std::string>{bad});
    ASSERT_FALSE(fields) << bad;
    EXPECT_EQ(fields.error().code, Errc::invalid_argument);
  }
}

TEST(RefreshThrottle, AllowsOneRefreshEachHalfSecondAndForcedOnes) {
  std::chrono::nanoseconds now = 1h;
  RefreshThrottle throttle([&now] { return now; });
  EXPECT_TRUE(throttle.due());
  EXPECT_FALSE(throttle.due());
  now += 499ms;
  EXPECT_FALSE(throttle.due());
  now += 1ms;
  EXPECT_TRUE(throttle.due());
  now += 200ms;
  EXPECT_TRUE(throttle.due(true)) << "the end of a run";
  now += 400ms;
  EXPECT_FALSE(throttle.due()) << "a forced one counts";
}

}  // namespace
}  // namespace millrace
