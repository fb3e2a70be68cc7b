// SPDX-License-Identifier: Apache-2.0
#include "report/terminal_block.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace millrace {
namespace {

// Of UTF-8, each character one column wide: bytes that begin one.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::size_t TerminalBlock::columns_of_stderr() {
  winsize size = {};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void TerminalBlock::show(std::span<const std::string> lines) {
  std::string text = erased();
  const std::size_t columns = columns_();
  for (const std::string& line : lines) {
    text += fmt::format("  {}\n", line);
    rows_ +=
        columns == 0 ? 1 : std::max<std::size_t>(1, (2 + width_of(line) + columns - 1) / columns);
  }
  write_(text);
}

void TerminalBlock::close() {
  if (const std::string text = erased(); !text.empty()) write_(text);
}

// Up to the block's first line, and clear to the end of the screen.
std::string TerminalBlock::erased() {
  return rows_ == 0 ? "" : fmt::format("\x1b[{}A\x1b[J", std::exchange(rows_, 0));
}

}  // namespace millrace
