// SPDX-License-Identifier: Apache-2.0
//
// The version: MILLRACE_VERSION and its parts are those of the headers, version() is the library's.
#pragma once

#include "millrace/c/version.h"
#include "millrace/export.hpp"

namespace millrace {

/// "0.1.0": of the library that runs, which a shared one may replace by a newer one.
[[nodiscard]] MILLRACE_API const char* version() noexcept;

}  // namespace millrace
