// SPDX-License-Identifier: Apache-2.0
//
// Table: rows of cells as aligned text. The first column stands left, the others right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Names come from files: what would move a terminal's cursor, turn its text around or is no UTF-8
/// becomes '?'. Cut after `max` characters.
std::string printable(std::string_view text, std::size_t max = std::string_view::npos);

class Table {
 public:
  explicit Table(std::vector<std::string> header) { row(std::move(header)); }
  /// The first cell is a name: it is made printable.
  void row(std::vector<std::string> cells);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace millrace
