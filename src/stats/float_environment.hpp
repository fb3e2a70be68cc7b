// SPDX-License-Identifier: Apache-2.0
//
// FloatEnvironment: the default rounding, no flushing to zero, no traps, for as long as it lives; then what
// the host had set. Threads inherit these from who makes them, and hosts built with -ffast-math flush.
//
// Cost  About 50 ns.
#pragma once

#include <cfenv>

namespace millrace {

class FloatEnvironment {
 public:
  FloatEnvironment() noexcept {
    std::fegetenv(&before_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~FloatEnvironment() { std::fesetenv(&before_); }
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

 private:
  std::fenv_t before_;
};

}  // namespace millrace
