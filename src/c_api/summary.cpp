// SPDX-License-Identifier: Apache-2.0
#include "millrace/c/summary.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "c_api/handles.hpp"
#include "c_api/numbers.hpp"
#include "c_api/options.hpp"
#include "c_api/outcome.hpp"
#include "c_api/struct_size.hpp"

namespace millrace::c_api {
namespace {

// Its place among the summary's streams.
std::optional<std::size_t> place_of(const millrace_summary* summary, const char* stream) {
  if (summary == nullptr || stream == nullptr) return std::nullopt;
  const auto& all = summary->summary.streams();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const StreamSummary& s) { return s.name() == stream; });
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

Result<const StreamSummary*> stream_of(const millrace_summary& summary,
                                       const millrace_query& query) {
  if (const auto place = place_of(&summary, query.stream))
    return &summary.summary.streams()[*place];
  return failure(Errc::not_found, fmt::format("summary: no stream '{}'", query.stream));
}

// The metric that is asked for, with the question.
struct Asked {
  MetricSummary metric;
  Rule rule;
};

Result<Asked> metric_of(const millrace_summary& summary, const millrace_query* query) {
  const auto asked = question(query, Needs::metric);
  if (!asked) return tl::unexpected(asked.error());
  auto stream = stream_of(summary, *asked);
  if (!stream) return tl::unexpected(std::move(stream).error());
  if (!(*stream)->schema().find_metric(asked->metric)) {
    return failure(Errc::not_found, fmt::format("summary: stream '{}' has no metric '{}'",
                                                asked->stream, asked->metric));
  }
  return Asked{(*stream)->metric(asked->metric, selection(*asked)), static_cast<Rule>(asked->rule)};
}

}  // namespace
}  // namespace millrace::c_api

using namespace millrace;
using namespace millrace::c_api;

millrace_summary::millrace_summary(Summary of) : summary(std::move(of)) {
  for (const StreamSummary& stream : summary.streams())
    names.push_back({stream.labels(), stream.errors()});
}

int millrace_summary_accounting(const millrace_summary* summary, millrace_accounting* accounting,
                                millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_summary_accounting",
                         {{"summary", summary}, {"accounting", accounting}});
        !all) {
      return all;
    }
    const Summary& s = summary->summary;
    return put("millrace_accounting", numbers(s.accounting(), s.elapsed_ns()), accounting);
  });
}

int millrace_summary_log(const millrace_summary* summary, millrace_log_account* log,
                         millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_summary_log", {{"summary", summary}, {"log", log}}); !all)
      return all;
    if (!summary->summary.log()) return failure(Errc::not_found, "summary: the run wrote no log");
    return put("millrace_log_account", numbers(*summary->summary.log()), log);
  });
}

int millrace_summary_digest(const millrace_summary* summary, std::uint64_t* digest,
                            millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_summary_digest", {{"summary", summary}, {"digest", digest}});
        !all)
      return all;
    *digest = summary->summary.digest();
    return {};
  });
}

int millrace_summary_stream(const millrace_summary* summary, const millrace_query* query,
                            millrace_stream_numbers* to, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_summary_stream", {{"summary", summary}, {"numbers", to}}); !all)
      return all;
    const auto asked = question(query, Needs::stream);
    if (!asked) return tl::unexpected(asked.error());
    const auto stream = stream_of(*summary, *asked);
    if (!stream) return tl::unexpected(stream.error());
    const StreamSummary& s = **stream;
    millrace_stream_numbers filled = numbers(s.left_out(), s.times());
    filled.count = s.count(selection(*asked));
    for (std::size_t i = 0; i < kStatusCount; ++i) {
      filled.by_status[i] = s.count({.status = static_cast<Status>(i), .label = std::nullopt});
    }
    filled.good = s.good().value_or(MILLRACE_NO_COUNT);
    return put("millrace_stream_numbers", filled, to);
  });
}

int millrace_summary_metric(const millrace_summary* summary, const millrace_query* query,
                            millrace_metric_numbers* to, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_summary_metric", {{"summary", summary}, {"numbers", to}}); !all)
      return all;
    const auto asked = metric_of(*summary, query);
    if (!asked) return tl::unexpected(asked.error());
    const MetricSummary& m = asked->metric;
    return put("millrace_metric_numbers",
               {.struct_size = 0,
                .count = m.count(),
                .absent = m.absent(),
                .invalid = m.invalid(),
                .sum = m.sum(),
                .mean = m.mean(),
                .variance = m.variance(),
                .deviation = m.deviation(),
                .skewness = m.skewness(),
                .kurtosis = m.kurtosis(),
                .min = m.min(),
                .max = m.max(),
                .relative_error = m.relative_error(),
                .exact = m.exact(),
                .unit = static_cast<std::uint32_t>(m.metric().unit)},
               to);
  });
}

int millrace_summary_percentiles(const millrace_summary* summary, const millrace_query* query,
                                 const double* ps, std::size_t count, double* values,
                                 double* relative_errors, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_summary_percentiles",
                         {{"summary", summary}, {"ps", ps}, {"values", values}});
        !all) {
      return all;
    }
    const auto wanted = percentiles("ps", ps, count);
    if (!wanted) return tl::unexpected(wanted.error());
    const auto asked = metric_of(*summary, query);
    if (!asked) return tl::unexpected(asked.error());
    const auto found = asked->metric.percentiles(*wanted, asked->rule);
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = found[i] ? found[i]->value : std::numeric_limits<double>::quiet_NaN();
      if (relative_errors != nullptr) relative_errors[i] = found[i] ? found[i]->relative_error : 0;
    }
    return {};
  });
}

int millrace_summary_prepare(const millrace_summary* summary, const double* ps, std::size_t count,
                             int by, int by_label, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_summary_prepare", {{"summary", summary}, {"ps", ps}}); !all)
      return all;
    const auto wanted = percentiles("ps", ps, count);
    if (!wanted) return tl::unexpected(wanted.error());
    const auto of = rule(static_cast<std::uint64_t>(std::int64_t{by}));
    if (!of) return tl::unexpected(of.error());
    summary->summary.prepare(*wanted, *of, by_label != 0);
    return {};
  });
}

const char* millrace_summary_stream_name(const millrace_summary* summary, std::size_t index) {
  if (summary == nullptr || index >= summary->summary.streams().size()) return nullptr;
  return summary->summary.streams()[index].name().c_str();
}

const char* millrace_summary_metric_name(const millrace_summary* summary, const char* stream,
                                         std::size_t index) {
  const auto place = place_of(summary, stream);
  if (!place) return nullptr;
  const auto& metrics = summary->summary.streams()[*place].schema().metrics;
  return index < metrics.size() ? metrics[index].name.c_str() : nullptr;
}

const char* millrace_summary_label_name(const millrace_summary* summary, const char* stream,
                                        std::size_t index) {
  const auto place = place_of(summary, stream);
  if (!place || index >= summary->names[*place].labels.size()) return nullptr;
  return summary->names[*place].labels[index].c_str();
}

const char* millrace_summary_error_name(const millrace_summary* summary, const char* stream,
                                        std::size_t index, std::uint64_t* records) {
  const auto place = place_of(summary, stream);
  if (!place || index >= summary->names[*place].errors.size()) return nullptr;
  const auto& [name, count] = summary->names[*place].errors[index];
  if (records != nullptr) *records = count;
  return name.c_str();
}

void millrace_summary_free(millrace_summary* summary) { delete summary; }
