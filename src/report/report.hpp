// SPDX-License-Identifier: Apache-2.0
//
// Report: what a final report shows, for all of its formats.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "millrace/summary.hpp"

#include "ingest/file_replay.hpp"
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
  bool interrupted = false;

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

/// "p50", "p99.9"
std::string percentile_name(double p);

}  // namespace millrace
