// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <zlib.h>

#include "ingest/unpacker.hpp"

namespace millrace {
namespace {

class GzipUnpacker final : public Unpacker {
 public:
  GzipUnpacker(std::string_view begun, RawInput& input) : input_(input) {
    std::memcpy(packed_.data(), begun.data(), begun.size());
    stream_.next_in = packed_.data();
    stream_.avail_in = static_cast<uInt>(begun.size());
    // 15: the largest window; 16: gzip, whose checksum and length zlib then verifies.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) {
      error_ = Error{Errc::out_of_memory, "no memory for unpacking gzip"};
    }
  }
  GzipUnpacker(const GzipUnpacker&) = delete;
  GzipUnpacker& operator=(const GzipUnpacker&) = delete;
  ~GzipUnpacker() override { inflateEnd(&stream_); }

  std::size_t read(std::span<char> to) override {
    std::size_t filled = 0;
    while (filled < to.size() && !ended_ && !error_) {
      if (stream_.avail_in == 0) refill();
      const bool at_end = stream_.avail_in == 0;
      if (at_end && between_members_) {
        end_of_input();
        break;
      }
      if (between_members_ && !next_member()) continue;
      const std::size_t asked =
          std::min<std::size_t>(to.size() - filled, std::numeric_limits<uInt>::max());
      stream_.next_out = reinterpret_cast<Bytef*>(to.data() + filled);
      stream_.avail_out = static_cast<uInt>(asked);
      const int outcome = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t unpacked = asked - stream_.avail_out;
      filled += unpacked;
      if (outcome == Z_STREAM_END) {
        between_members_ = true;
      } else if (at_end && unpacked == 0) {
        end_of_input();  // only now: zlib may hold unpacked bytes when its input is used up
      } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
        fail(stream_.msg != nullptr ? stream_.msg : "no memory");
      }
    }
    return filled;
  }

 private:
  void refill() {
    const std::size_t got = input_.read({reinterpret_cast<char*>(packed_.data()), packed_.size()});
    stream_.next_in = packed_.data();
    stream_.avail_in = static_cast<uInt>(got);
  }

  void end_of_input() {
    ended_ = true;
    if (input_.error())
      error_ = input_.error();
    else if (!between_members_ && !input_.stopped())
      fail("the file is cut off");
  }

  // Several members in a row are one file (RFC 1952, 2.2); zeros after the last one are padding of
  // tapes and block devices, which gzip ignores, too.
  bool next_member() {
    if (*stream_.next_in == 0) {
      ++stream_.next_in;
      --stream_.avail_in;
      return false;
    }
    if (*stream_.next_in != 0x1f) {
      fail("other bytes follow the gzip data");
      return false;
    }
    between_members_ = false;
    inflateReset(&stream_);
    return true;
  }

  void fail(const char* why) {
    error_ =
        Error{Errc::format, fmt::format("cannot unpack '{}' (gzip) beyond byte {}: {}",
                                        input_.path(), input_.position() - stream_.avail_in, why)};
  }

  RawInput& input_;
  z_stream stream_{};
  bool between_members_ = false;
  bool ended_ = false;
  std::array<Bytef, 64 << 10> packed_;
};

}  // namespace

std::unique_ptr<Unpacker> make_gzip_unpacker(std::string_view begun, RawInput& input) {
  return std::make_unique<GzipUnpacker>(begun, input);
}

}  // namespace millrace
