// SPDX-License-Identifier: Apache-2.0
//
// Answer: what becomes of one request, from its sending to its record.
//
//   answer->begin({.id = .., .intended_ns = .., .start_ns = ..});
//   answer->take(bytes, 200, now_ns);        // as they come
//   answer->end(outcome);                    // pushes the record
//
// Recorder   Makes the answers of one thread, and holds its engine workers.
// Threads    All of a Recorder and its answers on one thread, but for making and destroying them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "millrace/schema.hpp"

namespace millrace::load {

struct Sent {
  std::uint64_t id = 0;
  std::int64_t intended_ns = kAbsentTime;
  std::int64_t start_ns = kAbsentTime;
};

struct Outcome {
  bool abandoned = false;      // it was under way when the run gave up waiting
  std::string_view failure{};  // the transport's error class; empty: an answer came to its end
  std::string_view detail{};   // the same in more words, not bounded in number
  int http_code = 0;           // 0: there was no answer
  std::int64_t first_byte_ns = kAbsentTime;
  std::int64_t end_ns = kAbsentTime;
  std::int64_t bytes_sent = 0, bytes_received = 0;  // of bodies
};

/// What the records do not tell.
struct RecorderTally {
  std::uint64_t ok = 0, failed = 0, abandoned = 0, unsent = 0;
  std::uint64_t answered = 0;       // with any HTTP status
  std::uint64_t without_usage = 0;  // ok chat completions whose tokens were counted by chunk
  std::string first_failure;        // class and detail
};

class Answer {
 public:
  virtual ~Answer() = default;
  virtual void begin(const Sent& sent) = 0;
  /// False: what follows is of no use, and the request may end.
  virtual bool take(std::string_view bytes, int http_code, std::int64_t now_ns) = 0;
  virtual void end(const Outcome& outcome) = 0;
};

class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual std::unique_ptr<Answer> answer() = 0;
  /// A request that was due and for which no connection was free before `end_ns`.
  virtual void unsent(std::uint64_t id, std::int64_t intended_ns, std::int64_t end_ns) = 0;
  [[nodiscard]] virtual const RecorderTally& tally() const = 0;
};

}  // namespace millrace::load
