// SPDX-License-Identifier: Apache-2.0
//
// Gate: the one word that says whether pushes are taken, and the barrier that lets it be closed
// without a fence in push.
//
// Method   close() stores kClosing, then membarrier: every thread of the process has passed a full
//          barrier. A push that read kRunning after its store did so before that barrier, so its
//          store is visible to the closer; any other push reads kClosing and settles with the
//          closer over the worker's last number (Ring::fate). Neither waits for the other.
// Fork     The word's page is wiped in a child (MADV_WIPEONFORK): it reads kForked.
// Where membarrier is refused (seccomp), fenced() is true and push pays for a full fence.
#pragma once

#include <atomic>
#include <cstdint>

#include "millrace/result.hpp"
#include "millrace/worker.hpp"

namespace millrace::detail {

class Gate {
 public:
  static Result<Gate> open();
  Gate(Gate&& other) noexcept;
  Gate& operator=(Gate&&) = delete;
  ~Gate();

  [[nodiscard]] const std::atomic<std::uint32_t>& word() const noexcept { return *word_; }
  [[nodiscard]] std::uint32_t state() const noexcept;
  [[nodiscard]] bool fenced() const noexcept { return fenced_; }

  /// Once, by the thread that then reads what workers have published.
  void close() noexcept;

 private:
  Gate(std::atomic<std::uint32_t>* word, bool fenced) noexcept : word_(word), fenced_(fenced) {}
  std::atomic<std::uint32_t>* word_;
  bool fenced_;
};

}  // namespace millrace::detail
