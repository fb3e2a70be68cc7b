// SPDX-License-Identifier: Apache-2.0
//
// Table: rows of cells as aligned text. The first column stands left, the others right.
#pragma once

#include <string>
#include <vector>

namespace millrace {

class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace millrace
