// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

namespace millrace {

Result<void> write_output(const std::string& path, std::string_view text) {
  const bool to_stdout = path.empty() || path == "-";
  // A device or a pipe is written as it is; beside it there is no place for another file.
  const bool direct = to_stdout || path.starts_with("/dev/") || path.starts_with("/proc/");
  const std::string aside = direct ? path : path + ".part";
  std::FILE* file = to_stdout ? stdout : std::fopen(aside.c_str(), "we");
  const auto failed = [&] {
    const int why = errno;
    if (file != nullptr && !to_stdout) std::fclose(file);
    if (!direct) std::remove(aside.c_str());
    return failure(Errc::io, fmt::format("cannot write '{}': {}", to_stdout ? "stdout" : path,
                                         std::strerror(why)));
  };
  if (file == nullptr) return failed();
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fflush(file) != 0) {
    return failed();
  }
  if (to_stdout) return {};
  const bool closed = std::fclose(file) == 0;
  file = nullptr;
  if (!closed || (!direct && std::rename(aside.c_str(), path.c_str()) != 0)) return failed();
  return {};
}

void complain(std::string_view message) { fmt::print(stderr, "millrace: {}\n", message); }

}  // namespace millrace
