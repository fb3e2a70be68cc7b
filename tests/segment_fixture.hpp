// SPDX-License-Identifier: Apache-2.0
//
// SegmentFixture: makes a file of bytes and reads all of it, for the tests of what is read.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "log/segment_reader.hpp"
#include "log_bytes.hpp"
#include "temporary_folder.hpp"

namespace millrace::log {

using Tail = SegmentReader::Tail;

struct Read {
  std::string error;  // of open()
  std::vector<Frame> frames;
  std::vector<std::string> payloads;
  std::vector<Damage> damages;
  Tail tail = Tail::unread;
  std::uint64_t logged_until = 0;

  std::uint64_t records() const {
    std::uint64_t n = 0;
    for (const Frame& f : frames) n += f.type() == FrameType::data ? f.header.n : 0;
    return n;
  }
  std::string first_damage() const { return damages.empty() ? "" : damages.front().what; }
};

class SegmentFixture : public testing::Test {
 protected:
  Read read(const std::string& bytes) {
    const std::string path = folder_ / "file.mlr";
    write_file(path, bytes);
    return read_path(path);
  }
  static Read read_path(const std::string& path) {
    Read read;
    const auto reader = SegmentReader::open(path);
    if (!reader) return {reader.error().message, {}, {}, {}, Tail::unread, 0};
    EXPECT_EQ((*reader)->tail(), Tail::unread);
    while (const auto frame = (*reader)->next()) {
      read.frames.push_back(*frame);
      const auto* text = reinterpret_cast<const char*>(frame->payload.data());
      read.payloads.emplace_back(text, frame->payload.size());
    }
    EXPECT_FALSE((*reader)->next());
    read.damages = (*reader)->damages();
    read.tail = (*reader)->tail();
    read.logged_until = (*reader)->logged_until();
    return read;
  }

  TemporaryFolder folder_;
};

inline LogBytes three_frames() {
  LogBytes log;
  log.stream(1, 24).data(1, 0, 10).data(2, 0, 20).data(1, 10, 30).end(true);
  return log;
}

}  // namespace millrace::log
