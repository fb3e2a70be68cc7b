// SPDX-License-Identifier: Apache-2.0
#include "report/html_frame.hpp"

#include <span>
#include <vector>

#include <fmt/format.h>

#include "ingest/timestamp.hpp"
#include "record/run_identity.hpp"
#include "report/log_report.hpp"
#include "report/quantity.hpp"
#include "report/report_lines.hpp"

namespace millrace {
namespace {

constexpr std::size_t kShown = 3;  // inputs, runs
constexpr std::size_t kWorkersShown = 16;
// Clocks that count from 1970 are between 2001 and 2262; others, such as from the start of a machine,
// are not.
constexpr std::int64_t kDatesFrom = 1'000'000'000'000'000'000;

std::string list(std::span<const std::string> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

std::string title_of(const std::string& of) {
  return of.empty() ? "Load test" : "Load test: " + of;
}

std::string runs_text(const LogReplay& log) {
  std::string text;
  for (std::size_t i = 0; i < log.runs.size() && i < kShown; ++i) {
    const RunReport& run = log.runs[i];
    text += fmt::format("run {}, opened {}, {}\n", hex(run.identity.run),
                        format_iso8601(run.opened_real_ns), state_of(run.closed, run.alive));
  }
  return text;
}

std::string folders_of(const LogReplay& log) {
  std::vector<std::string> folders;
  for (const RunReport& run : log.runs) {
    if (folders.empty() || folders.back() != run.dir) folders.push_back(run.dir);
  }
  return list(folders);
}

}  // namespace

std::string span_text(const TimeSpan& times) {
  if (!times.first_start_ns) return "";
  const std::int64_t from = *times.first_start_ns;
  const auto end = times.last_end_ns ? times.last_end_ns : times.last_start_ns;
  std::string text;
  if (from >= kDatesFrom) text = "first start " + format_iso8601(from);
  if (!end || *end < from) return text;
  const char* const what = times.last_end_ns ? "last end" : "last start";
  if (from >= kDatesFrom) return fmt::format("{}, {} {}", text, what, format_iso8601(*end));
  return fmt::format("{} from the first start to the {}",
                     show(static_cast<double>(*end) - static_cast<double>(from), Unit::nanoseconds),
                     what);
}

HtmlPage begin_page(const Report& report) {
  const auto& written = report.summary.log();
  HtmlPage page(title_of(report.input != nullptr ? list(report.paths)
                         : report.log != nullptr ? folders_of(*report.log)
                         : written               ? written->dir
                                                 : ""));
  if (report.log != nullptr) page.notes(runs_text(*report.log));
  if (report.summary.elapsed_ns() > 0 && report.input == nullptr && !report.interrupted) {
    page.quiet(show(static_cast<double>(report.summary.elapsed_ns()), Unit::nanoseconds) +
               " from open to finish");
  }
  if (report.interrupted) {
    page.alert("Interrupted: the numbers below cover what was done until then.");
  }
  if (report.log != nullptr && !report.interrupted && !report.log->whole()) {
    page.alert("Something is missing from the log: the end of this page says what.");
  }
  if (report.input != nullptr && report.input->damaged != 0) {
    page.alert(show_count(report.input->damaged) + " of the lines of the input could not be read.");
  }
  for (const Check::Verdict& check : report.checks) {
    const std::string text = "check " + check.text;
    check.passed ? page.quiet(text) : page.alert(text);
  }
  return page;
}

void end_page(HtmlPage& page, const Report& report) {
  page.heading(2, "Accounts");
  page.notes(account_line(report) + source_lines(report));
  if (report.input != nullptr || report.live) return;  // a file's workers are its parsers
  HtmlTable table{.header = {"worker", "attempted", "accepted", "ring full", "closed", "reentrant",
                             "aggregated"}};
  const auto& workers = report.summary.workers();
  for (const WorkerAccount& worker : workers) {
    if (worker.worker > kWorkersShown) continue;
    const Accounting& w = worker.accounting;
    table.rows.push_back({{fmt::format("{} {}", worker.stream, worker.worker)},
                          HtmlCell::of(w.attempted()),
                          HtmlCell::of(w.accepted),
                          HtmlCell::of(w.rejected_full),
                          HtmlCell::of(w.rejected_closed),
                          HtmlCell::of(w.rejected_reentrant),
                          HtmlCell::of(w.aggregated)});
  }
  if (!table.rows.empty()) page.table(table);
  if (workers.size() > kWorkersShown) {
    page.notes(fmt::format("{} further workers in --format json", workers.size() - kWorkersShown));
  }
}

}  // namespace millrace
