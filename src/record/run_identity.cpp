// SPDX-License-Identifier: Apache-2.0
#include "record/run_identity.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <random>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

namespace millrace {
namespace {

// /proc files are read at once and are short.
std::string_view read_small(const char* path, char* buffer, std::size_t size) noexcept {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t n = ::read(fd, buffer, size);
  ::close(fd);
  return n > 0 ? std::string_view(buffer, static_cast<std::size_t>(n)) : std::string_view{};
}

// Field 22 of /proc/self/stat; the second is the program's name, in parentheses, and may hold
// spaces and parentheses itself (proc(5)).
std::uint64_t start_of_this_process() noexcept {
  char buffer[1024];
  std::string_view text = read_small("/proc/self/stat", buffer, sizeof buffer);
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return 0;
  text.remove_prefix(name_end + 1);
  for (int field = 3; field <= 22; ++field) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return 0;
    text.remove_prefix(begin);
    if (field < 22) text.remove_prefix(std::min(text.find(' '), text.size()));
  }
  std::uint64_t ticks = 0;
  std::from_chars(text.data(), text.data() + text.size(), ticks);
  return ticks;
}

void fill_random(void* bytes, std::size_t n) {
  if (::getrandom(bytes, n, 0) == static_cast<ssize_t>(n)) return;
  std::random_device device;  // where the call is refused
  auto* at = static_cast<std::uint8_t*>(bytes);
  for (std::size_t i = 0; i < n; ++i) at[i] = static_cast<std::uint8_t>(device());
}

}  // namespace

Id128 random_id() {
  Id128 id;
  fill_random(id.data(), id.size());
  return id;
}

Id128 this_boot() {
  char buffer[64];
  const std::string_view text =
      read_small("/proc/sys/kernel/random/boot_id", buffer, sizeof buffer);
  Id128 id{};
  std::size_t digits = 0;
  for (const char c : text) {
    const int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (value < 0) continue;  // the dashes
    if (digits == 2 * id.size()) break;
    auto& byte = id[digits++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
  }
  return id;
}

RunIdentity RunIdentity::make(const Id128& log_id) {
  RunIdentity identity;
  identity.log_id = log_id;
  while (identity.run == 0) fill_random(&identity.run, sizeof identity.run);
  identity.boot_id = this_boot();
  identity.pid = static_cast<std::uint32_t>(::getpid());
  identity.pid_start = start_of_this_process();
  return identity;
}

std::string hex(const Id128& id) {
  std::string text;
  for (const std::uint8_t byte : id) text += fmt::format("{:02x}", byte);
  return text;
}

std::string hex(std::uint64_t number) { return fmt::format("{:016x}", number); }

}  // namespace millrace
