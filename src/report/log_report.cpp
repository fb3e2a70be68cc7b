// SPDX-License-Identifier: Apache-2.0
#include "report/log_report.hpp"

#include <fmt/format.h>

#include "record/counts.hpp"
#include "report/quantity.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRunsShown = 20;
constexpr std::size_t kDamagesShown = 20;

std::string show_bytes(std::uint64_t bytes) {
  return show(static_cast<double>(bytes), Unit::bytes);
}

bool shown_first(const RunReport& run) { return !run.whole() || !run.closed; }

std::string lines_of(const RunReport& run) {
  std::string out = fmt::format("run {}: {}, {} in {}, {}\n", hex(run.identity.run),
                                state_of(run.closed, run.alive), plural(run.records, "record"),
                                plural(run.segments, "segment"), show_bytes(run.bytes));
  if (run.from_rings != 0) {
    out += fmt::format("  {} taken from rings; 'millrace recover {}' writes what the log lacks\n",
                       plural(run.from_rings, "record"), printable(run.dir));
  }
  const std::pair<std::uint64_t, const char*> losses[] = {
      {run.missing, "missing: logged, and not readable"},
      {run.dropped, "dropped: in segments that retention removed"},
      {run.unlogged, "unlogged: aggregated while the log had stopped"},
      {run.lost, "lost with the process: accepted, and neither in a segment nor in a ring"}};
  for (const auto& [records, what] : losses) {
    if (records != 0) out += fmt::format("  {} {}\n", plural(records, "record"), what);
  }
  if (run.segments_missing != 0) {
    out += fmt::format("  {} missing\n", plural(run.segments_missing, "segment"));
  }
  if (!run.rings_elsewhere.empty()) {
    out += fmt::format("  its rings are in '{}': --ring-dir reads them\n",
                       printable(run.rings_elsewhere));
  }
  return out;
}

std::string line_of(const log::Damage& damage) {
  std::string line = damage.file.empty() ? "log: " : printable(damage.file) + ": ";
  const bool has_place = damage.offset != 0 || damage.bytes != 0;  // else it is of the whole file
  if (has_place) line += fmt::format("byte {}: ", damage.offset);
  line += printable(damage.what);
  if (damage.bytes != 0) line += fmt::format(", {} skipped", show_bytes(damage.bytes));
  return line + "\n";
}

}  // namespace

std::string_view state_of(bool closed, bool alive) noexcept {
  return closed ? "closed" : alive ? "being written" : "unfinished";
}

LogLosses losses_of(std::span<const RunReport> runs, std::span<const log::Damage> damages) {
  LogLosses losses;
  losses.damages = damages.size();
  for (const RunReport& run : runs) {
    add_to(losses.missing, run.missing);
    add_to(losses.dropped, run.dropped);
    add_to(losses.unlogged, run.unlogged);
    add_to(losses.lost, run.lost);
    add_to(losses.segments_missing, run.segments_missing);
    losses.damages += run.damages.size();
    losses.unclean = losses.unclean || !run.closed || !run.rings_elsewhere.empty();
  }
  return losses;
}

std::string run_lines(std::span<const RunReport> runs) {
  std::string out;
  std::size_t listed = 0;
  for (const bool first : {true, false}) {
    for (const RunReport& run : runs) {
      if (shown_first(run) != first || listed == kRunsShown) continue;
      out += lines_of(run);
      ++listed;
    }
  }
  if (runs.size() > listed) {
    out +=
        fmt::format("{}; --format json lists all\n", plural(runs.size() - listed, "further run"));
  }
  return out;
}

std::string damage_lines(std::span<const RunReport> runs, std::span<const log::Damage> damages) {
  std::string out;
  std::size_t listed = 0, all = 0;
  const auto list = [&](std::span<const log::Damage> some) {
    all += some.size();
    for (std::size_t i = 0; i < some.size() && listed < kDamagesShown; ++i, ++listed) {
      out += line_of(some[i]);
    }
  };
  list(damages);
  for (const RunReport& run : runs) list(run.damages);
  if (all > listed) out += fmt::format("{}\n", plural(all - listed, "further damage"));
  return out;
}

