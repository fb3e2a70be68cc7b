// SPDX-License-Identifier: Apache-2.0
#include "stats/digest.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "record/crc64.hpp"
#include "stats/generation_running.hpp"

namespace millrace {
namespace {

using Named = std::pair<std::string_view, std::uint16_t>;

// Names are told apart by name; the number decides only between "other" as a user's name and as the
// overflow's, which has the smaller one always.
std::vector<Named> by_name(const std::vector<std::uint16_t>& numbers,
                           std::span<const std::string> names) {
  std::vector<Named> named;
  named.reserve(numbers.size());
  for (const std::uint16_t number : numbers) {
    named.emplace_back(number < names.size() ? std::string_view(names[number]) : "?", number);
  }
  std::ranges::sort(named);
  return named;
}

void add_optional(Digest& digest, const std::optional<std::int64_t>& number) {
  digest.add(std::uint64_t{number.has_value()});
  digest.add(static_cast<std::uint64_t>(number.value_or(0)));
}

void add_figures(Digest& digest, const StreamStats::Figures& figures) {
  const Moments& m = figures.moments;
  digest.add(m.count);
  digest.add(figures.absent);
  digest.add(figures.invalid);
  digest.add(static_cast<std::uint64_t>(figures.integer_sum));
  digest.add(static_cast<std::uint64_t>(figures.integer_sum >> 64));
  digest.add(figures.sum);
  if (m.count == 0) return;  // the others mean nothing
  for (const double number :
       {figures.mean, m.mean, m.variance(), m.skewness(), m.kurtosis(), m.min, m.max}) {
    digest.add(number);
  }
}

void add_running(Digest& digest, const RunningStat& stat) {
  digest.add(stat.count);
  digest.add(static_cast<std::uint64_t>(stat.total));
  digest.add(static_cast<std::uint64_t>(stat.total >> 64));
  digest.add(static_cast<std::uint64_t>(stat.last));
}

void add_running(Digest& digest, const GenerationRunning& running) {
  for (const RunningStat& stat : running.scheduler()) add_running(digest, stat);
  for (const auto& metric : running.metrics()) add_running(digest, metric.stat);
  digest.add(running.concurrency().mean());
}

void add_percentiles(Digest& digest, const StreamStats& stats, std::size_t metric,
                     const Selected& selected) {
  for (const Rule rule : kDigestRules) {
    for (const auto& percentile : stats.percentiles(metric, selected, kDigestPercentiles, rule)) {
      digest.add(percentile ? percentile->value : std::numeric_limits<double>::quiet_NaN());
    }
  }
}

}  // namespace

void Digest::add(std::uint64_t number) noexcept {
  if constexpr (std::endian::native == std::endian::big) number = __builtin_bswap64(number);
  words_[used_++] = number;
  if (used_ < words_.size()) return;
  crc_ = crc64(words_.data(), sizeof words_, crc_);
  used_ = 0;
}

void Digest::add(double number) noexcept {
  const double one = std::isnan(number) ? std::numeric_limits<double>::quiet_NaN() : number + 0.0;
  add(std::bit_cast<std::uint64_t>(one));
}

void Digest::add(std::string_view text) noexcept {
  add(std::uint64_t{text.size()});
  for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(8, text.size()))) {
    std::uint64_t number = 0;  // filled up with zeros
    for (std::size_t i = 0; i < std::min<std::size_t>(8, text.size()); ++i) {
      number |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    }
    add(number);
  }
}

std::uint64_t Digest::value() const noexcept {
  return crc64(words_.data(), used_ * sizeof words_[0], crc_);
}

void add_numbers(Digest& digest, const StreamStats& stats, std::span<const std::string> labels,
                 std::span<const std::string> errors) {
  const auto label_names = by_name(stats.labels(), labels);
  digest.add(std::uint64_t{label_names.size()});
  for (const auto& [name, label] : label_names) {
    digest.add(name);
    for (std::size_t status = 0; status < kStatusCount; ++status) {
      digest.add(stats.count({static_cast<Status>(status), label}));
    }
  }
  const auto error_names = by_name(stats.errors(), errors);
  digest.add(std::uint64_t{error_names.size()});
  for (const auto& [name, error] : error_names) {
    digest.add(name);
    digest.add(stats.error_count(error));
  }
  const TimeSpan& times = stats.times();
  for (const auto& time :
       {times.first_start_ns, times.last_start_ns, times.first_end_ns, times.last_end_ns}) {
    add_optional(digest, time);
  }
  const auto good = stats.good();
  digest.add(std::uint64_t{good.has_value()});
  digest.add(good.value_or(0));
  const LeftOut& left_out = stats.left_out();
  if (stats.schema().event) digest.add(left_out.notices);
  if (stats.window() || stats.range()) {
    for (const std::uint64_t n : {left_out.before, left_out.after, left_out.untimed}) digest.add(n);
  }

  if (const GenerationRunning* const running = stats.running()) add_running(digest, *running);

  digest.add(std::uint64_t{stats.schema().metrics.size()});
  for (std::size_t metric = 0; metric < stats.schema().metrics.size(); ++metric) {
    digest.add(std::string_view(stats.schema().metrics[metric].name));
    add_figures(digest, stats.figures(metric, {}));
    add_percentiles(digest, stats, metric, {});
    for (std::size_t s = 0; s < kStatusCount; ++s) {
      const auto status = static_cast<Status>(s);
      add_figures(digest, stats.figures(metric, {status, {}}));
      add_percentiles(digest, stats, metric, {status, {}});
      for (const auto& [name, label] : label_names) {
        add_figures(digest, stats.figures(metric, {status, label}));
      }
    }
  }
}

}  // namespace millrace
