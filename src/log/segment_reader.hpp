// SPDX-License-Identifier: Apache-2.0
//
// SegmentReader: the frames of one file, a segment or a names file, checked one by one.
//
//   auto reader = SegmentReader::open(path).value();
//   while (const auto frame = reader->next()) ...;
//   reader->tail();                                   // how the file ends
//
// Input     Hostile: lengths are checked before use, memory is 256 KiB, nothing is mapped (a file
//           that is cut while it is read gives an error, not a signal), FIFOs and links are refused.
// Damage    A frame whose header checks and whose payload does not is skipped by its length. Where
//           a header does not check the next one that does is looked for, line by line of 64 bytes,
//           to the end of the file: a header's checksum is bound to log, segment and offset, so that
//           no payload passes for one. Each skip is noted in damages(). A zero commit word ends the
//           file, unless such a header follows: then what lies between is a hole, noted as well.
// Following With Follow::yes a zero commit word is not the end but "not yet": next() gives nullopt
//           and may be asked again; a frame that does not check is tried again (5 times, 1 ms apart)
//           before it is damage, and holes are not looked for. Behind damage the next header is
//           looked for in the same stripe and at the start of the next, each time next() is asked.
// Cost      pread of 256 KiB at a time, one pass of CRC32C.
// Threads   One.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "log/file_window.hpp"
#include "log/format.hpp"
#include "log/frame_source.hpp"
#include "record/file_descriptor.hpp"

namespace millrace::log {

enum class Follow : bool { no, yes };

/// Reads and checks a header: magic, byte order, version, sizes, checksum. The message says what a
/// file that is no log looks like instead (gzip, zstd, text, UTF-16), and both versions if they differ.
Result<SegmentHeader> read_header(int fd, const std::string& path);

class SegmentReader final : public FrameSource {
 public:
  enum class Tail {
    unread,      // next() has not come to the end
    unfinished,  // no END frame: the process died, or is writing it
    end,         // the run goes on in another segment
    final,       // the run was closed, and this is its last segment
  };

  static Result<std::unique_ptr<SegmentReader>> open(const std::string& path,
                                                     Follow follow = Follow::no);
  SegmentReader(const SegmentReader&) = delete;
  SegmentReader& operator=(const SegmentReader&) = delete;

  [[nodiscard]] const SegmentHeader& header() const noexcept { return header_; }
  [[nodiscard]] std::optional<Frame> next() override;
  [[nodiscard]] const std::vector<Damage>& damages() const noexcept override { return damages_; }
  [[nodiscard]] const std::string& name() const noexcept override { return path_; }
  [[nodiscard]] Tail tail() const noexcept { return tail_; }
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_bytes_; }

  [[nodiscard]] std::uint64_t logged_until() const noexcept override { return logged_until_; }

 private:
  enum class Look;
  SegmentReader(FileDescriptor fd, std::string path, const SegmentHeader& header, Follow follow);

  Look look(std::uint64_t offset);
  Look look_patiently();
  [[nodiscard]] bool there_yet() const noexcept;
  std::span<const std::byte> bytes_at(std::uint64_t offset);
  Frame take();
  void end(Frame& frame);
  [[nodiscard]] const char* end_fault(const EndPayload& totals) const noexcept;
  void look_behind_end();

  void skip(Look seen);
  bool has_changed(Look seen);
  bool skip_while_following();
  std::optional<std::uint64_t> find_header(std::uint64_t from, std::uint64_t to);
  void note_damage(std::uint64_t offset, std::uint64_t bytes, std::string what);

  FileDescriptor fd_;
  std::string path_;
  SegmentHeader header_;
  Follow follow_;
  Tail tail_ = Tail::unread;
  std::uint64_t offset_ = kHeaderBytes;
  std::uint64_t file_bytes_ = 0;
  std::vector<Damage> damages_;

  FileWindow window_;
  std::uint64_t limit_;             // no frame reaches beyond it
  bool waiting_ = false;            // following: the last look found nothing yet
  std::uint64_t looked_again_ = 0;  // at this offset, by has_changed()
  bool skipping_ = false;           // following: what stands at offset_ is damage
  FrameHeader seen_{};              // by look()
  const char* fault_ = "";          // by look(): why it is not good
  std::uint64_t used_until_ = 0;    // by find_header(): behind the last byte that is not zero
  EndPayload end_{};                // what Frame::payload of the END frame shows
  std::uint64_t records_ = 0;       // in good frames
  std::uint32_t frames_ = 0, frames_crc_ = 0;
  std::uint64_t logged_until_ = 0;
};

}  // namespace millrace::log
