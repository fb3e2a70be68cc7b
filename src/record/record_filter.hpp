// SPDX-License-Identifier: Apache-2.0
//
// RecordFilter: which records of a slice are results that count.
//
//   RecordFilter filter(schema, window);
//   const Slice results = filter.results(slice, left_out);     // valid until the next call
//
// Notices   A schema may have an event field: records in which it is not 0 tell of a request that is
//           scheduled or started, or was withdrawn before it was sent. They enter no statistic of results.
// Window    Of a schema with a start or an end: results that overlap it count, with all of their time, as
//           guidellm 0.7.3 has it. What is left out is counted, by reason.
// Range     Results count by their number, too: a filter with a range sees all of its stream, in order.
// Cost      Nothing where all count; else a copy of those that do.
// Threads   One at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "millrace/options.hpp"
#include "millrace/schema.hpp"
#include "millrace/summary.hpp"

#include "record/slice.hpp"

namespace millrace {

class RecordFilter {
 public:
  explicit RecordFilter(const Schema& schema, std::optional<TimeWindow> window = {},
                        std::optional<ResultRange> range = {});
  [[nodiscard]] Slice results(const Slice& slice, LeftOut& left_out);
  /// Nothing for schemas without times.
  [[nodiscard]] const std::optional<TimeWindow>& window() const noexcept { return window_; }
  [[nodiscard]] const std::optional<ResultRange>& range() const noexcept { return range_; }
  /// Of the last result.
  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  /// Whether the next results, so many, are all in the range; then they may be passed over.
  [[nodiscard]] bool all_in_range(std::uint64_t results) const noexcept;
  void pass_over(std::uint64_t results) noexcept { number_ += results; }
  /// To see all of it once more.
  void restart() noexcept { number_ = 0; }

 private:
  enum class Verdict : std::uint8_t { result, notice, before, after, untimed };
  [[nodiscard]] Verdict judge(const std::byte* record) noexcept;
  [[nodiscard]] Verdict judge_result(const std::byte* record) noexcept;

  std::optional<Field> event_, start_, end_;
  std::optional<TimeWindow> window_;
  std::optional<ResultRange> range_;
  std::uint64_t number_ = 0;
  Phase phase_ = Phase::pending;
  std::vector<std::byte> kept_;
};

}  // namespace millrace
