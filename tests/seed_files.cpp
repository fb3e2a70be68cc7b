// SPDX-License-Identifier: Apache-2.0
//
// The golden vectors of guidellm through a log: what its replay writes, beside the seed's own files.
#include <cstdlib>
#include <ctime>
#include <string>

#include "millrace/millrace.hpp"

#include "replay/generation_replay.hpp"
#include "replay/log_replay.hpp"
#include "report/guidellm_console.hpp"
#include "report/guidellm_csv.hpp"
#include "report/guidellm_json.hpp"
#include "report/python_json.hpp"
#include "report/python_yaml.hpp"
#include "seed_vectors.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

GenerationReport replay_of(const std::string& log, const char* profile, std::size_t sort_bytes) {
  GenerationReplayOptions options;
  options.sort_bytes = sort_bytes;
  options.sample = std::nullopt;
  GenerationReplay requests(*generation_profile(profile), options);
  LogReplayOptions replay;
  replay.visitors = {&requests};
  const auto replayed = replay_logs(std::vector<std::string>{log}, replay);
  EXPECT_TRUE(replayed && replayed->whole());
  auto report = requests.report();
  EXPECT_TRUE(report) << report.error().message;
  return report ? std::move(*report) : GenerationReport{};
}

// As it is written, all requests listed.
std::string text_of(const GenerationReport& report, const GuidellmTexts& texts) {
  std::string text;
  const auto written = write_python_json(guidellm_json(report, texts), guidellm_requests(report),
                                         [&](std::string_view piece) -> Result<void> {
                                           text += piece;
                                           return {};
                                         });
  EXPECT_TRUE(written) << written.error().message;
  return text;
}

// Numbers close, all else equal, in the same order.
void expect_same_json(const Json& expected, const Json& actual, const std::string& where) {
  if (const auto a = number(expected), b = number(actual); a && b) {
    EXPECT_TRUE(close(*a, *b)) << where << ": expected " << expected << ", got " << actual;
    EXPECT_EQ(expected.is_number_integer(), actual.is_number_integer()) << where;
  } else if (expected.is_object() && actual.is_object()) {
    auto at = actual.begin();
    ASSERT_EQ(expected.size(), actual.size()) << where;
    for (const auto& [key, value] : expected.items()) {
      ASSERT_EQ(key, at.key()) << where;
      expect_same_json(value, *at++, where + "/" + key);
    }
  } else if (expected.is_array() && actual.is_array()) {
    ASSERT_EQ(expected.size(), actual.size()) << where;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expect_same_json(expected[i], actual[i], where + "/" + std::to_string(i));
    }
  } else {
    EXPECT_EQ(expected, actual) << where;
  }
}

// What a log does not hold.
void take_over_texts(const Json& expected, Json& actual) {
  actual["run_stats"] = expected["run_stats"];
  for (const char* status : {"successful", "errored", "incomplete"}) {
    const Json& theirs = expected["requests"][status];
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      Json& ours = actual["requests"][status][i];
      for (const char* key : {"request_id", "prompt", "output", "error"}) {
        if (theirs[i].contains(key)) ours[key] = theirs[i][key];
      }
    }
  }
}

// Rates, which are made of rounding, are compared elsewhere, and so are percentiles: where the seed's
// cumulative sum has drifted either of two is right.
void take_over_noise(const Json& expected, Json& actual) {
  for (const auto& [name, by_status] : expected["metrics"].items()) {
    if (name.ends_with("_per_second")) actual["metrics"][name] = by_status;
    for (const auto& [status, theirs] : by_status.items()) {
      actual["metrics"][name][status]["percentiles"] = theirs["percentiles"];
    }
  }
}

