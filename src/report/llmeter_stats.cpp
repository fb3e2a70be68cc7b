// SPDX-License-Identifier: Apache-2.0
#include "report/llmeter_stats.hpp"

#include <cmath>

#include <fmt/format.h>

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 5> kReloaded = {"time_to_last_token", "time_to_first_token",
                                                       "num_tokens_output", "num_tokens_input",
                                                       "num_tokens_input_cached"};
constexpr std::array<std::string_view, 6> kReloadedAndTotals = {
    kReloaded[0], kReloaded[1], kReloaded[2],
    kReloaded[3], kReloaded[4], "num_tokens_output_reasoning"};

// GenerationRecord's names for what llmeter counts.
constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
    {"num_tokens_output", "output_tokens"}, {"num_tokens_input", "input_tokens"}};

std::string_view other_name(std::string_view name) {
  for (const auto& [llmeters, ours] : kOtherNames) {
    if (llmeters == name) return ours;
  }
  return name;
}

// llmeter's times are seconds, whatever the stream's unit.
double scale_of(Unit unit) { return seconds_in(unit).value_or(1.0); }

// An int where Python, which divides integers exactly, has one.
Json whole(double value) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::trunc(value) != value || std::abs(value) >= kTwoTo63) return value;
  return static_cast<std::int64_t>(value);
}

// What is false in Python: llmeter hands such a total on instead of dividing by it.
bool falsy(const Json& total) { return !total.is_number() || total.get<double>() == 0; }

Json per_minute(const Json& amount, const Json& total_test_time) {
  if (falsy(total_test_time)) return total_test_time;
  return amount.get<double>() / total_test_time.get<double>() * 60;
}

Json failed_rate(std::uint64_t failed, const Json& total_requests) {
  if (falsy(total_requests)) return total_requests;
  return static_cast<double>(failed) / total_requests.get<double>();
}

// The sum of a tracked metric starts at 0.0; one that is not tracked gives an int 0.
Json live_total(const LlmeterNumbers& numbers, std::string_view metric) {
  const LlmeterMetric* found = numbers.metric(metric);
  return found == nullptr ? Json(0) : Json(found->sum);
}

Json reloaded_total(const LlmeterNumbers& numbers, std::string_view metric) {
  const LlmeterMetric* found = numbers.metric(metric);
  return found == nullptr ? Json(0) : whole(found->sum);
}

Json member(const Json& map, const char* key) {
  const auto found = map.find(key);
  return found == map.end() ? Json() : *found;
}

void add_all(const Json& from, Json& to) {
  for (const auto& [key, value] : from.items()) to[key] = value;
}

}  // namespace

const LlmeterMetric* LlmeterNumbers::metric(std::string_view name) const noexcept {
  for (const LlmeterMetric& m : metrics) {
    if (m.name == name) return &m;
  }
  return nullptr;
}

std::optional<double> LlmeterNumbers::send_window() const noexcept {
  if (!first_request_ns || !last_request_ns || *last_request_ns <= *first_request_ns) {
    return std::nullopt;
  }
  return static_cast<double>(*last_request_ns - *first_request_ns) / 1e9;
}

LlmeterNumbers llmeter_numbers(const StreamSummary& stream,
                               std::span<const std::string_view> metrics,
                               std::span<const double> percentiles) {
  LlmeterNumbers numbers;
  numbers.count = stream.count();
  numbers.failed = stream.count({.status = Status::error, .label = std::nullopt});
  numbers.first_request_ns = stream.times().first_start_ns;
  numbers.last_request_ns = stream.times().last_start_ns;
  for (const std::string_view name : metrics) {
    LlmeterMetric metric;
    metric.name = name;
    const bool known = stream.schema().find_metric(name).has_value();
    const MetricSummary found = stream.metric(known ? name : other_name(name));
    metric.count = found.count();
    if (metric.count != 0) {
      const double scale = scale_of(found.metric().unit);
      metric.tokens = found.metric().unit == Unit::tokens;
      metric.sum = found.sum() * scale;
      metric.mean = found.mean() * scale;
      const auto values = found.percentiles(percentiles, Rule::exclusive);
      for (std::size_t i = 0; i < values.size(); ++i) {
        metric.percentiles.emplace_back(percentiles[i], values[i]->value * scale);
      }
    }
    numbers.metrics.push_back(std::move(metric));
  }
  return numbers;
}

LlmeterNumbers llmeter_numbers(const StreamSnapshot& stream,
                               std::span<const std::string_view> metrics,
                               std::span<const double> percentiles) {
  LlmeterNumbers numbers;
  numbers.count = stream.count;
  numbers.failed = stream.by_status[static_cast<std::size_t>(Status::error)];
  numbers.first_request_ns = stream.times.first_start_ns;
  numbers.last_request_ns = stream.times.last_start_ns;
  for (const std::string_view name : metrics) {
    LlmeterMetric metric;
    metric.name = name;
    const MetricSnapshot* found = stream.metric(name);
    if (found == nullptr) found = stream.metric(other_name(name));
    if (found != nullptr && found->count != 0) {
      const double scale = scale_of(found->unit);
      metric.tokens = found->unit == Unit::tokens;
      metric.count = found->count;
      metric.sum = found->sum * scale;
      metric.mean = found->mean * scale;
      for (const double p : percentiles) {
        if (const auto value = found->percentile(p))
          metric.percentiles.emplace_back(p, *value * scale);
      }
    }
    numbers.metrics.push_back(std::move(metric));
  }
  return numbers;
}

