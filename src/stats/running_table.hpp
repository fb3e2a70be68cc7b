// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace millrace {

/// Whose definitions running statistics follow; running_rows.cpp has them.
enum class RunningTable : std::uint8_t { millrace, guidellm_0_2_1, guidellm_0_7_3 };

}  // namespace millrace
