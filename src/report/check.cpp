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
                             "error_rate<1%", text, what));
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
  if (figure.starts_with('(') && figure.ends_with(')')) figure = figure.substr(1, figure.size() - 2);
  const auto p = whole_number(figure);
  return p && *p >= 0 && *p <= 100 ? p : std::nullopt;
}

}  // namespace

Result<Check> Check::parse(std::string_view text) {
  Check check;
  check.text_ = std::string(trimmed(text));
  std::string_view rest = check.text_;

  constexpr std::pair<std::string_view, Op> kOps[] = {
      {"<=", Op::less_equal}, {">=", Op::greater_equal}, {"==", Op::equal},
      {"!=", Op::not_equal},  {"<", Op::less},           {">", Op::greater}};
  std::size_t at = std::string_view::npos;
  std::string_view op;
  // Behind the braces: a label may hold any sign.
  const std::size_t from = rest.find('}') == std::string_view::npos ? 0 : rest.rfind('}');
  for (const auto& [sign, meaning] : kOps) {
    const std::size_t found = rest.find(sign, from);
    if (found < at) {
      at = found;
      op = sign;
      check.op_ = meaning;
    }
  }
  if (at == std::string_view::npos) return malformed(text, "no comparison");
  check.limit_ = std::string(trimmed(rest.substr(at + op.size())));
  if (check.limit_.empty()) return malformed(text, "no limit");
  std::string_view left = trimmed(rest.substr(0, at));

  if (const std::size_t brace = left.find('{'); brace != std::string_view::npos) {
    const std::size_t end = left.rfind('}');
    if (end == std::string_view::npos || end < brace) return malformed(text, "'{' is not closed");
    const std::string_view selector = left.substr(brace + 1, end - brace - 1);
    if (selector.starts_with("status:")) {
      check.status_ = std::string(trimmed(selector.substr(7)));
    } else if (selector.starts_with("label:")) {
      check.label_ = std::string(trimmed(selector.substr(6)));
    } else {
      return malformed(text, "in braces stands status:ok|error|incomplete or label:NAME");
    }
    check.subject_ = std::string(trimmed(left.substr(0, brace)));
    left = trimmed(left.substr(end + 1));
    if (!left.empty() && !left.starts_with(':')) return malformed(text, "':' expected after '}'");
    if (!left.empty()) left.remove_prefix(1);
  } else if (const std::size_t colon = left.find(':'); colon != std::string_view::npos) {
    check.subject_ = std::string(trimmed(left.substr(0, colon)));
    left = left.substr(colon + 1);
  } else {
    check.subject_ = std::string(left);
    left = {};
  }
  left = trimmed(left);
  if (check.subject_.empty()) return malformed(text, "no metric");
  if (left.empty()) return check;

  constexpr std::pair<std::string_view, Figure> kFigures[] = {
      {"avg", Figure::mean}, {"mean", Figure::mean}, {"min", Figure::min},
      {"max", Figure::max},  {"sum", Figure::sum},   {"count", Figure::count},
      {"sd", Figure::deviation}};
  for (const auto& [name, figure] : kFigures) {
    if (name == left) {
      check.figure_ = figure;
      return check;
    }
  }
  const auto p = left == "med" || left == "median" ? std::optional(50.0) : percentile_of(left);
  if (!p) return malformed(text, fmt::format("'{}' is no figure: p(99), avg, med, min, max, sum, "
                                             "count, sd", left));
  check.figure_ = Figure::percentile;
  check.percentile_ = *p;
  return check;
}

bool Check::holds(double value, double limit) const noexcept {
  switch (op_) {
    case Op::less: return value < limit;
    case Op::less_equal: return value <= limit;
    case Op::greater: return value > limit;
    case Op::greater_equal: return value >= limit;
    case Op::equal: return value == limit;
    case Op::not_equal: return value != limit;
  }
  return false;
}

