// SPDX-License-Identifier: Apache-2.0
//
// RecordFilter: which records of a slice are results that count.
//
//   RecordFilter filter(schema);
//   const Slice results = filter.results(slice);     // valid until the next call
//
// A schema may have an event field: records in which it is not 0 tell of a request that is scheduled or
// started, or was withdrawn before it was sent. They are in the log, and enter no statistic of results.
//
// Cost      Nothing where all count; else a copy of those that do.
// Threads   One at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "millrace/schema.hpp"

#include "record/slice.hpp"

namespace millrace {

class RecordFilter {
 public:
  explicit RecordFilter(const Schema& schema) : event_(schema.event) {}
  [[nodiscard]] Slice results(const Slice& slice);

 private:
  std::optional<Field> event_;
  std::vector<std::byte> kept_;
};

}  // namespace millrace
