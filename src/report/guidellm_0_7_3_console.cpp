// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "record/modality.hpp"
#include "report/guidellm_column.hpp"
#include "report/guidellm_console.hpp"
#include "report/guidellm_views.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

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
  Columns& add(std::string group, const char* name, const char* unit, const Value& value) {
    GuidellmColumn column{{std::move(group), name, unit}, {}};
    for (const Json& benchmark : benchmarks_) column.values.push_back(value(benchmark));
    columns_.push_back(std::move(column));
    return *this;
  }
  /// `what`: mean, median or p95; `metric` finds the distributions in a benchmark's metrics.
  template <typename Metric>
  Columns& add_stat_of(const Metric& metric, const std::string& group, const char* name,
                       const char* what, const char* status = "successful") {
    const std::string_view of = what;
    const char* const unit = of == "mean" ? "Mean" : of == "median" ? "Mdn" : "p95";
    return add(group, name, unit, [&](const Json& benchmark) {
      const Json& distributions = metric(benchmark["metrics"]);
      if (distributions.is_null()) return number(nullptr);
      const Json& summary = distributions[status];
      return number(of == "p95" ? summary["percentiles"]["p95"] : summary[what]);
    });
  }
  Columns& add_stat(const char* metric, const char* group, const char* name, const char* what,
                    const char* status = "successful") {
    const auto find = [&](const Json& metrics) -> const Json& { return metrics[metric]; };
    return add_stat_of(find, group, name, what, status);
  }
  Columns& add_stats(const char* metric, const char* group, const char* name) {
    return add_stat(metric, group, name, "median").add_stat(metric, group, name, "p95");
  }
  [[nodiscard]] std::string table(std::string_view title) const {
    return guidellm_tables(title, {columns_});
  }
  [[nodiscard]] const std::vector<GuidellmColumn>& columns() const { return columns_; }

 private:
  const Json& benchmarks_;
  std::vector<GuidellmColumn> columns_;
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

// Of one count and side: null where no request of the benchmark has it.
const Json& modal_of(const Json& metrics, const Modality& modality, const std::string& side) {
  const Json& sides = metrics[modality.kind][modality.quantity];
  return sides.is_null() ? sides : sides[side];
}

void add_modal(const Modality& modality, const std::string& side, Columns& columns) {
  const std::string group = title_of(side) + " " + title_of(modality.quantity);
  const auto value = [&](const Json& metrics) -> const Json& {
    return modal_of(metrics, modality, side);
  };
  const auto per_second = [&](const Json& metrics) -> const Json& {
    return modal_of(metrics, modality, side + "_per_second");
  };
  columns.add_stat_of(value, group, "Per Request", "median")
      .add_stat_of(value, group, "Per Request", "p95")
      .add_stat_of(per_second, group, "Per Second", "median")
      .add_stat_of(per_second, group, "Per Second", "mean");
}

// A table of the input and one of the output, each if it has a number. Both have a count that either has, so
// that their columns are the same.
std::string modal_tables(const Json& benchmarks, std::string_view kind) {
  Columns input(benchmarks), output(benchmarks);
  bool any_input = false, any_output = false;
  for (const Modality& modality : kModalities) {
    if (modality.kind != kind) continue;
    const auto has = [&](const char* side) {
      return std::ranges::any_of(benchmarks, [&](const Json& benchmark) {
        return !modal_of(benchmark["metrics"], modality, side).is_null();
      });
    };
    const bool has_input = has("input"), has_output = has("output");
    if (!has_input && !has_output) continue;
    add_modal(modality, "input", input);
    add_modal(modality, "output", output);
    any_input |= has_input;
    any_output |= has_output;
  }
  std::vector<std::vector<GuidellmColumn>> tables;
  if (any_input) tables.push_back(input.columns());
  if (any_output) tables.push_back(output.columns());
  if (tables.empty()) return "";
  return guidellm_tables(title_of(std::string(kind)) + " Metrics Statistics (Completed Requests)",
                         tables);
}

}  // namespace

std::string guidellm_console(const Json& document) {
  return is_0_7_3(document) ? guidellm_0_7_3_console(document) : guidellm_0_2_1_console(document);
}

std::string guidellm_0_7_3_console(const Json& document) {
  const Json& benchmarks = document["benchmarks"];
  if (benchmarks.empty()) return "";
  std::string out = run_table(benchmarks);
  for (const char* kind : {"text", "image", "video", "audio", "tool_call"}) {
    out += modal_tables(benchmarks, kind);
  }
  return out +
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
