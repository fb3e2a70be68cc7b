// SPDX-License-Identifier: Apache-2.0
#include "log/recovery_segment.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/frame_file.hpp"
#include "log/named_file.hpp"
#include "record/crc32c.hpp"

namespace millrace::log {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

}  // namespace

Result<RecoverySegment> RecoverySegment::create(const std::string& dir,
                                                const SegmentHeader& header) {
  const std::string path = dir + '/' + segment_name(header.segment) + ".tmp";
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd.get() < 0) {
    return failure(Errc::io, fmt::format("cannot make '{}': {}", path,
                                         std::generic_category().message(errno)));
  }
  return RecoverySegment(std::move(fd), dir, header);
}

RecoverySegment::RecoverySegment(FileDescriptor fd, const std::string& dir,
                                 const SegmentHeader& header)
    : fd_(std::move(fd)),
      dir_(dir),
      path_(dir + '/' + segment_name(header.segment) + ".tmp"),
      header_(header) {}

tl::unexpected<Error> RecoverySegment::cannot(const char* verb, int why) const {
  const bool room = why == ENOSPC || why == EDQUOT || why == EFBIG;
  return failure(Errc::io, fmt::format("cannot {} '{}': {}{}", verb, path_,
                                       std::generic_category().message(why),
                                       room ? "; make room and try again" : ""));
}

Result<void> RecoverySegment::append(FrameHeader header, FrameType type,
                                     std::span<const std::byte> payload) {
  const std::uint32_t bytes = frame_bytes(static_cast<std::uint32_t>(payload.size()));
  const std::uint32_t left = left_in_stripe(written_ + buffer_.size());
  if (bytes > left) {
    FrameHeader pad{};
    pad.record_no = header.record_no;
    pad.unlogged = header.unlogged;
    pad.commit = left;  // its length, for put()
    put(pad, FrameType::pad, {});
  }
  put(header, type, payload);
  if (type == FrameType::data) records_ += header.n;
  if (written_ + buffer_.size() > kSegmentBytesMax - kStripeBytes) {
    return failure(Errc::limit, fmt::format("'{}' would be larger than a segment may be", path_));
  }
  return buffer_.size() < kBufferBytes ? Result<void>{} : flush();
}

void RecoverySegment::put(FrameHeader header, FrameType type, std::span<const std::byte> payload) {
  const auto bytes = type == FrameType::pad
                         ? static_cast<std::uint32_t>(header.commit)
                         : frame_bytes(static_cast<std::uint32_t>(payload.size()));
  const std::size_t at = buffer_.size();
  seal(header, type, bytes, payload, {header_.log_id, header_.segment, written_ + at});
  buffer_.resize(at + bytes);  // zeros behind the payload
  std::memcpy(buffer_.data() + at, &header, sizeof header);
  if (!payload.empty()) {
    std::memcpy(buffer_.data() + at + sizeof header, payload.data(), payload.size());
  }
  ++frames_;
  frames_crc_ = crc32c(&header.header_crc, sizeof header.header_crc, frames_crc_);
}

Result<void> RecoverySegment::flush() {
  if (const int why = write_all(fd_.get(), written_, buffer_); why != 0)
    return cannot("write", why);
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<void> RecoverySegment::end(std::uint16_t flags, EndPayload totals) {
  FrameHeader header{};
  header.record_no = totals.records_of_run;
  header.unlogged = totals.unlogged;
  header.flags = flags;
  // A PAD frame before it counts.
  if (frame_bytes(sizeof totals) > left_in_stripe(written_ + buffer_.size())) {
    FrameHeader pad = header;
    pad.flags = 0;
    pad.commit = left_in_stripe(written_ + buffer_.size());
    put(pad, FrameType::pad, {});
  }
  totals.records_in_segment = records_;
  totals.frames = frames_;
  totals.frames_crc = frames_crc_;
  put(header, FrameType::end, std::as_bytes(std::span(&totals, 1)));
  if (auto flushed = flush(); !flushed) return flushed;

  const std::uint64_t whole = (written_ + kStripeBytes - 1) / kStripeBytes * kStripeBytes;
  header_.segment_bytes = std::max(kSegmentBytesMin, whole);
  seal(header_);
  const auto first = std::as_bytes(std::span(&header_, 1));
  if (const int why = write_all(fd_.get(), 0, first); why != 0) return cannot("write", why);
  if (::fdatasync(fd_.get()) != 0) return cannot("sync", errno);
  return {};
}

Result<void> RecoverySegment::show() {
  const std::string shown = dir_ + '/' + segment_name(header_.segment);
  if (const int why = give_name(AT_FDCWD, path_, shown); why != 0) return cannot("rename", why);
  path_ = shown;
  return {};
}

Result<void> RecoverySegment::sync_folder() {
  const int folder = ::open(dir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // EINVAL: a file system whose folders need no sync.
  const bool synced = folder >= 0 && (::fsync(folder) == 0 || errno == EINVAL);
  const int why = errno;
  if (folder >= 0) ::close(folder);
  return synced ? Result<void>{} : Result<void>(cannot("sync the folder of", why));
}

void RecoverySegment::discard() noexcept { ::unlink(path_.c_str()); }

}  // namespace millrace::log
