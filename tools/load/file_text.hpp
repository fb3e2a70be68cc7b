// SPDX-License-Identifier: Apache-2.0
//
// What is in a file, whole.
#pragma once

#include <string>

#include "millrace/result.hpp"

namespace millrace::load {

/// "-" is stdin. The error names the file, and has the system's words.
Result<std::string> file_text(const std::string& path);

}  // namespace millrace::load
