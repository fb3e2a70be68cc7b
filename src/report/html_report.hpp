// SPDX-License-Identifier: Apache-2.0
//
// Reports as a page for a browser: one file that holds its style and pictures, and fetches nothing.
//
//   std::string page = html_report(report);                  // any input
//   std::string page = html_report(generation, replay);      // by a profile of guidellm
//
// Numbers  Those of the text report, rounded as there; each cell of a table carries the number itself.
// Cost     The curves need kCurvePercentiles (metric_charts.hpp): where values are not in memory, a pass
//          over the log, unless they were asked for with the others.
// Bytes    Equal input gives equal ones: no time of day but that of the run, no duration of the replay.
#pragma once

#include <string>

#include "replay/generation_replay.hpp"
#include "report/report.hpp"

namespace millrace {

std::string html_report(const Report& report);

std::string html_report(const GenerationReport& generation, const LogReplay& log);

}  // namespace millrace
