// SPDX-License-Identifier: Apache-2.0
//
// The golden vectors: every number and every string that the real llmeter gave for these inputs. A
// test a case, registered from the folders that are there: tests/data/vectors, or what
// MILLRACE_SEED_VECTORS names. Groups that this program does not know belong to later seeds.
#include "seed_vectors.hpp"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "millrace/engine.hpp"
#include "millrace/record.hpp"

#include "ingest/file_replay.hpp"
#include "ingest/llmeter_format.hpp"
#include "ingest/llmeter_run.hpp"
#include "ingest/timestamp.hpp"
#include "report/llmeter_display.hpp"
#include "report/llmeter_files.hpp"
#include "report/llmeter_stats.hpp"

namespace millrace {
namespace {

std::vector<std::string> keys_of(const Json& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map.items()) keys.push_back(key);
  return keys;
}

// Same keys in the same order, numbers close, all else equal.
void expect_same_map(const Json& expected, const Json& actual, const char* what) {
  SCOPED_TRACE(what);
  EXPECT_EQ(keys_of(expected), keys_of(actual));
  for (const auto& [key, value] : expected.items()) {
    if (!actual.contains(key)) continue;
    const auto a = number(value), b = number(actual[key]);
    const bool same = a && b ? close(*a, *b) : value == actual[key];
    EXPECT_TRUE(same) << key << ": expected " << value << ", got " << actual[key];
  }
}

Json without_output_path(Json map) {
  map.erase("output_path");
  return map;
}

Json as_map(const std::vector<LabelledText>& items) {
  Json map = Json::object();
  for (const auto& [label, text] : items) map[label] = text;
  return map;
}

Json as_lists(const std::vector<LabelGroup>& groups) {
  Json lists = Json::array();
  for (const auto& [name, items] : groups) {
    Json list = Json::array();
    for (const auto& [label, text] : items) list.push_back({label, text});
    lists.push_back({name, list});
  }
  return lists;
}

// Where two texts of one layout differ, both have a number, and the numbers are close.
void expect_same_layout(const std::string& expected, const std::string& actual, const char* what) {
  SCOPED_TRACE(what);
  std::istringstream a(expected), b(actual);
  std::string left, right;
  const auto split = [](const std::string& line) {
    const auto end = line.find_last_not_of(',') + 1;
    const auto begin = line.rfind(": ", end);
    return begin == std::string::npos ? line.size() : begin + 2;
  };
  while (std::getline(a, left) && std::getline(b, right)) {
    if (left == right) continue;
    const auto at = split(left);
    ASSERT_EQ(left.substr(0, at), right.substr(0, std::min(at, right.size())));
    EXPECT_EQ(left.ends_with(','), right.ends_with(','));
    EXPECT_TRUE(
        close(std::strtod(left.c_str() + at, nullptr), std::strtod(right.c_str() + at, nullptr)))
        << "expected " << left << ", got " << right;
  }
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'),
            std::count(actual.begin(), actual.end(), '\n'));
  EXPECT_EQ(expected.back(), actual.back());
}

// A run's records as the seed takes them: every number but NaN. Nothing where there is no file.
std::optional<FileReplay> replay(const LlmeterRun& run) {
  if (!run.responses) return std::nullopt;
  auto replayed = replay_files({run.responses->string()}, llmeter_format(true), {});
  EXPECT_TRUE(replayed) << (replayed ? "" : replayed.error().message);
  return replayed ? std::optional(std::move(*replayed)) : std::nullopt;
}

const StreamSummary* records(const std::optional<FileReplay>& replayed) {
  return replayed ? &replayed->summary["requests"] : nullptr;
}

const std::vector<DisplayField> kCustomSnapshot = {
    {"p99_ttlt", "time_to_last_token-p99"},
    {"tps", "time_per_output_token-p50", true},
    {"fail", "failed"},
    {"avg_out", "num_tokens_output-average"},
    {"avg_ttft", "time_to_first_token-average"},
    {"unk", "no_such_metric-p50"},
    {"unksum", "no_such_metric-sum"},
    {"p99_inv_tokens", "num_tokens_output-p99", true}};

const std::vector<DisplayField> kCustomDisplay = {{"p99_ttlt", "time_to_last_token-p99"},
                                                  {"tps", "time_per_output_token-p50", true},
                                                  {"RPM", "requests_per_minute"},
                                                  {"frac", "failed_requests_rate"},
                                                  {"nokey", "nope"},
                                                  {"out", "num_tokens_output-average"},
                                                  {"misc", "num_tokens_output-p99", true}};

std::string terminal_bytes(const Json& stats, std::uint64_t requests) {
  std::string bytes;
  LlmeterDisplay display(default_display_fields(), [&bytes](std::string_view s) { bytes += s; });
  display.update({}, "reqs=0");
  display.update(stats, "reqs=" + std::to_string(requests));
  display.close();
  return bytes;
}

