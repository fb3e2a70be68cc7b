// SPDX-License-Identifier: Apache-2.0
#include "report/html_text.hpp"

#include "report/table.hpp"

namespace millrace {

std::string html_text(std::string_view text, std::size_t max) {
  std::string escaped;
  for (const char c : printable(text, max)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace millrace
