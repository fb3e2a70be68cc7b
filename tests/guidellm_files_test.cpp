// SPDX-License-Identifier: Apache-2.0
//
// Files of guidellm, one of every version, through the engine: counts, labels, times and tokens.
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ingest/file_replay.hpp"
#include "ingest/guidellm_format.hpp"
#include "ingest/guidellm_splitter.hpp"
#include "report/guidellm_notes.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

std::filesystem::path data_folder() {
  const char* data = std::getenv("MILLRACE_TEST_DATA");
  return data != nullptr ? data : MILLRACE_TEST_DATA_DIR;
}

struct Read {
  std::deque<GuidellmDocument> documents;
  FileReplay replay;

  [[nodiscard]] const StreamSummary& requests() const { return replay.summary["requests"]; }
  [[nodiscard]] std::vector<std::uint64_t> by_status() const {
    std::vector<std::uint64_t> counts;
    for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
      counts.push_back(requests().count({.status = status, .label = {}}));
    }
    return counts;
  }
  [[nodiscard]] double sum(std::string_view metric) const {
    return requests().metric(metric).sum();
  }
};

Read read(const std::string& path, std::uint64_t benchmark = 0) {
  Read made;
  PieceReaderOptions options{.piece_bytes = 3000};  // several pieces, several threads
  options.translate = [&](std::string_view first,
                          std::uint64_t offset) -> std::unique_ptr<Translator> {
    if (!looks_like_guidellm_document(first)) return nullptr;
    return std::make_unique<GuidellmSplitter>(
        made.documents.emplace_back(),
        GuidellmSplitterOptions{.byte_offset = offset, .benchmark = benchmark});
  };
  auto reader = PieceReader::open({path}, options).value();
  FileReplayOptions replay;
  replay.threads = 2;
  made.replay = replay_pieces(*reader, guidellm_format(), replay).value();
  return made;
}

std::string sample(const char* name) { return (data_folder() / "guidellm" / name).string(); }

TEST(GuidellmFiles, OfEveryVersionGiveTheirRequestsStatusesAndBenchmarks) {
  struct Case {
    const char* file;
    std::vector<std::uint64_t> by_status;  // ok, error, incomplete
    std::vector<std::string> labels;
    double first_tokens_s, lasts_s, input_tokens, output_tokens;  // sums
    const char* note;
  };
  const Case cases[] = {
      {"v01.json",
       {3, 1, 0},
       {"synchronous", "asynchronous@2.50"},
       0.15,
       0.263,
       18,
       11,
       "guidellm 0.1; 2 benchmarks: synchronous, asynchronous@2.50"},
      {"v03.json",
       {3, 1, 1},
       {"synchronous", "constant@12.35"},
       0.3,
       3.992,
       515,
       27,
       "guidellm 0.2 or 0.3; 2 benchmarks: synchronous, constant@12.35"},
      {"v04.json",
       {2, 1, 1},
       {"concurrent@4"},
       0.2,
       1.996,
       210,
       14,
       "guidellm 0.4; 1 benchmark: concurrent@4"},
      {"v06.json",
       {3, 0, 1},
       {"throughput", "poisson@2.50"},
       0.3,
       2.994,
       219,
       16,
       "guidellm 0.6.0, report version 1; 3 benchmarks: throughput, poisson@2.50, poisson@2.50 "
       "(benchmark 3)"},
      {"v07.json",
       {18, 2, 0},
       {"constant@20.00"},
       0.8920171,
       7.48417,
       2490,
       116,
       "guidellm 0.7.3, report version 2; 1 benchmark: constant@20.00"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.file);
    const Read made = read(sample(c.file));
    EXPECT_TRUE(made.replay.whole());
    EXPECT_EQ(made.by_status(), c.by_status);
    EXPECT_EQ(made.requests().labels(), c.labels);
    EXPECT_NEAR(made.sum("time_to_first_token"), c.first_tokens_s * 1e9, 20e3);
    EXPECT_NEAR(made.sum("time_to_last_token"), c.lasts_s * 1e9, 20e3);
    EXPECT_EQ(made.sum("input_tokens"), c.input_tokens);
    EXPECT_EQ(made.sum("output_tokens"), c.output_tokens);
    ASSERT_EQ(made.documents.size(), 1u);
    EXPECT_TRUE(made.documents[0].complete);
    EXPECT_EQ(guidellm_notes(made.documents[0], 0).at(0), c.note);
    EXPECT_EQ(made.replay.bytes, std::filesystem::file_size(sample(c.file)));
  }
}

