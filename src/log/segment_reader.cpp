// SPDX-License-Identifier: Apache-2.0
#include "log/segment_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/frame_check.hpp"
#include "record/crc32c.hpp"
#include "record/uninterrupted.hpp"

namespace millrace::log {
namespace {

constexpr int kRetries = 5;
constexpr std::chrono::milliseconds kRetryPause{1};
constexpr std::uint64_t kLine = kFrameAlign;

std::string words_of(int error_number) { return std::generic_category().message(error_number); }

Result<FileDescriptor> open_file(const std::string& path) {
  FileDescriptor fd(uninterrupted([&] {
    return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  }));
  if (fd.get() >= 0) return fd;
  if (errno == ELOOP) {
    return failure(Errc::io, fmt::format("'{}' is a symbolic link; name the file itself", path));
  }
  return failure(errno == ENOENT ? Errc::not_found : Errc::io,
                 fmt::format("cannot open '{}': {}", path, words_of(errno)));
}

Result<std::uint64_t> size_of_regular(int fd, const std::string& path) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) {
    return failure(Errc::io, fmt::format("cannot look at '{}': {}", path, words_of(errno)));
  }
  if (!S_ISREG(about.st_mode)) {
    const char* what = S_ISDIR(about.st_mode)    ? "a directory"
                       : S_ISFIFO(about.st_mode) ? "a FIFO"
                                                 : "a device or socket";
    return failure(Errc::format, fmt::format("'{}' is {}, not a regular file", path, what));
  }
  return static_cast<std::uint64_t>(about.st_size);
}

// A file may end in the zeros behind its last frame's payload.
std::span<const std::byte> frame_body(std::span<const std::byte> bytes, const FrameHeader& header) {
  const auto length = std::min<std::size_t>(bytes.size(), bytes_of(header.commit));
  return bytes.first(length).subspan(sizeof header);
}

}  // namespace

/// What stands at an offset.
enum class SegmentReader::Look {
  good,
  zero,     // a commit word that is not there
  nothing,  // the file ends, or has but zeros less than a header
  cut,      // the file ends inside a frame
  bad_header,
  bad_body,  // but its length is to be believed
};

Result<std::unique_ptr<SegmentReader>> SegmentReader::open(const std::string& path, Follow follow) {
  auto fd = open_file(path);
  if (!fd) return tl::unexpected(std::move(fd).error());
  const auto bytes = size_of_regular(fd->get(), path);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto header = read_header(fd->get(), path);
  if (!header) return tl::unexpected(header.error());
  auto reader =
      std::unique_ptr<SegmentReader>(new SegmentReader(std::move(*fd), path, *header, follow));
  reader->file_bytes_ = *bytes;
  if (*bytes > reader->limit_) {
    reader->note_damage(reader->limit_, *bytes - reader->limit_, "bytes behind the segment's end");
  }
  return reader;
}

SegmentReader::SegmentReader(FileDescriptor fd, std::string path, const SegmentHeader& header,
                             Follow follow)
    : fd_(std::move(fd)),
      path_(std::move(path)),
      header_(header),
      follow_(follow),
      // Who follows reads a window again for each frame: the smallest that holds one.
      window_(fd_.get(), follow == Follow::yes ? kStripeBytes : FileWindow::kBytes),
      limit_(header.kind == FileKind::segment ? header.segment_bytes : kSegmentBytesMax) {}

std::optional<Frame> SegmentReader::next() {
  while (tail_ == Tail::unread) {
    if (skipping_ && !skip_while_following()) return std::nullopt;
    const Look seen = follow_ == Follow::yes ? look_patiently() : look(offset_);
    if (seen == Look::good) {
      Frame frame = take();
      if (frame.type() == FrameType::pad) continue;
      if (frame.type() == FrameType::end) end(frame);
      return frame;
    }
    if (waiting_) return std::nullopt;
    skip(seen);
  }
  return std::nullopt;
}

