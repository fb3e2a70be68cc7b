// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "report/guidellm_console.hpp"
#include "report/guidellm_views.hpp"
#include "report/python_text.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::string>;

// A title over some columns.
struct Section {
  std::string_view title;
  std::size_t columns;
};

// Two lines as long as the title and its colon, of blanks, stand before it.
std::string header_of(std::string_view title) {
  const std::string blanks(title.size() + 1, ' ');
  return fmt::format("{}\n{}\n{}:\n", blanks, blanks, title);
}

// As wide as the widest entry; all columns of a section grow where its title needs more.
std::vector<std::size_t> widths_of(const Cells& headers, const std::vector<Cells>& rows,
                                   const std::vector<Section>& sections) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    widths.push_back(headers[i].size());
    for (const Cells& row : rows) widths[i] = std::max(widths[i], row[i].size());
  }
  std::size_t first = 0;
  for (const Section& section : sections) {
    const std::size_t gaps = section.columns - 1;
    std::size_t has = 2 * gaps;
    for (std::size_t i = 0; i < section.columns; ++i) has += widths[first + i];
    const std::size_t needs = section.title.size() + gaps;
    const std::size_t more = needs > has ? (needs - has + gaps) / section.columns : 0;
    for (std::size_t i = 0; i < section.columns; ++i) widths[first + i] += more;
    first += section.columns;
  }
  return widths;
}

std::string line_of(const Cells& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += fmt::format("{}{:>{}}", i == 0 ? "" : "| ", cells[i], widths[i]);
  }
  return line + "\n";
}

std::string table_of(std::string_view title, const std::vector<Section>& sections,
                     const Cells& headers, const std::vector<Cells>& rows) {
  const auto widths = widths_of(headers, rows, sections);
  std::string rule, header_rule, titles;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    rule.append(widths[i] + 2, '=');
    header_rule += (i == 0 ? "" : "|-") + std::string(widths[i], '-');
  }
  rule.erase(rule.size() - 2);
  rule += '\n';
  std::size_t first = 0;
  for (const Section& section : sections) {
    std::size_t width = 2 * section.columns;
    for (std::size_t i = 0; i < section.columns; ++i) width += widths[first + i];
    const std::size_t separators = section.columns - 1;
    titles += first == 0 ? "" : "| ";
    titles += section.title;
    titles.append(width - section.title.size() - separators - 2, ' ');
    titles.append(separators, '|');
    first += section.columns;
  }
  std::string out =
      header_of(title) + rule + titles + "\n" + line_of(headers, widths) + header_rule + "\n";
  for (const Cells& row : rows) out += line_of(row, widths);
  return out + rule;
}

// ---- Metadata ----------------------------------------------------------------------------------------

// "max_number=None, max_duration=None"
std::string arguments(const Json& object, const std::vector<const char*>& keys) {
  std::string out;
  for (const char* key : keys) {
    const bool has = object.contains(key);
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", key,
                       has ? python_str(object[key]) : "None");
  }
  return out;
}

std::string profile_text(const Json& args) {
  if (!args.contains("profile") || !args["profile"].is_object()) return "None";
  const Json& profile = args["profile"];
  const std::string type = profile.contains("type_") ? python_str(profile["type_"]) : "None";
  Json shown = {{"type", type}};
  const auto show = [&](const char* as, const char* key) {
    shown[as] = profile.contains(key) ? profile[key] : Json(nullptr);
  };
  show("strategies", "strategy_types");
  if (type == "concurrent") show("streams", "streams");
  if (type == "throughput" || type == "async" || type == "sweep") {
    show("max_concurrency", "max_concurrency");
  }
  std::string out;
  for (const auto& [key, value] : shown.items()) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", key, python_str(value));
  }
  return out;
}

// As pydantic shows a model.
std::string model_text(const Json& model) {
  if (!model.is_object()) return python_str(model);
  std::string out;
  for (const auto& [key, value] : model.items()) {
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", key, python_repr(value));
  }
  return out;
}

std::string extras_text(const Json& extras) {
  if (!extras.is_object() || extras.empty()) return "None";
  std::string out;
  for (const auto& [key, value] : extras.items()) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", key, python_str(value));
  }
  return out;
}

