// SPDX-License-Identifier: Apache-2.0
//
// A value of a CSV file after RFC 4180: in quotes where it has a comma, a quote or a line end.
#pragma once

#include <string>
#include <string_view>

namespace millrace {

inline void append_csv(std::string_view text, std::string& out) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace millrace
