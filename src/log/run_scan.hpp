// SPDX-License-Identifier: Apache-2.0
//
// What the frames of a run say together: PartScan notes it for one segment (or the rings), RunScan
// joins the parts in their order and tells what is missing.
//
//   while (const auto frame = source->next())
//     if (scan.add(*frame, source->name())) ...;        // a DATA frame to be accumulated
//   scan.close(*source);                                // counts what is lost behind the last of them
//   run.add(scan, header.run_index);
//
// Missing   Frames number the run's logged records: a break in the numbers is the exact count of those
//           that were logged and cannot be read. Workers number theirs: a number that comes twice is
//           a duplicate, refused; a break that the frames' numbers do not explain was never logged.
// Bounds    Names: the first kNameTextMax bytes of them, the rest is damage. Workers and accounts grow
//           with the file: an entry for each worker that it names.
// Threads   One each.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/format.hpp"
#include "log/frame_source.hpp"
#include "log/stream_text.hpp"

namespace millrace::log {

/// Of one part; the JSON of its streams included. 65,536 labels of 256 bytes have 16 MiB.
inline constexpr std::size_t kNameTextMax = std::size_t{64} << 20;

/// Names of a run, by kind and number; the same entry may come again. Of two names for one number the
/// first counts.
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
  /// After the last frame: records of frames whose header was good and whose payload was not are
  /// missing, also when no good frame follows.
  void close(const FrameSource& source);

  RunNames names;
  std::map<std::uint32_t, Span> workers;
  std::map<std::uint32_t, AccountEntry> accounts;
  std::vector<Damage> damages;  // found here; the source has its own
  std::uint64_t frames = 0;     // good ones, of any type
  std::uint64_t records = 0;
  std::uint64_t missing = 0;  // between this part's frames
  std::optional<std::uint64_t> first_record_no;
  std::uint64_t next_record_no = 0;
  std::uint64_t unlogged = 0;  // the greatest that a frame told
  std::int64_t last_taken_ns = 0;
  std::optional<EndPayload> end;
  bool final = false;

 private:
  void number(const Frame& frame, const std::string& file);
  bool add_data(const Frame& frame, const std::string& file);
  void add_accounts(const Frame& frame, const std::string& file);
  void add_names(const Frame& frame, const std::string& file);
  const char* add_name(NameKind kind, std::uint16_t number, std::string_view text);
  void refuse(const Frame& frame, const std::string& file, std::string what);

  std::size_t name_bytes_ = 0;
};

class RunScan {
 public:
  /// In order. `run_index`: of the segment; the rings come last and have none. `name`: for damages.
  void add(const PartScan& part, std::optional<std::uint64_t> run_index,
           const std::string& name = {});

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
  bool final = false;            // the last part that has frames ends with a final END frame

  /// Accepted, and neither logged nor unlogged nor missing nor dropped: died with the process.
  /// Only to be asked of a run whose rings are joined or are not there.
  [[nodiscard]] std::uint64_t lost() const noexcept;

 private:
  void index(const PartScan& part, std::optional<std::uint64_t> run_index, const std::string& name);
  void number(const PartScan& part, const std::string& name);
  void join_workers(const PartScan& part, const std::string& name);

  std::optional<std::uint64_t> next_index_;
  std::uint64_t next_record_no_ = 0;
};

}  // namespace millrace::log
