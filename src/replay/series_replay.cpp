// SPDX-License-Identifier: Apache-2.0
#include "replay/series_replay.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "replay/spill_file.hpp"
#include "stats/interval.hpp"
#include "stats/order_key.hpp"
#include "stats/record_key.hpp"
#include "stats/series_figures.hpp"
#include "stats/sort_values.hpp"

namespace millrace {
namespace {

// Ascending as numbers are, and back.
std::uint64_t key_of(std::int64_t interval) noexcept {
  return static_cast<std::uint64_t>(interval) ^ (std::uint64_t{1} << 63);
}
std::int64_t interval_of_key(std::uint64_t key) noexcept {
  return static_cast<std::int64_t>(key ^ (std::uint64_t{1} << 63));
}

// The values of one interval: so many in memory, and the others sorted in the room's file.
class IntervalValues {
 public:
  explicit IntervalValues(SortRoom& room) : room_(room) {}

  void add(std::uint64_t key) {
    if (values_.size() == kHeldMax) {
      if (!sorter_) sorter_ = std::make_unique<WeightedSorter>(room_);
      for (const double value : values_) sorter_->add(Weighted::of(value));
      values_.clear();
    }
    values_.push_back(value_of_key(key));
  }

  // And begins anew.
  SeriesFigures figures(const SeriesOptions& options) {
    sort_values(values_);
    const std::uint64_t n = values_.size() + (sorter_ ? sorter_->size() : 0);
    FigurePicker picker(n, options.percentiles, options.rule);
    if (sorter_) {
      for (const double value : values_) sorter_->add(Weighted::of(value));
      values_.clear();
      visit_sorted({sorter_.get()}, [&](std::span<const Weighted> items) {
        values_.clear();
        for (const Weighted& item : items) values_.push_back(item.value());
        picker.add(values_);
      });
      sorter_.reset();
    } else {
      picker.add(values_);
    }
    values_.clear();
    return picker.figures();
  }

 private:
  static constexpr std::size_t kHeldMax = std::size_t{1} << 20;
  SortRoom& room_;
  std::vector<double> values_;
  std::unique_ptr<WeightedSorter> sorter_;
};

}  // namespace

struct SeriesReplay::OfStream {
  std::string name;
  Schema schema;
  std::unique_ptr<FieldColumns> fields;
  // By metric: weight is the value's order key, key the interval.
  std::vector<WeightedSorter> values;
  std::map<std::int64_t, std::array<std::uint64_t, kStatusCount>> counts;  // by interval
  std::uint64_t untimed = 0;
  bool too_many = false;
};

SeriesReplay::SeriesReplay(SeriesOptions options)
    : options_(std::move(options)), column_(std::make_unique<Column>()) {}

SeriesReplay::~SeriesReplay() = default;

void SeriesReplay::begin(const Summary& summary, std::int64_t, std::span<const std::string>) {
  room_ = std::make_unique<SortRoom>(options_.sort_bytes,
                                     std::make_unique<SpillFile>(options_.sort_dir));
  for (const StreamSummary& stream : summary.streams()) {
    OfStream& made = streams_.emplace_back();
    made.name = stream.name();
    made.schema = stream.schema();
    made.fields = std::make_unique<FieldColumns>(made.schema);
    for (std::size_t i = 0; i < made.schema.metrics.size(); ++i) made.values.emplace_back(*room_);
  }
}

void SeriesReplay::visit(std::size_t number, const Slice&, const Slice& results, const NameMap&) {
  OfStream& stream = streams_[number];
  if ((!stream.schema.start && !stream.schema.end) || stream.too_many) return;
  std::array<std::uint64_t, kSliceRecordsMax> keys;
  std::array<bool, kSliceRecordsMax> timed;
  std::optional<std::int64_t> last;  // results that follow one another are mostly of one interval
  std::uint64_t* counts = nullptr;
  const std::byte* record = results.records;
  for (std::uint32_t i = 0; i < results.count; ++i, record += results.record_size) {
    const auto interval = interval_of(stream.schema, record, options_.every_ns);
    timed[i] = interval.has_value();
    if (!interval) {
      ++stream.untimed;
      continue;
    }
    keys[i] = key_of(*interval);
    if (interval != last) counts = stream.counts[*interval].data();
    last = interval;
    ++counts[status_of(stream.schema, record)];
  }
  stream.too_many = stream.counts.size() > kRowsMax;
  stream.fields->load(results);
  for (std::size_t metric = 0; metric < stream.values.size(); ++metric) {
    column_->evaluate(stream.schema.metrics[metric], *stream.fields);
    for (std::uint32_t i = 0; i < results.count; ++i) {
      if (!timed[i] || column_->state[i] != kPresent) continue;
      stream.values[metric].add({order_key(column_->values[i]), keys[i]});
    }
  }
}

Result<std::map<std::string, Series, std::less<>>> SeriesReplay::series() {
  std::map<std::string, Series, std::less<>> all;
  for (OfStream& stream : streams_) {
    auto rows = rows_of(stream);
    if (!rows) return tl::unexpected(std::move(rows).error());
    all.emplace(stream.name, std::move(*rows));
  }
  return all;
}

Result<Series> SeriesReplay::rows_of(OfStream& stream) {
  Series series{options_.every_ns, options_.rule, options_.percentiles, {}, stream.untimed};
  if (stream.counts.empty()) return series;
  const std::int64_t first = stream.counts.begin()->first, last = stream.counts.rbegin()->first;
  const auto further = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
  if (stream.too_many || further >= kRowsMax) {
    return failure(
        Errc::limit,
        fmt::format("--every: the results of stream '{}' are spread over {:.0f} s, which are more "
                    "than {} intervals: choose longer ones, or a part with --from and --to",
                    stream.name,
                    static_cast<double>(further) * static_cast<double>(options_.every_ns) / 1e9,
                    kRowsMax));
  }
  const SeriesFigures none = FigurePicker(0, options_.percentiles, options_.rule).figures();
  series.rows.resize(further + 1);
  for (std::size_t i = 0; i < series.rows.size(); ++i) {
    SeriesRow& row = series.rows[i];
    row.begin_ns = begin_of_interval(first + static_cast<std::int64_t>(i), options_.every_ns);
    row.metrics.assign(stream.values.size(), none);
  }
  for (const auto& [interval, counts] : stream.counts) {
    SeriesRow& row = series.rows[static_cast<std::size_t>(interval - first)];
    std::ranges::copy(counts, row.by_status);
  }
  for (std::size_t metric = 0; metric < stream.values.size(); ++metric) {
    fill_metric(stream, metric, first, series);
  }
  if (!room_->failed().empty()) {
    return failure(Errc::io, "--every: sorting beside the log: " + room_->failed());
  }
  return series;
}

void SeriesReplay::fill_metric(OfStream& stream, std::size_t metric, std::int64_t first,
                               Series& series) {
  IntervalValues values(*room_);
  std::optional<std::uint64_t> under_way;
  const auto end_interval = [&] {
    if (!under_way) return;
    const auto row = static_cast<std::size_t>(interval_of_key(*under_way) - first);
    series.rows[row].metrics[metric] = values.figures(options_);
  };
  visit_sorted({&stream.values[metric]}, [&](std::span<const Weighted> items) {
    for (const Weighted& item : items) {
      if (under_way != item.key) {
        end_interval();
        under_way = item.key;
      }
      values.add(item.weight);
    }
  });
  end_interval();
}

}  // namespace millrace
