// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#include "millrace/c/summary.h"

#include "c_api/handles.hpp"
#include "c_api/options.hpp"
#include "c_api/outcome.hpp"
#include "c_api/struct_size.hpp"
#include "report/html_report.hpp"
#include "report/json_report.hpp"
#include "report/text_report.hpp"

namespace millrace::c_api {
namespace {

static_assert(static_cast<int>(By::label) == MILLRACE_BY_LABEL);

Result<std::string> report_of(const millrace_summary& summary,
                              const millrace_report_options* given) {
  millrace_report_options options{};
  if (given != nullptr) {
    const auto read = taken("millrace_report_options", given, options);
    if (!read) return tl::unexpected(read.error());
    options = *read;
  }
  for (const auto& good : {within("report: format", options.format, MILLRACE_REPORT_HTML),
                           within("report: by", options.by, MILLRACE_BY_LABEL),
                           within("report: reserved", options.reserved, 0)}) {
    if (!good) return tl::unexpected(good.error());
  }
  const auto by_rule = rule(options.rule);
  if (!by_rule) return tl::unexpected(by_rule.error());
  const auto ps = percentiles("report: percentiles", options.percentiles, options.percentiles_size);
  if (!ps) return tl::unexpected(ps.error());

  Report report{.summary = summary.summary};
  if (options.percentiles != nullptr) report.percentiles.assign(ps->begin(), ps->end());
  report.rule = *by_rule;
  report.by = static_cast<By>(options.by);
  report.given = summary.given;
  report.logged_goodput = summary.goodput;
  if (summary.log) {
    report.log = &*summary.log;
    report.interrupted = summary.log->interrupted;
  }
  if (summary.files) {
    report.input = &*summary.files;
    report.interrupted = summary.files->interrupted;
    report.format = summary.format;
    report.paths = summary.paths;
    report.notes = summary.notes;
  }
  if (options.format == MILLRACE_REPORT_HTML) return html_report(report);
  return options.format == MILLRACE_REPORT_JSON ? json_report(report) : text_report(report);
}

}  // namespace
}  // namespace millrace::c_api

using namespace millrace;
using namespace millrace::c_api;

int millrace_summary_report(const millrace_summary* summary, const millrace_report_options* options,
                            char** text, std::size_t* size, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto out = given("millrace_summary_report", {{"text", text}}); !out) return out;
    *text = nullptr;
    if (auto all = given("millrace_summary_report", {{"summary", summary}}); !all) return all;
    const auto report = report_of(*summary, options);
    if (!report) return tl::unexpected(report.error());
    auto* copy = static_cast<char*>(std::malloc(report->size() + 1));
    if (copy == nullptr) throw std::bad_alloc();
    std::memcpy(copy, report->c_str(), report->size() + 1);
    *text = copy;
    if (size != nullptr) *size = report->size();
    return {};
  });
}

void millrace_text_free(char* text) { std::free(text); }
