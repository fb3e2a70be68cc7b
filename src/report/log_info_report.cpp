// SPDX-License-Identifier: Apache-2.0
#include "report/log_info_report.hpp"

#include <fmt/format.h>

#include "ingest/timestamp.hpp"
#include "report/log_report.hpp"
#include "report/quantity.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

std::string shown_field(const NamedField& named) {
  constexpr const char* kTypes[] = {"i8",  "u8",  "i16", "u16", "i32",
                                    "u32", "i64", "u64", "f32", "f64"};
  return fmt::format("{} {}", printable(named.name),
                     kTypes[static_cast<std::size_t>(named.field.type)]);
}

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : ", ") + part;
  return all;
}

std::vector<std::string> shown_fields(const Schema& schema) {
  std::vector<std::string> fields;
  for (const NamedField& named : schema.fields) fields.push_back(shown_field(named));
  return fields;
}

std::string stream_text(const log::StreamText& stream) {
  std::string out =
      fmt::format("  stream {}: schema {}, {} a record\n", printable(stream.name),
                  printable(stream.schema.name), plural(stream.schema.record_size, "byte"));
  std::vector<std::string> metrics;
  for (const Metric& metric : stream.schema.metrics) {
    const std::string_view unit = to_string(metric.unit);
    metrics.push_back(printable(metric.name) + (unit.empty() ? "" : fmt::format(" [{}]", unit)));
  }
  out += fmt::format("    metrics: {}\n", joined(metrics));
  out += fmt::format("    fields: {}\n", joined(shown_fields(stream.schema)));
  std::vector<std::string> limits;
  for (const Limit& limit : stream.goodput) {
    const auto metric = stream.schema.find_metric(limit.metric);
    const Unit unit = metric ? stream.schema.metrics[*metric].unit : Unit::none;
    limits.push_back(fmt::format("{} <= {}", printable(limit.metric), show(limit.at_most, unit)));
  }
  if (!limits.empty()) out += fmt::format("    goodput: {}\n", joined(limits));
  return out;
}

std::string run_text(const RunInfo& run, const LogInfo& info) {
  std::string out =
      fmt::format("\nrun {}: {}", hex(run.identity.run), state_of(run.closed, run.alive));
  if (run.alive && info.writer != 0) out += fmt::format(" by process {}", info.writer);
  out += fmt::format("\n  opened {}, {} long; written by {}\n", format_iso8601(run.opened_real_ns),
                     show(static_cast<double>(run.duration_ns), Unit::nanoseconds),
                     printable(run.written_by));
  out +=
      fmt::format("  {} ({} to {}), {}, {} logged\n", plural(run.segments, "segment"),
                  run.first_segment, run.last_segment,
                  show(static_cast<double>(run.bytes), Unit::bytes), plural(run.records, "record"));
  out += fmt::format(
      "  {}, {}\n", plural(run.labels, "label"),
      run.error_classes == 1 ? "1 error class" : show_count(run.error_classes) + " error classes");
  for (const log::StreamText& stream : run.streams) out += stream_text(stream);
  if (run.rings != 0 || run.names_file) {
    out += fmt::format("  {}{}", plural(run.rings, "ring file"), run.names_file ? ", names" : "");
    if (!run.alive) {
      out += fmt::format("; 'millrace recover {}' writes what the log lacks", printable(info.dir));
    }
    out += '\n';
  }
  if (!run.ring_dir.empty() && !run.closed) {
    out += fmt::format("  its rings are in '{}'\n", printable(run.ring_dir));
  }
  return out;
}

Json stream_json(const log::StreamText& stream) {
  Json metrics = Json::array();
  for (const Metric& metric : stream.schema.metrics) {
    metrics.push_back({{"name", metric.name}, {"unit", std::string(to_string(metric.unit))}});
  }
  Json limits = Json::object();
  for (const Limit& limit : stream.goodput) limits[limit.metric] = limit.at_most;
  return {{"name", stream.name},
          {"schema", stream.schema.name},
          {"record_size", stream.schema.record_size},
          {"metrics", std::move(metrics)},
          {"fields", shown_fields(stream.schema)},
          {"goodput", std::move(limits)}};
}

Json run_json(const RunInfo& run) {
  Json streams = Json::array();
  for (const log::StreamText& stream : run.streams) streams.push_back(stream_json(stream));
  return {{"run", hex(run.identity.run)},
          {"state", std::string(state_of(run.closed, run.alive))},
          {"process", run.identity.pid},
          {"written_by", run.written_by},
          {"opened_real_ns", run.opened_real_ns},
          {"duration_ns", run.duration_ns},
          {"segments", run.segments},
          {"first_segment", run.first_segment},
          {"last_segment", run.last_segment},
          {"bytes", run.bytes},
          {"records", run.records},
          {"labels", run.labels},
          {"error_classes", run.error_classes},
          {"rings", run.rings},
          {"names_file", run.names_file},
          {"ring_dir", run.ring_dir.empty() ? Json(nullptr) : Json(run.ring_dir)},
          {"streams", std::move(streams)}};
}

}  // namespace

std::string log_info_text(const LogInfo& info) {
  std::string out = fmt::format("log {} in '{}', {}\n", hex(info.log_id), printable(info.dir),
                                plural(info.runs.size(), "run"));
  if (info.locked) {
    out += info.writer == 0 ? std::string("a process is writing\n")
                            : fmt::format("process {} is writing\n", info.writer);
  }
  for (const RunInfo& run : info.runs) out += run_text(run, info);
  if (!info.unfinished.empty() && !info.locked) {
    out += fmt::format("\n{} of a maker that was killed; the next open removes them\n",
                       plural(info.unfinished.size(), "temporary file"));
  }
  const std::string damages = damage_lines({}, info.damages);
  if (!damages.empty()) out += "\n" + damages;
  return out;
}

Json log_info_json(const LogInfo& info) {
  Json runs = Json::array();
  for (const RunInfo& run : info.runs) runs.push_back(run_json(run));
  return {{"millrace", {{"schema", 1}}},
          {"log_id", hex(info.log_id)},
          {"dir", info.dir},
          {"locked", info.locked},
          {"writer", info.writer == 0 ? Json(nullptr) : Json(info.writer)},
          {"runs", std::move(runs)},
          {"unfinished", info.unfinished},
          {"damages", damages_json(info.damages)}};
}

}  // namespace millrace
