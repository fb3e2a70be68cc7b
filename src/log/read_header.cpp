// SPDX-License-Identifier: Apache-2.0
//
// read_header(): see segment_reader.hpp. Half of it tells what a file is that is no log.
#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "log/segment_reader.hpp"
#include "record/counts.hpp"

namespace millrace::log {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kKnownIncompatible = 0;

tl::unexpected<Error> refuse(const std::string& path, std::string_view what) {
  return failure(Errc::format, fmt::format("'{}' {}", path, what));
}

bool is_text(std::string_view begun) {
  return std::none_of(begun.begin(), begun.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7F || (byte < 0x20 && (byte < '\t' || byte > '\r') && byte != 0x1B);
  });
}

struct Look {
  std::string_view begin;
  std::string_view what;
};
constexpr Look kLooks[] = {
    {"\x1F\x8B"sv, "looks like gzip; unpack it first: gzip -d"sv},
    {"\x28\xB5\x2F\xFD"sv, "looks like zstd; unpack it first: zstd -d"sv},
    {"\xFF\xFE"sv, "looks like UTF-16 text, not like a log"sv},
    {"\xFE\xFF"sv, "looks like UTF-16 text, not like a log"sv},
    {"\x89MLN\r\n\x1A\n"sv, "is a ring file; name the log's folder instead"sv},
    {"\x89MLR"sv,
     "was changed on its way, as text is between systems (line ends); copy it as binary"sv},
    {"\x09MLR"sv, "was changed on its way (8th bits are gone); copy it as binary"sv},
};

std::string_view what_it_is_instead(std::string_view begun) {
  for (const Look& look : kLooks) {
    if (begun.starts_with(look.begin)) return look.what;
  }
  if (begun.find_first_not_of('\0') == std::string_view::npos) {
    return "begins with zeros: its header was never written, or is lost"sv;
  }
  if (is_text(begun.substr(0, 512))) return "looks like text, not like a segment of a log"sv;
  return "is no segment of a log: it does not begin with the magic bytes of one"sv;
}

template <std::size_t N>
bool ends(const char (&text)[N]) noexcept {
  return std::memchr(text, 0, N) != nullptr;
}

Result<SegmentHeader> check(const SegmentHeader& header, const std::string& path) {
  if (header.endian == __builtin_bswap32(kEndianTag)) {
    return refuse(path, "was written by a big-endian machine; logs are little-endian");
  }
  if (header.endian != kEndianTag) return refuse(path, "has a damaged header: its byte order tag");
  if (header.major != kMajor) {
    return refuse(path, fmt::format("has format version {}.{}; this reader knows {}.{}",
                                    header.major, header.minor, kMajor, kMinor));
  }
  if (header.crc != header_crc(header)) {
    return refuse(path, "has a damaged header: it does not match its checksum");
  }
  if (const std::uint64_t unknown = header.incompatible & ~kKnownIncompatible; unknown != 0) {
    return refuse(path, fmt::format("needs a newer reader: feature bits {:#x} of format {}.{} are "
                                    "not known to {}.{}",
                                    unknown, header.major, header.minor, kMajor, kMinor));
  }
  if (header.header_bytes != kHeaderBytes || header.stripe_bytes != kStripeBytes) {
    return refuse(
        path, fmt::format("has a header of {} bytes and stripes of {}; {} and {} are known",
                          header.header_bytes, header.stripe_bytes, kHeaderBytes, kStripeBytes));
  }
  if (header.kind != FileKind::segment && header.kind != FileKind::names) {
    return refuse(path, fmt::format("is of kind {}, which is not known",
                                    static_cast<std::uint32_t>(header.kind)));
  }
  if (header.kind == FileKind::segment) {
    if (header.segment == 0 || header.segment > kCountMax) {
      return refuse(path, fmt::format("has the segment number {}", header.segment));
    }
    if (header.run_index > kCountMax) {
      return refuse(path, fmt::format("has the place {} in its run", header.run_index));
    }
    if (header.segment_bytes <= kHeaderBytes || header.segment_bytes > kSegmentBytesMax) {
      return refuse(path,
                    fmt::format("is a segment of {} bytes; 16 GiB at most", header.segment_bytes));
    }
  }
  if (!ends(header.ring_dir) || !ends(header.engine)) {
    return refuse(path, "has a header with a text that does not end");
  }
  return header;
}

}  // namespace

Result<SegmentHeader> read_header(int fd, const std::string& path) {
  SegmentHeader header{};
  auto* const to = reinterpret_cast<char*>(&header);
  std::size_t got = 0;
  while (got < sizeof header) {
    const ssize_t n = ::pread(fd, to + got, sizeof header - got, static_cast<off_t>(got));
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return failure(Errc::io, fmt::format("cannot read '{}': {}", path,
                                           std::generic_category().message(errno)));
    }
    got += static_cast<std::size_t>(n);
  }
  if (got == 0) return refuse(path, "is empty");
  const std::string_view begun(to, got);
  const std::string_view magic(reinterpret_cast<const char*>(kMagic), std::min(got, sizeof kMagic));
  if (!begun.starts_with(magic)) return refuse(path, what_it_is_instead(begun));
  if (got < sizeof header) {
    return refuse(path, fmt::format("ends inside its header: {} bytes of {}", got, kHeaderBytes));
  }
  return check(header, path);
}

}  // namespace millrace::log
