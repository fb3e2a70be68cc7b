// SPDX-License-Identifier: Apache-2.0
#include "guidellm_output.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "report/guidellm_json.hpp"
#include "report/python_json.hpp"
#include "report/quantity.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

constexpr std::size_t kCurvePoints = 20'000;  // 20 MB of all metrics; tells percentiles up to 99.99

// As guidellm's own percentages become limits: of what was planned.
void limit(const PhaseSize& size, const RunMaximum& maximum, std::uint64_t& number,
           std::int64_t& ns) {
  PhaseSize both = size;
  both.mode = size.fraction ? PhaseMode::both : size.mode;
  RunMaximum known = maximum;
  if (!size.fraction) {  // an absolute warmup needs no plan
    known.requests = known.requests.value_or(0);
    known.ns = known.ns.value_or(0);
  }
  const PhaseLimits limits = limits_of(both, known);
  number = limits.requests.value_or(0);
  ns = limits.ns.value_or(0);
}

CompletionLimits completion_limits(const LogPhases& phases) {
  CompletionLimits limits;
  limit(phases.warmup, phases.maximum, limits.warmup_number, limits.warmup_ns);
  limit(phases.cooldown, phases.maximum, limits.cooldown_number, limits.cooldown_ns);
  limits.max_number = phases.maximum.requests.value_or(0);
  limits.max_ns = phases.maximum.ns.value_or(0);
  limits.warmup_before_start = true;
  return limits;
}

std::string table_of(const GenerationReport& report) {
  const GenerationSummary& summary = report.summary;
  std::string out = fmt::format(
      "{}  {} requests: {} successful, {} errored, {} incomplete   ({})\n\n",
      printable(report.stream), show_count(summary.total()), show_count(summary.requests[0]),
      show_count(summary.requests[1]), show_count(summary.requests[2]), report.profile->name);
  Table table({"successful", "unit", "count", "mean", "median", "sd", "p95", "p99", "max"});
  constexpr std::size_t kP95 = 8, kP99 = 9;
  for (std::size_t i = 0; i < summary.metrics.size(); ++i) {
    const GenerationMetric& metric = report.profile->metrics[i];
    const Distribution& d = summary.metrics[i].by_status[0];
    const auto number = [](double value) { return fmt::format("{:.6g}", value); };
    table.row({metric.name, metric.unit, show_count(d.count), number(d.mean),
               number(d.percentiles[kMedian]), number(d.deviation), number(d.percentiles[kP95]),
               number(d.percentiles[kP99]), number(d.max)});
  }
  out += table.text();
  if (summary.beyond_time != 0) {
    out += fmt::format("\n{} times are beyond the time axis and in no rate\n",
                       show_count(summary.beyond_time));
  }
  return out;
}

}  // namespace

bool is_guidellm(const std::string& profile) { return generation_profile(profile) != nullptr; }

Result<std::unique_ptr<GenerationReplay>> guidellm_replay(const std::string& profile,
                                                          const PhaseFlags& flags, bool list,
                                                          bool curves, LogReplayOptions& replay) {
  const GenerationProfile* const definitions = generation_profile(profile);
  auto phases = flags.parse();
  if (!phases) return tl::unexpected(phases.error());
  GenerationReplayOptions options;
  if (curves) {
    options.curve = GenerationSummarizer::Curve::cumulative;
    options.curve_points = kCurvePoints;
  }
  if (list) options.requests_kept = std::numeric_limits<std::size_t>::max();
  if (definitions->as_0_2_1) {
    if (phases->from_ns || phases->to_ns) {
      return failure(Errc::invalid_argument,
                     "--from and --to: guidellm 0.2.1 knows no window; use guidellm-0.7.3");
    }
    options.completion = completion_limits(*phases);
  } else {
    replay.phases = *phases;
  }
  replay.percentiles.clear();
  auto requests = std::make_unique<GenerationReplay>(*definitions, std::move(options));
  replay.visitor = requests.get();
  return requests;
}

std::string guidellm_text(const GenerationReport& report, bool json) {
  if (!json) return table_of(report);
  if (report.profile->as_0_2_1) return python_json(guidellm_0_2_1_json(report, {}));
  return python_json(guidellm_metrics_json(report), 2) + "\n";
}

}  // namespace millrace
