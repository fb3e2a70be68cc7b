// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "report/guidellm_console.hpp"
#include "report/guidellm_views.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kHeaderLines = 3;

struct Column {
  std::array<std::string, kHeaderLines> header;  // group, name, unit
  std::vector<std::string> values;               // a row a benchmark
};

// ---- Layout ------------------------------------------------------------------------------------------

std::string padded(const std::string& text) { return text.empty() ? "" : " " + text + " "; }

// A header that stands over several columns: the cells behind its first one are empty, and its columns grow
// evenly where it needs more.
void merge_headers(const std::vector<Column>& columns, std::vector<Column>& cells,
                   std::vector<std::size_t>& widths) {
  for (std::size_t line = 0; line < kHeaderLines; ++line) {
    for (std::size_t first = 0, end; first < cells.size(); first = end) {
      const std::string& text = columns[first].header[line];
      const auto same = [&](std::size_t i) {
        return !text.empty() && columns[i].header[line] == text &&
               (line == 0 || columns[i].header[line - 1] == columns[first].header[line - 1]);
      };
      std::size_t has = widths[first];
      for (end = first + 1; end < cells.size() && same(end); ++end) {
        cells[end].header[line].clear();
        has += widths[end];
      }
      const std::size_t needs = cells[first].header[line].size();
      for (std::size_t more = needs > has ? needs - has : 0, i = first; i < end; ++i) {
        const std::size_t left = end - i;
        const std::size_t share = (more + left - 1) / left;
        widths[i] += share;
        more -= share;
      }
    }
  }
}

std::string line_of(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths,
                    char fill = ' ') {
  std::string line = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t pad = widths[i] > cells[i].size() ? widths[i] - cells[i].size() : 0;
    line += cells[i] + std::string(pad, fill) + "|";
  }
  return line + "\n";
}

// An empty cell behind another one lends it its width.
std::string header_line(const std::vector<Column>& cells, std::vector<std::size_t> widths,
                        std::size_t line) {
  std::vector<std::string> texts;
  std::size_t owner = cells.size();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    texts.push_back(cells[i].header[line]);
    if (!texts.back().empty()) {
      owner = i;
    } else if (owner != cells.size()) {
      widths[owner] += std::exchange(widths[i], 0);
    }
  }
  return line_of(texts, widths);
}

std::string table_of(std::string_view title, const std::vector<Column>& columns) {
  std::vector<Column> cells = columns;
  std::vector<std::size_t> widths;
  for (Column& column : cells) {
    std::size_t width = 0;
    for (std::string& value : column.values) {
      value = padded(value);
      width = std::max(width, value.size());
    }
    for (std::string& text : column.header) text = padded(text);
    widths.push_back(width);
  }
  merge_headers(columns, cells, widths);
  const std::vector<std::string> nothing(cells.size());
  std::string out = fmt::format("\n\nℹ {}\n", title) + line_of(nothing, widths, '=');
  for (std::size_t line = 0; line < kHeaderLines; ++line) out += header_line(cells, widths, line);
  out += line_of(nothing, widths, '-');
  for (std::size_t row = 0; row < cells.front().values.size(); ++row) {
    std::vector<std::string> values;
    for (const Column& column : cells) values.push_back(column.values[row]);
    out += line_of(values, widths);
  }
  return out + line_of(nothing, widths, '=');
}

// ---- Contents ----------------------------------------------------------------------------------------

std::string number(const Json& value) {
  if (value.is_number_float()) return fmt::format("{:.1f}", value.get<double>());
  return value.is_number() ? python_str(value) : "--";
}