Result<double> Check::stream_figure(const StreamSummary& stream, const Selection& selection,
                                    const std::optional<Rates>& rates) const {
  const std::uint64_t records = stream.count(selection);
  const auto fraction = [&](std::uint64_t part) {
    return records == 0 ? std::numeric_limits<double>::quiet_NaN()
                        : static_cast<double>(part) / static_cast<double>(records);
  };
  if (subject_ == "count") return static_cast<double>(records);
  if (subject_ == "error_rate") {
    return fraction(records - stream.count({.status = Status::ok, .label = selection.label}));
  }
  if (subject_ == "goodput") {
    if (!stream.good()) return malformed(text_, "goodput needs --goodput with its limits");
    return fraction(*stream.good());
  }
  if (subject_ == "requests_per_second" || subject_ == "requests_per_minute") {
    if (!rates) return malformed(text_, "no time window is known: give --total-test-time");
    return rates->requests_per_second * (subject_ == "requests_per_minute" ? 60 : 1);
  }
  return malformed(text_, fmt::format("'{}' needs a figure, such as {}:p(99); metrics: {}", subject_,
                                      subject_, metric_names(stream.schema())));
}

Result<Check::Verdict> Check::evaluate(const StreamSummary& stream,
                                       const std::optional<Rates>& rates, Rule rule,
                                       bool allow_small_samples) const {
  Selection selection;
  if (status_) {
    for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
      if (to_string(status) == *status_) selection.status = status;
    }
    if (!selection.status) return malformed(text_, "a status is ok, error or incomplete");
  }
  if (label_) selection.label = *label_;

  Verdict verdict;
  verdict.source = text_;
  Unit unit = Unit::none;
  std::string limit_text = limit_;
  std::uint64_t sample = 0;
  double scale = 1;
  if (figure_ == Figure::of_stream) {
    auto value = stream_figure(stream, selection, rates);
    if (!value) return tl::unexpected(value.error());
    verdict.value = *value;
    if (limit_text.ends_with('%')) {
      limit_text.pop_back();
      scale = 100;
    }
  } else {
    const auto index = find_metric_by_any_name(stream.schema(), subject_);
    if (!index) {
      return malformed(text_, fmt::format("no metric '{}'; there are {}", subject_,
                                          metric_names(stream.schema())));
    }
    const MetricSummary metric = stream.metric(stream.schema().metrics[*index].name, selection);
    unit = figure_ == Figure::count ? Unit::none : stream.schema().metrics[*index].unit;
    sample = metric.count();
    switch (figure_) {
      case Figure::percentile: {
        const auto p = metric.percentile(percentile_, rule);
        verdict.value = p ? p->value : std::numeric_limits<double>::quiet_NaN();
        verdict.refused = !allow_small_samples && sample < least_sample_for(percentile_);
        break;
      }
      case Figure::mean: verdict.value = metric.mean(); break;
      case Figure::min: verdict.value = metric.min(); break;
      case Figure::max: verdict.value = metric.max(); break;
      case Figure::sum: verdict.value = metric.sum(); break;
      case Figure::count: verdict.value = static_cast<double>(metric.count()); break;
      case Figure::deviation: verdict.value = metric.deviation(); break;
      case Figure::of_stream: break;
    }
  }
  const auto limit = parse_quantity(limit_text, unit);
  if (!limit) return malformed(text_, fmt::format("'{}' is no limit for it", limit_));

  // NaN holds nothing: a check on values that are not there does not pass.
  verdict.passed = !verdict.refused && !std::isnan(verdict.value) &&
                   holds(verdict.value * scale, *limit);
  const std::string value =
      figure_ == Figure::of_stream ? show_number(verdict.value * scale) : show(verdict.value, unit);
  if (verdict.refused) {
    verdict.text = fmt::format("refused  {}  ({} values; {} are needed to know p{} with 95 % "
                               "confidence: --allow-small-samples)", text_, sample,
                               least_sample_for(percentile_), percentile_);
  } else {
    verdict.text = fmt::format("{}  {}  (is {})", verdict.passed ? "passed " : "failed ", text_,
                               value);
  }
  return verdict;
}

Result<std::vector<Limit>> parse_goodput(std::string_view text, const Schema& schema) {
  std::vector<Limit> limits;
  while (!(text = trimmed(text)).empty()) {
    std::size_t end = text.find_first_of(" ,");
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
  if (limits.empty()) return failure(Errc::invalid_argument, "goodput: no limits given");
  return limits;
}

}  // namespace millrace
