// SPDX-License-Identifier: Apache-2.0
#include "c_api/outcome.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "millrace/c/base.h"
#include "millrace/c/version.h"

namespace millrace::c_api {
namespace {

constexpr std::size_t kMessageAt = offsetof(millrace_error, message);
constexpr std::size_t kErrorBytesMin = kMessageAt + 8;

static_assert(static_cast<int>(Errc::invalid_argument) + 1 == MILLRACE_ERROR_INVALID_ARGUMENT);
static_assert(static_cast<int>(Errc::not_found) + 1 == MILLRACE_ERROR_NOT_FOUND);
static_assert(static_cast<int>(Errc::io) + 1 == MILLRACE_ERROR_IO);
static_assert(static_cast<int>(Errc::format) + 1 == MILLRACE_ERROR_FORMAT);
static_assert(static_cast<int>(Errc::limit) + 1 == MILLRACE_ERROR_LIMIT);
static_assert(static_cast<int>(Errc::out_of_memory) + 1 == MILLRACE_ERROR_OUT_OF_MEMORY);
static_assert(static_cast<int>(Errc::closed) + 1 == MILLRACE_ERROR_CLOSED);
static_assert(static_cast<int>(Errc::failed) + 1 == MILLRACE_ERROR_FAILED);

// How many bytes of `text` fit, without a part of a character at the end.
std::size_t whole_characters(std::string_view text, std::size_t room) {
  if (text.size() <= room) return text.size();
  const auto continues = [&](std::size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xC0u) == 0x80u;
  };
  while (room > 0 && continues(room)) --room;
  return room;
}

}  // namespace

void tell(millrace_error* to, const Error* what) noexcept {
  if (to == nullptr || to->struct_size < kErrorBytesMin) return;
  const std::size_t room = std::min(to->struct_size, sizeof(millrace_error)) - kMessageAt - 1;
  const std::string_view text = what == nullptr ? std::string_view("") : what->message;
  const std::size_t size = whole_characters(text, room);
  to->code = what == nullptr ? MILLRACE_OK : code_of(what->code);
  to->reserved = 0;
  std::memcpy(to->message, text.data(), size);
  to->message[size] = '\0';
}

int code_of(Errc code) noexcept { return static_cast<int>(code) + 1; }

Result<void> given(const char* function,
                   std::initializer_list<std::pair<const char*, const void*>> arguments) {
  for (const auto& [name, pointer] : arguments) {
    if (pointer == nullptr) {
      return failure(Errc::invalid_argument, fmt::format("{}: {} is NULL", function, name));
    }
  }
  return {};
}

Result<void> within(const char* what, std::uint64_t value, std::uint64_t last) {
  if (value <= last) return {};
  return failure(
      Errc::invalid_argument,
      fmt::format("{} is {}, which is none of its constants, 0 to {}", what, value, last));
}

}  // namespace millrace::c_api

std::uint32_t millrace_abi_version() { return MILLRACE_C_ABI_VERSION; }
const char* millrace_version() { return MILLRACE_VERSION; }

const char* millrace_code_text(int code) {
  switch (code) {
    case MILLRACE_OK:
      return "ok";
    case MILLRACE_ERROR_INVALID_ARGUMENT:
      return "invalid argument";
    case MILLRACE_ERROR_NOT_FOUND:
      return "not found";
    case MILLRACE_ERROR_IO:
      return "input or output failed";
    case MILLRACE_ERROR_FORMAT:
      return "not the expected format";
    case MILLRACE_ERROR_LIMIT:
      return "limit reached";
    case MILLRACE_ERROR_OUT_OF_MEMORY:
      return "out of memory";
    case MILLRACE_ERROR_CLOSED:
      return "closed";
    case MILLRACE_ERROR_FAILED:
      return "failed";
    default:
      return "unknown";
  }
}
