// SPDX-License-Identifier: Apache-2.0
#include "report/metric_name.hpp"

namespace millrace {

std::optional<std::size_t> find_metric_by_any_name(const Schema& schema, std::string_view name) {
  if (const auto exact = schema.find_metric(name)) return exact;
  struct Alias {
    std::string_view name, metric;
  };
  constexpr Alias kAliases[] = {
      {"ttft", "time_to_first_token"},        {"ttlt", "time_to_last_token"},
      {"e2e", "time_to_last_token"},          {"e2e", "latency"},
      {"latency", "time_to_last_token"},      {"tpot", "time_per_output_token"},
      {"ttfb", "time_to_first_byte"},         {"itl_request_mean", "time_per_output_token"},
      {"output_tokens", "num_tokens_output"}, {"input_tokens", "num_tokens_input"},
      {"num_tokens_output", "output_tokens"}, {"num_tokens_input", "input_tokens"},
  };
  for (const Alias& alias : kAliases) {
    if (alias.name != name) continue;
    if (const auto found = schema.find_metric(alias.metric)) return found;
  }
  return std::nullopt;
}

std::string metric_names(const Schema& schema) {
  std::string names;
  for (const Metric& metric : schema.metrics) {
    if (!names.empty()) names += ", ";
    names += metric.name;
  }
  return names;
}

}  // namespace millrace