void add_llmeter_aggregates(const LlmeterMetric& metric, Json& to) {
  if (metric.count == 0) return;
  // The sum of whole numbers is exact, and so their mean is rounded once, as Python's is.
  to[metric.name + "-average"] =
      metric.tokens ? whole(metric.sum / static_cast<double>(metric.count)) : Json(metric.mean);
  for (const auto& [p, value] : metric.percentiles) {
    // An observed value keeps its type; one between two is a float.
    const bool observed = metric.count == 1 || (p == 50 && metric.count % 2 == 1);
    to[fmt::format("{}-p{:g}", metric.name, p)] =
        metric.tokens && observed ? whole(value) : Json(value);
  }
}

Json llmeter_stats(const LlmeterNumbers& numbers, std::optional<std::int64_t> end_ns,
                   const Json& result) {
  Json stats = Json::object();
  add_all(result, stats);
  const auto count = static_cast<double>(numbers.count);
  const Json input = live_total(numbers, "num_tokens_input");
  const Json output = live_total(numbers, "num_tokens_output");
  stats["failed_requests"] = numbers.failed;
  stats["failed_requests_rate"] = failed_rate(numbers.failed, numbers.count);
  stats["total_input_tokens"] = input;
  stats["total_output_tokens"] = output;
  for (const LlmeterMetric& metric : numbers.metrics) add_llmeter_aggregates(metric, stats);
  if (const auto window = numbers.send_window()) {
    stats["requests_per_minute"] = count * 60 / *window;
    stats["average_input_tokens_per_minute"] = input.get<double>() * 60 / *window;
  }
  if (end_ns && numbers.first_request_ns && *end_ns > *numbers.first_request_ns) {
    const double window = static_cast<double>(*end_ns - *numbers.first_request_ns) / 1e9;
    stats["average_output_tokens_per_minute"] = output.get<double>() * 60 / window;
    stats["output_tps"] = output.get<double>() / window;
  }
  return stats;
}

Json llmeter_pr56_stats(const LlmeterNumbers& numbers, const Json& total_requests,
                        const Json& total_test_time, const Json& result) {
  Json stats = Json::object();
  add_all(result, stats);
  const Json input = live_total(numbers, "num_tokens_input");
  const Json output = live_total(numbers, "num_tokens_output");
  stats["failed_requests"] = numbers.failed;
  stats["failed_requests_rate"] = failed_rate(numbers.failed, total_requests);
  stats["requests_per_minute"] =
      falsy(total_requests) ? Json() : per_minute(total_requests, total_test_time);
  stats["total_input_tokens"] = input;
  stats["total_output_tokens"] = output;
  stats["average_input_tokens_per_minute"] = per_minute(input, total_test_time);
  stats["average_output_tokens_per_minute"] = per_minute(output, total_test_time);
  for (const LlmeterMetric& metric : numbers.metrics) add_llmeter_aggregates(metric, stats);
  return stats;
}

Json llmeter_reloaded_stats(const Json& fields, const StreamSummary* records) {
  LlmeterNumbers numbers;
  if (records != nullptr) numbers = llmeter_numbers(*records, kReloadedAndTotals);
  const Json total_requests = member(fields, "total_requests");
  const Json total_test_time = member(fields, "total_test_time");
  const Json input = reloaded_total(numbers, "num_tokens_input");
  const Json output = reloaded_total(numbers, "num_tokens_output");

  Json stats = Json::object();
  add_all(fields, stats);
  stats["failed_requests"] = numbers.failed;
  stats["failed_requests_rate"] = failed_rate(numbers.failed, total_requests);
  // llmeter raises where the time is known and the count is not; null says as much.
  stats["requests_per_minute"] =
      total_requests.is_number() ? per_minute(total_requests, total_test_time) : Json();
  stats["total_input_tokens"] = input;
  stats["total_output_tokens"] = output;
  stats["total_cached_input_tokens"] = reloaded_total(numbers, "num_tokens_input_cached");
  stats["total_reasoning_output_tokens"] = reloaded_total(numbers, "num_tokens_output_reasoning");
  stats["average_input_tokens_per_minute"] = per_minute(input, total_test_time);
  stats["average_output_tokens_per_minute"] = per_minute(output, total_test_time);
  for (const std::string_view name : kReloaded) {
    if (const LlmeterMetric* metric = numbers.metric(name)) add_llmeter_aggregates(*metric, stats);
  }
  return stats;
}

Json llmeter_load_full(const LlmeterRun& run, const StreamSummary* records) {
  const bool empty = records == nullptr || records->count() == 0;
  if (empty && run.stats) return *run.stats;
  Json stats = llmeter_reloaded_stats(run.fields, empty ? nullptr : records);
  if (!run.stats) return stats;
  for (const auto& [key, value] : run.stats->items()) {
    if (!stats.contains(key)) stats[key] = value;
  }
  return stats;
}

Json llmeter_load_lazy(const LlmeterRun& run) {
  return run.stats ? *run.stats : llmeter_reloaded_stats(run.fields, nullptr);
}

Result<void> contribute_llmeter_stats(const Json& values, Json& stats) {
  for (const auto& [key, value] : values.items()) {
    if (!value.is_number()) {
      return failure(Errc::invalid_argument, fmt::format("the statistic '{}' is no number", key));
    }
  }
  add_all(values, stats);
  return {};
}

}  // namespace millrace
