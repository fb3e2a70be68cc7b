// SPDX-License-Identifier: Apache-2.0
//
// Lines through the engine in pieces so small that a piece holds a line or two: each good one is a
// record, each bad one is told, whatever the pieces end in.
#include "ingest/file_replay.hpp"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "ingest/guidellm_format.hpp"
#include "ingest/jsonl_format.hpp"
#include "ingest/llmeter_format.hpp"
#include "replayed.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

constexpr const char* kGood = R"({"response_text":"","time_to_last_token":1,"error":null})";

FileReplay replay(const std::string& path, std::size_t piece_bytes, unsigned threads) {
  auto reader = PieceReader::open({path}, {.piece_bytes = piece_bytes}).value();
  FileReplayOptions options;
  options.threads = threads;
  options.bad_lines_kept = 100;
  return replay_pieces(*reader, llmeter_format(false), options).value();
}

// A damaged line leaves the room that was claimed for it; it must not be used beyond its piece.
TEST(FileReplay, LosesNothingBehindAPieceThatEndsInDamagedLines) {
  const TemporaryFolder folder;
  for (const std::string pattern : {"g", "b", "gb", "bg", "gbg", "ggbgg", "bbb", "gbbg", "bgbgbgbg",
                                    "ggggggbbbgggggbgbgbbgggb"}) {
    const std::string path = folder / "lines.jsonl";
    std::ofstream out(path);
    std::uint64_t good = 0;
    for (const char line : pattern) {
      out << (line == 'g' ? kGood : "{]") << "\n";
      good += line == 'g';
    }
    out.close();
    for (const std::size_t piece_bytes : {1u, 70u, 150u, 1u << 20}) {
      for (const unsigned threads : {1u, 3u}) {
        SCOPED_TRACE(testing::Message() << pattern << " by " << piece_bytes << ", " << threads);
        const FileReplay done = replay(path, piece_bytes, threads);
        EXPECT_EQ(done.lines, pattern.size());
        EXPECT_EQ(done.records, good);
        EXPECT_EQ(done.damaged, pattern.size() - good);
        EXPECT_EQ(done.bad_lines.size(), done.damaged);
        EXPECT_EQ(done.summary["requests"].metric("time_to_last_token").sum(),
                  static_cast<double>(good));
        EXPECT_EQ(done.summary.accounting().attempted(), good);
      }
    }
  }
}

// Pieces number their names each for itself; the log has the run's numbers.
TEST(FileReplay, IntoALogHasTheNumbersAndNamesOfTheOneInMemory) {
  const TemporaryFolder folder;
  const std::string path = folder / "lines.jsonl";
  std::ofstream out(path);
  for (int i = 0; i < 20'000; ++i) {
    out << R"({"v":)" << (i * 7919) % 10'007 << R"(,"s":"2026-01-01T00:00:)" << 10 + i % 50
        << R"(Z","l":"label )" << (i / 1'000) * 3 % 17 << R"(","e":)";
    if (i % 5 == 0) {
      out << "\"error " << i % 35 << "\"";
    } else {
      out << "null";
    }
    out << "}\n";
  }
  out.close();
  JsonlMap map;
  map.fields.push_back({"v", "/v"});
  map.start = JsonlTime{"/s"};
  map.labels.push_back({"l", "/l"});
  map.error = "/e";
  const LineFormat format = make_jsonl_format(map).value();
  const auto read = [&](unsigned threads, const std::string& log_dir) {
    auto reader = PieceReader::open({path}, {.piece_bytes = 5'000}).value();
    FileReplayOptions options;
    options.threads = threads;
    options.engine.log_dir = log_dir;
    options.engine.segment_bytes = 256 << 10;
    return replay_pieces(*reader, format, options).value();
  };
  const FileReplay in_memory = read(2, "");
  const StreamSummary& expected = in_memory.summary["requests"];
  for (const unsigned threads : {1u, 4u}) {
    const std::string dir = folder / ("log" + std::to_string(threads));
    const FileReplay imported = read(threads, dir);
    const LogReplay replayed = replay_of(dir);
    EXPECT_TRUE(replayed.whole());
    EXPECT_EQ(replayed.summary.digest(), imported.summary.digest());
    const StreamSummary& actual = replayed.summary["requests"];
    EXPECT_EQ(actual.count(), 20'000u);
    EXPECT_EQ(actual.labels(), expected.labels());
    EXPECT_EQ(actual.errors(), expected.errors());
    EXPECT_EQ(actual.times().first_start_ns, expected.times().first_start_ns);
    for (const std::string& label : expected.labels()) {
      const MetricSummary a = actual.metric("v", {.status = {}, .label = label});
      const MetricSummary b = expected.metric("v", {.status = {}, .label = label});
      EXPECT_EQ(a.count(), b.count()) << label;
      EXPECT_EQ(a.percentile(90)->value, b.percentile(90)->value) << label;
      EXPECT_NEAR(a.mean(), b.mean(), 1e-9 * b.mean()) << label;
    }
  }
}

// What a line has for the further stream follows its piece, whatever the pieces and the threads are; a ring
// holds less than this file has.
TEST(FileReplay, GivesTheFurtherStreamOfAFormatItsRecords) {
  const TemporaryFolder folder;
  const std::string path = folder / "requests.jsonl";
  std::ofstream out(path);
  constexpr int kRequests = 30'000;
  std::uint64_t further = 0;
  double pixels = 0;
  for (int i = 0; i < kRequests; ++i) {
    out << R"({"type_":"generative_request_stats","request_id":")" << i
        << R"(","info":{"status":"completed",)"
        << R"("timings":{"request_start":)" << i << ".5,\"request_end\":" << i
        << ".75}},\"input_metrics\":{";
    if (i % 3 != 0) {
      out << R"("image_pixels":)" << i % 1'000;
      ++further;
      pixels += i % 1'000;
    }
    out << "}}\n" << (i % 1'000 == 7 ? "{]\n" : "");
  }
  out.close();
  for (const std::size_t piece_bytes : {300u, 5'000u, 64u << 20}) {
    for (const unsigned threads : {1u, 3u}) {
      SCOPED_TRACE(testing::Message() << piece_bytes << ", " << threads);
      auto reader = PieceReader::open({path}, {.piece_bytes = piece_bytes}).value();
      FileReplayOptions options;
      options.threads = threads;
      options.further_stream = true;
      const FileReplay done = replay_pieces(*reader, guidellm_format(), options).value();
      EXPECT_EQ(done.records, static_cast<std::uint64_t>(kRequests));
      EXPECT_EQ(done.damaged, 30u);
      EXPECT_EQ(done.summary["requests"].count(), static_cast<std::uint64_t>(kRequests));
      const auto counted = done.summary["modalities"].metric("input_image_pixels");
      EXPECT_EQ(done.summary["modalities"].count(), further);
      EXPECT_EQ(counted.count(), further);
      EXPECT_EQ(counted.sum(), pixels);
    }
  }
  const FileReplay plain = replay_files({path}, guidellm_format(), {}).value();
  EXPECT_EQ(plain.summary.streams().size(), 1u) << "only when it is asked for";
}

TEST(FileReplay, WithALogAndRingFilesIsRefusedByTheEngine) {
  const TemporaryFolder folder;
  const auto engine = Engine::open({.log_dir = folder / "log", .by_place = true});
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().message.find("ring_files"), std::string::npos);
}

}  // namespace
}  // namespace millrace
