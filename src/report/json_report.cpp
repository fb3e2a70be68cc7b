// SPDX-License-Identifier: Apache-2.0
#include "report/json_report.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "report/log_report.hpp"
#include "report/series_report.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

template <typename T>
Json number(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json metric_json(const MetricSummary& metric, const Report& report) {
  Json percentiles = Json::object();
  double error = 0;
  const auto values = metric.percentiles(report.percentiles, report.rule);
  for (std::size_t i = 0; i < values.size(); ++i) {
    percentiles[percentile_name(report.percentiles[i])] =
        values[i] ? number(values[i]->value) : Json(nullptr);
    if (values[i]) error = std::max(error, values[i]->relative_error);
  }
  if (values.empty()) error = metric.relative_error();
  return {{"unit", std::string(to_string(metric.metric().unit))},
          {"count", metric.count()},
          {"absent", metric.absent()},
          {"invalid", metric.invalid()},
          {"sum", metric.count() == 0 ? Json(nullptr) : number(metric.sum())},
          {"mean", number(metric.mean())},
          {"variance", number(metric.variance())},
          {"standard_deviation", number(metric.deviation())},
          {"skewness", number(metric.skewness())},
          {"kurtosis", number(metric.kurtosis())},
          {"min", number(metric.min())},
          {"max", number(metric.max())},
          {"exact", error == 0},
          {"relative_error", error},
          {"percentiles", std::move(percentiles)}};
}

Json metrics_json(const StreamSummary& stream, const Selection& selection, const Report& report) {
  Json metrics = Json::object();
  for (const Metric& metric : stream.schema().metrics) {
    metrics[metric.name] = metric_json(stream.metric(metric.name, selection), report);
  }
  return metrics;
}

Json status_counts(const StreamSummary& stream, std::optional<std::string_view> label) {
  Json counts = Json::object();
  for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
    counts[std::string(to_string(status))] = stream.count({.status = status, .label = label});
  }
  return counts;
}

Json rates_json(const std::optional<Rates>& rates) {
  if (!rates) return nullptr;
  Json json = {{"window_seconds", number(rates->window_s)},
               {"window", rates->basis},
               {"requests_per_second", number(rates->requests_per_second)},
               {"requests_per_minute", number(rates->requests_per_second * 60)}};
  for (const auto& metric : rates->metrics) {
    json[metric.metric + "_per_second"] = number(metric.per_second);
    json[metric.metric + "_per_minute"] = number(metric.per_second * 60);
  }
  return json;
}

Json running_json(const RunningStatistics& running) {
  Json metrics = Json::object();
  for (const RunningMetric& metric : running.metrics) {
    if (metric.count == 0) continue;
    metrics[metric.name] = {{"unit", std::string(to_string(metric.unit))},
                            {"count", metric.count},
                            {"total", metric.total},
                            {"last", metric.last},
                            {"mean", metric.mean}};
  }
  return {{"concurrency", running.concurrency}, {"metrics", std::move(metrics)}};
}

Json stream_json(const StreamSummary& stream, const Report& report) {
  const std::uint64_t n = stream.count();
  const std::uint64_t ok = stream.count({.status = Status::ok, .label = {}});
  const TimeSpan times = stream.times();
  Json json = {{"name", stream.name()},
               {"records", n},
               {"status", status_counts(stream, {})},
               {"error_rate", n == 0 ? Json(nullptr)
                                     : Json(static_cast<double>(n - ok) / static_cast<double>(n))},
               {"first_start_ns", number(times.first_start_ns)},
               {"last_start_ns", number(times.last_start_ns)},
               {"first_end_ns", number(times.first_end_ns)},
               {"last_end_ns", number(times.last_end_ns)},
               {"rates", rates_json(rates_of(stream, report.given))},
               {"percentile_rule", std::string(to_string(report.rule))},
               {"metrics", metrics_json(stream, {}, report)}};
  const std::vector<std::string> labels = stream.labels();
  if (report.by != By::none) {
    Json parts = Json::array();
    for (const Section& part : sections_of(stream, report.by, labels)) {
      Json object = Json::object();
      if (report.by == By::status) {
        object["status"] = part.name;
      } else {
        object["label"] =
            part.selection.label->empty() ? Json(nullptr) : Json(*part.selection.label);
      }
      object["records"] = stream.count(part.selection);
      if (report.by == By::label) object["status"] = status_counts(stream, part.selection.label);
      object["metrics"] = metrics_json(stream, part.selection, report);
      parts.push_back(std::move(object));
    }
    json[report.by == By::status ? "by_status" : "by_label"] = std::move(parts);
  }
  Json errors = Json::array();
  for (const auto& [name, count] : stream.errors())
    errors.push_back({{"class", name}, {"records", count}});
  json["errors"] = std::move(errors);
  if (stream.schema().event) json["notices"] = stream.left_out().notices;
  if (const auto window = stream.window()) {
    const LeftOut left_out = stream.left_out();
    constexpr auto kEver = std::numeric_limits<std::int64_t>::max();
    json["window"] = {{"begin_ns", window->begin_ns},
                      {"end_ns", window->end_ns == kEver ? Json(nullptr) : Json(window->end_ns)},
                      {"before", left_out.before},
                      {"after", left_out.after},
                      {"untimed", left_out.untimed}};
  }
  if (const auto range = stream.range()) {
    const bool open = range->last == ResultRange{}.last;
    json["range"] = {{"first", range->first},
                     {"last", open ? Json(nullptr) : Json(range->last)},
                     {"before", stream.left_out().before},
                     {"after", stream.left_out().after}};
  }
  if (const auto at = report.series.find(stream.name()); at != report.series.end()) {
    json["series"] = series_json(at->second, stream.schema());
  }
  if (const auto running = stream.running()) json["running"] = running_json(*running);
  if (stream.good()) {
    Json limits = Json::object();
    for (const Limit& limit : limits_of(report, stream)) limits[limit.metric] = limit.at_most;
    json["goodput"] = {
        {"good", *stream.good()},
        {"fraction", n == 0 ? Json(nullptr)
                            : Json(static_cast<double>(*stream.good()) / static_cast<double>(n))},
        {"limits", std::move(limits)}};
  }
  return json;
}

