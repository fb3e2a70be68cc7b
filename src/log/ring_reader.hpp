// SPDX-License-Identifier: Apache-2.0
//
// RingReader: the rings of a dead run, as the last segment of its log: what was accepted and did not
// get there.
//
//   auto rings = RingReader::open(run, scan).value();       // scan: of all the run's segments
//   while (const auto frame = rings->next()) ...;           // NAMES, one ACCOUNT, then DATA
//
// Frames    Names of the names file (of the segments where it is not whole); the accounts of all workers; then
//           records, by worker and worker_seq, a frame for what is left of a block. All have
//           kRecovered, DATA frames no taken_ns; header_crc is left to who writes them.
// Which     Of a block that was not given back all records beyond logged_until. One that was given back
//           holds records that were logged, or were counted as unlogged while the log had stopped: of it only
//           those that go on where the log of its worker (or the block before) ends without a gap, as
//           when the log's last frames are damaged. A worker of whom the log has nothing gets none of
//           these: retention may have removed them. Of a run that was closed: nothing.
// Trust     See RingImage. Rings of another boot, log or run are a damage and give nothing.
// Lock      The caller holds the folder's, shared at least: rings of a living run change.
// Cost      64 bytes read a block at open(), each record once. One ring's file open at a time.
// Threads   One.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/result.hpp"

#include "log/format.hpp"
#include "log/frame_source.hpp"
#include "log/log_folder.hpp"
#include "log/ring_image.hpp"
#include "log/run_scan.hpp"

namespace millrace::log {

class RingReader final : public FrameSource {
 public:
  static Result<std::unique_ptr<RingReader>> open(const RunFiles& run, const RunScan& scan);
  RingReader(const RingReader&) = delete;
  RingReader& operator=(const RingReader&) = delete;

  [[nodiscard]] std::optional<Frame> next() override;
  [[nodiscard]] const std::vector<Damage>& damages() const noexcept override { return damages_; }
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] std::uint64_t logged_until() const noexcept override { return record_no_; }

  /// Records that next() gives if all can be read.
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }

  struct RingFile {
    std::string path;
    bool sound = true;     // nothing odd: it can go when its records are in the log
    bool readable = true;  // false: the system would not let us read it
  };
  /// As far as is known by now: a record that cannot be read changes it.
  [[nodiscard]] const std::vector<RingFile>& rings() const noexcept { return rings_; }

 private:
  struct Piece {  // records of one block that the log lacks
    std::size_t ring = 0;
    RingBlock block;
    std::uint32_t skip = 0;  // of the block's
  };
  struct Payload {
    FrameType type;
    std::uint32_t n;
    std::vector<std::byte> bytes;
  };

  RingReader(const RunFiles& run, const RunScan& scan);
  void take_accounts(const std::vector<RingImage>& images);
  void take_blocks(const std::vector<RingImage>& images, const RunScan& scan);
  void take_worker(const std::vector<Piece>& blocks, std::optional<std::uint64_t> logged_until);
  void read_names(const RunFiles& run, const RunScan& scan);
  void keep_account(const AccountEntry& entry);
  void pack_names(const RunNames& names);
  void pack_accounts(const RunScan& scan);
  void refuse(std::size_t ring, std::uint64_t offset, std::uint64_t bytes, std::string what);

  std::optional<Frame> next_entries();
  std::optional<Frame> read_piece(const Piece& piece);
  [[nodiscard]] Frame frame_of(FrameType type, std::uint32_t n, std::span<const std::byte> payload);

  std::string name_;
  std::uint32_t owner_;
  std::vector<RingFile> rings_;
  std::vector<Damage> damages_;
  std::map<std::uint32_t, AccountEntry> live_;      // of the workers that had rings
  std::map<std::uint32_t, AccountEntry> accounts_;  // by worker; [0]: all beyond the kept ones
  std::vector<Payload> entries_;                    // NAMES, then ACCOUNT
  std::vector<Piece> pieces_;
  std::size_t next_entry_ = 0, next_piece_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t record_no_;
  std::uint64_t unlogged_;
  std::size_t open_ring_;
  FileDescriptor fd_;
  std::vector<std::byte> buffer_;
};

}  // namespace millrace::log
