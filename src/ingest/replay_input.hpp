// SPDX-License-Identifier: Apache-2.0
//
// ReplayInput: files to be replayed, opened, their format told from their content. The flags are those of
// `millrace replay`, and messages name them so.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "ingest/guidellm_input.hpp"
#include "ingest/line_format.hpp"
#include "ingest/llmeter_run.hpp"
#include "ingest/piece_reader.hpp"

namespace millrace {

/// The flags that map a JSONL of any shape.
struct MapFlags {
  std::string file;  // --map
  std::vector<std::string> metrics, labels;
  std::string start, end, ok, error;
  std::string by_label;  // which of several labels is the label; empty: all of them, joined

  [[nodiscard]] bool given() const noexcept {
    return !file.empty() || !metrics.empty() || !labels.empty() || !start.empty() || !end.empty() ||
           !ok.empty() || !error.empty() || !by_label.empty();
  }
};

/// What the flags say about the inputs.
struct InputFlags {
  MapFlags map;
  std::string format;           // --input-format; empty: told from the content
  std::uint64_t benchmark = 0;  // --benchmark; 0: all
};

struct ReplayInput {
  std::optional<LlmeterRun> run;        // the input is one run directory
  std::unique_ptr<PieceReader> reader;  // null: a run directory without records
  LineFormat format;
  std::shared_ptr<GuidellmInput> guidellm;  // null: nothing of guidellm's was looked for

  /// Whether the flags are of this format.
  [[nodiscard]] Result<void> fits(const InputFlags& flags) const;

  /// `any_number`: llmeter's own rule of which numbers are values.
  static Result<ReplayInput> open(const std::vector<std::string>& paths, const InputFlags& flags,
                                  bool any_number, bool without_records, std::size_t line_bytes_max,
                                  const std::atomic<bool>* stop);
};

}  // namespace millrace
