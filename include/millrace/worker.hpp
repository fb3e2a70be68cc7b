// SPDX-License-Identifier: Apache-2.0
//
// Worker: the handle through which one thread pushes records.
//
//   auto worker = stream.worker().value();
//   worker.push({.start_ns = t0, .end_ns = t1});       // false: refused, and counted
//
//   if (auto* record = worker.claim()) {               // builds the record in place
//     record->start_ns = t0;
//     record->end_ns = t1;
//     worker.commit();
//   }
//
// Threads   One thread at a time. A worker may move to another thread if the hand-over itself
//           synchronises. Not for signal handlers: a push from inside a push is refused as
//           reentrant, and so is one between claim() and commit().
// Cost      push: the copy, one release store, two loads of a word that never changes before the end
//           and two stores of a flag of its own. No lock, system call, allocation, clock or
//           read-modify-write. Once every few hundred records a new block is opened: one enqueue of
//           a pointer. g++ builds a record with an array in it on the stack and copies it from
//           there, 8 ns more: claim() builds it in place.
// Loss      A refused record is counted by reason: full, closed, forked, reentrant.
// Lifetime  May outlive its engine. Destroying it hands over what is in its last block.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "millrace/block.hpp"
#include "millrace/export.hpp"
#include "millrace/result.hpp"
#include "millrace/schema.hpp"

namespace millrace {

/// Refused pushes of one worker, by reason.
struct Rejected {
  std::uint64_t full = 0;
  std::uint64_t closed = 0;
  std::uint64_t forked = 0;  // in a child process; counted there only
  std::uint64_t reentrant = 0;
  [[nodiscard]] std::uint64_t total() const noexcept { return full + closed + forked + reentrant; }
};

namespace detail {

class Core;
class Ring;

/// The state word of an engine. It lives in a page that fork() wipes, so that a child reads kForked
/// before it touches anything shared.
enum GateState : std::uint32_t { kForked = 0, kRunning = 1, kClosing = 2 };

/// The compiled half of a worker: knows bytes, not types. Shares no cache line with anything that
/// another thread writes: doing so cost 2 ns a push and 80 ns of p99.
class alignas(kSharingBytes) Port {
 public:
  MILLRACE_API Port(Port&& other) noexcept;
  MILLRACE_API Port& operator=(Port&& other) noexcept;
  MILLRACE_API ~Port();

  /// Room for one record, or nullptr: refused and counted.
  [[nodiscard]] std::byte* enter() noexcept {
    // order: relaxed; only a hint that saves work, the load in publish() decides. Pairs with
    // Gate::close().
    if (gate_->load(std::memory_order_relaxed) != kRunning || busy()) [[unlikely]] {
      return refuse();
    }
    // Busy before looking for room: a signal handler's push may take the last of it until then.
    set_busy(true);
    if (count_ == capacity_) [[unlikely]] {
      if (!open_block()) {
        set_busy(false);
        return nullptr;
      }
    }
    return next_;
  }

  /// Publishes the record that enter() made room for.
  bool publish(std::uint32_t record_size) noexcept {
    ++count_;
    next_ += record_size;
    if (special_) [[unlikely]]
      return publish_special();
    // order: release; publishes the record just written. Pairs with the acquire in Lane::front().
    published_->store(count_, std::memory_order_release);
    // For the compiler only: the load below stays behind the store. The processor's half is the
    // closer's membarrier, see Gate::close().
    std::atomic_signal_fence(std::memory_order_seq_cst);
    // order: seq_cst (a plain load on x86 and one instruction on ARM); pairs with Gate::close(). Still
    // running: the closer will see the store above.
    const std::uint32_t state = gate_->load(std::memory_order_seq_cst);
    set_busy(false);
    return state == kRunning || settle();
  }

  /// claim() and commit() of Worker, for records known at run time only: the room is zeroed, so that
  /// no old record shows through. Worker clears it itself.
  [[nodiscard]] MILLRACE_API std::byte* claim() noexcept;
  [[nodiscard]] std::byte* claim_as_it_is() noexcept {
    if (claimed_) return next_;
    std::byte* room = enter();
    claimed_ = room != nullptr;
    return room;
  }
  bool commit() noexcept {
    if (!claimed_) return false;
    claimed_ = false;
    // order: acquire; a child that inherited a claim has no ring to commit to.
    if (gate_->load(std::memory_order_acquire) == kForked) [[unlikely]]
      return refuse_commit();
    return publish(record_size_);
  }

