// SPDX-License-Identifier: Apache-2.0
//
// The oracle of the log's tests: a second, plain reader of segments, written from the description of
// the bytes and sharing no code with the library. It believes nothing and notes every breach.
//
//   const Walked run = walk_run(dir);
//   EXPECT_EQ(run.faults, std::vector<std::string>{});
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

inline std::uint32_t plain_crc32c(const void* bytes, std::size_t n, std::uint32_t before = 0) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0x82F63B78U ^ (c >> 1) : c >> 1;
      t[i] = c;
    }
    return t;
  }();
  const auto* at = static_cast<const unsigned char*>(bytes);
  std::uint32_t crc = ~before;
  for (std::size_t i = 0; i < n; ++i) crc = table[(crc ^ at[i]) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

template <typename T>
T word_at(const std::string& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

struct Walked {
  struct Data {
    std::uint64_t segment, worker_seq, record_no, unlogged;
    std::uint32_t worker, stream, n, record_size;
    std::int64_t taken_ns;
    std::string payload;
  };
  std::vector<Data> data;
  std::vector<std::pair<int, std::pair<int, std::string>>>
      names;  // kind, number, text; as they come
  std::map<std::uint32_t, std::array<std::uint64_t, 4>> accounts;  // the last of each worker
  std::map<std::uint64_t, std::size_t> names_of_segment;           // before its first DATA frame
  std::uint64_t records = 0;
  std::uint64_t unlogged = 0;    // the greatest told
  std::size_t names_before = 0;  // of the segment before: the next one repeats them first
  std::uint64_t not_cut = 0;     // segments with zeros behind END, as a kill may leave them
  std::uint64_t pads = 0;
  std::uint64_t segments = 0;
  std::uint64_t ended = 0;
  bool final = false;
  std::int64_t finished_ns = 0;
  std::vector<std::string> faults;
};

class Walker {
 public:
  /// `damaged`: goes on behind what is no frame, line by line.
  Walker(Walked& out, const std::string& path, bool names_file, bool damaged = false)
      : out_(out), path_(path) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    if (!header(names_file)) return;
    ++out_.segments;
    std::size_t at = 4096;
    while (at < bytes_.size() && !over_) {
      const std::size_t next = frame(at);
      if (next == 0 && !damaged) break;
      at = next == 0 ? at + 64 : next;
    }
    if (over_ && at != bytes_.size()) ++out_.not_cut;
    if (over_ && !zero(at, bytes_.size())) fault("bytes behind END", at);
    out_.names_before = names_here_;
  }

  std::uint64_t segment = 0, run_index = 0, segment_bytes = 0, next_segment = 0;
  bool has_end() const { return over_; }

 private:
  void fault(const std::string& what, std::size_t at) {
    out_.faults.push_back(path_ + " at " + std::to_string(at) + ": " + what);
  }
  bool zero(std::size_t from, std::size_t to) const {
    return std::all_of(bytes_.begin() + static_cast<std::ptrdiff_t>(from),
                       bytes_.begin() + static_cast<std::ptrdiff_t>(to),
                       [](char c) { return c == 0; });
  }
  bool header(bool names_file) {
    if (bytes_.size() < 4096) return fault("shorter than a header", 0), false;
    if (bytes_.compare(0, 8, "\x89MLR\r\n\x1A\n") != 0) fault("magic", 0);
    if (word_at<std::uint16_t>(bytes_, 8) != 1) fault("major", 8);
    if (word_at<std::uint32_t>(bytes_, 12) != 0x01020304) fault("endian", 12);
    if (word_at<std::uint32_t>(bytes_, 16) != 4096) fault("header_bytes", 16);
    if (word_at<std::uint32_t>(bytes_, 20) != 65536) fault("stripe_bytes", 20);
    segment_bytes = word_at<std::uint64_t>(bytes_, 24);
    log_id_ = bytes_.substr(48, 16);
    segment = word_at<std::uint64_t>(bytes_, 64);
    run_index = word_at<std::uint64_t>(bytes_, 80);
    if (word_at<std::uint32_t>(bytes_, 124) != (names_file ? 2U : 1U)) fault("kind", 124);
    if (word_at<std::uint32_t>(bytes_, 4092) != plain_crc32c(bytes_.data(), 4092)) {
      return fault("header crc", 4092), false;
    }
    return true;
  }

  // Where the next frame begins; 0: there is none.
  std::size_t frame(std::size_t at) {
    if (bytes_.size() - at < 64) return fault("half a header", at), 0;
    const auto commit = word_at<std::uint64_t>(bytes_, at);
    if (commit == 0) {
      if (!zero(at, bytes_.size())) fault("bytes behind the last frame", at);
      return 0;
    }
    const std::size_t size = (commit & 0x0FFFFFFF) * 64;
    const auto type = static_cast<int>(commit >> 28 & 0xF);
    if (commit >> 32 != 0x6D6C7266 || size < 64) return fault("commit word", at), 0;
    if (at / 65536 != (at + size - 1) / 65536) return fault("crosses a stripe", at), 0;
    if (at + size > bytes_.size()) return fault("leaves the file", at), 0;
    std::string salt = log_id_ + std::string(16, '\0');
    const std::uint64_t place = at;
    std::memcpy(salt.data() + 16, &segment, 8);
    std::memcpy(salt.data() + 24, &place, 8);
    const auto header_crc = word_at<std::uint32_t>(bytes_, at + 60);
    if (header_crc != plain_crc32c(&bytes_[at], 60, plain_crc32c(salt.data(), 32))) {
      return fault("header crc of a frame", at), 0;
    }
    const std::size_t used = payload(type, at, size);
    if (used > size - 64) return fault("payload leaves the frame", at), 0;
    if (word_at<std::uint32_t>(bytes_, at + 56) != plain_crc32c(&bytes_[at] + 64, used)) {
      fault("payload crc", at);
      if (type == 1) {
        out_.records -= out_.data.back().n;
        out_.data.pop_back();
      }
    }
    if (!zero(at + 64 + used, at + size)) fault("bytes behind the payload", at);
    if (type != 5) {
      ++frames_;
      frames_crc_ = plain_crc32c(&header_crc, 4, frames_crc_);
    }
    return at + size;
  }

  std::size_t payload(int type, std::size_t at, std::size_t size) {
    const auto n = word_at<std::uint32_t>(bytes_, at + 32);
    const auto record_no = word_at<std::uint64_t>(bytes_, at + 8);
    const auto unlogged = word_at<std::uint64_t>(bytes_, at + 48);
    if (unlogged < out_.unlogged) fault("unlogged goes back", at);
    out_.unlogged = std::max(out_.unlogged, unlogged);
    switch (type) {
      case 1:
        return data(at, size, n, record_no, unlogged);
      case 2:
        return names(at, size, n);
      case 3:
        return accounts(at, size, n);
      case 4:
        ++out_.pads;
        if (n != 0) fault("a PAD frame with entries", at);
        if ((at + size) % 65536 != 0) fault("a PAD frame that ends inside a stripe", at);
        return 0;
      case 5:
        return end(at, record_no, unlogged);
    }
    fault("type", at);
    return size;
  }

  std::size_t data(std::size_t at, std::size_t size, std::uint32_t n, std::uint64_t record_no,
                   std::uint64_t unlogged) {
    const auto record_size = word_at<std::uint32_t>(bytes_, at + 36);
    const std::size_t used = std::size_t{n} * record_size;
    if (n == 0 || used > size - 64 || size - 64 - used >= 64) return size;
    if (!began_ && names_here_ < out_.names_before) fault("a record before all names", at);
    if (!began_) out_.names_of_segment[segment] = names_here_;
    began_ = true;
    out_.data.push_back({segment, word_at<std::uint64_t>(bytes_, at + 16), record_no, unlogged,
                         word_at<std::uint32_t>(bytes_, at + 24),
                         word_at<std::uint16_t>(bytes_, at + 28), n, record_size,
                         word_at<std::int64_t>(bytes_, at + 40), bytes_.substr(at + 64, used)});
    out_.records += n;
    records_ += n;
    return used;
  }

  std::size_t names(std::size_t at, std::size_t size, std::uint32_t n) {
    std::size_t used = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (used + 8 > size - 64) return size;
      const std::size_t entry = at + 64 + used;
      const auto length = word_at<std::uint32_t>(bytes_, entry + 4);
      if (length > size || used + 8 + length > size - 64) return size;
      out_.names.push_back(
          {bytes_[entry],
           {word_at<std::uint16_t>(bytes_, entry + 2), bytes_.substr(entry + 8, length)}});
      if (bytes_[entry + 1] != 0) fault("a name's zero", entry);
      const std::size_t whole = (8 + length + 7) / 8 * 8;
      if (!zero(entry + 8 + length, entry + whole)) fault("zeros behind a name", entry);
      used += whole;
      ++names_here_;
    }
    return used;
  }

  std::size_t accounts(std::size_t at, std::size_t size, std::uint32_t n) {
    if (!began_ && names_here_ < out_.names_before) fault("accounts before all names", at);
    const std::size_t used = std::size_t{n} * 40;
    if (used > size - 64) return size;
    for (std::size_t entry = at + 64; entry < at + 64 + used; entry += 40) {
      auto& account = out_.accounts[word_at<std::uint32_t>(bytes_, entry)];
      for (std::size_t i = 0; i < 4; ++i)
        account[i] = word_at<std::uint64_t>(bytes_, entry + 8 + 8 * i);
    }
    return used;
  }

  std::size_t end(std::size_t at, std::uint64_t record_no, std::uint64_t unlogged) {
    over_ = true;
    ++out_.ended;
    const std::size_t p = at + 64;
    if (word_at<std::uint64_t>(bytes_, p) != records_) fault("END: records_in_segment", at);
    if (word_at<std::uint64_t>(bytes_, p + 8) != record_no) fault("END: records_of_run", at);
    if (word_at<std::uint64_t>(bytes_, p + 16) != unlogged) fault("END: unlogged", at);
    if (word_at<std::uint32_t>(bytes_, p + 32) != frames_) fault("END: frames", at);
    if (word_at<std::uint32_t>(bytes_, p + 36) != frames_crc_) fault("END: frames_crc", at);
    next_segment = word_at<std::uint64_t>(bytes_, p + 40);
    if (!zero(p + 48, p + 64)) fault("END: zeros", at);
    out_.final = (word_at<std::uint16_t>(bytes_, at + 30) & 1) != 0;
    out_.finished_ns = word_at<std::int64_t>(bytes_, p + 24);
    return 64;
  }

  Walked& out_;
  std::string path_, bytes_, log_id_;
  bool over_ = false, began_ = false;
  std::size_t names_here_ = 0;
  std::uint32_t frames_ = 0, frames_crc_ = 0;
  std::uint64_t records_ = 0;
};

