// SPDX-License-Identifier: Apache-2.0
//
// guidellm_notes: what a report says about a document of guidellm: version, benchmarks, and requests
// that were made and are not in it.
//
//   report.notes = guidellm_notes(document, 0);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingest/guidellm_document.hpp"
#include "ingest/guidellm_input.hpp"

namespace millrace {

/// `benchmark`: the one whose requests were read, from 1; 0: all.
std::vector<std::string> guidellm_notes(const GuidellmDocument& document, std::uint64_t benchmark);
/// Of all documents that were read.
std::vector<std::string> guidellm_notes(const GuidellmInput& input);

}  // namespace millrace
