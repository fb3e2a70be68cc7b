// SPDX-License-Identifier: Apache-2.0
//
// GuidellmFlags: what `millrace replay --profile guidellm-...` takes beside the flags of every report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "millrace/result.hpp"

#include "replay/generation_replay.hpp"
#include "replay/log_window.hpp"
#include "report/guidellm_json.hpp"

namespace millrace {

struct GuidellmFlags {
  std::optional<std::uint64_t> sample;
  bool curves = false;
  std::string prompt_tokens, output_tokens;
  std::string texts;  // a file

  void declare(CLI::App& app);
  /// The first flag that was given; "": none.
  [[nodiscard]] std::string given() const;
  /// Those that only documents show, json and yaml.
  [[nodiscard]] std::string given_for_documents() const;

  [[nodiscard]] TokenSources sources() const noexcept;
  /// --texts, and what other flags say of the run.
  [[nodiscard]] Result<GuidellmTexts> read_texts(const GenerationProfile& profile,
                                                 const LogPhases& phases,
                                                 const CompletionLimits& limits) const;
};

}  // namespace millrace
