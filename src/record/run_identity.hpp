// SPDX-License-Identifier: Apache-2.0
//
// RunIdentity: which run of which log wrote a file, and in which process. Segments, names files and
// rings carry it in their headers; recovery believes nothing that carries another one.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace millrace {

using Id128 = std::array<std::uint8_t, 16>;

struct RunIdentity {
  Id128 log_id{};         // random, one for a folder
  std::uint64_t run = 0;  // random, one for each open
  Id128 boot_id{};        // of the kernel: rings of another boot are not trusted
  std::uint32_t pid = 0;
  std::uint64_t pid_start = 0;  // in clock ticks since boot: tells a reused pid apart
  bool operator==(const RunIdentity&) const = default;

  /// A new run of this process in the log `log_id`.
  static RunIdentity make(const Id128& log_id);
};

Id128 random_id();
/// All zero when /proc does not tell.
Id128 this_boot();

std::string hex(const Id128& id);
std::string hex(std::uint64_t number);  // 16 digits

}  // namespace millrace
