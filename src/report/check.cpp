// SPDX-License-Identifier: Apache-2.0
#include "report/check.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "report/metric_name.hpp"
#include "report/quantity.hpp"
#include "stats/percentile_rule.hpp"

namespace millrace {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

tl::unexpected<Error> malformed(std::string_view text, std::string_view what) {
  return failure(Errc::invalid_argument,
                 fmt::format("check '{}': {}; for example time_to_first_token:p(99)<500ms, "
                             "error_rate<1%",
                             text, what));
}

std::optional<double> whole_number(std::string_view text) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

// p(99), p99.9
std::optional<double> percentile_of(std::string_view figure) {
  if (!figure.starts_with('p')) return std::nullopt;
  figure.remove_prefix(1);
  if (figure.starts_with('(') && figure.ends_with(')'))
    figure = figure.substr(1, figure.size() - 2);
  const auto p = whole_number(figure);
  return p && *p >= 0 && *p <= 100 ? p : std::nullopt;
}

}  // namespace

Result<Check> Check::parse(std::string_view text, const Schema& schema) {
  Check check;
  check.text_ = std::string(trimmed(text));
  const std::string_view whole = check.text_;

  constexpr std::pair<std::string_view, Op> kOps[] = {
      {"<=", Op::less_equal}, {">=", Op::greater_equal}, {"==", Op::equal},
      {"!=", Op::not_equal},  {"<", Op::less},           {">", Op::greater}};
  std::size_t at = std::string_view::npos;
  std::string_view op;
  // Behind the braces: a label may hold any sign.
  const std::size_t from = whole.find('}') == std::string_view::npos ? 0 : whole.rfind('}');
  for (const auto& [sign, meaning] : kOps) {
    const std::size_t found = whole.find(sign, from);
    if (found < at) {
      at = found;
      op = sign;
      check.op_ = meaning;
    }
  }
  if (at == std::string_view::npos) return malformed(text, "no comparison: < <= > >= == !=");

  std::string_view subject = trimmed(whole.substr(0, at)), figure;
  if (const std::size_t brace = subject.find('{'); brace != std::string_view::npos) {
    const std::size_t end = subject.rfind('}');
    if (end == std::string_view::npos || end < brace) return malformed(text, "'{' is not closed");
    if (auto good = check.parse_selector(subject.substr(brace + 1, end - brace - 1)); !good) {
      return tl::unexpected(good.error());
    }
    figure = trimmed(subject.substr(end + 1));
    if (!figure.empty() && !figure.starts_with(':'))
      return malformed(text, "':' expected after '}'");
    subject = trimmed(subject.substr(0, brace));
  } else if (const std::size_t colon = subject.find(':'); colon != std::string_view::npos) {
    figure = subject.substr(colon);
    subject = trimmed(subject.substr(0, colon));
  }
  if (!figure.empty()) figure = trimmed(figure.substr(1));
  if (auto good = check.parse_subject(subject, figure, schema); !good) {
    return tl::unexpected(good.error());
  }
  if (auto good = check.parse_limit(trimmed(whole.substr(at + op.size()))); !good) {
    return tl::unexpected(good.error());
  }
  return check;
}

Result<void> Check::parse_selector(std::string_view selector) {
  if (selector.starts_with("label:")) {
    label_ = std::string(trimmed(selector.substr(6)));
    return {};
  }
  if (selector.starts_with("status:")) {
    for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
      if (to_string(status) == trimmed(selector.substr(7))) status_ = status;
    }
    if (status_) return {};
  }
  return malformed(text_, "in braces stands status:ok|error|incomplete or label:NAME");
}