// The run of which formats of many tools were rendered; its values are known to the nanosecond, and the
// file's doubles are within 240 ns of them.
TEST(GuidellmFiles, GiveTheNumbersOfTheRunThatWasRendered) {
  const Read made = read(sample("v07.json"));
  constexpr double kNear = 300;
  const Selection ok{.status = Status::ok, .label = {}};
  const auto all_last = made.requests().metric("time_to_last_token");
  const auto ok_last = made.requests().metric("time_to_last_token", ok);
  const auto first = made.requests().metric("time_to_first_token");
  const auto gap = made.requests().metric("time_per_output_token", ok);
  EXPECT_NEAR(all_last.min(), 12'000'000, kNear);
  EXPECT_NEAR(all_last.max(), 2'000'000'000, kNear);
  EXPECT_NEAR(all_last.mean(), 374'208'508.5, kNear);
  EXPECT_NEAR(all_last.percentile(50)->value, 217'003'003, kNear);
  EXPECT_NEAR(all_last.percentile(90)->value, 303'010'010, kNear);
  EXPECT_NEAR(all_last.percentile(95)->value, 1'850'004'004, kNear);
  EXPECT_NEAR(ok_last.min(), 120'009'009, kNear);
  EXPECT_NEAR(ok_last.mean(), 304'009'453.9, kNear);
  EXPECT_NEAR(ok_last.percentile(99)->value, 1'850'004'004, kNear);
  EXPECT_EQ(first.count(), 18u);
  EXPECT_NEAR(first.min(), 30'000'909, kNear);
  EXPECT_NEAR(first.mean(), 49'556'509.4, kNear);
  EXPECT_NEAR(first.percentile(90)->value, 68'001'111, kNear);
  EXPECT_NEAR(gap.min(), 14'002'442.9, kNear);
  EXPECT_NEAR(gap.max(), 453'750'900, kNear);
  EXPECT_NEAR(gap.mean(), 54'155'151, kNear);
  EXPECT_EQ(made.requests().metric("input_tokens", ok).sum(), 2252);
  EXPECT_EQ(made.requests().metric("output_tokens", ok).sum(), 116);
}

TEST(GuidellmFiles, GiveOneBenchmarkWhenAskedForIt) {
  const Read made = read(sample("v03.json"), 2);
  EXPECT_EQ(made.by_status(), (std::vector<std::uint64_t>{1, 0, 1}));
  EXPECT_EQ(made.requests().labels(), (std::vector<std::string>{"constant@12.35"}));
}

TEST(GuidellmFiles, TellOfRequestsThatWereMadeAndAreNotInThem) {
  const auto notes = guidellm_notes(read(sample("v03.json")).documents[0], 0);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[1],
            "benchmark 2, constant@12.35: the file holds 2 of 1,000 requests; the others were not "
            "sampled, or left out with warm-up and cool-down");
  EXPECT_EQ(guidellm_notes(read(sample("v03.json")).documents[0], 1).size(), 1u);
}

TEST(GuidellmFiles, WithAnErrorBeforeAnythingCameHaveNoEndForIt) {
  const Read made = read(sample("v03.json"), 1);
  EXPECT_EQ(made.requests().metric("time_to_last_token").count(), 2u) << "its end_time is -1";
  EXPECT_EQ(made.requests().metric("time_to_last_token").invalid(), 0u);
}

// The document that guidellm 0.2.1 wrote, and its requests as lines: the same records.
TEST(GuidellmFiles, GiveTheSameAsTheirRequestsAsLines) {
  const auto folder = data_folder() / "vectors" / "guidellm" / "n10_status";
  const Read document = read((folder / "files_v021" / "benchmarks.json").string());
  const Read lines = read((folder / "requests.jsonl").string());
  EXPECT_EQ(document.documents.size(), 1u);
  EXPECT_TRUE(lines.documents.empty());
  EXPECT_EQ(document.by_status(), (std::vector<std::uint64_t>{2, 2, 6}));
  EXPECT_EQ(document.by_status(), lines.by_status());
  for (const Metric& metric : lines.requests().schema().metrics) {
    for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
      const Selection part{.status = status, .label = {}};
      const auto a = document.requests().metric(metric.name, part);
      const auto b = lines.requests().metric(metric.name, part);
      EXPECT_EQ(a.count(), b.count()) << metric.name;
      EXPECT_EQ(a.sum(), b.sum()) << metric.name;
      EXPECT_EQ(a.count() == 0 ? 0 : a.max(), b.count() == 0 ? 0 : b.max()) << metric.name;
    }
  }
}

TEST(GuidellmFiles, OfTheGoldenVectorsAreReadToTheLastLine) {
  std::size_t read_cases = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(data_folder() / "vectors" / "guidellm")) {
    SCOPED_TRACE(entry.path());
    std::ifstream in(entry.path() / "case.json");
    const auto about = nlohmann::json::parse(in);
    auto file = entry.path() / "requests.jsonl";
    if (!std::filesystem::exists(file)) file += ".gz";
    const Read made = read(file.string());
    EXPECT_TRUE(made.replay.whole());
    EXPECT_EQ(made.requests().count(), about["n"].get<std::uint64_t>());
    ++read_cases;

    // What guidellm 0.2.1 made of them: of its distributions the one over all requests of a status.
    // Its percentiles are left out: the rank drifts with its running sum of weights.
    std::ifstream expected_in(entry.path() / "expected_v021.json");
    const auto expected = nlohmann::json::parse(expected_in);
    if (!expected.contains("metrics")) continue;
    const auto& latency = expected["metrics"]["request_latency"];
    for (const auto& [name, status] :
         {std::pair{"successful", Status::ok}, std::pair{"errored", Status::error},
          std::pair{"incomplete", Status::incomplete}}) {
      const auto mine =
          made.requests().metric("time_to_last_token", {.status = status, .label = {}});
      const auto& theirs = latency[name];
      ASSERT_EQ(mine.count(), theirs["count"].get<std::uint64_t>()) << name;
      if (mine.count() == 0) continue;
      const auto near = [](double ns, const nlohmann::json& seconds) {
        EXPECT_NEAR(ns, seconds.get<double>() * 1e9, 250) << "a double of the epoch in seconds";
      };
      near(mine.mean(), theirs["mean"]);
      near(mine.min(), theirs["min"]);
      near(mine.max(), theirs["max"]);
      near(mine.deviation(), theirs["std_dev"]);
    }
  }
  EXPECT_EQ(read_cases, 12u);
}

