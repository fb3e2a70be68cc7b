// SPDX-License-Identifier: Apache-2.0
//
// Arrivals: when each request is meant to be sent, and who sends it.
//
//   Arrivals arrivals({.arrival = Arrival::poisson, .rate = 500, .seed = 7});
//   arrivals.begin(now_ns);
//   while (auto next = arrivals.claim(now_ns)) ..        // send it at next->intended_ns, or as soon as one can
//   arrivals.stop(now_ns);                               // nothing that is due later is sent
//   while (auto left = arrivals.unsent()) ..             // was due, and nobody claimed it
//
// Open loop   constant and poisson: a request is due at a time that no answer can move. A worker claims one
//             when it has a connection for it, so that all connections serve one queue, first come first served; the
//             queue is the schedule itself and takes no memory, however late the run is.
// Closed      a request is due when a connection is free: it has no intended start, and no response time.
// Repeatable  The same rate and seed give the same times, whatever the number of threads.
// Threads     All methods may be called from any thread: a lock, some 50 ns a request.
#pragma once

#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>

#include "millrace/schema.hpp"

namespace millrace::load {

enum class Arrival : std::uint8_t { closed, constant, poisson };

struct ArrivalOptions {
  Arrival arrival = Arrival::closed;
  double rate = 0;               // requests a second; not of closed
  std::uint64_t seed = 1;        // of poisson
  std::uint64_t requests = 0;    // how many in all; 0: no end
  std::int64_t duration_ns = 0;  // nothing is due at this time or later; 0: no end
};

struct Claim {
  std::uint64_t id = 0;  // from 0, in the order of the intended starts
  std::int64_t intended_ns = kAbsentTime;
};

class Arrivals {
 public:
  explicit Arrivals(const ArrivalOptions& options);

  void begin(std::int64_t now_ns);

  /// The next request, whose time may lie ahead; nullopt: there is none before the end.
  std::optional<Claim> claim(std::int64_t now_ns);

  /// The end is now, unless it was before.
  void stop(std::int64_t now_ns);
  /// When the last request may be due; the largest number while no end is known.
  [[nodiscard]] std::int64_t end_ns() const;

  /// After the end: the next request that was due before it and that nobody claimed.
  std::optional<Claim> unsent();

 private:
  std::optional<Claim> take();
  void draw();

  const ArrivalOptions options_;
  mutable std::mutex lock_;  // guards what follows
  std::int64_t begin_ns_ = 0;
  std::int64_t end_ns_ = std::numeric_limits<std::int64_t>::max();
  std::uint64_t next_ = 0;
  double offset_ns_ = 0;  // of request next_, from the beginning
  std::uint64_t random_;
};

}  // namespace millrace::load
