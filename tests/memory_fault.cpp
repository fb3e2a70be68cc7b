// SPDX-License-Identifier: Apache-2.0
#include "memory_fault.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

std::atomic<std::uint64_t> asked{0};
std::atomic<std::uint64_t> fails_from{kNever};
std::atomic<std::uint64_t> fails_until{kNever};
std::atomic<bool> came{false};
thread_local bool spared = false;

bool fails() noexcept {
  if (spared || fails_from.load(std::memory_order_relaxed) == kNever) return false;
  const std::uint64_t n = asked.fetch_add(1) + 1;
  if (n < fails_from || n > fails_until) return false;
  came = true;
  return true;
}

}  // namespace

namespace millrace {

MemoryFault::MemoryFault(std::uint64_t n, Times times) noexcept {
  spared = true;
  asked = 0;
  came = false;
  fails_until = times == Times::once ? n : kNever;
  fails_from = n;
}
MemoryFault::~MemoryFault() { over(); }
bool MemoryFault::fired() const noexcept { return came; }
void MemoryFault::over() noexcept { fails_until = 0; }
bool MemoryFault::expose(bool exposed) noexcept { return !std::exchange(spared, !exposed); }

}  // namespace millrace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

// The sanitizer has malloc; operator new is what is left to a program, and most of what the library asks for.
void* operator new(std::size_t bytes) {
  void* const memory = fails() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return fails() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

#else

// glibc's own names of what stands in for malloc here; operator new calls it.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t n, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);

static void* none() noexcept {
  errno = ENOMEM;
  return nullptr;
}
void* malloc(std::size_t bytes) noexcept { return fails() ? none() : __libc_malloc(bytes); }
void* calloc(std::size_t n, std::size_t bytes) noexcept {
  return fails() ? none() : __libc_calloc(n, bytes);
}
void* realloc(void* memory, std::size_t bytes) noexcept {
  return fails() ? none() : __libc_realloc(memory, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  return fails() ? none() : __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  return memalign(alignment, bytes);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) noexcept {
  void* const made = memalign(alignment, bytes);
  if (made == nullptr) return ENOMEM;
  *memory = made;
  return 0;
}
}

#endif
