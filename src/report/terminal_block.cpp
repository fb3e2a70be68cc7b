// SPDX-License-Identifier: Apache-2.0
#include "report/terminal_block.hpp"

#include <fmt/format.h>

namespace millrace {

void TerminalBlock::show(std::span<const std::string> lines) {
  std::string text = erased();
  for (const std::string& line : lines) text += fmt::format("  {}\n", line);
  lines_ = lines.size();
  write_(text);
}

void TerminalBlock::close() {
  if (const std::string text = erased(); !text.empty()) write_(text);
}

// Up to the block's first line, and clear to the end of the screen.
std::string TerminalBlock::erased() {
  return lines_ == 0 ? "" : fmt::format("\x1b[{}A\x1b[J", std::exchange(lines_, 0));
}

}  // namespace millrace
