// SPDX-License-Identifier: Apache-2.0
//
// Logs written byte by byte for tests of what reads them: TestSegment, and DeadRun, a run that a kill
// ended: real workers, real rings, segments with the slices that an aggregator took.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "log/format.hpp"
#include "log/log_folder.hpp"
#include "log/ring_reader.hpp"
#include "log/run_scan.hpp"
#include "log/segment_reader.hpp"
#include "log/stream_text.hpp"
#include "record/crc32c.hpp"
#include "ring_fixture.hpp"
#include "words_schema.hpp"

namespace millrace {

/// A segment or names file as bytes. Its own encoder: the library's is what is tested.
class TestSegment {
 public:
  explicit TestSegment(log::SegmentHeader header) : bytes_(log::kHeaderBytes), header_(header) {
    header_.segment_bytes = std::uint64_t{64} << 20;
    log::seal(header_);
    std::memcpy(bytes_.data(), &header_, sizeof header_);
  }

  void data(const Slice& slice, const std::vector<Stamp>& records, std::uint64_t record_no,
            std::uint64_t unlogged = 0) {
    log::FrameHeader header{};
    header.record_no = record_no;
    header.worker_seq = slice.worker_seq;
    header.worker = slice.worker;
    header.stream = static_cast<std::uint16_t>(slice.stream);
    header.n = slice.count;
    header.record_size = slice.record_size;
    header.taken_ns = 1'000 + static_cast<std::int64_t>(record_no);
    header.unlogged = unlogged;
    frame(log::FrameType::data, header, records.data(), records.size() * sizeof(Stamp));
  }
  void name(log::NameKind kind, std::uint16_t number, const std::string& text) {
    const log::NameEntry entry{kind, 0, number, static_cast<std::uint32_t>(text.size())};
    std::string payload(reinterpret_cast<const char*>(&entry), sizeof entry);
    payload += text;
    payload.resize((payload.size() + 7) / 8 * 8);
    log::FrameHeader header{};
    header.n = 1;
    frame(log::FrameType::names, header, payload.data(), payload.size());
  }
  void account(const log::AccountEntry& entry) {
    log::FrameHeader header{};
    header.n = 1;
    frame(log::FrameType::account, header, &entry, sizeof entry);
  }
  void end(std::uint16_t flags) {
    log::FrameHeader header{};
    header.flags = flags;
    header.record_no = records_;
    log::EndPayload totals{};
    totals.records_in_segment = totals.records_of_run = records_;
    totals.frames = frames_;
    totals.frames_crc = crc_;
    frame(log::FrameType::end, header, &totals, sizeof totals);
  }

  void save(const std::string& path) const {
    std::ofstream file(path, std::ios::binary);
    file.write(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
  }
  [[nodiscard]] std::vector<char>& bytes() noexcept { return bytes_; }

 private:
  void frame(log::FrameType type, log::FrameHeader header, const void* payload, std::size_t n) {
    const auto bytes = log::frame_bytes(static_cast<std::uint32_t>(n));
    const std::uint32_t left = log::left_in_stripe(bytes_.size());
    if (bytes > left) {
      log::FrameHeader pad{};
      pad.record_no = header.record_no;
      put(log::commit_word(log::FrameType::pad, left), pad, nullptr, 0, left);
    }
    if (type == log::FrameType::data) records_ = header.record_no + header.n;
    put(log::commit_word(type, bytes), header, payload, n, bytes);
  }
  void put(std::uint64_t commit, log::FrameHeader header, const void* payload, std::size_t n,
           std::size_t bytes) {
    const std::size_t at = bytes_.size();
    header.commit = commit;
    header.payload_crc = crc32c(payload, n);
    header.header_crc =
        log::header_crc(header, log::frame_seed(header_.log_id, header_.segment, at));
    bytes_.resize(at + bytes);
    std::memcpy(bytes_.data() + at, &header, sizeof header);
    if (n != 0) std::memcpy(bytes_.data() + at + sizeof header, payload, n);
    crc_ = crc32c(&header.header_crc, sizeof header.header_crc, crc_);
    ++frames_;
  }

  std::vector<char> bytes_;
  log::SegmentHeader header_;
  std::uint64_t records_ = 0;
  std::uint32_t frames_ = 0, crc_ = 0;
};

inline log::StreamText stamp_stream(const std::string& name = "stamps") {
  return {name, words_schema("stamp", 8), {}};
}

/// A run under way whose process dies: crash() leaves in `dir` what a kill would.
class DeadRun {
 public:
  DeadRun(const std::string& dir, const RunIdentity& identity, RingRun::Options options,
          std::uint64_t segment = 1)
      : rings(live_.str(), identity, options),
        dir_(dir),
        number_(segment),
        header_(log::make_header(identity, log::FileKind::segment)),
        segment_((header_.segment = segment, header_.rings = log::RingPlace::folder, header_)),
        names_([&] {
          log::SegmentHeader header = log::make_header(identity, log::FileKind::names);
          return header;
        }()) {
    const std::string text = log::to_text(stamp_stream());
    segment_.name(log::NameKind::stream, 0, text);
    names_.name(log::NameKind::stream, 0, text);
    names_.name(log::NameKind::label, 2, "a label");
    rings.rings().on_retired([this](const detail::RingSet::Account& a) {
      names_.account({a.worker, a.stream, a.accepted, a.rejected.full, a.rejected.closed,
                      a.rejected.reentrant});
    });
  }

