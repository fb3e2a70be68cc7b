// SPDX-License-Identifier: Apache-2.0
#include "transport/bus_guard.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace millrace::detail {
namespace {

// A range, read by the handler without a lock. `version` is odd while add() or the destructor write;
// the handler believes what it read between two equal even values.
struct Slot {
  std::atomic<std::uint32_t> version{0};
  std::atomic<pid_t> owner{0};
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};  // 0: free
  /// From here on the pages are replaced, or one thread is at it; `end` at first.
  std::atomic<std::uintptr_t> cut{0};
};

Slot slots[GuardedRange::kRangesMax];
std::atomic<std::uint32_t> slots_used{0};  // one beyond the last that ever was in use

struct Installation {
  std::mutex mutex;
  std::size_t ranges = 0;
  std::uint32_t free_from = 0;  // no free slot before this one
  bool buried = false;          // the host's handler was above ours when ours should have gone
};
Installation& installation() {
  static auto* const one = [] {
    // A child forked while another thread is in add() could never add a range of its own.
    ::pthread_atfork([] { installation().mutex.lock(); }, [] { installation().mutex.unlock(); },
                     [] { installation().mutex.unlock(); });
    // Never destroyed: ranges may outlive statics. In memory of its own: add() is asked where nothing may throw.
    alignas(Installation) static std::byte room[sizeof(Installation)];
    return ::new (static_cast<void*>(room)) Installation;
  }();
  return *one;
}
// Written while ours is not installed, before it is; the handler's kernel entry comes after that.
struct sigaction previous;

std::uintptr_t page_bytes() noexcept {
  static const auto bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

// Maps zero pages over [from, to). By the bare system call: ThreadSanitizer would take it for a write
// that races with the accesses which wait for these very pages.
bool replace(std::uintptr_t from, std::uintptr_t to) noexcept {
  const long mapped = ::syscall(SYS_mmap, from, to - from, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (mapped == -1) return false;
  void* const at = reinterpret_cast<void*>(from);
  ::madvise(at, to - from, MADV_DONTFORK);  // as the mapping before it
  return true;
}

// True: the access can be made again.
bool survive(Slot& slot, std::uintptr_t address) noexcept {
  // order: acquire (all five); pairs with the releases in write(): none of these is read before the
  // first version or after the second.
  const std::uint32_t version = slot.version.load(std::memory_order_acquire);
  const std::uintptr_t begin = slot.begin.load(std::memory_order_acquire);  // order: see above
  const std::uintptr_t end = slot.end.load(std::memory_order_acquire);      // order: see above
  const pid_t owner = slot.owner.load(std::memory_order_acquire);           // order: see above
  // order: acquire; see above.
  if (version % 2 != 0 || slot.version.load(std::memory_order_acquire) != version) return false;
  if (address < begin || address >= end || owner != ::getpid()) return false;

  const std::uintptr_t page = address & ~(page_bytes() - 1);
  // order: acquire; pairs with the exchange below, in another thread's handler.
  std::uintptr_t cut = slot.cut.load(std::memory_order_acquire);
  while (page < cut) {
    // order: acq_rel; who lowers the cut replaces the pages between; hit() reads it.
    if (slot.cut.compare_exchange_weak(cut, page, std::memory_order_acq_rel)) {
      return replace(page, cut);
    }
  }
  return true;  // another thread is replacing this page: the access faults until it has
}

void die_of(int signal) noexcept {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
}

void pass_on(int signal, siginfo_t* info, void* context) noexcept {
  if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(signal, info, context);
  const bool sent = info->si_code <= 0;  // by kill() and the like, not by an access
  if (previous.sa_handler == SIG_IGN && sent) return;
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    return previous.sa_handler(signal);
  }
  die_of(signal);             // an access is made again, and ends the process
  if (sent) ::raise(signal);  // what was sent has to be sent again; it waits until we return
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  const int before = errno;
  if (info->si_code == BUS_ADRERR) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    // order: acquire; pairs with add(): the slots below are there.
    const std::uint32_t used = slots_used.load(std::memory_order_acquire);
    for (std::uint32_t i = 0; i < used; ++i) {
      if (survive(slots[i], address)) {
        errno = before;
        return;
      }
    }
  }
  errno = before;
  pass_on(signal, info, context);
}

bool is_ours(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == on_bus_error;
}