Result<void> Check::parse_subject(std::string_view subject, std::string_view figure,
                                  const Schema& schema) {
  if (subject.empty()) return malformed(text_, "no metric");
  const auto index = find_metric_by_any_name(schema, subject);
  if (figure.empty()) {
    constexpr std::pair<std::string_view, Figure> kOfStream[] = {
        {"count", Figure::records},
        {"error_rate", Figure::error_rate},
        {"goodput", Figure::goodput},
        {"requests_per_second", Figure::requests_per_second},
        {"requests_per_minute", Figure::requests_per_minute}};
    for (const auto& [name, meaning] : kOfStream) {
      if (name != subject) continue;
      figure_ = meaning;
      if (meaning == Figure::records || (meaning == Figure::error_rate && !status_) ||
          (!status_ && !label_)) {
        return {};
      }
      return malformed(text_,
                       fmt::format("{} is of {} records: no braces", subject,
                                   meaning == Figure::error_rate ? "a label's or all" : "all"));
    }
    if (index)
      return malformed(text_, fmt::format("a figure is missing, such as {}:p(99)", subject));
  }
  if (!index) {
    return malformed(text_, fmt::format("no metric '{}'; there are {}, and without a figure count, "
                                        "error_rate, goodput, requests_per_second, "
                                        "requests_per_minute",
                                        subject, metric_names(schema)));
  }
  metric_ = schema.metrics[*index].name;
  unit_ = schema.metrics[*index].unit;

  constexpr std::pair<std::string_view, Figure> kFigures[] = {
      {"avg", Figure::mean},    {"mean", Figure::mean}, {"min", Figure::min},
      {"max", Figure::max},     {"sum", Figure::sum},   {"count", Figure::count},
      {"sd", Figure::deviation}};
  for (const auto& [name, meaning] : kFigures) {
    if (name != figure) continue;
    figure_ = meaning;
    if (meaning == Figure::count) unit_ = Unit::none;
    return {};
  }
  const auto p =
      figure == "med" || figure == "median" ? std::optional(50.0) : percentile_of(figure);
  if (!p) {
    return malformed(text_, fmt::format("'{}' is no figure; there are p(99), avg, med, min, max, "
                                        "sum, count, sd",
                                        figure));
  }
  figure_ = Figure::percentile;
  percentile_ = *p;
  return {};
}

Result<void> Check::parse_limit(std::string_view limit) {
  if (limit.empty()) return malformed(text_, "no limit");
  const bool fraction = figure_ == Figure::error_rate || figure_ == Figure::goodput;
  in_percent_ = fraction && limit.ends_with('%');
  const auto value = parse_quantity(in_percent_ ? limit.substr(0, limit.size() - 1) : limit, unit_);
  if (!value) {
    return malformed(text_, fmt::format("'{}' is no limit for {}", limit,
                                        fraction               ? "a fraction, such as 0.01 or 1%"
                                        : seconds_in(unit_)    ? "a time, such as 500ms or 2s"
                                        : unit_ == Unit::bytes ? "bytes, such as 10MB"
                                                               : "a number, such as 20 or 10k"));
  }
  limit_ = *value;
  return {};
}

bool Check::holds(double value) const noexcept {
  switch (op_) {
    case Op::less:
      return value < limit_;
    case Op::less_equal:
      return value <= limit_;
    case Op::greater:
      return value > limit_;
    case Op::greater_equal:
      return value >= limit_;
    case Op::equal:
      return value == limit_;
    case Op::not_equal:
      return value != limit_;
  }
  return false;
}

double Check::value_of(const StreamSummary& stream, const MetricSummary& metric,
                       const std::optional<Rates>& rates, Rule rule) const {
  constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
  const auto records = static_cast<double>(stream.count(selection()));
  switch (figure_) {
    case Figure::percentile: {
      const auto p = metric.percentile(percentile_, rule);
      return p ? p->value : kAbsent;
    }
    case Figure::mean:
      return metric.mean();
    case Figure::min:
      return metric.min();
    case Figure::max:
      return metric.max();
    case Figure::sum:
      return metric.count() == 0 ? kAbsent : metric.sum();
    case Figure::count:
      return static_cast<double>(metric.count());
    case Figure::deviation:
      return metric.deviation();
    case Figure::records:
      return records;
    case Figure::error_rate: {
      const auto ok = static_cast<double>(stream.count({.status = Status::ok, .label = label_}));
      return records == 0 ? kAbsent : (records - ok) / records;
    }
    case Figure::goodput:
      return records == 0 || !stream.good() ? kAbsent
                                            : static_cast<double>(*stream.good()) / records;
    case Figure::requests_per_second:
      return rates ? rates->requests_per_second : kAbsent;
    case Figure::requests_per_minute:
      return rates ? rates->requests_per_second * 60 : kAbsent;
  }
  return kAbsent;
}

