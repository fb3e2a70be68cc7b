// SPDX-License-Identifier: Apache-2.0
#include "transport/gate.hpp"

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <fmt/format.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace millrace::detail {
namespace {

bool membarrier(int command) noexcept { return ::syscall(SYS_membarrier, command, 0, 0) == 0; }

std::size_t page_bytes() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace

Result<Gate> Gate::open() {
  void* page =
      ::mmap(nullptr, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    return failure(Errc::out_of_memory,
                   fmt::format("engine: no page for its state: {}", std::strerror(errno)));
  }
  if (::madvise(page, page_bytes(), MADV_WIPEONFORK) != 0) {
    const int why = errno;
    ::munmap(page, page_bytes());
    return failure(Errc::io,
                   fmt::format("engine: MADV_WIPEONFORK refused ({}); Linux 4.14 or later "
                               "is needed",
                               std::strerror(why)));
  }
  const bool fenced = !membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  return Gate(::new (page) std::atomic<std::uint32_t>(kRunning), fenced);
}

Gate::Gate(Gate&& other) noexcept
    : word_(std::exchange(other.word_, nullptr)), fenced_(other.fenced_) {}

Gate::~Gate() {
  if (word_ != nullptr) ::munmap(word_, page_bytes());
}

std::uint32_t Gate::state() const noexcept {
  // order: acquire; pairs with close(), for callers off the hot path.
  return word_->load(std::memory_order_acquire);
}

void Gate::close() noexcept {
  // order: seq_cst; with fenced() it is one side of the store-load pairs in Port::publish(), else
  // membarrier makes it so.
  word_->store(kClosing, std::memory_order_seq_cst);
  if (!fenced_) membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

}  // namespace millrace::detail
