// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "ingest/unpacker.hpp"

namespace millrace {
namespace {

constexpr int kWindowLogMax = 27;  // 128 MiB

class ZstdUnpacker final : public Unpacker {
 public:
  ZstdUnpacker(std::string_view begun, RawInput& input)
      : input_(input), context_(ZSTD_createDCtx()), packed_(ZSTD_DStreamInSize()) {
    std::memcpy(packed_.data(), begun.data(), begun.size());
    in_ = {packed_.data(), begun.size(), 0};
    if (context_ == nullptr ||
        ZSTD_isError(ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kWindowLogMax))) {
      error_ = Error{Errc::out_of_memory, "no memory for unpacking zstd"};
    }
  }
  ZstdUnpacker(const ZstdUnpacker&) = delete;
  ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;
  ~ZstdUnpacker() override { ZSTD_freeDCtx(context_); }

  std::size_t read(std::span<char> to) override {
    ZSTD_outBuffer out{to.data(), to.size(), 0};
    while (out.pos < out.size && !ended_ && !error_) {
      if (in_.pos == in_.size) {
        in_ = {packed_.data(), input_.read(packed_), 0};
        at_end_ = in_.size == 0;
      }
      // Asked once more at the end: the context may still hold unpacked bytes.
      const std::size_t before = out.pos;
      const std::size_t outcome = ZSTD_decompressStream(context_, &out, &in_);
      if (ZSTD_isError(outcome)) {
        fail(ZSTD_getErrorCode(outcome) == ZSTD_error_frameParameter_windowTooLarge
                 ? "it needs a window above 128 MiB; unpack it first: zstd -d --long=31"
                 : ZSTD_getErrorName(outcome));
      } else if (at_end_ && out.pos == before) {
        end_of_input();
      } else if (!at_end_ || out.pos != before) {
        within_frame_ = outcome != 0;
      }
    }
    return out.pos;
  }

 private:
  void end_of_input() {
    ended_ = true;
    if (input_.error())
      error_ = input_.error();
    else if (within_frame_ && !input_.stopped())
      fail("the file is cut off");
  }

  void fail(const char* why) {
    error_ = Error{Errc::format,
                   fmt::format("cannot unpack '{}' (zstd) beyond byte {}: {}", input_.path(),
                               input_.position() - (in_.size - in_.pos), why)};
  }

  RawInput& input_;
  ZSTD_DCtx* context_;
  std::vector<char> packed_;
  ZSTD_inBuffer in_{};
  bool within_frame_ = true;
  bool at_end_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> make_zstd_unpacker(std::string_view begun, RawInput& input) {
  return std::make_unique<ZstdUnpacker>(begun, input);
}

}  // namespace millrace
