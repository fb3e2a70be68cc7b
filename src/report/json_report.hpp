// SPDX-License-Identifier: Apache-2.0
//
// A Report as JSON: docs/json-schema.md. Every number is there; what does not exist is null. Holds
// no time of day, duration of the run or thread count, so that equal input gives equal bytes.
#pragma once

#include <string>

#include "report/report.hpp"

namespace millrace {

std::string json_report(const Report& report);

}  // namespace millrace
