// SPDX-License-Identifier: Apache-2.0
//
// The questions that a Summary answers, put to StreamStats.
#include "millrace/summary.hpp"

#include <algorithm>
#include <limits>

#include "engine/log_selection.hpp"
#include "engine/running_statistics.hpp"
#include "record/counts.hpp"
#include "record/local_names.hpp"
#include "stats/digest.hpp"
#include "stats/float_environment.hpp"
#include "stats/stream_stats.hpp"

namespace millrace {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// A label that does not exist has no records; its number is one that no record carries.
constexpr std::uint16_t kUnknownLabel = 0xFFFF;

StreamStats::Selected selected(const Selection& selection, const std::vector<std::string>& labels) {
  StreamStats::Selected result{selection.status, std::nullopt};
  if (!selection.label) return result;
  result.label = kUnknownLabel;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    // "other" may be a name of the user's, too: then that is meant.
    if (labels[i] == LocalNames::cut(*selection.label))
      result.label = static_cast<std::uint16_t>(i);
  }
  return result;
}

}  // namespace

// What files claim of many workers stays at the top, and attempted(), the sum of four, is a number.
Accounting& Accounting::operator+=(const Accounting& other) noexcept {
  for (const auto figure :
       {&Accounting::accepted, &Accounting::aggregated, &Accounting::rejected_full,
        &Accounting::rejected_closed, &Accounting::rejected_reentrant}) {
    this->*figure = std::min(this->*figure + other.*figure, kCountMax - 1);
  }
  return *this;
}

std::optional<Percentile> MetricSummary::percentile(double p, Rule rule) const {
  return percentiles({&p, 1}, rule).front();
}

std::vector<std::optional<Percentile>> MetricSummary::percentiles(std::span<const double> ps,
                                                                  Rule rule) const {
  if (count_ == 0) return std::vector<std::optional<Percentile>>(ps.size());
  const FloatEnvironment same_everywhere;
  return stats_->percentiles(metric_index_, {status_, label_}, ps, rule);
}

std::vector<std::uint64_t> MetricSummary::counts_below(std::span<const double> limits) const {
  if (count_ == 0) return std::vector<std::uint64_t>(label_ ? 0 : limits.size());
  return stats_->counts_below(metric_index_, {status_, label_}, limits);
}

const Schema& StreamSummary::schema() const noexcept {
  static const Schema empty;
  return stats_ == nullptr ? empty : stats_->schema();
}

std::uint64_t StreamSummary::count(const Selection& selection) const {
  return stats_ == nullptr ? 0 : stats_->count(selected(selection, label_names_));
}

MetricSummary StreamSummary::metric(std::string_view name, const Selection& selection) const {
  static const Metric unknown;
  MetricSummary m;
  m.metric_ = &unknown;
  m.mean_ = m.variance_ = m.deviation_ = m.skewness_ = m.kurtosis_ = m.min_ = m.max_ = kNone;
  const auto index = schema().find_metric(name);
  if (!index) return m;

  const FloatEnvironment same_everywhere;
  const auto what = selected(selection, label_names_);
  const auto figures = stats_->figures(*index, what);
  const Moments& moments = figures.moments;
  m.stats_ = stats_;
  m.metric_ = &stats_->schema().metrics[*index];
  m.metric_index_ = *index;
  m.status_ = what.status;
  m.label_ = what.label;
  m.absent_ = figures.absent;
  m.invalid_ = figures.invalid;
  m.relative_error_ = stats_->relative_error(what);
  m.exact_ = m.relative_error_ == 0;
  m.count_ = moments.count;
  if (moments.count == 0) return m;
  m.sum_ = figures.sum;
  m.mean_ = figures.mean;
  m.variance_ = moments.variance();
  m.deviation_ = moments.deviation();
  m.skewness_ = moments.skewness();
  m.kurtosis_ = moments.kurtosis();
  m.min_ = moments.min;
  m.max_ = moments.max;
  return m;
}

std::vector<std::string> StreamSummary::labels() const {
  std::vector<std::string> names;
  if (stats_ == nullptr) return names;
  for (const std::uint16_t label : stats_->labels()) {
    names.push_back(label < label_names_.size() ? label_names_[label] : "?");
  }
  return names;
}

std::vector<std::pair<std::string, std::uint64_t>> StreamSummary::errors() const {
  std::vector<std::pair<std::string, std::uint64_t>> classes;
  if (stats_ == nullptr) return classes;
  for (const std::uint16_t error : stats_->errors()) {
    classes.emplace_back(error < error_names_.size() ? error_names_[error] : "?",
                         stats_->error_count(error));
  }
  return classes;
}

TimeSpan StreamSummary::times() const noexcept {
  return stats_ == nullptr ? TimeSpan{} : stats_->times();
}

LeftOut StreamSummary::left_out() const noexcept {
  return stats_ == nullptr ? LeftOut{} : stats_->left_out();
}

std::optional<TimeWindow> StreamSummary::window() const noexcept {
  return stats_ == nullptr ? std::nullopt : stats_->window();
}

std::optional<ResultRange> StreamSummary::range() const noexcept {
  return stats_ == nullptr ? std::nullopt : stats_->range();
}

std::optional<std::uint64_t> StreamSummary::good() const noexcept {
  return stats_ == nullptr ? std::nullopt : stats_->good();
}

std::optional<RunningStatistics> StreamSummary::running() const {
  return stats_ == nullptr ? std::nullopt : running_statistics(*stats_);
}

const StreamSummary& Summary::operator[](std::string_view stream) const noexcept {
  static const StreamSummary none;
  for (const StreamSummary& s : streams_) {
    if (s.name() == stream) return s;
  }
  return none;
}

void Summary::prepare(std::span<const double> ps, Rule rule, bool by_label) const {
  if (selection_ == nullptr) return;
  const Rule rules[] = {rule};
  selection_->prepare(ps, rules, by_label);
}

std::uint64_t Summary::digest() const {
  const FloatEnvironment same_everywhere;
  if (selection_ != nullptr) selection_->prepare(kDigestPercentiles, kDigestRules, false);
  Digest digest;
  for (const StreamSummary& stream : streams_) {
    digest.add(stream.name_);
    add_numbers(digest, *stream.stats_, stream.label_names_, stream.error_names_);
  }
  for (const WorkerAccount& worker : workers_) {
    const Accounting& a = worker.accounting;
    digest.add(std::uint64_t{worker.worker});
    digest.add(worker.stream);
    for (const std::uint64_t count :
         {a.accepted, a.aggregated, a.rejected_full, a.rejected_closed, a.rejected_reentrant}) {
      digest.add(count);
    }
  }
  digest.add(static_cast<std::uint64_t>(elapsed_ns_));
  return digest.value();
}

}  // namespace millrace
