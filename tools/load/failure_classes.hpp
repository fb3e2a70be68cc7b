// SPDX-License-Identifier: Apache-2.0
//
// FailureClasses: error classes of the engine by their names, asked for once each; and the tally.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "millrace/engine.hpp"

#include "load/answer.hpp"

namespace millrace::load {

/// What went wrong with a request. Names are few: HTTP statuses, curl's error codes, errno, and our own.
struct Verdict {
  Status status = Status::ok;
  std::uint16_t error_class = 0;
};

/// The beginning of an error's body, to be printed.
class Detail {
 public:
  void clear() noexcept { text_.clear(); }
  void add(std::string_view bytes) { text_ += bytes.substr(0, kBytesMax - text_.size()); }
  void set(std::string_view text) { text_ = text.substr(0, kBytesMax); }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

 private:
  static constexpr std::size_t kBytesMax = 200;
  std::string text_;
};

class FailureClasses {
 public:
  explicit FailureClasses(Engine& engine) : engine_(&engine) {}

  /// `failure`: of what was in the answer; counts only when an answer came whole.
  Verdict judge(const Outcome& outcome, std::string_view failure, std::string_view detail);
  Verdict unsent();

  RecorderTally tally;

 private:
  std::uint16_t id_of(std::string_view name);

  Engine* engine_;
  std::map<std::string, std::uint16_t, std::less<>> ids_;
};

}  // namespace millrace::load
