// SPDX-License-Identifier: Apache-2.0
#include "report/rates.hpp"

#include <algorithm>

namespace millrace {

std::optional<Rates> rates_of(const StreamSummary& stream, const GivenWindow& given) {
  const TimeSpan times = stream.times();
  Rates rates;
  const auto between = [&](std::optional<std::int64_t> from, std::optional<std::int64_t> to,
                           const char* basis) {
    if (rates.window_s > 0 || !from || !to || *to <= *from) return;
    rates.window_s = (static_cast<double>(*to) - static_cast<double>(*from)) / 1e9;
    rates.basis = basis;
  };
  if (const auto window = stream.window()) {
    // A run may be over before its window is.
    const std::int64_t last = times.last_end_ns.value_or(window->end_ns);
    between(window->begin_ns, std::min(window->end_ns, last), "measured");
  }
  if (rates.window_s <= 0 && given.total_test_time_s && *given.total_test_time_s > 0) {
    rates.window_s = *given.total_test_time_s;
    rates.basis = "total test time";
  }
  between(times.first_start_ns, given.end_time_ns, "first start to given end");
  between(times.first_start_ns, times.last_end_ns, "first start to last end");
  between(times.first_start_ns, times.last_start_ns, "first start to last start");
  if (rates.window_s <= 0) return std::nullopt;

  const std::uint64_t requests = given.total_requests.value_or(stream.count());
  rates.requests_per_second = static_cast<double>(requests) / rates.window_s;
  for (const Metric& metric : stream.schema().metrics) {
    const MetricSummary summary = stream.metric(metric.name);
    if (!metric.rated || summary.count() == 0) continue;
    rates.metrics.push_back({metric.name, summary.sum() / rates.window_s});
  }
  return rates;
}

}  // namespace millrace
