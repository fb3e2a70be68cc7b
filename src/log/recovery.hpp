// SPDX-License-Identifier: Apache-2.0
//
// Recovery: what a dead run's rings hold and its log lacks, written into one new segment.
//
//   auto lock   = FolderLock::acquire(dir, FolderLock::Kind::exclusive);
//   auto folder = LogFolder::list(dir, ring_dir);
//   auto done   = recover(*folder);                       // done->records, done->lost
//
// Segment   Names and accounts first, then the records as RingReader gives them, so that a replay that read
//           the rings and one that reads the segment take the same slices; then END, with kFinal: behind
//           it nothing is missing that is not counted.
// Safe      Nothing that exists is changed: the segment is made under a temporary name, synced, renamed, and
//           only then the rings go. Killed anywhere, it can be run again; each record is written once.
// Stays     Rings that are not to be trusted (of another boot, damaged) are reported, and left where
//           they are. A ring that the system would not let us read is an error: nothing is written.
// Threads   One, under the folder's exclusive lock, which the caller holds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "log/frame_source.hpp"
#include "log/log_folder.hpp"

namespace millrace::log {

struct Recovered {
  std::uint64_t runs = 0;           // that lacked something
  std::uint64_t records = 0;        // written
  std::uint64_t workers = 0;        // whose records these are
  std::uint64_t lost = 0;           // accepted, and neither in the log nor in a ring
  std::uint64_t rings_refused = 0;  // of another boot, or damaged: left where they are
  std::uint64_t next_segment = 1;   // for who goes on writing
  std::vector<Damage> damages;
};

/// What is about to be done; the process may die before each.
enum class RecoveryStep {
  remove_unfinished,
  make_segment,
  write_end,
  show_segment,
  sync_folder,
  remove_ring,  // each
  remove_names,
};

struct RecoveryOptions {
  /// The ring_dir that the folder was listed with. A run whose rings are elsewhere is an error that
  /// names the place, unless `without_rings`: then what they hold is counted as lost.
  std::string ring_dir{};
  bool without_rings = false;
  std::function<void(RecoveryStep)> before{};
};

/// Every run of the folder. Runs that lack nothing are left alone.
Result<Recovered> recover(const LogFolder& folder, const RecoveryOptions& options = {});

}  // namespace millrace::log
