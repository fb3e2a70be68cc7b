// SPDX-License-Identifier: Apache-2.0
#include "guidellm_output.hpp"

#include <sstream>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "output.hpp"
#include "report/guidellm_console.hpp"
#include "report/guidellm_csv.hpp"
#include "report/guidellm_json.hpp"
#include "report/html_report.hpp"
#include "report/python_json.hpp"
#include "report/python_yaml.hpp"
#include "report/quantity.hpp"
#include "report/report_lines.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

// Of a curve: 20 MB of all metrics; percentiles up to 99.99.
constexpr std::size_t kPagePoints = 20'000;

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
  const auto row = [&](const std::string& name, const std::string& unit, const Distribution& d) {
    const auto number = [](double value) { return fmt::format("{:.6g}", value); };
    table.row({name, unit, show_count(d.count), number(d.mean), number(d.percentiles[kMedian]),
               number(d.deviation), number(d.percentiles[kP95]), number(d.percentiles[kP99]),
               number(d.max)});
  };
  for (std::size_t i = 0; i < summary.metrics.size(); ++i) {
    const GenerationMetric& metric = report.profile->metrics[i];
    row(metric.name, metric.unit, summary.metrics[i].by_status[0]);
  }
  for (std::size_t m = 0; report.modalities && m < kModalities.size(); ++m) {
    const auto& [input, output, total] = report.modalities->of[m];
    const auto side = [&](const char* name, const std::optional<ModalitySummary::Side>& of) {
      if (!of) return;
      const std::string what = fmt::format("{}_{}", name, kModalities[m].name);
      row(what, "", of->value.by_status[0]);
      row(what + "_per_second", "1/s", of->per_second.by_status[0]);
      row(what + "_concurrency", "", of->concurrency.by_status[0]);
    };
    side("input", input);
    side("output", output);
  }
  out += table.text();
  const std::string left_out = left_out_lines(report);
  return left_out.empty() ? out : out + "\n" + left_out;
}

// Of formats that have no place for it.
void complain_of_what_is_left_out(const GenerationReport& report, GuidellmFormat format) {
  if (format == GuidellmFormat::text || format == GuidellmFormat::html) return;
  std::istringstream lines(left_out_lines(report));
  for (std::string line; std::getline(lines, line);) complain(line);
}

std::string sample_words(const KeptRequests& requests) {
  std::string words;
  for (const auto& [status, name] : {std::pair{Status::ok, "successful"},
                                     {Status::error, "errored"},
                                     {Status::incomplete, "incomplete"}}) {
    words +=
        fmt::format("{}{} of {} {}", words.empty() ? "" : ", ", show_count(requests.kept(status)),
                    show_count(requests.seen(status)), name);
  }
  return fmt::format("--sample: {} (seed {:#x})", words, kSampleSeed);
}

Result<void> write_report(const GenerationReport& report, const LogReplay& replayed,
                          const GuidellmTexts& texts, GuidellmFormat format,
                          const WriteText& write) {
  switch (format) {
    case GuidellmFormat::text:
      return write(table_of(report));
    case GuidellmFormat::html:
      return write(html_report(report, replayed));
    case GuidellmFormat::metrics:
      return write(python_json(guidellm_metrics_json(report), 2) + "\n");
    case GuidellmFormat::json:
      return write_python_json(guidellm_json(report, texts), guidellm_requests(report), write);
    case GuidellmFormat::yaml:
      return write_python_yaml(guidellm_json(report, texts), guidellm_requests(report), write);
    case GuidellmFormat::csv:
      return write(guidellm_csv(guidellm_json(report, texts)));
    case GuidellmFormat::console:
      return write(guidellm_console(guidellm_json(report, texts)));
  }
  return {};
}

// Of our own definitions, for which guidellm has no file.
Result<GuidellmPlace> own_place(const std::string& format, const std::string& path) {
  if (format.empty() || format == "text") return GuidellmPlace{GuidellmFormat::text, path};
  if (format == "json") return GuidellmPlace{GuidellmFormat::metrics, path};
  return failure(
      Errc::invalid_argument,
      fmt::format("--profile millrace is written as text, json or html, and not as '{}'", format));
}

}  // namespace

bool is_generation_profile(const std::string& profile) {
  return generation_profile(profile) != nullptr;
}

Result<GuidellmOutput> GuidellmOutput::open(const std::string& profile, const std::string& format,
                                            const std::string& path, const GuidellmFlags& flags,
                                            const PhaseFlags& phases, LogReplayOptions& replay) {
  const GenerationProfile& definitions = *generation_profile(profile);
  auto parsed = phases.parse();
  if (!parsed) return tl::unexpected(parsed.error());
  const bool own = definitions.running == RunningTable::millrace;
  auto place = format == "html" ? GuidellmPlace{GuidellmFormat::html, path}
               : own            ? own_place(format, path)
                                : guidellm_place(format, path);
  if (!place) return tl::unexpected(place.error());
  if (const auto flag = flags.given_for_documents(); !flag.empty() && !place->lists_requests()) {
    return failure(Errc::invalid_argument,
                   flag + " is of --format guidellm-json and guidellm-yaml: no other shows it");
  }
  GenerationReplayOptions options;
  options.sources = flags.sources();
  options.sample = place->lists_requests() ? flags.sample : std::optional<std::uint64_t>(0);
  if (place->format == GuidellmFormat::html) {
    options.curve = GenerationSummarizer::Curve::cumulative;
    options.curve_points = kPagePoints;
  } else if (flags.curves) {
    options.curve = definitions.as_0_2_1 ? GenerationSummarizer::Curve::cumulative
                                         : GenerationSummarizer::Curve::density;
  }
  if (definitions.as_0_2_1) {
    if (parsed->from_ns || parsed->to_ns) {
      return failure(Errc::invalid_argument,
                     "--from and --to: guidellm 0.2.1 knows no window; use guidellm-0.7.3");
    }
    options.completion = completion_limits(*parsed);
  } else {
    replay.phases = *parsed;
  }
  replay.percentiles.clear();
  GuidellmOutput output;
  auto texts = flags.read_texts(definitions, *parsed, options.completion);
  if (!texts) return tl::unexpected(texts.error());
  output.texts_ = std::move(*texts);
  output.place_ = std::move(*place);
  output.requests_ = std::make_unique<GenerationReplay>(definitions, std::move(options));
  replay.visitors.push_back(output.requests_.get());
  return output;
}

Result<void> GuidellmOutput::write(const LogReplay& replayed, bool quiet) {
  auto report = requests_->report();
  if (!report) return tl::unexpected(std::move(report).error());
  if (auto made = make_parents(place_.path); !made) return made;
  auto output = Output::open(place_.path);
  if (!output) return tl::unexpected(std::move(output).error());
  const auto write = [&](std::string_view text) { return output->write(text); };
  if (auto written = write_report(*report, replayed, texts_, place_.format, write); !written)
    return written;
  if (auto closed = output->close(); !closed) return closed;
  complain_of_what_is_left_out(*report, place_.format);
  if (!quiet && place_.lists_requests() && report->requests->sample()) {
    complain(sample_words(*report->requests));
  }
  return {};
}

}  // namespace millrace
