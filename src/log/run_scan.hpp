// SPDX-License-Identifier: Apache-2.0
//
// What the frames of a run say together: PartScan notes it for one segment (or the rings), RunScan
// joins the parts in their order and tells what is missing.
//
//   while (const auto frame = source->next())
//     if (scan.add(*frame)) ...;                        // a DATA frame to be accumulated
//   run.add(std::move(scan));
//
// Missing   Frames number the run's logged records: a break in the numbers is the exact count of those
//           that were logged and cannot be read. Workers number theirs: a number that comes twice is
//           a duplicate, refused; a break that the frames' numbers do not explain was never logged.
// Threads   One each.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "log/format.hpp"
#include "log/frame_source.hpp"
#include "log/stream_text.hpp"

namespace millrace::log {

/// Names of a run, by kind and number; the same entry may come again.
struct RunNames {
  std::map<std::uint16_t, StreamText> streams;
  std::map<std::uint16_t, std::string> labels, error_classes;
  void merge(const RunNames& other);
};

class PartScan {
 public:
  struct Span {  // of one worker
    std::uint32_t stream = 0;
    std::uint64_t first = 0;  // worker_seq of its first record here
    std::uint64_t next = 0;   // one beyond its last
    std::uint64_t records = 0;
  };

  /// False: not to be accumulated: no DATA frame, or a duplicate, or of a stream without a schema
  /// (both noted as damage).
  bool add(const Frame& frame, const std::string& file);

  RunNames names;
  std::map<std::uint32_t, Span> workers;
  std::map<std::uint32_t, AccountEntry> accounts;
  std::vector<Damage> damages;  // found here; the source has its own
  std::uint64_t records = 0;
  std::uint64_t missing = 0;  // between this part's frames
  std::optional<std::uint64_t> first_record_no;
  std::uint64_t next_record_no = 0;
  std::uint64_t unlogged = 0;  // the greatest that a frame told
  std::int64_t last_taken_ns = 0;
  std::optional<EndPayload> end;
  bool final = false;
};

class RunScan {
 public:
  /// In order. `run_index`: of the segment; the rings come last and have none.
  void add(const PartScan& part, std::optional<std::uint64_t> run_index);

  RunNames names;
  std::map<std::uint32_t, std::uint64_t> logged_until;  // by worker: one beyond its last record
  std::map<std::uint32_t, std::uint64_t> logged;        // by worker: records read
  std::map<std::uint32_t, std::uint32_t> stream_of;     // by worker
  std::map<std::uint32_t, AccountEntry> accounts;       // greatest of each figure
  std::vector<Damage> damages;
  std::uint64_t records = 0;
  std::uint64_t missing = 0;  // logged, and not readable
  std::uint64_t dropped = 0;  // in segments before the first: removed by retention, or lost
  std::uint64_t unlogged = 0;
  std::uint64_t segments_missing = 0;  // breaks in run_index
  std::int64_t last_taken_ns = 0;
  std::int64_t finished_ns = 0;  // of the END frame, when final
  bool final = false;            // the last part ends with a final END frame

  /// Accepted, and neither logged nor unlogged nor missing nor dropped: died with the process.
  /// Only to be asked of a run whose rings are joined or are not there.
  [[nodiscard]] std::uint64_t lost() const noexcept;

 private:
  std::optional<std::uint64_t> next_index_;
  std::uint64_t next_record_no_ = 0;
};

}  // namespace millrace::log