TEST(GuidellmFiles, WithADamagedRequestTellWhichAndWhere) {
  std::ifstream in(sample("v04.json"));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::string good = "\"resolve_start\": 1760000002.001";
  const std::size_t number = text.find(good);
  ASSERT_NE(number, std::string::npos);
  text.replace(number, good.size(), "\"resolve_start\": \"1760000002\"");
  const TemporaryFolder folder;
  const std::string path = folder / "damaged.json";
  std::ofstream(path) << text;
  const Read made = read(path);
  EXPECT_EQ(made.replay.records, 3u);
  ASSERT_EQ(made.replay.bad_lines.size(), 1u);
  const BadLine& bad = made.replay.bad_lines[0];
  EXPECT_TRUE(bad.in_document);
  EXPECT_EQ(bad.line, 2u);
  EXPECT_EQ(bad.reason, "resolve_start is not a time");
  EXPECT_EQ(text.substr(bad.byte_offset, 10), "{\"type_\": ");
  EXPECT_LT(bad.byte_offset, number);
}

// Everything before the cut counts, and the cut is told.
TEST(GuidellmFiles, CutOffAnywhereGiveWhatStandsBefore) {
  std::ifstream in(sample("v07.json"));
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const TemporaryFolder folder;
  std::uint64_t before = 0;
  for (std::size_t bytes = 400; bytes < text.size(); bytes += 997) {
    const std::string path = folder / "cut.json";
    std::ofstream(path) << text.substr(0, bytes);
    const Read made = read(path);
    ASSERT_EQ(made.documents.size(), 1u) << bytes;
    EXPECT_GE(made.replay.records, before);
    EXPECT_LE(made.replay.damaged, 1u) << "the one in which the cut is";
    EXPECT_EQ(made.replay.damaged, made.replay.torn);
    ASSERT_EQ(made.replay.input_errors.size(), 1u);
    EXPECT_EQ(
        made.replay.input_errors[0].message,
        fmt::format("'{}': byte {}: the document is cut off here; what stands before was read",
                    path, bytes));
    before = made.replay.records;
  }
  EXPECT_GE(before, 19u);
}

}  // namespace
}  // namespace millrace
