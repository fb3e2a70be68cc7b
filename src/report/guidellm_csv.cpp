// SPDX-License-Identifier: Apache-2.0
#include "report/guidellm_csv.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>
#include <vector>

#include "report/csv_text.hpp"
#include "report/guidellm_views.hpp"
#include "report/python_json.hpp"
#include "report/python_text.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTime = "%Y-%m-%d %H:%M:%S";

// As Python's csv module has it: None is nothing.
std::string cell(const Json& value) { return value.is_null() ? "" : python_str(value); }

void add_line(const std::vector<std::string>& cells, std::string& out) {
  const char* separator = "";
  for (const std::string& one : cells) {
    out += separator;
    append_csv(one, out);
    separator = ",";
  }
  out += "\r\n";
}

std::string percentile_cell(const Json& summary) {
  Json list = Json::array({summary["min"]});
  for (const char* p : {"p001", "p01", "p05", "p10", "p25", "p75", "p90", "p95", "p99"}) {
    list.push_back(summary["percentiles"][p]);
  }
  list.push_back(summary["max"]);
  return python_repr(list);
}

// "request_latency": "Request latency".
std::string words_of(std::string name) {
  for (char& c : name) c = c == '_' ? ' ' : c;
  if (!name.empty()) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return name;
}

// ---- 0.2.1 -------------------------------------------------------------------------------------------

struct Columns {
  std::vector<std::string> headers, values;
  void add(std::string header, std::string value) {
    headers.push_back(std::move(header));
    values.push_back(std::move(value));
  }
};

Columns columns_0_2_1(const Json& benchmark) {
  Columns columns;
  columns.add("Type", cell(benchmark["type_"]));
  columns.add("Run Id", cell(benchmark["run_id"]));
  columns.add("Id", cell(benchmark["id_"]));
  columns.add("Name", strategy_of(benchmark));
  columns.add("Start Time", local_time(benchmark["start_time"], kTime));
  columns.add("End Time", local_time(benchmark["end_time"], kTime));
  columns.add("Duration", cell(benchmark["duration"]));
  for (const char* status : {"successful", "errored", "incomplete", "total"}) {
    const std::string of = words_of(status) + " ";
    columns.add(of + "Requests", cell(benchmark["request_totals"][status]));
    for (const auto& [name, metric] : benchmark["metrics"].items()) {
      const Json& summary = metric[status];
      const std::string metric_of = of + words_of(name) + " ";
      columns.add(metric_of + "mean", cell(summary["mean"]));
      columns.add(metric_of + "median", cell(summary["median"]));
      columns.add(metric_of + "std dev", cell(summary["std_dev"]));
      columns.add(metric_of + "[min, 0.1, 1, 5, 10, 25, 75, 90, 95, 99, max]",
                  percentile_cell(summary));
    }
  }
  columns.add("Args", python_json(benchmark["args"]));
  columns.add("Worker", python_json(benchmark["worker"]));
  columns.add("Request Loader", python_json(benchmark["request_loader"]));
  columns.add("Extras", python_json(benchmark["extras"]));
  return columns;
}

std::string csv_0_2_1(const Json& document) {
  std::string out;
  for (const Json& benchmark : document["benchmarks"]) {
    const Columns columns = columns_0_2_1(benchmark);
    if (out.empty()) add_line(columns.headers, out);
    add_line(columns.values, out);
  }
  return out;
}

// ---- 0.7.3 -------------------------------------------------------------------------------------------

using Header = std::array<std::string, 3>;  // group, field, unit

class Row {
 public:
  void add(const std::string& group, std::string field, std::string value, const char* unit = "") {
    cells_.emplace_back(Header{group, std::move(field), unit}, std::move(value));
  }
  void add_metric(const Json& metric, const std::string& group, const std::string& unit) {
    for (const char* status : {"successful", "incomplete", "errored"}) {
      const Json& summary = metric[status];
      if (summary["total_sum"] == 0.0) continue;
      const std::string field = words_of(status) + " " + unit;
      add(group, field, cell(summary["mean"]), "Mean");
      add(group, field, cell(summary["median"]), "Median");
      add(group, field, cell(summary["std_dev"]), "Std Dev");
      add(group, field, percentile_cell(summary), "Percentiles");
    }
  }
  [[nodiscard]] const std::vector<std::pair<Header, std::string>>& cells() const { return cells_; }

 private:
  std::vector<std::pair<Header, std::string>> cells_;
};

