// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "report/table.hpp"

namespace millrace {

Result<Output> Output::open(const std::string& path) {
  Output output(path);
  if (output.to_stdout()) {
    output.file_ = stdout;
    return output;
  }
  std::error_code ignored;
  const auto type = std::filesystem::symlink_status(path, ignored).type();
  const bool regular =
      type == std::filesystem::file_type::regular || type == std::filesystem::file_type::not_found;
  if (regular) output.aside_ = path + ".part";
  output.file_ = std::fopen(regular ? output.aside_.c_str() : path.c_str(), "we");
  if (output.file_ == nullptr) {
    output.aside_.clear();  // nothing was made
    return output.failed();
  }
  return output;
}

Output::Output(Output&& other) noexcept
    : path_(std::move(other.path_)),
      aside_(std::exchange(other.aside_, {})),
      file_(std::exchange(other.file_, nullptr)) {}

Output::~Output() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  if (!aside_.empty()) std::remove(aside_.c_str());
}

Result<void> Output::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) return failed();
  return {};
}

Result<void> Output::close() {
  if (std::fflush(file_) != 0) return failed();
  if (to_stdout()) return {};
  if (std::fclose(std::exchange(file_, nullptr)) != 0) return failed();
  if (aside_.empty()) return {};
  if (std::rename(aside_.c_str(), path_.c_str()) != 0) return failed();
  aside_.clear();
  return {};
}

tl::unexpected<Error> Output::failed() {
  return failure(Errc::io, fmt::format("cannot write {}: {}",
                                       to_stdout() ? "stdout" : fmt::format("'{}'", path_),
                                       std::strerror(errno)));
}

Result<void> write_output(const std::string& path, std::string_view text) {
  auto output = Output::open(path);
  if (!output) return tl::unexpected(std::move(output).error());
  if (auto written = output->write(text); !written) return written;
  return output->close();
}

void complain(std::string_view message) {
  fmt::print(stderr, "millrace: {}\n", printable(message));
}

}  // namespace millrace
