// SPDX-License-Identifier: Apache-2.0
//
// Allocations that fail when told to: the n-th of the process, once or from then on for good, whichever
// thread makes it, malloc and operator new alike.
//
//   MemoryFault fault(n, MemoryFault::Times::once);
//   auto engine = in_library([&] { return Engine::open(options); });    // may fail
//   EXPECT_TRUE(engine);                                                // never does
//
// The thread that makes the MemoryFault is the test's own: it is spared but in in_library(). All other
// threads are the library's.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>

namespace millrace {

class MemoryFault {
 public:
  enum class Times { once, for_good };
  MemoryFault(std::uint64_t n, Times times) noexcept;
  ~MemoryFault();
  MemoryFault(const MemoryFault&) = delete;
  MemoryFault& operator=(const MemoryFault&) = delete;

  /// Whether the n-th allocation was asked for.
  [[nodiscard]] bool fired() const noexcept;
  /// From now on there is memory.
  void over() noexcept;

  /// Whether this thread's allocations may fail; the value before.
  static bool expose(bool exposed) noexcept;
};

/// n = 1, 2, 3, ..; after the first 50 one of `step` or so, at random, unless MILLRACE_OOM is set.
class Places {
 public:
  explicit Places(std::uint64_t step)
      : step_(std::getenv("MILLRACE_OOM") != nullptr ? 1 : step), seed_(std::random_device{}()) {}
  std::uint64_t next() {
    constexpr std::uint64_t kFirst = 50;
    return n_ += n_ < kFirst ? 1 : 1 + random_() % (2 * step_ - 1);
  }
  [[nodiscard]] std::uint64_t n() const noexcept { return n_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

 private:
  std::uint64_t step_;
  std::uint64_t seed_;
  std::mt19937_64 random_{seed_};
  std::uint64_t n_ = 0;
};

template <typename Call>
decltype(auto) in_library(Call call) {
  struct Exposed {
    bool before = MemoryFault::expose(true);
    ~Exposed() { MemoryFault::expose(before); }
  } exposed;
  return call();
}

}  // namespace millrace
