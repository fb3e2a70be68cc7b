// SPDX-License-Identifier: Apache-2.0
//
// LogPart: one segment of a log, or the rings of a dead run, as what is accumulated apart: the unit of
// parallel reading. Parts are merged, and their damage told, in their order.
//
//   for (const auto& part : parts) ...
//   visit_part(part, scan, [&](const log::Frame& frame, const Slice& slice) { .. });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "log/frame_source.hpp"
#include "log/log_folder.hpp"
#include "log/run_scan.hpp"
#include "record/slice.hpp"

namespace millrace {

struct LogPart {
  std::size_t run = 0;  // which of the runs that are read together
  std::function<Result<std::unique_ptr<log::FrameSource>>()> open;
};

LogPart segment_part(const std::string& path, std::size_t run);

/// Each slice that is to be accumulated, in order, and the frame that it stands in. The frame's stream is the
/// run's number; the slice's worker and worker_seq are the record's identity in the run.
using VisitSlice = std::function<void(const log::Frame& frame, const Slice& slice)>;

/// Reads the part once. The scan's damages are the source's and its own; a part that cannot be opened
/// any more is a damage. `scan` may be looked at in `visit`: it knows the streams that came so far.
void visit_part(const LogPart& part, log::PartScan& scan, const VisitSlice& visit);

/// visit(index) for 0 .. count-1 by so many threads, each index once. Visits that run at the same time
/// come in no order: who needs one makes it. What a visit throws is thrown, when all have stopped.
void each_in_parallel(std::size_t count, unsigned threads,
                      const std::function<void(std::size_t index, unsigned thread)>& visit);

}  // namespace millrace
