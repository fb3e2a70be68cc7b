// SPDX-License-Identifier: Apache-2.0
#include "log/names_file.hpp"

#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/entries.hpp"
#include "log/frame_file.hpp"
#include "log/named_file.hpp"
#include "record/uninterrupted.hpp"

namespace millrace::log {
namespace {

tl::unexpected<Error> refused(const char* what, const std::string& path, int why) {
  return failure(Errc::io, fmt::format("log: cannot {} '{}': {}", what, path, std::strerror(why)));
}

bool resize(int fd, std::uint64_t bytes) noexcept {
  return uninterrupted([&] { return ::ftruncate(fd, static_cast<off_t>(bytes)); }) == 0;
}

}  // namespace

std::string names_file_name(const RunIdentity& identity) {
  return fmt::format("names-{}-{}.mln", hex(identity.log_id), hex(identity.run));
}

Result<std::unique_ptr<NamesFile>> NamesFile::create(const std::string& dir,
                                                     const SegmentHeader& header) {
  SegmentHeader sealed = header;
  sealed.kind = FileKind::names;
  sealed.segment = sealed.run_index = sealed.segment_bytes = 0;  // it grows
  seal(sealed);
  std::string path = dir + "/" + names_file_name(identity_of(header));
  // Before the file: what cannot be held must not be left behind.
  const std::string temporary = path + ".tmp";  // a run killed meanwhile leaves no names file
  std::unique_ptr<NamesFile> names(new NamesFile(std::move(path), sealed));
  if (const int why = names->make(temporary); why != 0) return refused("make", names->path_, why);
  const char* verb = "write";
  int why = write_all(names->fd_, 0, std::as_bytes(std::span(&sealed, 1)));
  if (why == 0) {
    verb = "name";
    why = give_name(AT_FDCWD, temporary, names->path_);
  }
  if (why == 0) return names;
  ::unlinkat(AT_FDCWD, temporary.c_str(), 0);
  return refused(verb, names->path_, why);
}

int NamesFile::make(const std::string& name) noexcept {
  fd_ = uninterrupted([&] {
    return ::openat(AT_FDCWD, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);
  });
  if (fd_ < 0) return errno;
  (void)::fchmod(fd_, 0600);  // whatever the umask took
  return 0;
}

NamesFile::NamesFile(std::string path, const SegmentHeader& header)
    : path_(std::move(path)), header_(header), owner_(::getpid()) {}

NamesFile::~NamesFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> NamesFile::name(NameKind kind, std::uint16_t number, std::string_view text) {
  std::vector<std::byte> payload;
  pack_name(payload, kind, number, text.substr(0, kNameBytesMax));
  return write(FrameType::names, payload);
}

Result<void> NamesFile::account(const AccountEntry& entry) {
  return write(FrameType::account, std::as_bytes(std::span(&entry, 1)));
}

Result<void> NamesFile::write(FrameType type, std::span<const std::byte> payload) {
  if (::getpid() != owner_) return failure(Errc::closed, "log: this process is a forked child");
  const std::lock_guard lock(mutex_);
  if (failed_ && !cut()) return refused("cut", path_, errno);
  int why = 0;
  const std::uint32_t left = left_in_stripe(offset_);
  if (frame_bytes(static_cast<std::uint32_t>(payload.size())) > left) {
    why = put(FrameType::pad, left, {});
  }
  if (why == 0) {
    why = put(type, frame_bytes(static_cast<std::uint32_t>(payload.size())), payload);
  }
  if (why == 0) return {};
  (void)cut();
  return refused("write", path_, why);
}

// What a failed attempt left behind the last frame goes: under a shorter frame its rest would show.
bool NamesFile::cut() noexcept {
  failed_ = !resize(fd_, offset_);
  return !failed_;
}

// 0, or errno: then the place is free for the next attempt.
int NamesFile::put(FrameType type, std::uint32_t frame,
                   std::span<const std::byte> payload) noexcept {
  const FileSizeSignal shield;
  FrameHeader header{};
  header.n = type == FrameType::pad ? 0 : 1;
  seal(header, type, frame, payload, {header_.log_id, header_.segment, offset_});
  // With the zeros behind the payload: a file that ends inside a frame would be damaged.
  if (!resize(fd_, offset_ + frame)) {
    const int why = errno;
    if (why == EFBIG) FileSizeSignal::drain();
    return why;
  }
  if (const int why = write_frame(fd_, offset_, header, payload); why != 0) return why;
  offset_ += frame;
  return 0;
}

void NamesFile::remove() noexcept {
  if (::getpid() != owner_) return;
  struct stat about {};
  if (::fstat(fd_, &about) == 0) {
    (void)unlink_if(AT_FDCWD, path_, {about.st_dev, about.st_ino});
  }
}

}  // namespace millrace::log
