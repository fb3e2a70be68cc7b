// SPDX-License-Identifier: Apache-2.0
//
// Writes a run directory as llmeter does: summary.json, stats.json, responses.jsonl.
//
//   save_llmeter_run("out", {.fields = run.fields, .stats = stats, .responses = run.responses});
//
// Files     4 blanks of indent, no final newline, times cut to whole seconds with Z. Each is
//           written aside and renamed: a reader sees the old one or the whole new one.
// Responses Copied, unpacked, if the directory has none. If it has some they must be the same:
//           another run's are never mixed with, nor overwritten.
// Errors    invalid_argument: the directory holds another run's responses; io.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "millrace/result.hpp"

namespace millrace {

/// A map of llmeter's as its files hold it.
std::string llmeter_file_text(const nlohmann::ordered_json& map);

struct LlmeterFiles {
  nlohmann::ordered_json fields;                   // summary.json
  nlohmann::ordered_json stats;                    // stats.json
  std::optional<std::filesystem::path> responses;  // may be .gz or .zst
};

/// Into `dir`, whatever output_path the fields name; it is made if it does not exist.
Result<void> save_llmeter_run(const std::filesystem::path& dir, const LlmeterFiles& files);

}  // namespace millrace
