// SPDX-License-Identifier: Apache-2.0
//
// Lines through the engine in pieces so small that a piece holds a line or two: each good one is a
// record, each bad one is told, whatever the pieces end in.
#include "ingest/file_replay.hpp"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "ingest/llmeter_format.hpp"
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

}  // namespace
}  // namespace millrace
