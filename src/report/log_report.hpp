// SPDX-License-Identifier: Apache-2.0
//
// What reports say about a log: of a replay run by run, of a live engine what its writer counted.
//
//   std::string text = log_text(replay);              // lines, each ended
//   Json json = log_json(replay);                     // "log" of docs/json-schema.md
//
// Losses    Every one is said, with its number of records where that is known: missing, dropped by
//           retention, unlogged, lost with the process. Of damages and runs the first 20 are listed
//           in text, all in JSON.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "millrace/summary.hpp"

#include "log/frame_source.hpp"
#include "replay/log_replay.hpp"

namespace millrace {

std::string log_text(const LogReplay& replay);
nlohmann::ordered_json log_json(const LogReplay& replay);

std::string log_text(const LogAccount& account);
nlohmann::ordered_json log_json(const LogAccount& account);

/// "closed", "being written" or "unfinished".
std::string_view state_of(bool closed, bool alive) noexcept;

/// Lines "run 0123456789abcdef: closed, 1,000 records in 2 segments, 1.5 MiB", below each its losses
/// with what can be done about them; 20 runs at most, those that lost something first.
std::string run_lines(std::span<const RunReport> runs);
/// "run/00000000000000000001.mlr: byte 4096: .., 64 B skipped"; 20 lines at most.
std::string damage_lines(std::span<const RunReport> runs, std::span<const log::Damage> damages);
nlohmann::ordered_json damages_json(std::span<const log::Damage> damages);
nlohmann::ordered_json run_json(const RunReport& run);

/// Of all runs together.
struct LogLosses {
  std::uint64_t missing = 0, dropped = 0, unlogged = 0, lost = 0, segments_missing = 0;
  std::uint64_t damages = 0;
  bool unclean = false;  // a run was not closed, is being written, or has its rings elsewhere
};
LogLosses losses_of(std::span<const RunReport> runs, std::span<const log::Damage> damages);

}  // namespace millrace
