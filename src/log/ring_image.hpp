// SPDX-License-Identifier: Apache-2.0
//
// RingImage: what the file of one ring says after its process has died: whose it is, what its worker
// counted, and where records are. The records themselves are read by RingReader.
//
//   RingImage ring = RingImage::read(path, run);
//   for (const RingBlock& block : ring.blocks) ...;      // plausible ones that hold records
//
// Input     Hostile: pread only, every length and number is checked before it is used, memory is 40
//           bytes a block that holds records. Nothing in the file is used as a path or an offset.
// Trust     The run's log, number, process and boot must be this ring's, and the boot must be the present
//           one: after a power cut a file has pages of different ages. Records carry no checksum;
//           what guards them is the order of the stores, see millrace/block.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "log/format.hpp"
#include "log/frame_source.hpp"
#include "record/file_descriptor.hpp"

namespace millrace::log {

struct RingBlock {
  std::uint32_t index = 0;  // in the file
  std::uint32_t worker = 0;
  std::uint16_t stream = 0;
  bool open = false;  // not given back: the aggregator has not had all of it
  std::uint32_t record_size = 0;
  std::uint32_t n = 0;
  std::uint64_t first = 0;  // worker_seq of record 0

  [[nodiscard]] std::uint64_t end() const noexcept { return first + n; }
  [[nodiscard]] std::uint64_t offset() const noexcept;  // in the file, of record 0
};

struct RingImage {
  static RingImage read(const std::string& path, const RunIdentity& run, std::uint32_t owner);

  std::string path;
  /// Nothing in it is odd: when its records are in the log it can go.
  bool sound = true;
  /// False: the system would not let us; it may be worth another try.
  bool readable = true;
  std::vector<Damage> damages;  // why not

  std::vector<RingBlock> blocks;
  /// Of the worker that had the ring; `accepted` is 0 where blocks say it. None: worker is 0.
  AccountEntry account{};
  std::uint64_t fate = ~std::uint64_t{0};  // of that worker

 private:
  void refuse(std::uint64_t offset, std::uint64_t bytes, std::string what);
  void cannot_read(std::string what);
  void read_words(int fd);
  void read_blocks(int fd, std::uint32_t slot, std::uint32_t count, std::uint64_t run);
};

/// None, and `what` says why: not a regular file of `owner`, linked, writable by others, or an error.
/// `readable` as in RingImage.
FileDescriptor open_ring(const std::string& path, std::uint32_t owner, std::uint64_t& bytes,
                         bool& readable, std::string& what);

/// Whether all of it was read; a file that ends before is like one that cannot be read.
bool read_at(int fd, void* to, std::size_t bytes, std::uint64_t offset) noexcept;

}  // namespace millrace::log