/// All segments of a folder that holds one run. `chained`: nothing was lost, so that record numbers,
/// run_index and next_segment hang together.
inline Walked walk_run(const std::filesystem::path& dir, bool chained = true) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() == ".mlr") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  Walked out;
  std::uint64_t run_index = 0, next_record = 0;
  // An END that cannot be written is left out; `ended` counts those that are there.
  std::optional<std::uint64_t> told_next;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::size_t frames_before = out.data.size();
    const Walker walker(out, paths[i], false);
    if (!chained) continue;
    const auto fault = [&](const char* what) { out.faults.push_back(paths[i] + ": " + what); };
    if (i == 0) run_index = walker.run_index;
    if (walker.run_index != run_index++) fault("run_index");
    if (told_next && *told_next != walker.segment)
      fault("the END before it tells another next_segment");
    told_next = walker.has_end() ? std::optional(walker.next_segment) : std::nullopt;
    for (std::size_t f = frames_before; f < out.data.size(); ++f) {
      if (i == 0 && f == 0) next_record = out.data[f].record_no;
      if (out.data[f].record_no != next_record) fault("record_no");
      next_record = out.data[f].record_no + out.data[f].n;
    }
  }
  if (chained && told_next.value_or(0) != 0)
    out.faults.push_back("the last END tells a next segment");
  return out;
}

/// What can still be read of a folder in which somebody has cut files.
inline std::uint64_t records_left(const std::filesystem::path& dir) {
  Walked out;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() == ".mlr") const Walker walker(out, entry.path(), false, true);
  }
  return out.records;
}

}  // namespace millrace
