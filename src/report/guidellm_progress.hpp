// SPDX-License-Identifier: Apache-2.0
//
// guidellm's live lines, of its version 0.2.1, from our running statistics: each quantity is fed once.
//
//   GuidellmProgress progress{.started_at = now, .max_requests = 1'000};
//   for (const std::string& line : progress.lines(*snapshot.stream("requests"), elapsed_s)) ..
//
//   [14:03:10]  32.0% demo (running )
//   Req:   12.5 req/s,    0.83s Lat,    9.0 Conc,     320 Comp,       1 Inc,       0 Err
//   Tok:  1200.1 gen/s, 1850.9 tot/s, 181.2ms TTFT,  18.0ms ITL,   210 Prompt,    96 Gen
//   Sys:      0.1ms Work OH, ...                                   with scheduler
//
// Of        All results, also those in warmup and cooldown.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "millrace/snapshot.hpp"

namespace millrace {

/// How one number is shown. Widths are at least that.
struct ProgressCell {
  std::string label, units = {};
  std::optional<int> total_characters = {}, digits = {}, decimals = {};
};
/// "   0.83s Lat". Neither digits nor decimals: the seed's slip, a literal ":.0f".
std::string progress_cell(double value, const ProgressCell& cell);

struct GuidellmProgress {
  std::string name = "";
  std::optional<std::time_t> started_at = {};  // local time
  std::optional<std::uint64_t> max_requests = {};
  std::optional<double> max_seconds = {};
  bool scheduler = false;
  bool over = false;

  [[nodiscard]] std::vector<std::string> lines(const StreamSnapshot& stream,
                                               double elapsed_s) const;
  /// In tenths of a percent, by requests or time, whichever is further; incomplete ones do not count.
  /// nullopt: no maximum is known.
  [[nodiscard]] std::optional<int> completed(const StreamSnapshot& stream, double elapsed_s) const;
};

}  // namespace millrace