std::string compact(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add_run(const Json& benchmark, Row& row) {
  const Json& config = benchmark["config"];
  row.add("Run Info", "Run ID", cell(config["run_id"]));
  row.add("Run Info", "Run Index", cell(config["run_index"]));
  for (const char* key : {"profile", "requests", "backend", "environment"}) {
    row.add("Run Info", words_of(key), python_json(config[key]));
  }
  row.add("Benchmark", "Type", cell(benchmark["type_"]));
  row.add("Benchmark", "ID", cell(config["id_"]));
  row.add("Benchmark", "Strategy", strategy_type_of(benchmark));
  row.add("Benchmark", "Constraints", python_json(config["constraints"]));
  for (const char* key : {"start_time", "request_start_time", "measure_start_time",
                          "measure_end_time", "request_end_time", "end_time"}) {
    row.add("Timings", title_of(key), time_or_na(benchmark["scheduler_metrics"][key], kTime));
  }
  row.add("Timings", "Duration", cell(benchmark["duration"]), "Sec");
  row.add("Timings", "Warmup", cell(benchmark["warmup_duration"]), "Sec");
  row.add("Timings", "Cooldown", cell(benchmark["cooldown_duration"]), "Sec");
  for (const char* status : {"successful", "incomplete", "errored", "total"}) {
    row.add("Request Counts", words_of(status),
            cell(benchmark["metrics"]["request_totals"][status]));
  }
}

void add_metrics(const Json& metrics, Row& row) {
  constexpr std::array<std::array<const char*, 3>, 16> kMetrics = {{
      {"request_latency", "Request Latency", "Sec"},
      {"request_streaming_iterations_count", "Streaming Iterations", "Count"},
      {"time_to_first_token_ms", "Time to First Token", "ms"},
      {"time_to_first_output_token_ms", "Time to First Output Token", "ms"},
      {"time_per_output_token_ms", "Time per Output Token", "ms"},
      {"inter_token_latency_ms", "Inter Token Latency", "ms"},
      {"requests_per_second", "Server Throughput", "Requests/Sec"},
      {"request_concurrency", "Server Throughput", "Concurrency"},
      {"prompt_token_count", "Token Metrics", "Input Tokens"},
      {"output_token_count", "Token Metrics", "Output Tokens"},
      {"total_token_count", "Token Metrics", "Total Tokens"},
      {"prompt_tokens_per_second", "Token Throughput", "Input Tokens/Sec"},
      {"output_tokens_per_second", "Token Throughput", "Output Tokens/Sec"},
      {"tokens_per_second", "Token Throughput", "Total Tokens/Sec"},
      {"output_tokens_per_iteration", "Token Streaming", "Output Tokens/Iter"},
      {"iter_tokens_per_iteration", "Token Streaming", "Iter Tokens/Iter"},
  }};
  for (const auto& [name, group, unit] : kMetrics) row.add_metric(metrics[name], group, unit);
}

// But for tool calls, which its file has not.
void add_modalities(const Json& metrics, Row& row) {
  for (const char* kind : {"text", "image", "video", "audio"}) {
    for (const auto& [quantity, sides] : metrics[kind].items()) {
      for (const char* side : {"input", "output", "total"}) {
        if (sides.is_null() || sides[side].is_null()) continue;
        row.add_metric(sides[side], title_of(kind) + " " + title_of(quantity), title_of(side));
      }
    }
  }
}

void add_scheduler(const Json& benchmark, Row& row) {
  const Json& state = benchmark["scheduler_state"];
  row.add("Scheduler State", "Node ID", cell(state["node_id"]));
  for (const char* key : {"num_processes", "created_requests", "processed_requests",
                          "successful_requests", "errored_requests", "cancelled_requests"}) {
    row.add("Scheduler State", title_of(key), cell(state[key]));
  }
  const Json& metrics = benchmark["scheduler_metrics"];
  for (const char* status : {"successful", "incomplete", "errored", "total"}) {
    row.add("Scheduler Metrics", "Requests Made " + words_of(status),
            cell(metrics["requests_made"][status]));
  }
  for (const auto& [key, value] : metrics.items()) {
    if (key.ends_with("_avg")) row.add("Scheduler Metrics", title_of(key), cell(value), "Sec");
  }
}

std::string csv_0_7_3(const Json& document) {
  std::vector<Header> headers;
  std::vector<std::map<Header, std::string>> rows;
  for (const Json& benchmark : document["benchmarks"]) {
    Row row;
    add_run(benchmark, row);
    add_metrics(benchmark["metrics"], row);
    add_modalities(benchmark["metrics"], row);
    add_scheduler(benchmark, row);
    row.add("Runtime Info", "Metadata", compact(document["metadata"]));
    row.add("Runtime Info", "Arguments", compact(document["config"]));
    auto& by_header = rows.emplace_back();
    for (const auto& [header, value] : row.cells()) {
      by_header[header] = value;
      if (std::find(headers.begin(), headers.end(), header) == headers.end()) {
        headers.push_back(header);
      }
    }
  }
  std::string out;
  for (std::size_t line = 0; line < 3; ++line) {
    std::vector<std::string> cells;
    for (const Header& header : headers) cells.push_back(header[line]);
    add_line(cells, out);
  }
  for (const auto& by_header : rows) {
    std::vector<std::string> cells;
    for (const Header& header : headers) {
      const auto found = by_header.find(header);
      cells.push_back(found == by_header.end() ? "" : found->second);
    }
    add_line(cells, out);
  }
  return out;
}

}  // namespace

std::string guidellm_csv(const Json& document) {
  return is_0_7_3(document) ? csv_0_7_3(document) : csv_0_2_1(document);
}

}  // namespace millrace
