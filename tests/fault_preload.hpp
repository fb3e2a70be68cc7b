// SPDX-License-Identifier: Apache-2.0
#pragma once

extern "C" void millrace_fault(const char* spec);
extern "C" unsigned millrace_fault_fired();

namespace millrace {

/// System calls fail as fault_preload.cpp says while it lives.
class Fault {
 public:
  explicit Fault(const char* spec) { millrace_fault(spec); }
  ~Fault() { millrace_fault(nullptr); }
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;
  [[nodiscard]] unsigned fired() const { return millrace_fault_fired(); }
};

}  // namespace millrace
