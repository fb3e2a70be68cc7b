// SPDX-License-Identifier: Apache-2.0
//
// GuidellmPlace: as what a report of guidellm's is written, and where to.
//
//   guidellm_place("", "results/run.csv")        // csv; results/ is made when it is written
//   guidellm_place("guidellm-yaml", "results")   // a folder that is there: results/benchmarks.yaml
#pragma once

#include <cstdint>
#include <string>

#include "millrace/result.hpp"

namespace millrace {

/// `metrics`: those of our own definitions, as JSON.
enum class GuidellmFormat : std::uint8_t { text, json, yaml, csv, console, metrics, html };

struct GuidellmPlace {
  GuidellmFormat format = GuidellmFormat::text;
  std::string path;  // "" and "-": stdout

  [[nodiscard]] bool lists_requests() const noexcept {
    return format == GuidellmFormat::json || format == GuidellmFormat::yaml;
  }
};

/// Without a format the path's ending tells it, a folder means JSON; of stdout it is text. An ending
/// that tells nothing is an error.
Result<GuidellmPlace> guidellm_place(const std::string& format, const std::string& path);

/// The folder of the file, and those that it is in.
Result<void> make_parents(const std::string& path);

}  // namespace millrace
