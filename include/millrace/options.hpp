// SPDX-License-Identifier: Apache-2.0
//
// Options of an engine and of a stream. All have defaults that suit a load generator.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
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
  back_off,  // sleeps 50 us, doubling up to 1 ms while nothing comes
  sleep,     // sleeps 200 us, up to 1 ms while nothing comes: fewest wake-ups
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

  /// Labels that are told apart, each by status; those beyond count under "other". So do new ones
  /// once the labels' tables take label_memory_bytes: those that are there may still grow, by about
  /// 3 KiB a metric and status at most.
  std::uint32_t labels_max = 1'024;
  std::size_t label_memory_bytes = std::size_t{256} << 20;
  std::uint32_t error_classes_max = 1'024;

  /// Percentiles that a Snapshot carries.
  std::vector<double> live_percentiles = {50, 90, 95, 99, 99.9};

  /// At exit() of the process an engine that is still open is finished, within a second.
  bool finish_at_exit = true;

  /// Blocks are aggregated in the order of the places that workers give them (see detail::Port),
  /// not as they come: files replayed by several threads.
  bool by_place = false;
};

/// A record is good when it is ok and each of these metrics is present and at most its limit.
struct Limit {
  std::string metric;
  double at_most = 0;  // in the metric's unit
};

struct StreamOptions {
  std::vector<Limit> goodput;
};

}  // namespace millrace
