// SPDX-License-Identifier: Apache-2.0
//
// ResultVisitor: shown every record of a log once more, in the order of the log, when its numbers and its
// window are known.
//
//   struct Count : ResultVisitor { .. };
//   LogReplayOptions options{.visitors = {&count}};
//
// Order     Segments in their order, slices as they were taken, then the rings.
// Threads   The calling one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "millrace/summary.hpp"

#include "record/slice.hpp"

namespace millrace {

class ResultVisitor {
 public:
  virtual ~ResultVisitor() = default;
  /// Before the first record. `opened_ns`: of the first run, by the clock of its records; `errors`: the
  /// names of error classes, by the numbers to which visit()'s names map.
  virtual void begin(const Summary& summary, std::int64_t opened_ns,
                     std::span<const std::string> errors) = 0;
  /// `all`: a slice as it is in the log; `results`: what counts of it. `stream`: of the summary's streams.
  virtual void visit(std::size_t stream, const Slice& all, const Slice& results,
                     const NameMap& names) = 0;
};

}  // namespace millrace
