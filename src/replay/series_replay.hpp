// SPDX-License-Identifier: Apache-2.0
//
// SeriesReplay: a log interval by interval, exact, however the records are ordered.
//
//   SeriesReplay series({.every_ns = 1'000'000'000});
//   auto replayed = replay_logs({"run"}, {.visitors = {&series}});
//   for (const auto& [name, rows] : series.series().value()) ..
//
// Method   Values are sorted by interval, and within one by value.
// Memory   SeriesOptions::sort_bytes; beyond it what is sorted goes to a file that has no name. And the rows:
//          50 bytes and 72 a metric each, at most kRowsMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "millrace/result.hpp"
#include "millrace/series.hpp"

#include "record/column.hpp"
#include "replay/result_visitor.hpp"
#include "stats/weighted_sorter.hpp"

namespace millrace {

struct SeriesOptions {
  std::int64_t every_ns = 1'000'000'000;
  std::vector<double> percentiles = {50, 90, 95, 99, 99.9};
  Rule rule = Rule::nearest_rank;
  std::size_t sort_bytes = std::size_t{256} << 20;
  std::string sort_dir = {};  // of the file; "": $TMPDIR, else /tmp
};

class SeriesReplay final : public ResultVisitor {
 public:
  static constexpr std::uint64_t kRowsMax = 1'000'000;
  explicit SeriesReplay(SeriesOptions options);
  ~SeriesReplay() override;

  void begin(const Summary& summary, std::int64_t opened_ns,
             std::span<const std::string> errors) override;
  void visit(std::size_t stream, const Slice& all, const Slice& results,
             const NameMap& names) override;
  /// Once, when the log was read: by stream; those without times have no rows.
  [[nodiscard]] Result<std::map<std::string, Series, std::less<>>> series();

 private:
  struct OfStream;
  Result<Series> rows_of(OfStream& stream);
  void fill_metric(OfStream& stream, std::size_t metric, std::int64_t first, Series& series);

  SeriesOptions options_;
  std::unique_ptr<SortRoom> room_;
  std::vector<OfStream> streams_;
  std::unique_ptr<Column> column_;
};

}  // namespace millrace
