// SPDX-License-Identifier: Apache-2.0
//
// The compiled half of a worker (declared in millrace/worker.hpp): what push does once in a few
// hundred records, at closing, and when it refuses.
#include <cstring>
#include <thread>
#include <utility>

#include <time.h>

#include "millrace/worker.hpp"

#include "transport/core.hpp"
#include "transport/ring.hpp"

namespace millrace::detail {
namespace {

void count(std::atomic<std::uint64_t>& counter) noexcept {
  // order: relaxed; a plain count. An add, because a signal handler may interrupt the same worker.
  counter.fetch_add(1, std::memory_order_relaxed);
}

// Longer waits for a ring that stays full: first the aggregator is likely on its way.
void wait_for_room(std::uint32_t round) noexcept {
  if (round < 16) {
    std::this_thread::yield();
    return;
  }
  const timespec pause{.tv_sec = 0, .tv_nsec = 20'000};
  ::nanosleep(&pause, nullptr);
}

}  // namespace

Port::Port(std::shared_ptr<Core> core, Ring& ring) noexcept
    : gate_(&core->gate.word()),
      special_(core->gate.fenced() || ring.counted()),
      wait_(core->options.overflow == Overflow::wait),
      worker_(ring.worker),
      record_size_(ring.record_size),
      ring_(&ring),
      core_(std::move(core)) {}

Port::Port(Port&& other) noexcept
    : gate_(other.gate_),
      published_(other.published_),
      next_(other.next_),
      count_(other.count_),
      capacity_(other.capacity_),
      special_(other.special_),
      wait_(other.wait_),
      claimed_(other.claimed_),
      worker_(other.worker_),
      record_size_(other.record_size_),
      first_(other.first_),
      place_(other.place_),
      refused_in_child_(other.refused_in_child_),
      block_(other.block_),
      ring_(std::exchange(other.ring_, nullptr)),
      core_(std::move(other.core_)) {
  set_busy(claimed_);
  // What is left behind refuses: its gate is never running.
  static constinit std::atomic<std::uint32_t> never{kForked};
  other.gate_ = &never;
}

Port& Port::operator=(Port&& other) noexcept {
  if (this != &other) {
    this->~Port();
    ::new (this) Port(std::move(other));
  }
  return *this;
}

Port::~Port() {
  if (ring_ != nullptr) release();
}

void Port::release() noexcept {
  // order: acquire; in a forked child the ring is not there: touch nothing.
  if (gate_->load(std::memory_order_acquire) == kForked) return;
  close_block(kClosed);
  core_->rings.release(*ring_, accepted());
  ring_ = nullptr;
}

std::nullptr_t Port::refuse() noexcept {
  // order: acquire; off the hot path. Forked is asked first: a child has no ring.
  if (gate_->load(std::memory_order_acquire) == kForked) {
    ++refused_in_child_;
  } else {
    count(busy() ? ring_->words().reentrant : ring_->words().closed);
  }
  return nullptr;
}

bool Port::open_block() noexcept {
  BlockHeader& next = ring_->block(ring_->next_block);
  // order: acquire; pairs with the release in Lane::give_back(): the aggregator has read it all.
  for (std::uint32_t round = 0; next.state.load(std::memory_order_acquire) != kFree; ++round) {
    if (!wait_) {
      count(ring_->words().full);
      return false;
    }
    wait_for_room(round);
    // order: acquire; waiting is outside the closing handshake, so the state is asked again.
    if (gate_->load(std::memory_order_acquire) != kRunning) {
      set_busy(false);
      refuse();
      return false;
    }
  }
  ring_->next_block = ring_->next_block + 1 == ring_->blocks() ? 0 : ring_->next_block + 1;
  first_ += count_;

  // order (all): release, in this sequence; see Order in millrace/block.hpp. A reader that meets the
  // new numbers does not meet the old count. For the aggregator the queue's hand-over suffices.
  next.published.store(0, std::memory_order_release);
  next.run.store(ring_->run, std::memory_order_release);            // order: release; as above
  next.worker.store(worker_, std::memory_order_release);            // order: release; as above
  next.stream.store(ring_->stream, std::memory_order_release);      // order: release; as above
  next.record_size.store(record_size_, std::memory_order_release);  // order: release; as above
  next.first.store(first_, std::memory_order_release);              // order: release; as above
  next.place.store(place_, std::memory_order_release);              // order: release; as above
  next.state.store(kOpen, std::memory_order_release);               // order: release; as above
  block_ = &next;
  published_ = &next.published;
  next_ = next.records();
  count_ = 0;
  capacity_ = block_capacity(record_size_);
  ring_->queue.put(ring_->token, block_);
  return true;
}

bool Port::close_block(std::uint32_t marks) noexcept {
  if (block_ == nullptr) return true;
  // order: release; as in publish(). Count and mark are one word: one load reads both.
  published_->store(count_ | marks, std::memory_order_release);
  block_ = nullptr;
  first_ += count_;
  count_ = 0;
  capacity_ = 0;
  return true;
}

bool Port::publish_special() noexcept {
  if (core_->gate.fenced()) {
    // order: seq_cst; without membarrier the store must be visible before the load below, in the
    // single total order with Gate::close()'s store. An exchange is the store that orders so.
    published_->exchange(count_, std::memory_order_seq_cst);
  } else {
    // order: release; as in publish().
    published_->store(count_, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  // order: seq_cst; as in publish().
  const bool taken = gate_->load(std::memory_order_seq_cst) == kRunning || settle();
  if (taken && ring_->counted()) {
    // order: release; a count for who reads the ring's file after a kill. After settle(): a record that
    // was taken back is not in it.
    ring_->words().accepted.store(accepted(), std::memory_order_release);
  }
  set_busy(false);  // last: a push in a signal handler would store its own count before ours
  return taken;
}

bool Port::settle() noexcept {
  // order: acquire; in a forked child there is nothing to settle with.
  if (gate_->load(std::memory_order_acquire) == kForked) {
    ++refused_in_child_;
    return false;
  }
  std::uint64_t last = Ring::kUndecided;
  const std::uint64_t mine = first_ + count_;
  // order: acq_rel; pairs with the compare-and-swap in RingSet::settle(). Release: the closer that finds our
  // number finds the record and its block. Acquire: we learn what the closer decided.
  if (ring_->words().fate.compare_exchange_strong(last, mine, std::memory_order_acq_rel,
                                                  std::memory_order_acquire)) {
    return true;
  }
  if (mine <= last) return true;  // the closer saw the record
  --count_;
  next_ -= record_size_;
  // order: release; takes the record back for whoever reads the ring after a crash.
  published_->store(count_, std::memory_order_release);
  count(ring_->words().closed);
  return false;
}

std::byte* Port::claim() noexcept {
  std::byte* room = claim_as_it_is();
  if (room != nullptr) std::memset(room, 0, record_size_);
  return room;
}

bool Port::refuse_commit() noexcept {
  set_busy(false);
  ++refused_in_child_;
  return false;
}

bool Port::begin_place(std::uint64_t place) noexcept {
  place_ = place;
  return close_block(kClosed);
}

bool Port::end_place() noexcept {
  // Room that was claimed and not committed is of this place: what is claimed in the next one must
  // not be written there, behind the block's last record.
  if (std::exchange(claimed_, false)) set_busy(false);
  // A place without records still has a last block, so that the aggregator knows it is over. So has
  // one whose last block is full: its mark must not race the aggregator's reading of a full block.
  if (block_ == nullptr || count_ == capacity_) {
    if (!open_block()) return false;
  }
  return close_block(kClosed | kLastOfPlace);
}

std::uint64_t Port::accepted() const noexcept { return first_ + count_; }

Rejected Port::rejected() const noexcept {
  Rejected rejected{.full = 0, .closed = 0, .forked = refused_in_child_, .reentrant = 0};
  // order: acquire; in a child the counters are not there.
  if (ring_ == nullptr || gate_->load(std::memory_order_acquire) == kForked) return rejected;
  const RingWords& counters = ring_->words();
  // order: relaxed (all three); plain counts of our own.
  rejected.full = counters.full.load(std::memory_order_relaxed);
  rejected.closed = counters.closed.load(std::memory_order_relaxed);        // order: relaxed
  rejected.reentrant = counters.reentrant.load(std::memory_order_relaxed);  // order: relaxed
  return rejected;
}

}  // namespace millrace::detail