// Under the lock. 0, or why not.
int install(Installation& in) noexcept {
  struct sigaction now {};
  if (::sigaction(SIGBUS, nullptr, &now) != 0) return errno;
  if (is_ours(now)) return 0;
  const bool nobodys =
      (now.sa_flags & SA_SIGINFO) == 0 && (now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN);
  // A handler above ours may call ours; were we above it as well, the two would call each other.
  if (in.buried && !nobodys) return 0;
  previous = now;
  struct sigaction ours {};
  ours.sa_sigaction = on_bus_error;
  ours.sa_mask = now.sa_mask;  // so that a handler we pass on to runs as it asked to
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (now.sa_flags & SA_NODEFER);
  if (::sigaction(SIGBUS, &ours, nullptr) != 0) return errno;
  in.buried = false;
  return 0;
}

void uninstall(Installation& in) noexcept {
  struct sigaction now {};
  if (::sigaction(SIGBUS, nullptr, &now) == 0 && is_ours(now)) {
    ::sigaction(SIGBUS, &previous, nullptr);
  } else {
    in.buried = true;
  }
}

// Under the lock.
void write(Slot& slot, std::uintptr_t begin, std::uintptr_t end) noexcept {
  // order: relaxed; only writers under the lock change it.
  const std::uint32_t version = slot.version.load(std::memory_order_relaxed);
  // order: relaxed; the releases below keep it before them.
  slot.version.store(version + 1, std::memory_order_relaxed);
  // order: release (all five); pairs with the acquires in survive().
  slot.owner.store(::getpid(), std::memory_order_release);
  slot.begin.store(begin, std::memory_order_release);          // order: see above
  slot.end.store(end, std::memory_order_release);              // order: see above
  slot.cut.store(end, std::memory_order_release);              // order: see above
  slot.version.store(version + 2, std::memory_order_release);  // order: see above
}

bool is_free(const Slot& slot) noexcept {
  return slot.end.load(std::memory_order_relaxed) == 0;  // order: relaxed; under the lock
}

}  // namespace

Result<GuardedRange> GuardedRange::add(void* memory, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  assert(begin % page_bytes() == 0 && bytes != 0);
  const std::uintptr_t end = (begin + bytes + page_bytes() - 1) & ~(page_bytes() - 1);
  Installation& in = installation();
  const std::lock_guard lock(in.mutex);
  std::uint32_t at = in.free_from;
  while (at < kRangesMax && !is_free(slots[at])) ++at;
  if (at == kRangesMax) {
    return failure(Errc::limit, fmt::format("{} mapped files are guarded against SIGBUS already; "
                                            "use fewer workers, or pwrite",
                                            kRangesMax));
  }
  if (const int why = in.ranges == 0 ? install(in) : 0; why != 0) {
    return failure(Errc::io,
                   fmt::format("no handler for SIGBUS can be installed: {}", std::strerror(why)));
  }
  ++in.ranges;
  in.free_from = at + 1;
  write(slots[at], begin, end);
  // order: relaxed; only changed under the lock.
  if (at >= slots_used.load(std::memory_order_relaxed)) {
    slots_used.store(at + 1, std::memory_order_release);  // order: release; pairs with the handler
  }
  return GuardedRange(at);
}

GuardedRange::GuardedRange(GuardedRange&& other) noexcept
    : slot_(std::exchange(other.slot_, kNone)) {}

GuardedRange& GuardedRange::operator=(GuardedRange&& other) noexcept {
  std::swap(slot_, other.slot_);
  return *this;
}

GuardedRange::~GuardedRange() {
  if (slot_ == kNone) return;
  Slot& slot = slots[slot_];
  // order: relaxed; written by the thread that made this object, before it was handed on. In a forked
  // child the lock may be held for ever by a thread that is not there.
  if (slot.owner.load(std::memory_order_relaxed) != ::getpid()) return;
  Installation& in = installation();
  const std::lock_guard lock(in.mutex);
  write(slot, 0, 0);
  in.free_from = std::min(in.free_from, slot_);
  if (--in.ranges == 0) uninstall(in);
}

bool GuardedRange::hit() const noexcept {
  if (slot_ == kNone) return false;
  const Slot& slot = slots[slot_];
  // order: acquire; pairs with the exchange in survive(). `end` is fixed while the range is there.
  return slot.cut.load(std::memory_order_acquire) !=
         slot.end.load(std::memory_order_relaxed);  // order: relaxed; see above
}

bool GuardedRange::in_force() noexcept {
  struct sigaction now {};
  return ::sigaction(SIGBUS, nullptr, &now) == 0 && is_ours(now);
}

}  // namespace millrace::detail