std::string metadata_of(const Json& benchmarks) {
  const Json& first = benchmarks.front();
  const double duration = benchmarks.back()["run_stats"]["end_time"].get<double>() -
                          first["run_stats"]["start_time"].get<double>();
  const Json& args = first["args"];
  std::string out = header_of("Benchmarks Metadata");
  const auto add = [&](const char* label, const std::string& value) {
    out += fmt::format("    {}:{}\n", label, value);
  };
  add("Run id", python_str(first["run_id"]));
  add("Duration", fmt::format("{:.1f} seconds", duration));
  add("Profile", profile_text(args));
  add("Args", args.is_null()
                  ? "None"
                  : arguments(args, {"max_number", "max_duration", "warmup_number",
                                     "warmup_duration", "cooldown_number", "cooldown_duration"}));
  add("Worker", model_text(first["worker"]));
  add("Request Loader", model_text(first["request_loader"]));
  add("Extras", extras_text(first["extras"]));
  return out;
}

// ---- Numbers -----------------------------------------------------------------------------------------

std::string number(const Json& value, int decimals) {
  return value.is_number() ? fmt::format("{:.{}f}", value.get<double>(), decimals) : "-";
}

Cells info_row(const Json& benchmark) {
  Cells row = {strategy_of(benchmark), local_time(benchmark["start_time"], "%H:%M:%S"),
               local_time(benchmark["end_time"], "%H:%M:%S"), number(benchmark["duration"], 1)};
  constexpr const char* kStatuses[] = {"successful", "incomplete", "errored"};
  for (const char* status : kStatuses) {
    row.push_back(number(benchmark["request_totals"][status], 0));
  }
  const Json& metrics = benchmark["metrics"];
  for (const char* value : {"mean", "total_sum"}) {
    for (const char* metric : {"prompt_token_count", "output_token_count"}) {
      for (const char* status : kStatuses) {
        row.push_back(number(metrics[metric][status][value], value[0] == 'm' ? 1 : 0));
      }
    }
  }
  return row;
}

Cells stats_row(const Json& benchmark) {
  const auto of = [&](const char* metric) -> const Json& {
    return benchmark["metrics"][metric]["successful"];
  };
  Cells row = {strategy_of(benchmark), number(of("requests_per_second")["mean"], 2),
               number(of("request_concurrency")["mean"], 2),
               number(of("output_tokens_per_second")["mean"], 1),
               number(of("tokens_per_second")["mean"], 1)};
  const std::pair<const char*, int> kLatencies[] = {{"request_latency", 2},
                                                    {"time_to_first_token_ms", 1},
                                                    {"inter_token_latency_ms", 1},
                                                    {"time_per_output_token_ms", 1}};
  for (const auto& [metric, decimals] : kLatencies) {
    row.push_back(number(of(metric)["mean"], decimals));
    row.push_back(number(of(metric)["median"], decimals));
    row.push_back(number(of(metric)["percentiles"]["p99"], decimals));
  }
  return row;
}

}  // namespace

std::string guidellm_0_2_1_console(const Json& document) {
  const Json& benchmarks = document["benchmarks"];
  if (benchmarks.empty()) return "";
  std::vector<Cells> info, stats;
  for (const Json& benchmark : benchmarks) {
    info.push_back(info_row(benchmark));
    stats.push_back(stats_row(benchmark));
  }
  Cells info_headers = {"Benchmark", "Start Time", "End Time", "Duration (s)"};
  for (int i = 0; i < 5; ++i) info_headers.insert(info_headers.end(), {"Comp", "Inc", "Err"});
  Cells stats_headers = {"Benchmark", "Per Second", "Concurrency", "mean", "mean"};
  for (int i = 0; i < 4; ++i) stats_headers.insert(stats_headers.end(), {"mean", "median", "p99"});
  return metadata_of(benchmarks) +
         table_of("Benchmarks Info",
                  {{"Metadata", 4},
                   {"Requests Made", 3},
                   {"Prompt Tok/Req", 3},
                   {"Output Tok/Req", 3},
                   {"Prompt Tok Total", 3},
                   {"Output Tok Total", 3}},
                  info_headers, info) +
         table_of("Benchmarks Stats",
                  {{"Metadata", 1},
                   {"Request Stats", 2},
                   {"Out Tok/sec", 1},
                   {"Tot Tok/sec", 1},
                   {"Req Latency (ms)", 3},  // seconds, and the seed's word
                   {"TTFT (ms)", 3},
                   {"ITL (ms)", 3},
                   {"TPOT (ms)", 3}},
                  stats_headers, stats);
}

}  // namespace millrace