Json accounting_json(const Accounting& a) {
  return {{"attempted", a.attempted()},
          {"accepted", a.accepted},
          {"rejected",
           {{"full", a.rejected_full},
            {"closed", a.rejected_closed},
            {"reentrant", a.rejected_reentrant}}},
          {"aggregated", a.aggregated},
          {"in_flight", a.in_flight()}};
}

Json input_json(const Report& report) {
  const FileReplay& input = *report.input;
  Json bad = Json::array();
  for (const BadLine& line : input.bad_lines) {
    const bool known = !line.in_document || line.byte_offset != 0;
    bad.push_back({{"file", line.file},
                   {"line", line.line},
                   {"in_document", line.in_document},
                   {"byte_offset", known ? Json(line.byte_offset) : Json()},
                   {"reason", line.reason}});
  }
  Json errors = Json::array();
  for (const Error& error : input.input_errors) errors.push_back(error.message);
  return {{"format", report.format},
          {"paths", report.paths},
          {"bytes", input.bytes},
          {"lines", input.lines},
          {"records", input.records},
          {"damaged", input.damaged},
          {"torn", input.torn},
          {"blank", input.blank},
          {"nonfinite_words", input.notes.nonfinite_words},
          {"duplicate_keys", input.notes.duplicate_keys},
          {"lines_with_unknown_keys", input.notes.unknown_keys},
          {"lines_with_missing_keys", input.notes.missing_keys},
          {"failed_with_timings", input.notes.mid_stream_errors},
          {"bad_lines", std::move(bad)},
          {"errors", std::move(errors)},
          {"notes", report.notes}};
}

}  // namespace

std::string json_report(const Report& report) {
  prepare(report);
  Json json = {{"millrace", {{"schema", kSchemaVersion}}}, {"interrupted", report.interrupted}};
  if (report.input != nullptr) json["input"] = input_json(report);
  Json streams = Json::array();
  for (const StreamSummary& stream : report.summary.streams()) {
    streams.push_back(stream_json(stream, report));
  }
  json["streams"] = std::move(streams);
  json["accounting"] = accounting_json(report.summary.accounting());
  if (report.input == nullptr && !report.live) {
    // A file's workers are its parsers: the output would change with their number.
    Json workers = Json::array();
    for (const WorkerAccount& worker : report.summary.workers()) {
      Json account = {{"worker", worker.worker}, {"stream", worker.stream}};
      account.update(accounting_json(worker.accounting));
      workers.push_back(std::move(account));
    }
    json["workers"] = std::move(workers);
  }
  Json checks = Json::array();
  for (const Check::Verdict& check : report.checks) {
    checks.push_back({{"check", check.source},
                      {"passed", check.passed},
                      {"refused", check.refused},
                      {"value", number(check.value)}});
  }
  if (!checks.empty()) json["checks"] = std::move(checks);
  if (report.log != nullptr) {
    json["log"] = log_json(*report.log);
  } else if (report.summary.log()) {
    json["log"] = log_json(*report.summary.log());
  }
  if (const auto digest = digest_of(report)) json["digest"] = *digest;
  // Names from files may be any bytes: what is no UTF-8 is replaced, never thrown.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace millrace
