// SPDX-License-Identifier: Apache-2.0
//
// RingMemory: the memory of one ring, laid out as transport/ring_file.hpp says: anonymous, or a file.
//
//   auto memory = RingMemory::map({RingKind::file, dir, identity}, slot, blocks);
//   memory->blocks();                                  // zeroed, every page there
//
// Whole     A file has all its space and every page is touched before map() returns, so that no later
//           store can fail for want of room. What cannot be had (disk full, quota, file size limit, memory) is
//           an error of map(), which then leaves no file and no space taken.
// Counted   RingKind::counted keeps pages 0 and 1 in a file and the blocks out of it: a kill loses the
//           records and not their number.
// Cut       Somebody who truncates the file kills nobody (GuardedRange): the mapping goes on without it, and
//           cut() says so. What was behind the cut is lost.
// Fork      MADV_DONTFORK; a child does nothing here. No descriptor stays open.
// Input     The file is made anew (O_EXCL, O_NOFOLLOW, 0600), never taken as it lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/types.h>

#include "millrace/result.hpp"

#include "record/run_identity.hpp"
#include "transport/bus_guard.hpp"
#include "transport/ring_file.hpp"

namespace millrace::detail {

enum class RingKind : std::uint8_t { anonymous, file, counted };

/// Where an engine's rings are.
struct RingFiles {
  RingKind kind = RingKind::anonymous;
  std::string dir = {};
  RunIdentity identity = {};
  bool guarded = true;  // false: the host handles SIGBUS itself
};

class RingMemory {
 public:
  static Result<RingMemory> map(const RingFiles& files, std::uint32_t slot, std::uint32_t blocks);
  RingMemory(RingMemory&& other) noexcept;
  RingMemory& operator=(RingMemory&&) = delete;
  ~RingMemory();  // leaves the file

  [[nodiscard]] RingWords& words() const noexcept { return *words_; }
  [[nodiscard]] std::byte* blocks() const noexcept { return memory_ + kRingBlocksAt; }
  /// Empty: no file, or it is removed.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  [[nodiscard]] bool cut() const noexcept { return guard_.hit(); }

  /// What was mapped stays usable.
  void remove_file() noexcept;

 private:
  RingMemory(std::byte* memory, std::size_t bytes, std::string path, GuardedRange guard) noexcept;

  std::byte* memory_;
  std::size_t bytes_;
  std::string path_;
  GuardedRange guard_;  // goes before the memory does, in ~RingMemory()
  RingWords* words_;
  pid_t owner_;
};

}  // namespace millrace::detail