std::string Check::why_absent(const StreamSummary& stream) const {
  const std::uint64_t records = stream.count(selection());
  if (figure_ == Figure::requests_per_second || figure_ == Figure::requests_per_minute) {
    return "the records do not tell how long the test was: give --total-test-time";
  }
  if (records == 0) {
    if (label_) return fmt::format("no record has the label '{}'", *label_);
    return status_ ? fmt::format("no record is {}", to_string(*status_)) : "there are no records";
  }
  return fmt::format("none of {} records has a value of {}", show_count(records), metric_);
}

Check::Verdict Check::evaluate(const StreamSummary& stream, const std::optional<Rates>& rates,
                               Rule rule, bool allow_small_samples) const {
  const MetricSummary metric = stream.metric(metric_, selection());
  Verdict verdict;
  verdict.source = text_;
  verdict.value = value_of(stream, metric, rates, rule);
  // NaN holds nothing: a check on values that are not there does not pass.
  if (std::isnan(verdict.value)) {
    verdict.text = fmt::format("failed   {}  ({})", text_, why_absent(stream));
    return verdict;
  }
  const std::uint64_t least = least_sample_for(percentile_);
  verdict.refused = figure_ == Figure::percentile && !allow_small_samples && metric.count() < least;
  if (verdict.refused) {
    const std::string needed =
        least == std::numeric_limits<std::uint64_t>::max()
            ? fmt::format("no sample is large enough to know p{}; {} is what was seen", percentile_,
                          percentile_ < 50 ? "min" : "max")
            : fmt::format("{} values; {} are needed to know p{} with 95 % confidence",
                          show_count(metric.count()), show_count(least), percentile_);
    verdict.text = fmt::format("refused  {}  ({}; --allow-small-samples checks it all the same)",
                               text_, needed);
    return verdict;
  }
  verdict.passed = holds(in_percent_ ? verdict.value * 100 : verdict.value);
  verdict.text =
      fmt::format("{}  {}  (is {})", verdict.passed ? "passed " : "failed ", text_,
                  in_percent_ ? show_percent(verdict.value) : show(verdict.value, unit_));
  return verdict;
}

Result<std::vector<Limit>> parse_goodput(std::string_view text, const Schema& schema) {
  std::vector<Limit> limits;
  while (!(text = trimmed(text)).empty()) {
    std::size_t end = text.find_first_of(" ,\t");
    if (end == std::string_view::npos) end = text.size();
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t colon = pair.find(':');
    const auto index = find_metric_by_any_name(schema, pair.substr(0, colon));
    if (!index) {
      return failure(Errc::invalid_argument,
                     fmt::format("goodput: no metric '{}'; there are {}", pair.substr(0, colon),
                                 metric_names(schema)));
    }
    const Metric& metric = schema.metrics[*index];
    const auto limit = colon == std::string_view::npos
                           ? std::nullopt
                           : parse_quantity(pair.substr(colon + 1), metric.unit);
    if (!limit) {
      return failure(Errc::invalid_argument,
                     fmt::format("goodput: '{}' is not METRIC:LIMIT, such as ttft:500ms", pair));
    }
    limits.push_back({metric.name, *limit});
  }
  if (limits.empty()) {
    return failure(Errc::invalid_argument, "goodput: no limits given, such as 'ttft:500ms e2e:5s'");
  }
  return limits;
}

}  // namespace millrace