// The files as the tool writes them: with the fields of summary.json as they stand there.
void check_files(const fs::path& dir, LlmeterRun run, const LlmeterNumbers& numbers,
                 std::optional<std::int64_t> end_ns) {
  run.fields["output_path"] = read_json(dir / "summary.json")["output_path"];
  EXPECT_EQ(llmeter_file_text(run.fields), read_file(dir / "summary.json"));
  expect_same_layout(read_file(dir / "stats.json"),
                     llmeter_file_text(llmeter_stats(numbers, end_ns, run.fields)), "stats.json");
}

void check_recovered(const fs::path& dir, const StreamSummary& stream, const Json& expected) {
  auto run = open_llmeter_run(dir);
  ASSERT_TRUE(run);
  run->fields = empty_llmeter_fields();
  run->stats.reset();
  run->recovered = true;
  run->recover(stream);
  expect_same_map(expected, without_output_path(llmeter_load_full(*run, &stream)),
                  "recovered_no_summary");
}

void check_llmeter(const fs::path& dir) {
  const Json expected = read_json(dir / "expected.json");
  const Json test_case = read_json(dir / "case.json");
  const auto run = open_llmeter_run(dir);
  ASSERT_TRUE(run) << run.error().message;
  const auto replayed = replay(*run);
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->damaged, 0u);
  const StreamSummary& stream = *records(replayed);
  const LlmeterNumbers numbers = llmeter_numbers(stream);
  const auto end_ns = time_ns_of(test_case, "end_time");
  const Json final_stats = llmeter_stats(numbers, end_ns);

  expect_same_map(expected["main_partial"], llmeter_stats(numbers), "main_partial");
  expect_same_map(expected["main_final"], final_stats, "main_final");
  const auto display = format_display(final_stats, default_display_fields());
  expect_same_map(expected["main_display"], as_map(display), "main_display");
  EXPECT_EQ(expected["main_display_groups"], as_lists(group_display(display)));
  EXPECT_EQ(expected["main_display_terminal_bytes"], terminal_bytes(final_stats, numbers.count));
  expect_same_map(expected["main_display_custom"],
                  as_map(format_display(final_stats, kCustomDisplay)), "main_display_custom");

  expect_same_map(expected["pr56_partial"], llmeter_pr56_stats(numbers), "pr56_partial");
  expect_same_map(
      expected["pr56_final"],
      llmeter_pr56_stats(numbers, test_case["total_requests"], test_case["total_test_time"]),
      "pr56_final");
  expect_same_map(expected["pr56_snapshot_default"],
                  as_map(llmeter_snapshot(numbers, default_snapshot_fields())),
                  "pr56_snapshot_default");
  expect_same_map(expected["pr56_snapshot_custom"],
                  as_map(llmeter_snapshot(numbers, kCustomSnapshot)), "pr56_snapshot_custom");
  expect_same_map(expected["pr56_snapshot_empty_spec"], as_map(llmeter_snapshot(numbers, {})),
                  "pr56_snapshot_empty_spec");

  expect_same_map(expected["load_full"], without_output_path(llmeter_load_full(*run, &stream)),
                  "load_full");
  expect_same_map(expected["load_lazy"], without_output_path(llmeter_load_lazy(*run)), "load_lazy");
  expect_same_map(expected["load_lazy_then_responses"],
                  without_output_path(llmeter_reloaded_stats(run->fields, &stream)),
                  "load_lazy_then_responses");
  check_recovered(dir, stream, expected["recovered_no_summary"]);
  check_files(dir, *run, numbers, end_ns);
}

// Where llmeter raises, what we give is what is recommended; that damage is not hidden is checked
// beside it.
void check_load(const Json& expected, const Json& actual, const char* what) {
  if (!expected.contains("raises")) expect_same_map(expected, without_output_path(actual), what);
}

void check_llmeter_dir(const fs::path& dir) {
  const Json expected = read_json(dir / "expected.json");
  auto run = open_llmeter_run(dir);
  ASSERT_TRUE(run) << run.error().message;
  const auto replayed = replay(*run);
  if (replayed) run->recover(*records(replayed));

  const Json full = llmeter_load_full(*run, records(replayed));
  check_load(expected["load_full"], full, "load_full");
  check_load(expected["load_lazy"], llmeter_load_lazy(*run), "load_lazy");
  if (expected.contains("recommended_load_full")) {
    check_load(expected["recommended_load_full"], full, "recommended_load_full");
    EXPECT_GT(replayed->damaged, 0u) << "what was left out must be counted";
  }
}