  /// Only with EngineOptions::by_place: all records until end_place() belong to this place. Each
  /// place is used once, by one worker; the aggregator takes places in the order of their numbers.
  MILLRACE_API bool begin_place(std::uint64_t place) noexcept;
  MILLRACE_API bool end_place() noexcept;

  [[nodiscard]] MILLRACE_API std::uint64_t accepted() const noexcept;
  [[nodiscard]] MILLRACE_API Rejected rejected() const noexcept;
  [[nodiscard]] std::uint32_t id() const noexcept { return worker_; }

 private:
  friend Result<Port> open_port(const std::shared_ptr<Core>& core, std::uint32_t stream);
  friend struct PortAccess;  // tests open ports without an engine
  MILLRACE_API Port(std::shared_ptr<Core> core, Ring& ring) noexcept;

  MILLRACE_API std::nullptr_t refuse() noexcept;
  MILLRACE_API bool refuse_commit() noexcept;
  MILLRACE_API bool open_block() noexcept;
  MILLRACE_API bool settle() noexcept;
  /// publish() where membarrier is refused, or where the ring counts (RingKind::counted).
  MILLRACE_API bool publish_special() noexcept;
  bool close_block(std::uint32_t marks) noexcept;
  void release() noexcept;

  // A signal handler of this thread may push in the midst of a push; no other thread looks.
  // order (both): relaxed; one thread, the signal fence keeps the compiler from moving the record's
  // bytes across.
  [[nodiscard]] bool busy() const noexcept { return busy_.load(std::memory_order_relaxed); }
  void set_busy(bool busy) noexcept {
    std::atomic_signal_fence(std::memory_order_acq_rel);
    // order: relaxed; see busy().
    busy_.store(busy, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_acq_rel);
  }

  const std::atomic<std::uint32_t>* gate_;
  std::atomic<std::uint32_t>* published_ = nullptr;  // of the open block
  std::byte* next_ = nullptr;                        // where the next record goes
  std::uint32_t count_ = 0;                          // records in the open block
  std::uint32_t capacity_ = 0;                       // 0 while no block is open
  std::atomic<bool> busy_{false};
  bool special_ = false;  // a fence or a count is due, see publish_special()
  bool wait_ = false;
  bool claimed_ = false;
  std::uint32_t worker_ = 0;

  std::uint32_t record_size_ = 0;
  std::uint64_t first_ = 0;  // worker_seq of the open block's record 0
  std::uint64_t place_ = 0;
  std::uint64_t refused_in_child_ = 0;
  BlockHeader* block_ = nullptr;
  Ring* ring_ = nullptr;
  std::shared_ptr<Core> core_;
};

[[nodiscard]] MILLRACE_API Result<Port> open_port(const std::shared_ptr<Core>& core,
                                                  std::uint32_t stream);

}  // namespace detail

template <Record T>
class Worker {
 public:
  explicit Worker(detail::Port port) noexcept : port_(std::move(port)) {}

  /// False: refused, and counted by reason.
  bool push(const T& record) noexcept {
    std::byte* room = port_.enter();
    if (room == nullptr) [[unlikely]]
      return false;
    // Not memcpy: a record built in the call is then written field by field where it goes, without a
    // detour over the stack, whose small stores a wide load would have to wait for.
    ::new (static_cast<void*>(room)) T(record);
    return port_.publish(sizeof(T));
  }

  /// Room for one record with its defaults, or nullptr: refused and counted. Until commit() pushes
  /// of this worker are refused; a second claim() gives the same room again.
  [[nodiscard]] T* claim() noexcept {
    std::byte* room = port_.claim_as_it_is();
    if (room == nullptr) [[unlikely]]
      return nullptr;
    // Copied, not T{}: for the bytes between members g++ fills that with zeros first, one string
    // instruction of 10 ns and more. What the caller overwrites it then leaves out.
    static const T defaults{};
    return ::new (static_cast<void*>(room)) T(defaults);
  }
  bool commit() noexcept { return port_.commit(); }

  [[nodiscard]] std::uint64_t accepted() const noexcept { return port_.accepted(); }
  [[nodiscard]] Rejected rejected() const noexcept { return port_.rejected(); }
  /// The worker's number in its run, from 1; never used again.
  [[nodiscard]] std::uint32_t id() const noexcept { return port_.id(); }

 private:
  detail::Port port_;
};

}  // namespace millrace
