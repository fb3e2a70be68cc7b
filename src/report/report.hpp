// SPDX-License-Identifier: Apache-2.0
//
// Report: what a final report shows, for all of its formats.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "millrace/series.hpp"
#include "millrace/summary.hpp"

#include "ingest/file_replay.hpp"
#include "replay/log_replay.hpp"
#include "report/check.hpp"
#include "report/rates.hpp"

namespace millrace {

enum class By { none, status, label };

struct Report {
  const Summary& summary;
  std::vector<double> percentiles = {50, 90, 95, 99, 99.9};
  Rule rule = Rule::nearest_rank;
  By by = By::none;
  GivenWindow given = {};
  std::vector<Check::Verdict> checks = {};
  std::vector<Limit> goodput = {};
  /// A log's own limits, by stream: what good() counts when `goodput` is empty.
  std::map<std::string, std::vector<Limit>, std::less<>> logged_goodput = {};
  /// Interval by interval, by stream; empty: not asked for.
  std::map<std::string, Series, std::less<>> series = {};
  bool interrupted = false;
  bool live = false;  // of a run that goes on: percentiles come from histograms

  /// Of replayed logs; of a run that wrote one Summary::log() tells.
  const LogReplay* log = nullptr;

  // Of replayed files.
  const FileReplay* input = nullptr;
  std::string format = {};
  std::vector<std::string> paths = {};
  std::vector<std::string> notes = {};  // of the run directory
};

/// One group of records that gets a table or an object of its own.
struct Section {
  std::string name;
  Selection selection;
};
/// The sections of `stream` by report.by; labels in order of first use. The selections' texts are
/// those of `labels`.
std::vector<Section> sections_of(const StreamSummary& stream, By by,
                                 const std::vector<std::string>& labels);

/// The limits that `stream` was measured against; those of metrics that it has.
std::vector<Limit> limits_of(const Report& report, const StreamSummary& stream);

/// The summary's digest as 16 hex digits. Only where there is a log: what enters it, such as the
/// workers, is no property of a foreign file. nullopt, too, when the report was interrupted.
std::optional<std::string> digest_of(const Report& report);

/// Why percentiles are not exact, when they are not.
std::string why_approximate(const Report& report);

/// Before the first percentile is asked: as few passes over the log as it takes.
void prepare(const Report& report);

/// "p50", "p99.9"
std::string percentile_name(double p);

}  // namespace millrace
