// SPDX-License-Identifier: Apache-2.0
#include "millrace/version.hpp"

namespace millrace {

const char* version() noexcept { return MILLRACE_VERSION; }

}  // namespace millrace
