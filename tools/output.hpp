// SPDX-License-Identifier: Apache-2.0
//
// Where results go: stdout, or the file of -o. And where words about them go: stderr.
#pragma once

#include <string>
#include <string_view>

#include "millrace/result.hpp"

namespace millrace {

/// "" and "-" are stdout. A file is written aside and renamed: never half of it.
Result<void> write_output(const std::string& path, std::string_view text);

/// "millrace: ..." on stderr.
void complain(std::string_view message);

}  // namespace millrace
