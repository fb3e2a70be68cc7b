// SPDX-License-Identifier: Apache-2.0
//
// A Report as a person likes to read it: aligned columns, scaled units, the percentile rule and every
// loss said.
#pragma once

#include <string>

#include "report/report.hpp"

namespace millrace {

std::string text_report(const Report& report);

}  // namespace millrace
