// SPDX-License-Identifier: Apache-2.0
//
// The file is hostile, or was on a bad disk: every bit flip, every cut, lost pages. The cases are named
// after the faults: what is read must be what was written, and what is not read must be counted.
// MILLRACE_DAMAGE=full: more of those that are drawn at random.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "log/run_scan.hpp"
#include "segment_fixture.hpp"

namespace millrace::log {
namespace {

// AddressSanitizer takes 20 times as long for each file: there every 31st case must do.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kStep = 31;
#else
constexpr std::size_t kStep = 1;
#endif

// Trials of what is drawn at random; `full` are those of a release.
int trials(int usual, int full) {
  return std::getenv("MILLRACE_DAMAGE") != nullptr ? full : usual / static_cast<int>(kStep);
}

struct Outcome {
  bool opened = false;
  std::vector<std::uint64_t> data;  // record_no of the frames that were read, in order
  bool invented = false;            // a record that was never logged
  std::uint64_t records = 0, missing = 0, until = 0;
  std::size_t damages = 0;
  Tail tail = Tail::unread;
};

class LogDamageTest : public testing::Test {
 protected:
  LogDamageTest() : fd_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  ~LogDamageTest() override { ::close(fd_); }

  void put(std::size_t at, const char* bytes, std::size_t n) const {
    if (::pwrite(fd_, bytes, n, static_cast<off_t>(at)) != static_cast<ssize_t>(n)) std::abort();
  }
  void put(const std::string& bytes) const {
    if (::ftruncate(fd_, 0) != 0) std::abort();
    put(0, bytes.data(), bytes.size());
  }
  /// The records of worker w are LogBytes::record(w, ..): `look`: each is held against it.
  Outcome read(bool look = true) const {
    Outcome seen;
    const auto reader = SegmentReader::open(path_);
    if (!reader) return seen;
    seen.opened = true;
    PartScan part;
    while (const auto frame = (*reader)->next()) {
      const FrameHeader& header = frame->header;
      if (!part.add(*frame, path_)) continue;
      seen.data.push_back(header.record_no);
      for (std::uint32_t i = 0; look && i < header.n; ++i) {
        const std::string made = LogBytes::record(header.worker, header.worker_seq + i, 24);
        seen.invented |= std::memcmp(frame->payload.data() + i * 24, made.data(), 24) != 0;
      }
    }
    part.close(**reader);
    seen.records = part.records;
    seen.missing = part.missing;
    if (part.first_record_no) seen.missing += *part.first_record_no;  // of the run's first segment
    seen.until = (*reader)->logged_until();
    seen.damages = (*reader)->damages().size() + part.damages.size();
    seen.tail = (*reader)->tail();
    return seen;
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_ / "damaged.mlr";
  int fd_;
};

// About `bytes` of frames of two workers.
LogBytes sample_log(std::size_t bytes) {
  LogBytes log;
  log.stream(1, 24).name(2, 1, "chat");
  std::uint64_t seq[3] = {};
  for (std::uint32_t i = 1; log.bytes.size() + 2'000 < bytes; ++i) {
    const std::uint32_t worker = 1 + i % 2;
    const std::uint32_t n = 5 + i * 7 % 70;
    log.data(worker, seq[worker], n);
    seq[worker] += n;
  }
  return log;
}

std::vector<std::uint64_t> record_numbers(const LogBytes& log,
                                          const LogBytes::Made* but = nullptr) {
  std::vector<std::uint64_t> all;
  for (const auto& made : log.frames) {
    if (made.type == LogBytes::kData && &made != but) all.push_back(made.record_no);
  }
  return all;
}

const LogBytes::Made* frame_at(const LogBytes& log, std::size_t at) {
  for (const auto& made : log.frames) {
    if (at >= made.offset && at < made.offset + made.bytes) return &made;
  }
  return nullptr;
}

TEST_F(LogDamageTest, AnySingleBitFlipIsDetectedAndCostsItsFrame) {
  LogBytes log = sample_log(32 << 10);
  log.end(true);
  ASSERT_LE(log.bytes.size(), 32u << 10);
  put(log.bytes);
  const auto all = record_numbers(log);
  ASSERT_EQ(read().data, all);
  for (std::size_t at = 0; at < log.bytes.size(); ++at) {
    const LogBytes::Made* hit = frame_at(log, at);
    ASSERT_EQ(hit == nullptr, at < LogBytes::kHeader);
    const bool schema = hit == &log.frames[0];  // without it no record is to be read
    const bool end = hit != nullptr && hit->type == LogBytes::kEnd;
    const auto expected = schema ? std::vector<std::uint64_t>() : record_numbers(log, hit);
    for (std::size_t bit = 0; bit < 8; ++bit) {
      if ((at * 8 + bit) % kStep != 0) continue;
      const char flipped = static_cast<char>(log.bytes[at] ^ (1 << bit));
      put(at, &flipped, 1);
      const Outcome seen = read(false);
      ASSERT_EQ(seen.opened, at >= LogBytes::kHeader) << at << "." << bit;
      if (!seen.opened) continue;
      ASSERT_GE(seen.damages, 1u) << at << "." << bit;
      ASSERT_EQ(seen.data, expected) << at << "." << bit;
      ASSERT_EQ(seen.records + seen.missing, log.records) << at << "." << bit;
      ASSERT_EQ(seen.tail, end ? Tail::unfinished : Tail::final) << at << "." << bit;
    }
    put(at, &log.bytes[at], 1);
  }
}

TEST_F(LogDamageTest, ABitFlipBehindAKilledRunIsDetectedOrHarmless) {
  LogBytes log = sample_log(10'000);
  log.zeros(14'000);
  put(log.bytes);
  const std::size_t end = log.frames.back().offset + log.frames.back().bytes;
  const auto all = record_numbers(log);
  std::size_t detected = 0;
  for (std::size_t at = end; at < log.bytes.size(); ++at) {
    for (std::size_t bit = 0; bit < 8; ++bit) {
      if (at >= end + 64 && (at * 8 + bit) % kStep != 0) continue;
      const char flipped = static_cast<char>(1 << bit);
      put(at, &flipped, 1);
      const Outcome seen = read(false);
      ASSERT_EQ(seen.data, all) << at << "." << bit;
      ASSERT_EQ(seen.missing, 0u);
      ASSERT_EQ(seen.tail, Tail::unfinished);
      detected += seen.damages;
    }
    put(at, &log.bytes[at], 1);
  }
  EXPECT_EQ(detected, 64u) << "of the next commit word";
}

TEST_F(LogDamageTest, TwoOrThreeBitFlipsAreAlwaysDetected) {
  LogBytes log = sample_log(32 << 10);
  log.end(true);
  put(log.bytes);
  std::mt19937 random(2026);
  for (int trial = 0; trial < trials(30'000, 10'000'000); ++trial) {
    SCOPED_TRACE(trial);
    const std::size_t near = random() % log.bytes.size();
    std::set<std::size_t> hit;
    std::string bytes = log.bytes;
    for (std::size_t k = 2 + random() % 2; k > 0; --k) {
      // Every other trial within 64 bytes: header against payload, CRC against what it covers.
      const std::size_t at =
          trial % 2 ? random() % bytes.size() : std::min(near + random() % 64, bytes.size() - 1);
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      hit.insert(at);
    }
    if (bytes == log.bytes) continue;  // the same bit twice
    for (const std::size_t at : hit) put(at, &bytes[at], 1);
    const Outcome seen = read();
    for (const std::size_t at : hit) put(at, &log.bytes[at], 1);
    ASSERT_TRUE(!seen.opened || seen.damages > 0);
    ASSERT_FALSE(seen.invented);
    if (!seen.opened) continue;
    ASSERT_TRUE(seen.records + seen.missing == log.records || seen.tail == Tail::unfinished);
  }
}

TEST_F(LogDamageTest, EveryTruncationShowsTheRightCountAndTail) {
  LogBytes log = sample_log(128 << 10);
  log.end(true);
  while (log.bytes.size() < 128u << 10) log.zeros(128 << 10);
  put(log.bytes);
  std::size_t damaged = 0;
  for (std::size_t length = 128 << 10;; length -= kStep) {
    ASSERT_EQ(::ftruncate(fd_, static_cast<off_t>(length)), 0);
    const Outcome seen = read(false);
    ASSERT_EQ(seen.opened, length >= LogBytes::kHeader);
    if (seen.opened) {
      std::uint64_t records = 0;
      bool end = false, cut = false;
      for (const auto& made : log.frames) {
        const std::size_t payload = made.type == LogBytes::kData ? made.n * 24 : made.bytes - 64;
        const bool whole = length >= made.offset + 64 + payload;
        if (whole && made.type == LogBytes::kData) records += made.n;
        if (whole && made.type == LogBytes::kEnd) end = true;
        if (!whole && length > made.offset) {
          cut = log.bytes.find_first_not_of('\0', made.offset) < length;
        }
      }
      ASSERT_EQ(seen.records, records) << length;
      ASSERT_EQ(seen.tail, end ? Tail::final : Tail::unfinished) << length;
      // Names and PAD frames end in zeros, which may be missing.
      ASSERT_LE(seen.damages, cut ? 1u : 0u) << length;
      damaged += seen.damages;
    }
    if (length < kStep) break;
  }
  EXPECT_GT(damaged, 100'000 / kStep);
}

// What a disk has after a power cut: of each sector any version since the last sync.
class PageLoss {
 public:
  static constexpr std::size_t kSector = 512;

  PageLoss(const LogBytes& log, std::size_t synced) : log_(log), synced_(synced) {}

  std::string image(std::mt19937& random) const {
    std::string bytes = log_.bytes;
    for (std::size_t at = synced_; at < bytes.size(); at += kSector) {
      const std::size_t end = std::min(at + kSector, bytes.size());
      switch (random() % 4) {
        case 0:
          std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
          break;
        case 1:
          unwrite(bytes, at, end, random() % (3 * log_.frames.size()));
          break;
        default:
          break;  // the last version
      }
    }
    return bytes;
  }

 private:
  // A frame is written in three steps: payload, header, commit word. Only the first `steps` were.
  void unwrite(std::string& bytes, std::size_t begin, std::size_t end, std::size_t steps) const {
    const auto zero = [&](std::size_t from, std::size_t to) {
      for (std::size_t i = std::max(from, begin); i < std::min(to, end); ++i) bytes[i] = 0;
    };
    for (std::size_t i = 0; i < log_.frames.size(); ++i) {
      const auto& made = log_.frames[i];
      if (steps <= 3 * i) zero(made.offset + 64, made.offset + made.bytes);
      if (steps <= 3 * i + 1) zero(made.offset + 8, made.offset + 64);
      if (steps <= 3 * i + 2) zero(made.offset, made.offset + 8);
    }
  }

  const LogBytes& log_;
  std::size_t synced_;
};

TEST_F(LogDamageTest, ZeroedOrOldPagesAreHolesWithTheExactCount) {
  LogBytes log = sample_log(150'000);
  log.zeros(262'144);
  int holes = 0;
  const int wanted = trials(3'000, 100'000);
  for (int seed = 0; seed < wanted; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(static_cast<unsigned>(seed));
    const std::size_t durable = random() % log.frames.size();
    const std::size_t synced = log.frames[std::max<std::size_t>(durable, 1)].offset;
    const std::string image = PageLoss(log, synced).image(random);
    put(image);
    // A frame is to be read if all its bytes are there, and known if its header is.
    std::vector<std::uint64_t> whole;
    std::uint64_t records = 0, known = 0;
    for (const auto& made : log.frames) {
      const bool header = image.compare(made.offset, 64, log.bytes, made.offset, 64) == 0;
      const bool frame =
          image.compare(made.offset, made.bytes, log.bytes, made.offset, made.bytes) == 0;
      const std::uint32_t n = made.type == LogBytes::kData ? made.n : 0;
      if (header) known = std::max(known, made.record_no + n);
      if (frame && made.type == LogBytes::kData) {
        whole.push_back(made.record_no);
        records += n;
      }
      ASSERT_TRUE(frame || made.offset + made.bytes > synced) << "the simulation lost a synced one";
    }
    const Outcome seen = read();
    ASSERT_TRUE(seen.opened);
    ASSERT_FALSE(seen.invented);
    ASSERT_EQ(seen.data, whole);
    ASSERT_EQ(seen.until, known);
    ASSERT_EQ(seen.records, records);
    ASSERT_EQ(seen.records + seen.missing, known);
    ASSERT_TRUE(seen.missing == 0 || seen.damages > 0);
    holes += seen.missing > 0;
  }
  EXPECT_GT(holes, wanted / 3 * 2);
}

}  // namespace
}  // namespace millrace::log
