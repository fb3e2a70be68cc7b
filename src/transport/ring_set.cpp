// SPDX-License-Identifier: Apache-2.0
#include "transport/ring_set.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace millrace::detail {

RingSet::RingSet(const EngineOptions& options, Gate& gate, std::uint64_t run)
    : options_(options), gate_(gate), run_(run), rings_(options.workers_max) {}

Result<RingSet::Acquired> RingSet::acquire(std::uint32_t stream, std::uint32_t record_size) {
  const std::lock_guard lock(mutex_);
  if (gate_.state() != kRunning) {
    return failure(Errc::closed, "worker: the engine is finished (or this is a forked child)");
  }
  const std::uint32_t for_records =
      (options_.ring_records_min + block_capacity(record_size) - 1) / block_capacity(record_size);
  const std::uint32_t blocks = std::max(options_.ring_blocks, for_records);

  Ring* ring = nullptr;
  std::unique_ptr<Ring>* empty = nullptr;
  for (auto& slot : rings_) {
    if (slot == nullptr) {
      if (empty == nullptr) empty = &slot;
    } else if (!slot->in_use && slot->blocks() >= blocks &&
               (ring == nullptr || slot->blocks() < ring->blocks())) {
      ring = slot.get();
    }
  }
  const bool primed = ring == nullptr;
  if (primed) {
    if (empty == nullptr) {
      return failure(Errc::limit, fmt::format("worker: {} workers have rings already; raise "
                                              "workers_max or end a worker first",
                                              options_.workers_max));
    }
    const auto slot = static_cast<std::uint32_t>(empty - rings_.data());
    auto made = Ring::make(slot, blocks, queue_);
    if (!made) return tl::unexpected(std::move(made).error());
    *empty = std::move(*made);
    ring = empty->get();
    ring->run = run_;
    queue_.prime(ring->token, blocks + 32);
  }
  ring->in_use = true;
  ring->worker = ++workers_made_;
  ring->stream = stream;
  ring->record_size = record_size;
  // order: relaxed (fate and counters); the lock hands the slot over.
  ring->fate().store(Ring::kUndecided, std::memory_order_relaxed);
  for (auto* counter :
       {&ring->counters().full, &ring->counters().closed, &ring->counters().reentrant}) {
    counter->store(0, std::memory_order_relaxed);  // order: relaxed; as above
  }
  return Acquired{ring, primed};
}

void RingSet::release(Ring& ring, std::uint64_t accepted) {
  const std::lock_guard lock(mutex_);
  keep({ring.worker, ring.stream, accepted, rejected_of(ring)}, retired_, retired_rest_);
  ring.in_use = false;
}

void RingSet::keep(const Account& account, std::vector<Account>& kept, Account& rest) {
  if (account.worker <= kAccountsKept) {
    kept.push_back(account);
    return;
  }
  rest.accepted += account.accepted;
  rest.rejected.full += account.rejected.full;
  rest.rejected.closed += account.rejected.closed;
  rest.rejected.reentrant += account.rejected.reentrant;
}

void RingSet::close() {
  const std::lock_guard lock(mutex_);
  gate_.close();
}

Rejected RingSet::rejected_of(const Ring& ring) noexcept {
  const Ring::Counters& counters = ring.counters();
  // order: relaxed; plain counts with one writer, from which nothing else is inferred.
  return {.full = counters.full.load(std::memory_order_relaxed),
          .closed = counters.closed.load(std::memory_order_relaxed),
          .forked = 0,
          .reentrant = counters.reentrant.load(std::memory_order_relaxed)};
}

}  // namespace millrace::detail
