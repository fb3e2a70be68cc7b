// SPDX-License-Identifier: Apache-2.0
#include "report/llmeter_display.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "report/python_json.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

struct Group {
  std::string_view name;
  std::array<std::string_view, 2> words;
};
constexpr std::array<Group, 5> kGroups = {{{"Throughput", {"rpm", "tps"}},
                                           {"TTFT", {"ttft", "ttft"}},
                                           {"TTLT", {"ttlt", "ttlt"}},
                                           {"Tokens", {"token", "token"}},
                                           {"Errors", {"fail", "fail"}}}};

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

std::string_view group_of(std::string_view label) {
  std::string lower(label);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Group& group : kGroups) {
    for (const auto word : group.words) {
      if (contains(lower, word)) return group.name;
    }
  }
  return "Other";
}

// Python writes no sign before nan.
std::string fixed(double value, int decimals) {
  return std::isnan(value) ? "nan" : fmt::format("{:.{}f}", value, decimals);
}
std::string rate(double value) { return fixed(value, 1) + " tok/s"; }
std::string seconds(double value) { return fixed(value, 3) + "s"; }

// Python's float(): numbers, booleans, and text that reads as a number.
std::optional<double> to_float(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_count(std::string_view key) {
  return key == "failed_requests" || key == "total_input_tokens" || key == "total_output_tokens";
}

std::string format_value(const Json& value, const DisplayField& field, Counts counts) {
  const auto number = to_float(value);
  if (!number) return value.is_string() ? value.get<std::string>() : python_json(value);
  if (counts == Counts::whole && is_count(field.key)) return fixed(*number, 0);
  if (field.inverse && *number > 0) return rate(1 / *number);
  if (contains(field.key, "tps")) return rate(*number);
  for (const auto* word : {"time", "ttft", "ttlt"}) {
    if (contains(field.key, word)) return seconds(*number);
  }
  return fixed(*number, 1);
}

// "{metric}-{aggregate}" of a snapshot field; nullopt: its label is left out.
std::optional<std::string> snapshot_text(const LlmeterNumbers& numbers, const DisplayField& field) {
  const auto window = numbers.send_window();
  if (field.key == "failed") return std::to_string(numbers.failed);
  if (field.key == "rpm") {
    if (!window) return std::nullopt;
    return fixed(static_cast<double>(numbers.count) / *window * 60, 1);
  }
  if (field.key == "output_tps") {
    const LlmeterMetric* output = numbers.metric("num_tokens_output");
    if (!window) return std::nullopt;
    return rate((output == nullptr ? 0 : output->sum) / *window);
  }

  const auto dash = field.key.rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  const std::string_view metric_name = std::string_view(field.key).substr(0, dash);
  const std::string_view aggregate = std::string_view(field.key).substr(dash + 1);
  const LlmeterMetric* metric = numbers.metric(metric_name);
  if (aggregate == "sum") return fixed(metric == nullptr ? 0 : metric->sum, 0);
  if (metric == nullptr) return std::nullopt;
  Json aggregates = Json::object();
  add_llmeter_aggregates(*metric, aggregates);
  const auto found = aggregates.find(field.key);
  if (found == aggregates.end()) return std::nullopt;
  const double value = found->get<double>();
  if (field.inverse && value > 0) return rate(1 / value);
  return contains(metric_name, "time") ? seconds(value) : fixed(value, 1);
}

}  // namespace

