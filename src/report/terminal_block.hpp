// SPDX-License-Identifier: Apache-2.0
//
// TerminalBlock: lines on a terminal that the next ones overwrite.
//
//   TerminalBlock block([](std::string_view text) { write_stderr(text); });
//   block.show({"reqs=12", "TTFT: p50_ttft=0.1s"});
//   block.close();                                     // erases them
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {

class TerminalBlock {
 public:
  using Write = std::function<void(std::string_view)>;
  using Columns = std::function<std::size_t()>;
  /// `columns`: of the terminal, which breaks longer lines; 0: not known.
  explicit TerminalBlock(Write write, Columns columns = columns_of_stderr)
      : write_(std::move(write)), columns_(std::move(columns)) {}
  static std::size_t columns_of_stderr();

  /// In one write, so that nothing flickers.
  void show(std::span<const std::string> lines);
  /// A second call does nothing.
  void close();

 private:
  [[nodiscard]] std::string erased();

  Write write_;
  Columns columns_;
  std::size_t rows_ = 0;  // on the terminal
};

}  // namespace millrace
