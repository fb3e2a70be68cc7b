// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "millrace/schema.hpp"

namespace millrace {

/// Whether the records of the schema are GenerationRecords, byte by byte.
bool is_generation(const Schema& schema);

}  // namespace millrace
