// SPDX-License-Identifier: Apache-2.0
//
// GuidellmDocument: what a benchmarks.json of guidellm says around its requests.
//
//   GuidellmDocument document;
//   GuidellmSplitter splitter(document);        // fills it while it passes the requests on
//   ...
//   for (const auto& benchmark : document.benchmarks) {
//     benchmark.name;                           // "constant@2.50"
//     benchmark.requests_made();                // 1,000, of which the file may hold 20
//     if (const auto* config = benchmark.texts.find("config")) use(config->json);
//   }
//
// Texts     Values as the document has them, JSON; but for brackets and ends of texts they are not
//           validated. One longer than kTextBytesMax, and what is beyond kTextsBytesMax together,
//           is left out and marked. Of two equal keys the last one counts.
// Versions  0.1: `benchmarks[].benchmarks[]`, whose texts are mode and rate. 0.2 and 0.3: args,
//           run_stats, worker, request_loader, extras. 0.4 on: config, scheduler_state,
//           scheduler_metrics. Of the document: args (0.1, 0.4 to 0.6) or config (0.7), metadata
//           (0.5 on).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/schema.hpp"

namespace millrace {

struct GuidellmDocument {
  static constexpr std::size_t kBenchmarksMax = 1024;
  static constexpr std::size_t kTextsMax = 64;  // of a benchmark; and of the document
  static constexpr std::size_t kTextBytesMax = 1 << 20;
  static constexpr std::size_t kTextsBytesMax = 16 << 20;

  struct Text {
    std::string key;
    std::string json;       // empty when left out
    bool left_out = false;  // too long
  };
  struct Texts : std::vector<Text> {
    /// nullptr: not there.
    [[nodiscard]] const Text* find(std::string_view key) const noexcept;
  };

  struct Benchmark {
    std::uint64_t number = 0;  // from 1
    /// The label of its records: its strategy as guidellm names it, or "benchmark 3" where the
    /// document says it behind the requests or not at all. Each name is given once.
    std::string name;
    Texts texts;                                         // all but metrics and requests
    std::array<std::uint64_t, kStatusCount> requests{};  // in the file, by Status

    [[nodiscard]] std::uint64_t requests_held() const noexcept;
    /// Of all statuses, as guidellm counted them; nullopt: it does not say (0.1).
    [[nodiscard]] std::optional<std::uint64_t> requests_made() const;
    /// "synchronous", "concurrent@4", "throughput", "constant@2.50", "poisson@2.50"; empty when
    /// the texts do not say it.
    [[nodiscard]] std::string strategy() const;
  };

  Texts texts;  // all but benchmarks
  std::vector<Benchmark> benchmarks;
  bool complete = false;  // its end was read

  /// "guidellm 0.7.3, report version 2"; where the document does not say it, what its shape tells.
  [[nodiscard]] std::string version() const;
};

/// Whether a file that starts with these bytes is such a document, whatever its version.
bool looks_like_guidellm_document(std::string_view first_bytes);

}  // namespace millrace
