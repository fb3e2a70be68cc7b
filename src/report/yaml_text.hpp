// SPDX-License-Identifier: Apache-2.0
//
// A text as a scalar of YAML, to the byte as PyYAML's dump() writes it: plain, in single or in double quotes, folded
// behind column 80.
//
//   yaml_text("response: slow", {.column = 6, .indent = 4})     // 'response: slow'
//
// Style     Plain, where a reader would take it for this text and nothing else; single quotes, where no
//           character needs an escape; else double quotes, ASCII only.
// Source    YAML 1.1 (its resolution of plain scalars); PyYAML 6.0 is the oracle of the test.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {

struct YamlPlace {
  std::size_t column = 0;  // where it begins, a blank before it included
  std::size_t indent = 0;  // of the lines that follow
  bool key = false;        // is never folded
};

std::string yaml_text(std::string_view text, YamlPlace place);

/// Whether it stands before its ':' as it is; else "? " introduces it.
bool is_simple_yaml_key(std::string_view text);

}  // namespace millrace