Result<Summary> summary_of(const Json& values) {
  auto engine = Engine::open({.overflow = Overflow::wait});
  if (!engine) return tl::unexpected(engine.error());
  auto schema = sample_schema("value", Unit::none);
  if (!schema) return tl::unexpected(schema.error());
  schema->metrics[0].domain = Domain::any;
  auto stream = engine->stream<SampleRecord>("values", *schema);
  if (!stream) return tl::unexpected(stream.error());
  {
    auto worker = stream->worker();
    if (!worker) return tl::unexpected(worker.error());
    for (const Json& value : values) {
      SampleRecord record;
      record.value = number(value).value_or(record.value);
      worker->push(record);
    }
  }
  return engine->finish();
}

// values.jsonl x values_expected_llmeter.jsonl: summary_stats_from_list at many percentiles.
void check_dist(const fs::path& dir) {
  std::ifstream inputs(dir / "values.jsonl"), outputs(dir / "values_expected_llmeter.jsonl");
  std::string input, output;
  int cases = 0;
  while (std::getline(inputs, input) && std::getline(outputs, output)) {
    const Json given = Json::parse(input, nullptr, false);
    const Json expected = Json::parse(output, nullptr, false);
    ASSERT_TRUE(given.is_object() && expected.is_object());
    ASSERT_EQ(given["id"], expected["id"]);
    const auto summary = summary_of(given["values"]);
    ASSERT_TRUE(summary) << summary.error().message;

    std::vector<double> percentiles;
    for (const auto& [key, value] : expected["llmeter"].items()) {
      if (key.starts_with('p')) percentiles.push_back(std::strtod(key.c_str() + 1, nullptr));
    }
    constexpr std::string_view kValue[] = {"value"};
    const auto numbers = llmeter_numbers((*summary)["values"], kValue, percentiles);
    Json aggregates = Json::object();
    add_llmeter_aggregates(numbers.metrics[0], aggregates);
    Json actual = Json::object();
    for (const auto& [key, value] : aggregates.items()) {
      actual[key.substr(std::string_view("value-").size())] = value;
    }
    expect_same_map(expected["llmeter"], actual, given["id"].get<std::string>().c_str());
    ++cases;
  }
  EXPECT_GT(cases, 0);
  EXPECT_TRUE(std::getline(inputs, input).eof() && std::getline(outputs, output).eof())
      << "the two files have not the same number of lines";
}

class SeedVector : public testing::Test {
 public:
  explicit SeedVector(std::function<void()> check) : check_(std::move(check)) {}
  void TestBody() override { check_(); }

 private:
  std::function<void()> check_;
};

void register_test(const char* suite, const std::string& name, std::function<void()> check) {
  testing::RegisterTest(suite, name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                        [check]() -> testing::Test* { return new SeedVector(check); });
}

int register_folders(const char* suite, const fs::path& group, void (*check)(const fs::path&)) {
  std::error_code missing;
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(group, missing)) {
    if (entry.is_directory()) cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  for (const fs::path& dir : cases) {
    register_test(suite, dir.filename().string(), [check, dir] { check(dir); });
  }
  return static_cast<int>(cases.size());
}

fs::path vectors_folder() {
  if (const char* vectors = std::getenv("MILLRACE_SEED_VECTORS")) return vectors;
  const char* data = std::getenv("MILLRACE_TEST_DATA");
  return fs::path(data != nullptr ? data : MILLRACE_TEST_DATA_DIR) / "vectors";
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  using namespace millrace;
  testing::InitGoogleTest(&argc, argv);
  const fs::path folder = vectors_folder();
  int cases = register_folders("Llmeter", folder / "llmeter", check_llmeter) +
              register_folders("LlmeterDirs", folder / "llmeter_dirs", check_llmeter_dir) +
              register_folders("Guidellm", folder / "guidellm", check_guidellm) +
              register_folders("GuidellmFiles", folder / "guidellm", check_guidellm_files) +
              register_folders("GuidellmEvents", folder / "guidellm_events", check_guidellm_events);
  if (fs::exists(folder / "dist" / "values_expected_llmeter.jsonl")) {
    register_test("Dist", "llmeter_values", [folder] { check_dist(folder / "dist"); });
    ++cases;
  }
  for (const auto& [file, check] : distribution_vectors()) {
    if (!fs::exists(folder / "dist" / file)) continue;
    register_test("Dist", fs::path(file).stem(), [=] { check(folder / "dist"); });
    ++cases;
  }
  if (fs::exists(folder / "dist" / "progress_format_v021.jsonl")) {
    register_test("Dist", "progress_format_v021", [=] { check_progress_format(folder / "dist"); });
    ++cases;
  }
  if (cases == 0) {
    std::cerr << "no vectors in " << folder << '\n';
    return 1;
  }
  return RUN_ALL_TESTS();
}
