// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "report/table.hpp"

namespace millrace {

Result<void> write_output(const std::string& path, std::string_view text) {
  const bool to_stdout = path.empty() || path == "-";
  // Another file takes the place of a regular one, whole or not at all; a device, a pipe or a
  // link is written as it is.
  std::error_code ignored;
  const auto type = std::filesystem::symlink_status(path, ignored).type();
  const bool direct = to_stdout || (type != std::filesystem::file_type::regular &&
                                    type != std::filesystem::file_type::not_found);
  const std::string aside = direct ? path : path + ".part";
  std::FILE* file = to_stdout ? stdout : std::fopen(aside.c_str(), "we");
  const auto failed = [&] {
    const int why = errno;
    if (file != nullptr && !to_stdout) std::fclose(file);
    if (!direct) std::remove(aside.c_str());
    return failure(Errc::io, fmt::format("cannot write {}: {}",
                                         to_stdout ? "stdout" : fmt::format("'{}'", path),
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

void complain(std::string_view message) {
  fmt::print(stderr, "millrace: {}\n", printable(message));
}

}  // namespace millrace
