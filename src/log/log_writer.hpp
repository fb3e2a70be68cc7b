// SPDX-License-Identifier: Apache-2.0
//
// LogWriter: the log of one run, as the aggregator writes it.
//
//   std::uint32_t room = writer->reserve(record_size, now);   // may begin a new segment
//   if (writer->rotated()) ...;                               // sums start anew
//   writer->append(slice, now);                               // a frame, visible when it returns
//
// Waiting   The aggregator never waits for a disk: a helper thread makes, fills with pages, syncs and
//           removes segments (SegmentKeeper). When the next one is late reserve() gives 0: the
//           slice stays in its block; after 100 ms (WriterOptions::wait: never) the log stops.
// Stopped   The log stops when there is no room or a write fails. Records are then counted as
//           unlogged, and it goes on as soon as a next segment can be made. A segment whose sync
//           failed is never synced again, and `durable` stays where it was.
// Repeats   Each segment begins with all names and accounts that came before it.
// Threads   The aggregator; status() and sync() any.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "millrace/result.hpp"

#include "log/format.hpp"
#include "log/writer_options.hpp"
#include "record/slice.hpp"

namespace millrace::log {

class LogWriter {
 public:
  /// Makes segment number `segment`, the run's first, before it returns. `header` is of make_header().
  /// Errors leave no file behind.
  static Result<std::unique_ptr<LogWriter>> open(const WriterOptions& options,
                                                 const SegmentHeader& header,
                                                 std::uint64_t segment);
  ~LogWriter();  // like a killed process: no END frame; close() is for ends

  /// Remembered for every later segment, and written before the next DATA frame; also between
  /// reserve() and append(), for which a segment keeps a sixteenth of itself (64 KiB to 1 MiB) free. Names
  /// beyond that come at the start of the next segment. Text beyond kNameBytesMax is cut off.
  void name(NameKind kind, std::uint16_t number, std::string_view text);
  void account(const AccountEntry& entry);
  /// Takes back the name that was given last, before the next reserve().
  void forget_name() noexcept;

  /// Records of this size that the next frame takes, at most kSliceRecordsMax; 0: not now.
  [[nodiscard]] std::uint32_t reserve(std::uint32_t record_size, std::int64_t now_ns) noexcept;
  /// Whether reserve() has begun a segment since this was asked last.
  [[nodiscard]] bool rotated() noexcept;
  /// slice.count <= what reserve() gave. False: not logged, and counted.
  bool append(const Slice& slice, std::int64_t taken_ns) noexcept;

  /// Writes names and accounts that are still waiting, and END; `final`: with the mark that says
  /// nothing is missing. Then sync (if there is a policy) and cut to size. The last call.
  Result<void> close(bool final, std::int64_t finished_ns);

  /// Instead of close(), before the first append(): no file is left.
  void abandon() noexcept;

  [[nodiscard]] LogStatus status() const;
  /// Returns when everything appended before the call is on the disk.
  Result<void> sync();

 private:
  struct Parts;
  explicit LogWriter(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::log
