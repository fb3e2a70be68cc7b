// SPDX-License-Identifier: Apache-2.0
#include "report/series_report.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "report/csv_text.hpp"
#include "report/quantity.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMetricsShown = 4;

double per_second(const Series& series, std::uint64_t results) {
  return static_cast<double>(results) / (static_cast<double>(series.every_ns) / 1e9);
}

double seconds_since_first(const Series& series, const SeriesRow& row) {
  const auto since =
      static_cast<double>(row.begin_ns) - static_cast<double>(series.rows.front().begin_ns);
  return since / 1e9;
}

// Of the series' percentiles the place of this one, else the nearest.
std::size_t near(const Series& series, double p) {
  const auto& all = series.percentiles;
  return static_cast<std::size_t>(
      std::min_element(all.begin(), all.end(),
                       [p](double a, double b) { return std::abs(a - p) < std::abs(b - p); }) -
      all.begin());
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::string csv_number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "";
}

std::string csv_text(std::string_view text) {
  std::string cell;
  append_csv(text, cell);
  return cell;
}

}  // namespace

std::string series_table(const Series& series, const Schema& schema) {
  if (series.rows.empty()) return "no intervals: no result has a time\n";
  std::vector<std::size_t> shown;
  std::size_t with_values = 0;
  for (std::size_t m = 0; m < schema.metrics.size(); ++m) {
    const bool any = std::any_of(series.rows.begin(), series.rows.end(),
                                 [&](const SeriesRow& row) { return row.metrics[m].count != 0; });
    with_values += any ? 1 : 0;
    if (any && shown.size() < kMetricsShown && !series.percentiles.empty()) shown.push_back(m);
  }
  std::vector<std::size_t> picked;
  if (!series.percentiles.empty()) picked = {near(series, 50), near(series, 99)};
  if (picked.size() == 2 && picked[0] == picked[1]) picked.pop_back();

  std::vector<std::string> header = {"time", "results", "a second", "failed"};
  for (const std::size_t m : shown) {
    std::string name = printable(schema.metrics[m].name) + " ";
    for (const std::size_t p : picked) {
      header.push_back(std::exchange(name, "") + percentile_name(series.percentiles[p]));
    }
  }
  Table table(std::move(header));
  std::uint64_t late = 0;
  for (const SeriesRow& row : series.rows) {
    late += row.late;
    std::vector<std::string> cells = {fmt::format("{:.9g} s", seconds_since_first(series, row)),
                                      show_count(row.results()),
                                      show(per_second(series, row.results()), Unit::none),
                                      show_count(row.results() - row.by_status[0])};
    for (const std::size_t m : shown) {
      for (const std::size_t p : picked) {
        const SeriesFigures& figures = row.metrics[m];
        cells.push_back(figures.count == 0 ? "-"
                                           : show(figures.percentiles[p], schema.metrics[m].unit));
      }
    }
    table.row(std::move(cells));
  }
  std::string out = table.text();
  if (with_values > shown.size()) {
    out +=
        fmt::format("and {} further metrics: --format json or csv\n", with_values - shown.size());
  }
  if (late != 0) {
    out += fmt::format("{} results came too late for the figures of their intervals\n",
                       show_count(late));
  }
  if (series.untimed != 0) {
    out +=
        fmt::format("{} results have no time and are in no interval\n", show_count(series.untimed));
  }
  return out;
}

Json series_json(const Series& series, const Schema& schema) {
  Json rows = Json::array();
  for (const SeriesRow& row : series.rows) {
    Json metrics = Json::object();
    for (std::size_t m = 0; m < schema.metrics.size(); ++m) {
      const SeriesFigures& figures = row.metrics[m];
      if (figures.count == 0) continue;
      Json percentiles = Json::object();
      for (std::size_t p = 0; p < series.percentiles.size(); ++p) {
        percentiles[percentile_name(series.percentiles[p])] = number(figures.percentiles[p]);
      }
      metrics[schema.metrics[m].name] = {{"count", figures.count},
                                         {"mean", number(figures.mean)},
                                         {"min", number(figures.min)},
                                         {"max", number(figures.max)},
                                         {"percentiles", std::move(percentiles)}};
    }
    rows.push_back({{"begin_ns", row.begin_ns},
                    {"results", row.results()},
                    {"per_second", per_second(series, row.results())},
                    {"ok", row.by_status[0]},
                    {"error", row.by_status[1]},
                    {"incomplete", row.by_status[2]},
                    {"late", row.late},
                    {"metrics", std::move(metrics)}});
  }
  return {{"every_ns", series.every_ns}, {"untimed", series.untimed}, {"rows", std::move(rows)}};
}

std::string series_csv(const Report& report) {
  // A row an interval and metric: streams may have different metrics.
  std::string header =
      "stream,begin_ns,seconds,results,per_second,ok,error,incomplete,late,metric,unit,count,mean,"
      "min";
  for (const double p : report.percentiles) header += "," + percentile_name(p);
  std::string out = header + ",max\n";
  for (const StreamSummary& stream : report.summary.streams()) {
    const auto found = report.series.find(stream.name());
    if (found == report.series.end()) continue;
    const Series& series = found->second;
    for (const SeriesRow& row : series.rows) {
      const std::string common = fmt::format(
          "{},{},{},{},{},{},{},{},{}", csv_text(stream.name()), row.begin_ns,
          seconds_since_first(series, row), row.results(), per_second(series, row.results()),
          row.by_status[0], row.by_status[1], row.by_status[2], row.late);
      for (std::size_t m = 0; m < row.metrics.size(); ++m) {
        const Metric& metric = stream.schema().metrics[m];
        const SeriesFigures& figures = row.metrics[m];
        out +=
            fmt::format("{},{},{},{},{},{}", common, csv_text(metric.name), to_string(metric.unit),
                        figures.count, csv_number(figures.mean), csv_number(figures.min));
        for (const double value : figures.percentiles) out += "," + csv_number(value);
        out += "," + csv_number(figures.max) + "\n";
      }
    }
  }
  return out;
}

}  // namespace millrace