Result<std::vector<DisplayField>> parse_display_fields(std::span<const std::string> texts) {
  std::vector<DisplayField> fields;
  if (texts.size() == 1 && (texts[0] == "{}" || texts[0] == "none")) return fields;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    DisplayField field;
    if (equals != std::string::npos) {
      field.label = text.substr(0, equals);
      field.key = text.substr(equals + 1);
    }
    if (field.key.ends_with(":inv")) {
      field.inverse = true;
      field.key.resize(field.key.size() - 4);
    }
    if (field.label.empty() || field.key.empty()) {
      return failure(Errc::invalid_argument,
                     fmt::format("'{}' is not label=key or label=key:inv, e.g. "
                                 "p99=time_to_last_token-p99",
                                 text));
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

std::vector<DisplayField> default_display_fields() {
  return {{"rpm", "requests_per_minute"},
          {"output_tps", "output_tps"},
          {"p50_ttft", "time_to_first_token-p50"},
          {"p90_ttft", "time_to_first_token-p90"},
          {"p50_ttlt", "time_to_last_token-p50"},
          {"p90_ttlt", "time_to_last_token-p90"},
          {"p50_tps", "time_per_output_token-p50", true},
          {"input_tokens", "total_input_tokens"},
          {"output_tokens", "total_output_tokens"},
          {"fail", "failed_requests"}};
}

std::vector<LabelledText> format_display(const Json& stats, std::span<const DisplayField> fields,
                                         Counts counts) {
  std::vector<LabelledText> items;
  for (const DisplayField& field : fields) {
    const auto found = stats.find(field.key);
    const bool missing = found == stats.end() || found->is_null();
    items.emplace_back(field.label,
                       missing ? std::string(kPlaceholder) : format_value(*found, field, counts));
  }
  return items;
}

std::vector<LabelGroup> group_display(std::span<const LabelledText> items) {
  std::vector<LabelGroup> groups;
  for (const Group& group : kGroups) groups.emplace_back(group.name, std::vector<LabelledText>());
  groups.emplace_back("Other", std::vector<LabelledText>());
  for (const LabelledText& item : items) {
    const auto name = group_of(item.first);
    std::find_if(groups.begin(), groups.end(), [name](const LabelGroup& g) {
      return g.first == name;
    })->second.push_back(item);
  }
  std::erase_if(groups, [](const LabelGroup& group) { return group.second.empty(); });
  return groups;
}

std::vector<DisplayField> default_snapshot_fields() {
  return {{"p50_ttft", "time_to_first_token-p50"},        {"p90_ttft", "time_to_first_token-p90"},
          {"p50_ttlt", "time_to_last_token-p50"},         {"p90_ttlt", "time_to_last_token-p90"},
          {"p50_tps", "time_per_output_token-p50", true}, {"input_tokens", "num_tokens_input-sum"},
          {"output_tokens", "num_tokens_output-sum"},     {"fail", "failed"}};
}

std::vector<LabelledText> llmeter_snapshot(const LlmeterNumbers& numbers,
                                           std::span<const DisplayField> fields) {
  std::vector<LabelledText> items;
  if (numbers.count == 0) return items;
  for (const DisplayField& field : fields) {
    if (auto text = snapshot_text(numbers, field))
      items.emplace_back(field.label, std::move(*text));
  }
  return items;
}

std::vector<DisplayField> default_pr58_fields() {
  auto fields = default_snapshot_fields();
  fields.insert(fields.begin(), {{"rpm", "rpm"}, {"output_tps", "output_tps"}});
  return fields;
}

std::vector<LabelledText> llmeter_pr58_snapshot(const LlmeterNumbers& numbers,
                                                std::span<const DisplayField> fields) {
  if (numbers.count == 0) return format_display(Json::object(), fields);
  return llmeter_snapshot(numbers, fields);
}

void LlmeterDisplay::update(const Json& stats, std::string_view prefix) {
  if (fields_.empty()) return;
  std::vector<std::string> lines;
  if (!prefix.empty()) lines.emplace_back(prefix);
  for (const auto& [name, items] : group_display(format_display(stats, fields_, counts_))) {
    std::string line = name + ": ";
    const char* separator = "";
    for (const auto& [label, value] : items) {
      line += fmt::format("{}{}={}", separator, label, value);
      separator = "  ";
    }
    lines.push_back(std::move(line));
  }
  block_.show(lines);
}

bool RefreshThrottle::due(bool forced) {
  const auto now = now_();
  if (!forced && last_ && now - *last_ < interval_) return false;
  last_ = now;
  return true;
}

}  // namespace millrace
