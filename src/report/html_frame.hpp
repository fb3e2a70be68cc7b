// SPDX-License-Identifier: Apache-2.0
//
// How the pages of html_report.hpp begin and end: what was run, when, and what a reader must know before all
// else; at the end what was read, and what became of every record.
#pragma once

#include <string>

#include "report/html_page.hpp"
#include "report/report.hpp"

namespace millrace {

HtmlPage begin_page(const Report& report);
void end_page(HtmlPage& page, const Report& report);

/// "first start 2026-01-01T00:00:00Z, last end ..": where the clock is one of days; else how long it was
/// from one to the other.
std::string span_text(const TimeSpan& times);

}  // namespace millrace
