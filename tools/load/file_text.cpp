// SPDX-License-Identifier: Apache-2.0
#include "load/file_text.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

namespace millrace::load {

Result<std::string> file_text(const std::string& path) {
  const auto cannot = [&] {
    return failure(errno == ENOENT ? Errc::not_found : Errc::io,
                   fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  };
  const auto close = [](std::FILE* file) { return file == stdin ? 0 : std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(
      path == "-" ? stdin : std::fopen(path.c_str(), "re"), close);
  if (file == nullptr) return cannot();
  std::string text;
  std::array<char, 64 * 1024> bytes;
  while (const std::size_t n = std::fread(bytes.data(), 1, bytes.size(), file.get()))
    text.append(bytes.data(), n);
  if (std::ferror(file.get()) != 0) return cannot();
  return text;
}

}  // namespace millrace::load
