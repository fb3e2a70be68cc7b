// SPDX-License-Identifier: Apache-2.0
//
// SegmentReader: the frames of one file, a segment or a names file, checked one by one.
//
//   auto reader = SegmentReader::open(path).value();
//   while (const auto frame = reader->next()) ...;
//   reader->tail();                                   // how the file ends
//
// Input     Hostile: lengths are checked before use, memory is two stripes, nothing is mapped (a file
//           that is cut while it is read gives an error, not a signal), FIFOs and links are refused.
// Damage    A frame that does not check is skipped, up to the next one that does: within the stripe
//           if its length is to be believed, else at the start of the next. Each is noted in
//           damages(). A zero commit word ends the file, unless a later stripe begins with a frame
//           that checks: then what lies between is a hole, noted as well.
// Following With Follow::yes a zero commit word is not the end but "not yet": next() gives nullopt
//           and may be asked again; a frame that does not check is tried again (5 times, 1 ms apart)
//           before it is damage, and holes are not looked for.
// Cost      pread of 256 KiB at a time, one pass of CRC32C.
// Threads   One.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "log/format.hpp"
#include "log/frame_source.hpp"

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
  ~SegmentReader() override;
  SegmentReader(const SegmentReader&) = delete;
  SegmentReader& operator=(const SegmentReader&) = delete;

  [[nodiscard]] const SegmentHeader& header() const noexcept { return header_; }
  [[nodiscard]] std::optional<Frame> next() override;
  [[nodiscard]] const std::vector<Damage>& damages() const noexcept override { return damages_; }
  [[nodiscard]] const std::string& name() const noexcept override { return path_; }
  [[nodiscard]] Tail tail() const noexcept { return tail_; }
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_bytes_; }

 private:
  SegmentReader(int fd, std::string path, const SegmentHeader& header, Follow follow);
  // The rest of the private part is the implementer's.

  int fd_;
  std::string path_;
  SegmentHeader header_;
  Follow follow_;
  Tail tail_ = Tail::unread;
  std::uint64_t offset_ = kHeaderBytes;
  std::uint64_t file_bytes_ = 0;
  std::vector<Damage> damages_;
};

}  // namespace millrace::log