std::span<const std::byte> SegmentReader::bytes_at(std::uint64_t offset) {
  const std::span<const std::byte> bytes = window_.at(offset);
  if (const auto fault = window_.fault()) {
    note_damage(fault->offset, fault->bytes,
                fmt::format("cannot be read: {}", words_of(fault->error_number)));
  }
  const std::uint64_t room = limit_ > offset ? limit_ - offset : 0;
  return bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), room)));
}

SegmentReader::Look SegmentReader::look(std::uint64_t offset) {
  seen_ = {};
  const std::span<const std::byte> bytes = bytes_at(offset);
  fault_ = "the file ends inside a frame";
  if (bytes.size() < sizeof seen_) return all_zero(bytes) ? Look::nothing : Look::cut;
  FrameHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.commit == 0) return Look::zero;
  if (const char* fault = header_fault(header, offset, header_)) {
    fault_ = fault;
    return Look::bad_header;
  }
  seen_ = header;
  const std::span<const std::byte> body = frame_body(bytes, header);
  const bool cut = sizeof header + body.size() < bytes_of(header.commit);
  const char* fault = body_fault(header, body);
  if (fault != nullptr && cut) return Look::cut;
  fault_ = fault;
  return fault == nullptr ? Look::good : Look::bad_body;
}

bool SegmentReader::there_yet() const noexcept {
  std::uint64_t commit = 0;
  return ::pread(fd_.get(), &commit, sizeof commit, static_cast<off_t>(offset_)) == sizeof commit &&
         commit != 0;
}

// Following: a frame that is seen in the making is looked at again; one that is not there, or that
// the file does not yet hold to its end, is waited for.
SegmentReader::Look SegmentReader::look_patiently() {
  if (waiting_ && !there_yet()) return Look::zero;
  if (waiting_) window_.forget();
  Look seen = look(offset_);
  for (int i = 0; i < kRetries && (seen == Look::bad_header || seen == Look::bad_body); ++i) {
    std::this_thread::sleep_for(kRetryPause);
    window_.forget();
    seen = look(offset_);
  }
  waiting_ = seen == Look::zero || seen == Look::nothing || seen == Look::cut;
  return seen;
}

Frame SegmentReader::take() {
  const std::uint32_t length = bytes_of(seen_.commit);
  const std::span<const std::byte> body = frame_body(bytes_at(offset_), seen_);
  Frame frame{seen_, body.first(payload_bytes(seen_, body)), offset_};
  offset_ += length;
  if (frame.type() == FrameType::data) records_ += seen_.n;
  if (frame.type() != FrameType::end) {
    ++frames_;
    frames_crc_ = crc32c(&seen_.header_crc, sizeof seen_.header_crc, frames_crc_);
  }
  const std::uint32_t n = frame.type() == FrameType::data ? seen_.n : 0;
  logged_until_ = std::max(logged_until_, seen_.record_no + n);
  return frame;
}

const char* SegmentReader::end_fault(const EndPayload& totals) const noexcept {
  if (totals.frames != frames_ || totals.frames_crc != frames_crc_) {
    return "the frames are not those that the END frame counts";
  }
  if (totals.records_in_segment != records_ || totals.records_of_run != seen_.record_no ||
      totals.unlogged != seen_.unlogged) {
    return "the records are not those that the END frame counts";
  }
  return nullptr;
}

void SegmentReader::end(Frame& frame) {
  std::memcpy(&end_, frame.payload.data(), sizeof end_);
  frame.payload = std::as_bytes(std::span(&end_, 1));  // the window moves on
  if (const char* fault = end_fault(end_); fault != nullptr && damages_.empty()) {
    note_damage(frame.offset, offset_ - frame.offset, fault);
  }
  tail_ = (frame.header.flags & kFinal) != 0 ? Tail::final : Tail::end;
  if (follow_ == Follow::no) look_behind_end();
}

