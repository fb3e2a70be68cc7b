// SPDX-License-Identifier: Apache-2.0
//
// Where results go: stdout, or the file of -o. And where words about them go: stderr.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "millrace/result.hpp"

namespace millrace {

/// A result that is written piece by piece. A file is written aside and takes its place in close():
/// it is there whole or not at all. A device, a pipe and a link are written as they are.
///
///   auto output = Output::open(path);
///   if (auto written = output->write(text); !written) ..;
///   if (auto closed = output->close(); !closed) ..;
class Output {
 public:
  /// "" and "-" are stdout.
  static Result<Output> open(const std::string& path);
  Output(Output&& other) noexcept;
  Output& operator=(Output&&) = delete;
  ~Output();  // without close() the file is not made

  Result<void> write(std::string_view text);
  Result<void> close();

 private:
  explicit Output(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] tl::unexpected<Error> failed();
  [[nodiscard]] bool to_stdout() const noexcept { return path_.empty() || path_ == "-"; }

  std::string path_;
  std::string aside_;  // empty: written as it is
  std::FILE* file_ = nullptr;
};

/// All at once.
Result<void> write_output(const std::string& path, std::string_view text);

/// "millrace: ..." on stderr.
void complain(std::string_view message);

}  // namespace millrace
