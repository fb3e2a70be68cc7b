// SPDX-License-Identifier: Apache-2.0
//
// The short names by which people call metrics: ttft, e2e, tpot.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "millrace/schema.hpp"

namespace millrace {

/// The schema's metric of this name, or of the first name it is short for; nullopt if none is there.
std::optional<std::size_t> find_metric_by_any_name(const Schema& schema, std::string_view name);

/// "time_to_first_token, time_to_last_token, .."
std::string metric_names(const Schema& schema);

}  // namespace millrace