// A writer that died between END and the cut leaves zeros; anything else was put there.
void SegmentReader::look_behind_end() {
  for (std::uint64_t at = window_.skip_hole(offset_);; at = window_.skip_hole(at)) {
    const std::span<const std::byte> bytes = bytes_at(at);
    if (bytes.empty()) return;
    if (!all_zero(bytes)) {
      const auto used =
          std::find_if(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{0}; });
      at += static_cast<std::uint64_t>(used - bytes.begin());
      return note_damage(at, std::max(file_bytes_, at + 1) - at, "bytes behind the END frame");
    }
    at += bytes.size();
  }
}

void SegmentReader::skip(Look seen) {
  if (seen == Look::bad_body || seen == Look::cut) {
    const bool data = type_of(seen_.commit) == FrameType::data;
    logged_until_ = std::max(logged_until_, seen_.record_no + (data ? seen_.n : 0));
  }
  if (seen == Look::bad_body) {
    if (has_changed(seen)) return;
    note_damage(offset_, bytes_of(seen_.commit), fault_);
    offset_ += bytes_of(seen_.commit);
    return;
  }
  if (seen == Look::bad_header && follow_ == Follow::yes) {
    skipping_ = true;
    return;
  }
  if (seen == Look::cut) note_damage(offset_, bytes_at(offset_).size(), fault_);
  if (seen == Look::cut || seen == Look::nothing) {
    tail_ = Tail::unfinished;
    return;
  }
  used_until_ = offset_ + kLine;
  const char* fault = seen == Look::zero ? "zeros where frames were" : fault_;
  const auto found = find_header(offset_ + kLine, limit_);
  const bool damage = found || seen != Look::zero;
  if (damage && has_changed(seen)) return;
  if (!found) tail_ = Tail::unfinished;
  if (damage) {
    note_damage(offset_, found.value_or(used_until_) - offset_, fault);
  }
  if (found) offset_ = *found;
}

// A copy of a file that is being written is of several moments: a frame may be in it, and one before it,
// which was there first, may not; nor need the kernel copy a line in order. A second copy is younger
// than all of that. Once for each offset: nobody can keep us here.
bool SegmentReader::has_changed(Look seen) {
  if (follow_ == Follow::yes || looked_again_ == offset_) return false;
  looked_again_ = offset_;
  window_.forget();
  return look(offset_) != seen;
}

// The stripe's other frames may still be in the making: it is searched anew each time.
bool SegmentReader::skip_while_following() {
  window_.forget();
  const std::uint64_t next_stripe = offset_ + left_in_stripe(offset_);
  const auto found = find_header(offset_ + kLine, next_stripe + kLine);
  if (!found) return false;
  note_damage(offset_, *found - offset_, fault_);
  offset_ = *found;
  skipping_ = false;
  waiting_ = false;
  return true;
}

std::optional<std::uint64_t> SegmentReader::find_header(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t at = from; at < to;) {
    if (at % kStripeBytes == 0) at = window_.skip_hole(at) / kLine * kLine;
    const std::span<const std::byte> bytes = bytes_at(at);
    std::size_t i = 0;
    for (; i + kLine <= bytes.size() && at + i < to; i += kLine) {
      FrameHeader header;
      std::memcpy(&header, bytes.data() + i, sizeof header);
      if (header_fault(header, at + i, header_) == nullptr) return at + i;
      if (!all_zero(bytes.subspan(i, kLine))) used_until_ = at + i + kLine;
    }
    if (i == 0) {  // the file ends here
      if (!all_zero(bytes)) used_until_ = at + bytes.size();
      return std::nullopt;
    }
    at += i;
  }
  return std::nullopt;
}

void SegmentReader::note_damage(std::uint64_t offset, std::uint64_t bytes, std::string what) {
  note(damages_, {path_, offset, bytes, std::move(what)});
}

}  // namespace millrace::log
