// SPDX-License-Identifier: Apache-2.0
//
// What `millrace info` prints: a log's folder, run by run.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "replay/log_info.hpp"

namespace millrace {

std::string log_info_text(const LogInfo& info);
/// docs/json-schema.md, "millrace info".
nlohmann::ordered_json log_info_json(const LogInfo& info);

}  // namespace millrace
