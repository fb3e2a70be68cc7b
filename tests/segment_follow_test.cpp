// SPDX-License-Identifier: Apache-2.0
//
// SegmentReader in a file that changes while it is read: followed, cut, written into.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "segment_fixture.hpp"

namespace millrace::log {
namespace {

class SegmentFollowTest : public testing::Test {
 protected:
  SegmentFollowTest() : fd_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  ~SegmentFollowTest() override { ::close(fd_); }

  void put(std::size_t at, const std::string& bytes) const {
    ASSERT_EQ(::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at)),
              static_cast<ssize_t>(bytes.size()));
  }
  /// As a writer does: all but the commit word, then that.
  void put_frame(const LogBytes& log, std::size_t i) const {
    const auto& made = log.frames[i];
    put(made.offset + 8, log.bytes.substr(made.offset + 8, made.bytes - 8));
    put(made.offset, log.bytes.substr(made.offset, 8));
  }
  std::unique_ptr<SegmentReader> follow() const {
    return SegmentReader::open(path_, Follow::yes).value();
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_ / "s.mlr";
  int fd_;
};

TEST_F(SegmentFollowTest, AFrameIsShownOnceItIsThere) {
  const LogBytes log = three_frames();
  put(0, log.bytes.substr(0, LogBytes::kHeader));
  for (const bool prepared : {false, true}) {
    SCOPED_TRACE(prepared);
    ASSERT_EQ(::ftruncate(fd_, LogBytes::kHeader), 0);
    ASSERT_EQ(::ftruncate(fd_, prepared ? 1 << 20 : LogBytes::kHeader), 0);
    const auto reader = follow();
    for (std::size_t i = 0; i < log.frames.size(); ++i) {
      EXPECT_FALSE(reader->next());
      EXPECT_FALSE(reader->next());
      EXPECT_EQ(reader->tail(), SegmentReader::Tail::unread);
      put_frame(log, i);
      const auto frame = reader->next();
      ASSERT_TRUE(frame);
      EXPECT_EQ(frame->offset, log.frames[i].offset);
    }
    EXPECT_EQ(reader->tail(), SegmentReader::Tail::final);
    EXPECT_TRUE(reader->damages().empty());
  }
}

TEST_F(SegmentFollowTest, WaitsForTheRestOfAFrameAtTheEndOfTheFile) {
  const LogBytes log = three_frames();
  const auto& made = log.frames[2];
  put(0, log.bytes.substr(0, made.offset + made.bytes - 100));
  const auto reader = follow();
  EXPECT_TRUE(reader->next());
  EXPECT_TRUE(reader->next());
  EXPECT_FALSE(reader->next());
  put(0, log.bytes.substr(0, made.offset + made.bytes));
  ASSERT_TRUE(reader->next());
  EXPECT_TRUE(reader->damages().empty());
}

TEST_F(SegmentFollowTest, AFrameThatStaysBadIsDamageOnceAGoodOneFollows) {
  for (const std::size_t at : {std::size_t{9}, std::size_t{90}}) {  // header, payload
    LogBytes log = three_frames();
    log.put(log.frames[2].offset + at, 0x55, 1);
    ASSERT_EQ(::ftruncate(fd_, 0), 0);
    put(0, log.bytes.substr(0, log.frames[3].offset));
    ASSERT_EQ(::ftruncate(fd_, 1 << 20), 0);
    const auto reader = follow();
    EXPECT_TRUE(reader->next());
    EXPECT_TRUE(reader->next());
    EXPECT_FALSE(reader->next());
    put_frame(log, 3);
    const auto frame = reader->next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->offset, log.frames[3].offset);
    ASSERT_EQ(reader->damages().size(), 1u);
    EXPECT_EQ(reader->damages()[0].offset, log.frames[2].offset);
    EXPECT_EQ(reader->damages()[0].bytes, log.frames[2].bytes);
  }
}

TEST_F(SegmentFollowTest, ABadFrameAtTheEndOfAStripeIsLeftForTheNext) {
  LogBytes log;
  log.stream(1, 24);
  while (log.bytes.size() < LogBytes::kStripe) log.data(1, log.records, 300);
  std::size_t first_of_next = 0;
  while (log.frames[first_of_next].offset < LogBytes::kStripe) ++first_of_next;
  log.put(log.frames[first_of_next - 1].offset, 0x55, 1);  // a length that leads anywhere
  put(0, log.bytes.substr(0, log.frames[first_of_next].offset));
  const auto reader = follow();
  while (reader->next()) {
  }
  put_frame(log, first_of_next);
  const auto frame = reader->next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->offset, LogBytes::kStripe);
}