  /// The aggregator's turn; without `log` the log has stopped.
  void turn(std::uint32_t most = ~0u, std::size_t slices = ~std::size_t{0}, bool log = true) {
    for (const RingRun::Taken& taken : rings.take(most, slices)) {
      if (log) {
        segment_.data(taken.slice, taken.records, logged, unlogged);
        logged += taken.slice.count;
      } else {
        unlogged += taken.slice.count;
      }
    }
  }

  void crash() {
    segment_.save(dir_ + '/' + log::segment_name(number_));
    names_.save(names_path());
    for (const std::string& name : live_.files()) {
      std::filesystem::copy_file(live_.str() + '/' + name, dir_ + '/' + name,
                                 std::filesystem::copy_options::overwrite_existing);
    }
    for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
      std::filesystem::permissions(
          entry.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
  }

  [[nodiscard]] std::string names_path() const {
    const RunIdentity& run = rings.identity();
    return dir_ + "/names-" + hex(run.log_id) + '-' + hex(run.run) + ".mln";
  }
  [[nodiscard]] std::string ring_path(std::uint32_t slot = 0) const {
    return dir_ + '/' + detail::ring_file_name(rings.identity(), slot);
  }
  TestSegment& segment() noexcept { return segment_; }

 private:
  TemporaryFolder live_;

 public:
  RingRun rings;
  std::uint64_t logged = 0, unlogged = 0;

 private:
  std::string dir_;
  std::uint64_t number_;
  log::SegmentHeader header_;
  TestSegment segment_, names_;
};

/// What is in a log, by worker: the records' numbers, each checked by its content.
struct LogContent {
  std::map<std::uint32_t, std::vector<std::uint64_t>> workers;
  std::uint64_t wrong = 0;  // records that nobody pushed
  std::uint64_t records = 0, from_rings = 0;
  log::RunScan scan;

  [[nodiscard]] std::uint64_t of(std::uint32_t worker) const {
    const auto found = workers.find(worker);
    return found == workers.end() ? 0 : found->second.size();
  }
  /// 0, 1, 2 .. in order.
  [[nodiscard]] bool in_order() const {
    for (const auto& [worker, numbers] : workers) {
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] != i) return false;
      }
    }
    return true;
  }

  void add(log::FrameSource& source, std::uint64_t run, log::PartScan& part) {
    while (const auto frame = source.next()) {
      if (!part.add(*frame, source.name())) continue;
      for (std::uint32_t i = 0; i < frame->header.n; ++i) {
        Stamp stamp;
        std::memcpy(&stamp, frame->payload.data() + i * sizeof stamp, sizeof stamp);
        const std::uint64_t seq = frame->header.worker_seq + i;
        wrong += stamp == Stamp::of(run, frame->header.worker, seq) ? 0u : 1u;
        workers[frame->header.worker].push_back(seq);
        ++records;
      }
    }
    part.close(source);
  }
};

/// Segments, and the rings if there are some.
inline LogContent read_log(const log::RunFiles& run) {
  LogContent content;
  for (const log::SegmentPath& path : run.segments) {
    auto segment = log::SegmentReader::open(path.path).value();
    log::PartScan part;
    content.add(*segment, run.identity.run, part);
    for (const log::Damage& damage : segment->damages()) part.damages.push_back(damage);
    content.scan.add(part, path.header.run_index, path.path);
  }
  if (!run.rings.empty() || !run.names_file.empty()) {
    const std::uint64_t before = content.records;
    auto rings = log::RingReader::open(run, content.scan).value();
    log::PartScan part;
    content.add(*rings, run.identity.run, part);
    for (const log::Damage& damage : rings->damages()) part.damages.push_back(damage);
    content.scan.add(part, std::nullopt, rings->name());
    content.from_rings = content.records - before;
  }
  return content;
}

inline std::string told(const std::vector<log::Damage>& damages) {
  std::string all;
  for (const log::Damage& damage : damages) all += damage.file + ": " + damage.what + '\n';
  return all;
}

inline RunIdentity some_run() { return RunIdentity::make(random_id()); }

inline log::RunFiles only_run(const std::string& dir) {
  auto folder = log::LogFolder::list(dir).value();
  EXPECT_EQ(folder.runs.size(), 1u);
  return folder.runs.at(0);
}

template <typename T>
void poke(const std::string& path, std::uint64_t offset, T value) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(reinterpret_cast<const char*>(&value), sizeof value);
  ASSERT_TRUE(file.good());
}
template <typename T>
T peek(const std::string& path, std::uint64_t offset) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  T value{};
  file.read(reinterpret_cast<char*>(&value), sizeof value);
  return value;
}
constexpr std::uint64_t block_at(std::uint64_t index) {
  return detail::kRingBlocksAt + index * detail::kBlockBytes;
}

}  // namespace millrace