// The same but for numbers, and these close.
void expect_same_but_for_noise(const std::string& expected, const std::string& actual) {
  const auto is_of_number = [](char c) {
    return std::string_view("0123456789.e+-").find(c) != std::string_view::npos;
  };
  std::size_t a = 0, b = 0;
  while (a < expected.size() && b < actual.size()) {
    if (is_of_number(expected[a]) && is_of_number(actual[b])) {
      std::size_t a_end = a, b_end = b;
      while (a_end < expected.size() && is_of_number(expected[a_end])) ++a_end;
      while (b_end < actual.size() && is_of_number(actual[b_end])) ++b_end;
      const std::string left = expected.substr(a, a_end - a), right = actual.substr(b, b_end - b);
      if (left != right) {
        EXPECT_TRUE(close(std::atof(left.c_str()), std::atof(right.c_str())))
            << left << ", got " << right << " behind " << expected.substr(a < 80 ? 0 : a - 80, 80);
      }
      a = a_end;
      b = b_end;
      continue;
    }
    ASSERT_EQ(expected[a], actual[b]) << expected.substr(a < 80 ? 0 : a - 80, 80);
    ++a;
    ++b;
  }
  EXPECT_EQ(expected.size() - a, actual.size() - b);
}

// CSV and tables have local times; the files were made in UTC.
class InUtc {
 public:
  InUtc() {
    const char* const was = std::getenv("TZ");
    if (was != nullptr) was_ = was;
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
  ~InUtc() {
    was_ ? ::setenv("TZ", was_->c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
  }

 private:
  std::optional<std::string> was_;
};

// The seed's own document, as its other files: to the byte.
void check_views(const fs::path& files, const Json& document) {
  EXPECT_EQ(python_json(document), read_file(files / "benchmarks.json"));
  EXPECT_EQ(python_yaml(document), read_file(files / "benchmarks.yaml"));
  EXPECT_EQ(guidellm_csv(document), read_file(files / "benchmarks.csv"));
  EXPECT_EQ(guidellm_console(document), read_file(files / "console.txt"));
}

}  // namespace

void check_guidellm_files(const fs::path& dir) {
  const std::vector<GenerationRecord> records = guidellm_records(dir);
  if (records.empty()) return;
  TemporaryFolder folder;
  {
    auto engine = Engine::open({.overflow = Overflow::wait, .log_dir = folder / "run"}).value();
    auto worker = engine.stream<GenerationRecord>("requests").value().worker().value();
    for (const GenerationRecord& record : records) ASSERT_TRUE(worker.push(record));
    ASSERT_TRUE(engine.finish());
  }
  for (const char* profile : {"guidellm-0.2.1", "guidellm-0.7.3"}) {
    const GenerationReport in_memory = replay_of(folder / "run", profile, std::size_t{1} << 30);
    const GenerationReport spilled = replay_of(folder / "run", profile, 1);
    EXPECT_EQ(in_memory.summary.total(), records.size());
    EXPECT_EQ(python_json(guidellm_metrics_json(in_memory)),
              python_json(guidellm_metrics_json(spilled)))
        << "to the bit, whatever the memory";
  }
  if (!fs::exists(dir / "files_v021")) return;
  const InUtc utc;
  const fs::path files = dir / "files_v021";
  const Json document = read_json(files / "benchmarks.json");
  check_views(files, document);
  const Json& expected = document["benchmarks"][0];
  const GenerationReport report = replay_of(folder / "run", "guidellm-0.2.1", 1);
  GuidellmTexts texts;
  texts.id = expected["id_"];
  texts.run_id = expected["run_id"];
  texts.args = expected["args"];
  texts.worker = expected["worker"];
  texts.request_loader = expected["request_loader"];
  texts.extras = expected["extras"];
  const std::string written = text_of(report, texts);
  EXPECT_TRUE(written.starts_with(R"({"benchmarks": [{"type_": "generative_benchmark", )"));
  Json whole = Json::parse(written);
  EXPECT_EQ(python_json(whole), written);
  Json& actual = whole["benchmarks"][0];
  take_over_texts(expected, actual);
  EXPECT_EQ(guidellm_console(whole), read_file(files / "console.txt")) << "rounded, to the byte";
  take_over_noise(expected, actual);
  expect_same_json(expected, actual, "");
  expect_same_but_for_noise(read_file(files / "benchmarks.json"), python_json(whole));
  expect_same_but_for_noise(read_file(files / "benchmarks.yaml"), python_yaml(whole));
  expect_same_but_for_noise(read_file(files / "benchmarks.csv"), guidellm_csv(whole));
}

}  // namespace millrace
