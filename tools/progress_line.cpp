// SPDX-License-Identifier: Apache-2.0
#include "progress_line.hpp"

#include <cstdlib>
#include <string>

#include <fmt/core.h>
#include <unistd.h>

namespace millrace {

bool stderr_is_terminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

bool progress_is_off() {
  const char* off = std::getenv("LLMETER_DISABLE_ALL_PROGRESS_BARS");
  return off != nullptr && *off != '\0' && std::string_view(off) != "0";
}

ProgressLine::ProgressLine(bool quiet)
    : off_(quiet || progress_is_off()),
      terminal_(stderr_is_terminal()),
      last_plain_(std::chrono::steady_clock::now()) {}

void ProgressLine::show(std::string_view text) {
  if (off_) return;
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}", text);
    std::fflush(stderr);
    shown_ = true;
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now - last_plain_ < kPlainEvery) return;
  last_plain_ = now;
  fmt::print(stderr, "{}\n", text);
}

void ProgressLine::close() {
  if (shown_) fmt::print(stderr, "\r\033[K");
  shown_ = false;
}

}  // namespace millrace
