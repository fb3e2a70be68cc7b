// SPDX-License-Identifier: Apache-2.0
//
// SegmentFile: one segment while it is written, mapped or by pwrite; the bytes are the same.
//
//   auto segment = SegmentFile::make({dir_fd, dir, header, true, false}).value();
//   segment->put(offset, header, payload);          // visible when it returns
//   segment->finish(end, records);                  // the writer's last call
//
// Full disk  All blocks are there before the file has its name: a mapped store cannot fail for want of
//            them. What could not be made leaves nothing behind, no file and no blocks.
// Unsafe     Where a second store to the same block may need a new one (btrfs), or the server may go
//            away (NFS, FUSE), pwrite is used whatever was asked: it has an errno, a mapping a signal.
// Threads    put() and finish(): the log's writer. prefault(), check(), unmap(): the keeper. sync(),
//            settle(): who syncs; settle() after unmap(). The rest any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "millrace/result.hpp"

#include "log/format.hpp"
#include "log/named_file.hpp"
#include "transport/bus_guard.hpp"

namespace millrace::log {

struct SegmentPlan {
  int dir_fd = -1;  // of the folder; open as long as the segment is
  std::string dir;  // for messages
  SegmentHeader header{};
  bool mapped = true;
  bool durable = false;  // header and name are synced before make() returns
};

class SegmentFile {
 public:
  /// What somebody else did to the file.
  enum class Harm : std::uint8_t { none, cut, unlinked, moved };

  /// `why`: the errno; EEXIST: a file of this number is there already.
  static Result<std::shared_ptr<SegmentFile>> make(const SegmentPlan& plan, int* why = nullptr);
  ~SegmentFile();  // leaves the file
  SegmentFile(const SegmentFile&) = delete;
  SegmentFile& operator=(const SegmentFile&) = delete;

  /// A sealed frame. False: it is not there, and error() or harm() tells why.
  bool put(std::uint64_t offset, const FrameHeader& header,
           std::span<const std::byte> payload) noexcept;
  /// `end`: behind the last frame, where the file is cut.
  void finish(std::uint64_t end, std::uint64_t records) noexcept;
  void begin() noexcept;  // the writer has taken it

  /// One step of pages ahead of the writer; whether there is more to do at once.
  bool prefault() noexcept;
  /// Looks whether the file is still what was made; before unmap(), and while nothing is settled.
  void check() noexcept;
  void unmap() noexcept;
  /// 0, or the errno of the first sync that failed: after that no other is tried.
  int sync() noexcept;
  /// Of a finished segment: cuts it to size. Returns the records that the file holds.
  std::uint64_t settle() noexcept;
  void remove() noexcept;

  [[nodiscard]] const SegmentHeader& header() const noexcept { return header_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return header_.segment_bytes; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::string path() const { return dir_ + "/" + name_; }
  [[nodiscard]] const FileId& id() const noexcept { return id_; }
  [[nodiscard]] bool mapped() const noexcept { return mapped_; }
  [[nodiscard]] int error() const noexcept { return error_; }  // of put(), for the writer
  [[nodiscard]] Harm harm() const noexcept;
  [[nodiscard]] bool poisoned() const noexcept;  // a sync has failed
  [[nodiscard]] bool begun() const noexcept;
  [[nodiscard]] bool finished() const noexcept;
  [[nodiscard]] bool unmapped() const noexcept;
  [[nodiscard]] std::uint64_t end() const noexcept { return end_; }          // once finished
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }  // once finished

 private:
  explicit SegmentFile(const SegmentPlan& plan);
  const char* prepare(
      const SegmentPlan& plan) noexcept;  // what failed, errno tells why; nullptr: ok
  bool allocate() noexcept;
  bool map() noexcept;

  const int dir_fd_;
  const std::string dir_;
  const std::string name_;
  std::string temporary_;  // its name until all is well; empty then
  SegmentHeader header_;
  FileId id_;
  std::int64_t blocks_ = 0;  // allocated, where the number only falls if somebody cuts the file
  bool mapped_;
  int fd_ = -1;
  std::byte* memory_ = nullptr;
  std::size_t prefaulted_ = 0;  // bytes; of the keeper
  detail::GuardedRange guard_;
  int error_ = 0;
  std::uint64_t end_ = kHeaderBytes;
  std::uint64_t records_ = 0;
  std::atomic<std::uint64_t> written_{kHeaderBytes};  // bytes, for prefault()
  std::atomic<int> sync_error_{0};
  std::atomic<Harm> harm_{Harm::none};
  std::atomic<bool> begun_{false};
  std::atomic<bool> finished_{false};
  std::atomic<bool> unmapped_{false};
};

/// "was cut by someone; ..."
const char* words(SegmentFile::Harm harm) noexcept;

}  // namespace millrace::log