TEST_F(SegmentFollowTest, AWriterAndAReaderAtOnceAgreeOnEveryFrame) {
  LogBytes log({.segment_bytes = 4 << 20});
  log.stream(1, 24);
  while (log.bytes.size() < 3'000'000)
    log.data(1, log.records, 1 + static_cast<std::uint32_t>(log.records % 60));
  log.end(true);
  put(0, log.bytes.substr(0, LogBytes::kHeader));
  ASSERT_EQ(::ftruncate(fd_, 4 << 20), 0);
  std::thread writer([&] {
    for (std::size_t i = 0; i < log.frames.size(); ++i) put_frame(log, i);
  });
  const auto reader = follow();
  std::uint64_t records = 0;
  while (reader->tail() == SegmentReader::Tail::unread) {
    if (const auto frame = reader->next(); frame && frame->type() == FrameType::data) {
      ASSERT_EQ(frame->header.worker_seq, records);
      records += frame->header.n;
    }
  }
  writer.join();
  EXPECT_EQ(records, log.records);
  EXPECT_TRUE(reader->damages().empty());
}

// A copy of 256 KiB takes time: its end may be younger than its beginning.
TEST_F(SegmentFollowTest, ALogThatIsBeingWrittenHasNoHoles) {
  LogBytes log({.segment_bytes = 1 << 20});
  log.stream(1, 24);
  while (log.bytes.size() < 700'000) log.data(1, log.records, 2);
  put(0, log.bytes.substr(0, LogBytes::kHeader));
  ASSERT_EQ(::ftruncate(fd_, 1 << 20), 0);
  void* const map = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  ASSERT_NE(map, MAP_FAILED);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    auto* const to = static_cast<char*>(map);
    for (const auto& made : log.frames) {
      std::memcpy(to + made.offset + 8, log.bytes.data() + made.offset + 8, made.bytes - 8);
      std::uint64_t commit;
      std::memcpy(&commit, log.bytes.data() + made.offset, sizeof commit);
      // order: release; what a copy by pread sees after it is the whole frame.
      std::atomic_ref(*reinterpret_cast<std::uint64_t*>(to + made.offset))
          .store(commit, std::memory_order_release);
      if (made.record_no % 64 == 0) std::this_thread::yield();
    }
    done.store(true, std::memory_order_relaxed);  // order: relaxed; the flag carries no data
  });
  int rounds = 0;
  // order: relaxed; as above
  for (; !done.load(std::memory_order_relaxed); ++rounds) {
    const auto reader = SegmentReader::open(path_).value();
    std::uint64_t records = 0;
    while (const auto frame = reader->next()) {
      if (frame->type() == FrameType::data) records += frame->header.n;
    }
    EXPECT_EQ(records, reader->logged_until());
    for (const Damage& d : reader->damages()) {
      ADD_FAILURE() << rounds << ": " << d.what << " at " << d.offset << ", " << d.bytes
                    << " bytes";
    }
  }
  writer.join();
  ::munmap(map, 1 << 20);
  EXPECT_GT(rounds, 0);
}

TEST_F(SegmentFollowTest, AFileThatIsCutUnderTheReaderEndsThere) {
  LogBytes log({.segment_bytes = 4 << 20});
  log.stream(1, 24);
  while (log.bytes.size() < 2'000'000) log.data(1, log.records, 50);
  put(0, log.bytes);
  const auto reader = SegmentReader::open(path_).value();
  ASSERT_TRUE(reader->next());
  ASSERT_EQ(::ftruncate(fd_, 1'000'000), 0);
  std::uint64_t records = 0;
  while (const auto frame = reader->next()) {
    if (frame->type() == FrameType::data) records += frame->header.n;
  }
  EXPECT_GT(records, 1000u);
  EXPECT_LT(records, log.records);
  EXPECT_EQ(reader->tail(), SegmentReader::Tail::unfinished);
}

// What is checked is a private copy: no byte that is written meanwhile passes.
TEST_F(SegmentFollowTest, NoRecordIsInventedWhileSomebodyWritesIntoTheFile) {
  LogBytes log({.segment_bytes = 4 << 20});
  log.stream(1, 24);
  while (log.bytes.size() < 1'500'000) log.data(1, log.records, 50);
  put(0, log.bytes);
  std::atomic<bool> stop{false};
  std::thread vandal([&] {
    std::mt19937 random(5);
    // order: relaxed; the flag carries no data.
    while (!stop.load(std::memory_order_relaxed)) {
      const auto at = static_cast<off_t>(LogBytes::kHeader + random() % 1'400'000);
      (void)!::pwrite(fd_, "vandal", 6, at);
      (void)!::pwrite(fd_, log.bytes.data() + at, 6, at);
    }
  });
  for (int round = 0; round < 30; ++round) {
    const auto reader = SegmentReader::open(path_).value();
    while (const auto frame = reader->next()) {
      if (frame->type() != FrameType::data) continue;
      for (std::uint32_t i = 0; i < frame->header.n; ++i) {
        const std::string expected = LogBytes::record(1, frame->header.worker_seq + i, 24);
        ASSERT_EQ(std::memcmp(frame->payload.data() + i * 24, expected.data(), 24), 0);
      }
    }
  }
  stop.store(true, std::memory_order_relaxed);  // order: relaxed; as above
  vandal.join();
}

}  // namespace
}  // namespace millrace::log