class Columns {
 public:
  explicit Columns(const Json& benchmarks) : benchmarks_(benchmarks) {
    add("Benchmark", "Strategy", "", strategy_type_of);
  }
  template <typename Value>
  Columns& add(const char* group, const char* name, const char* unit, const Value& value) {
    Column column{{group, name, unit}, {}};
    for (const Json& benchmark : benchmarks_) column.values.push_back(value(benchmark));
    columns_.push_back(std::move(column));
    return *this;
  }
  /// `what`: mean, median or p95.
  Columns& add_stat(const char* metric, const char* group, const char* name, const char* what,
                    const char* status = "successful") {
    const std::string_view of = what;
    const char* const unit = of == "mean" ? "Mean" : of == "median" ? "Mdn" : "p95";
    return add(group, name, unit, [&](const Json& benchmark) {
      const Json& summary = benchmark["metrics"][metric][status];
      return number(of == "p95" ? summary["percentiles"]["p95"] : summary[what]);
    });
  }
  Columns& add_stats(const char* metric, const char* group, const char* name) {
    return add_stat(metric, group, name, "median").add_stat(metric, group, name, "p95");
  }
  [[nodiscard]] std::string table(std::string_view title) const { return table_of(title, columns_); }

 private:
  const Json& benchmarks_;
  std::vector<Column> columns_;
};

std::string run_table(const Json& benchmarks) {
  Columns columns(benchmarks);
  const auto time = [&](const char* name, const char* key) {
    columns.add("Timings", name, "",
                [key](const Json& benchmark) { return time_or_na(benchmark[key], "%H:%M:%S"); });
  };
  const auto seconds = [&](const char* name, const char* key) {
    columns.add("Timings", name, "Sec",
                [key](const Json& benchmark) { return number(benchmark[key]); });
  };
  time("Start", "start_time");
  time("End", "end_time");
  seconds("Dur", "duration");
  seconds("Warm", "warmup_duration");
  seconds("Cool", "cooldown_duration");
  const std::pair<const char*, const char*> kTokens[] = {{"prompt_token_count", "Input Tokens"},
                                                         {"output_token_count", "Output Tokens"}};
  const std::pair<const char*, const char*> kStatuses[] = {
      {"successful", "Comp"}, {"incomplete", "Inc"}, {"errored", "Err"}};
  for (const auto& [metric, group] : kTokens) {
    for (const auto& [status, name] : kStatuses) {
      columns.add(group, name, "Tot", [m = metric, s = status](const Json& benchmark) {
        return number(benchmark["metrics"][m][s]["total_sum"]);
      });
    }
  }
  return columns.table("Run Summary Info");
}

}  // namespace

std::string guidellm_console(const Json& document) {
  return is_0_7_3(document) ? guidellm_0_7_3_console(document) : guidellm_0_2_1_console(document);
}

std::string guidellm_0_7_3_console(const Json& document) {
  const Json& benchmarks = document["benchmarks"];
  if (benchmarks.empty()) return "";
  return run_table(benchmarks) +
         Columns(benchmarks)
             .add_stats("prompt_token_count", "Input Tok", "Per Req")
             .add_stats("output_token_count", "Output Tok", "Per Req")
             .add_stats("total_token_count", "Total Tok", "Per Req")
             .add_stats("request_streaming_iterations_count", "Stream Iter", "Per Req")
             .add_stats("output_tokens_per_iteration", "Output Tok", "Per Stream Iter")
             .table("Request Token Statistics (Completed Requests)") +
         Columns(benchmarks)
             .add_stats("request_latency", "Request Latency", "Sec")
             .add_stats("time_to_first_token_ms", "TTFT", "ms")
             .add_stats("time_to_first_output_token_ms", "TTFOT", "ms")
             .add_stats("inter_token_latency_ms", "ITL", "ms")
             .add_stats("time_per_output_token_ms", "TPOT", "ms")
             .table("Request Latency Statistics (Completed Requests)") +
         Columns(benchmarks)
             .add_stat("request_concurrency", "Requests", "Concurrency", "median", "total")
             .add_stat("request_concurrency", "Requests", "Concurrency", "mean", "total")
             .add_stat("requests_per_second", "Requests", "Per Sec", "mean", "total")
             .add_stat("prompt_tokens_per_second", "Input Tokens", "Per Sec", "mean", "total")
             .add_stat("output_tokens_per_second", "Output Tokens", "Per Sec", "mean", "total")
             .add_stat("tokens_per_second", "Total Tokens", "Per Sec", "mean", "total")
             .table("Server Throughput Statistics (All Requests)");
}

}  // namespace millrace