std::string log_text(const LogReplay& replay) {
  std::uint64_t segments = 0, bytes = 0, records = 0, from_rings = 0;
  for (const RunReport& run : replay.runs) {
    segments += run.segments;
    bytes += run.bytes;
    records += run.records;
    from_rings += run.from_rings;
  }
  std::string out =
      fmt::format("log: {}, {}, {}, {}", plural(replay.runs.size(), "run"),
                  plural(segments, "segment"), show_bytes(bytes), plural(records, "record"));
  if (from_rings != 0) out += fmt::format(", {} of them from rings", show_count(from_rings));
  if (replay.passes != 0) {
    out +=
        fmt::format("; {} pass{} for percentiles", replay.passes, replay.passes == 1 ? "" : "es");
  }
  out += '\n';
  if (!replay.interrupted) out += run_lines(replay.runs);  // else their ends were not read
  out += damage_lines(replay.runs, replay.damages);
  return out;
}

std::string log_text(const LogAccount& account) {
  std::string out =
      fmt::format("log: '{}', {} in {}, {}, {}\n", printable(account.dir),
                  plural(account.logged, "record"), plural(account.segments, "segment"),
                  show_bytes(account.bytes), account.mapped ? "mapped" : "by pwrite");
  const std::pair<std::uint64_t, const char*> losses[] = {
      {account.unlogged, "unlogged: aggregated while the log had stopped"},
      {account.dropped, "dropped: in segments that retention removed"}};
  for (const auto& [records, what] : losses) {
    if (records != 0) out += fmt::format("log: {} {}\n", plural(records, "record"), what);
  }
  if (account.durable != 0) {
    out += fmt::format("log: {} on the disk, synced\n", plural(account.durable, "record"));
  }
  if (account.stopped) out += "log: stopped\n";
  if (!account.error.empty()) out += fmt::format("log: {}\n", printable(account.error));
  return out;
}

Json damages_json(std::span<const log::Damage> damages) {
  Json list = Json::array();
  for (const log::Damage& damage : damages) {
    list.push_back({{"file", damage.file},
                    {"byte_offset", damage.offset},
                    {"bytes_skipped", damage.bytes},
                    {"what", damage.what}});
  }
  return list;
}

Json run_json(const RunReport& run) {
  return {
      {"run", hex(run.identity.run)},
      {"dir", run.dir},
      {"state", std::string(state_of(run.closed, run.alive))},
      {"opened_real_ns", run.opened_real_ns},
      {"segments", run.segments},
      {"bytes", run.bytes},
      {"records", run.records},
      {"from_rings", run.from_rings},
      {"missing", run.missing},
      {"dropped", run.dropped},
      {"unlogged", run.unlogged},
      {"lost", run.lost},
      {"segments_missing", run.segments_missing},
      {"rings_elsewhere", run.rings_elsewhere.empty() ? Json(nullptr) : Json(run.rings_elsewhere)},
      {"whole", run.whole()},
      {"damages", damages_json(run.damages)}};
}

Json log_json(const LogReplay& replay) {
  Json runs = Json::array();
  for (const RunReport& run : replay.runs) runs.push_back(run_json(run));
  return {{"runs", std::move(runs)},
          {"damages", damages_json(replay.damages)},
          {"passes", replay.passes},
          {"whole", replay.whole()}};
}

Json log_json(const LogAccount& account) {
  return {{"dir", account.dir},
          {"logged", account.logged},
          {"unlogged", account.unlogged},
          {"durable", account.durable},
          {"dropped", account.dropped},
          {"segments", account.segments},
          {"bytes", account.bytes},
          {"mapped", account.mapped},
          {"stopped", account.stopped},
          {"error", account.error.empty() ? Json(nullptr) : Json(account.error)}};
}

}  // namespace millrace
