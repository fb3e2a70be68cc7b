// SPDX-License-Identifier: Apache-2.0
//
// Options of an engine and of a stream. All have defaults that suit a load generator.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// What push does when the worker's ring is full.
enum class Overflow : std::uint8_t {
  reject,  // refuse the record and count it: never stall the load
  wait,    // wait for room: batch work, replay
};

/// How the aggregator stays away from the workers' cache lines between two turns.
enum class Idle : std::uint8_t {
  spin,      // 20 us of pauses: freshest; takes a core
  back_off,  // sleeps 50 us, doubling up to 1 ms while nothing comes; 4 ms once it is quiet
  sleep,     // sleeps 200 us, up to 1 ms while nothing comes, then 4 ms: fewest wake-ups
};

/// When the log is brought to the disk. Whatever is chosen, what is logged survives the process; a
/// sync is for power cuts.
enum class LogSync : std::uint8_t {
  never,     // the kernel does it in its own time
  interval,  // every log_sync_interval, by a helper thread
  on_flush,  // Engine::flush() returns when it is done
};

/// How a log is written; the bytes are the same.
enum class LogWrite : std::uint8_t {
  mapped,  // memory-mapped segments; pwrite where a mapping is unsafe (btrfs, NFS, FUSE)
  pwrite,  // by system calls: for hosts that handle SIGBUS themselves
};

struct EngineOptions {
  Overflow overflow = Overflow::reject;
  Idle idle = Idle::back_off;

  /// Blocks of 32 KiB in each worker's ring, 2 to 4096. Raised where needed until the ring holds
  /// `ring_records_min` records. All of it is touched when the worker registers.
  std::uint32_t ring_blocks = 64;
  std::uint32_t ring_records_min = 16'384;

  /// Workers at one time, 1 to 4096; worker() returns an error beyond.
  std::uint32_t workers_max = 64;

  /// A slice of fewer than 256 records waits for more for this long at most. It waits in its block,
  /// where nothing can happen to it.
  std::chrono::nanoseconds flush_interval = std::chrono::milliseconds{10};

  /// Cap of the memory in which exact values are held, for the whole engine. Beyond it percentiles
  /// come from histograms, marked with their error bound.
  std::size_t exact_memory_bytes = std::size_t{768} << 20;

  /// Labels that are told apart in a stream, each by status; those beyond count under "other". So do
  /// new ones when label_memory_bytes would not suffice for all that every label can come to take:
  /// 10 KiB a metric and status, whatever the values (some 1,770 labels of five metrics by default). Few
  /// come to take that much.
  std::uint32_t labels_max = 1'024;
  std::size_t label_memory_bytes = std::size_t{256} << 20;
  std::uint32_t error_classes_max = 1'024;

  /// Percentiles that a Snapshot carries.
  std::vector<double> live_percentiles = {50, 90, 95, 99, 99.9};

  /// At exit() of the process an engine that is still open is finished, within a second.
  bool finish_at_exit = true;

  /// The folder of the log; empty: no log. Made if it is not there (its parent must be). One that
  /// holds runs already is refused unless append_log is set.
  std::string log_dir{};
  bool append_log = false;
  /// No value is kept in memory: live percentiles come from histograms, final ones are exact through
  /// passes over the log, which must be there.
  bool low_memory = false;
  LogWrite log_write = LogWrite::mapped;
  /// Of one file, 256 KiB to 16 GiB; raised where names would take more than a quarter of it. At
  /// most two are mapped at a time.
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  LogSync log_sync = LogSync::never;
  std::chrono::milliseconds log_sync_interval{1000};
  /// Of all segments of the run; the oldest go, and reports say how many records are missing. 0: all
  /// are kept.
  std::uint64_t log_bytes_max = 0;

  /// With a log the rings are files beside it, so that what was pushed survives the process even
  /// before it is logged; without ring files the loss is counted, and notice() says so.
  bool ring_files = true;
  /// Another folder for them, e.g. /dev/shm: it must outlive the process, and `millrace recover` must
  /// be told. Empty: log_dir.
  std::string ring_dir{};

  /// Percentiles that finish() makes exact when values are not in memory; another one costs a pass
  /// over the log when it is asked for.
  std::vector<double> percentiles = {50, 90, 95, 99, 99.9};

  /// Blocks are aggregated in the order of the places that workers give them (see detail::Port),
  /// not as they come: files replayed by several threads. With a log: without ring files.
  bool by_place = false;
};

/// A record is good when it is ok and each of these metrics is present and at most its limit.
struct Limit {
  std::string metric;
  double at_most = 0;  // in the metric's unit
};

/// Whose number of tokens is believed where both are known.
enum class TokenSource : std::uint8_t { response, request };

struct TokenSources {
  TokenSource input = TokenSource::response;
  TokenSource output = TokenSource::response;
  bool operator==(const TokenSources&) const = default;
};

/// What of a stream is measured; what is in warmup or cooldown is in no statistic but running(), and is
/// counted. By time, results count that overlap the time between, with all of their time, as guidellm
/// 0.7.3 has it; by number, in the order in which they are aggregated, as 0.2.1 has it; what is out by
/// one of the two is out. A cooldown needs to know how long the run is: its maximum. All numbers: 0 is
/// none. `millrace replay` has more ways to choose, when all is known.
struct Phases {
  std::chrono::nanoseconds warmup{0}, cooldown{0}, time_max{0};
  std::uint64_t warmup_results = 0, cooldown_results = 0, results_max = 0;
  /// When the run begins, by the records' clock. Absent: Engine::stream(), by std::chrono::steady_clock.
  std::optional<std::int64_t> start_ns{};
};

/// Where a stream is in its phases.
enum class Phase : std::uint8_t { pending, warmup, active, cooldown };

struct StreamOptions {
  std::vector<Limit> goodput{};
  Phases phases{};
  /// Of running statistics of GenerationRecords.
  TokenSources tokens{};
  /// Series: interval by interval; a millisecond at least, 0: not. Percentiles are those of
  /// EngineOptions::percentiles. The last rows are in snapshots, all are in the summary.
  std::chrono::nanoseconds every{0};
};

}  // namespace millrace
