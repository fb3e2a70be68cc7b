// SPDX-License-Identifier: Apache-2.0
//
// What the reports for people say in whole lines, word for word the same in all of them: what the numbers
// are of, how exact they are, what is missing.
//
// Each line ends with '\n'; names in them are printable(), and not yet escaped for HTML.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "replay/generation_replay.hpp"
#include "report/report.hpp"

namespace millrace {

/// "12 notices of requests that were scheduled, started or withdrawn"
std::string notices_text(const StreamSummary& stream);
/// What a window leaves out, and the goodput with its limits; where there are such.
std::string population_lines(const Report& report, const StreamSummary& stream);
/// What a reader must know about the numbers: the rule, their error (`error`: the bound), what they
/// leave out.
std::string remark_lines(const Report& report, const StreamSummary& stream, double error);
std::string account_line(const Report& report);
/// Of requests to language models: what is in no figure, and what is there as a bound; "": all is whole.
std::string left_out_lines(const GenerationReport& generation);
/// Of what was read: files or logs, what they lack, the digest.
std::string source_lines(const Report& report);

/// Error classes and their records, the most frequent first; beyond ten the last is "N further".
std::vector<std::pair<std::string, std::uint64_t>> shown_errors(const StreamSummary& stream);

}  // namespace millrace
