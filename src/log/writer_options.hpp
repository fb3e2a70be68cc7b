// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "millrace/options.hpp"

#include "log/format.hpp"

namespace millrace::log {

struct WriterOptions {
  std::string dir;
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  bool mapped = true;  // else pwrite
  LogSync sync = LogSync::never;
  std::chrono::milliseconds sync_every{1000};
  std::uint64_t bytes_max = 0;  // retention; 0: everything is kept
  bool wait = false;            // Overflow::wait: rather wait for a segment than leave records out
};

/// What is known about the log of a run; read by any thread.
struct LogStatus {
  std::uint64_t logged = 0;    // records
  std::uint64_t unlogged = 0;  // aggregated while the log had stopped
  std::uint64_t durable = 0;   // records that a sync has covered
  std::uint64_t dropped = 0;   // records in segments that retention removed
  std::uint64_t segments = 0;  // written by this run
  std::uint64_t bytes = 0;
  bool stopped = false;
  bool mapped = false;  // what is used, whatever was asked for
  std::string error;    // why it stopped, or what a sync said; stays
};

}  // namespace millrace::log
