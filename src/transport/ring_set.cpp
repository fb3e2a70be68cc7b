// SPDX-License-Identifier: Apache-2.0
#include "transport/ring_set.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace millrace::detail {

RingSet::RingSet(const EngineOptions& options, Gate& gate, RingFiles files)
    : options_(options), gate_(gate), files_(std::move(files)), rings_(options.workers_max) {}

Result<RingSet::Acquired> RingSet::acquire(std::uint32_t stream, std::uint32_t record_size) {
  const std::lock_guard lock(mutex_);
  if (gate_.state() != kRunning) {
    return failure(Errc::closed, "worker: the engine is finished (or this is a forked child)");
  }
  const std::uint32_t for_records =
      (options_.ring_records_min + block_capacity(record_size) - 1) / block_capacity(record_size);
  const std::uint32_t blocks = std::max(options_.ring_blocks, for_records);

  if (workers_made_ == std::numeric_limits<std::uint32_t>::max()) {
    return failure(Errc::limit, "worker: the numbers of workers are used up");
  }
  // release() cannot say that there is no memory.
  if (retired_.capacity() <= workers_made_) {
    retired_.reserve(std::min(kAccountsKept, std::size_t{workers_made_} * 2 + 1));
  }
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
    auto made = Ring::make(files_, slot, blocks, queue_);
    if (!made) return tl::unexpected(std::move(made).error());
    *empty = std::move(*made);
    ring = empty->get();
    ring->run = files_.identity.run;
  }
  ring->in_use = true;
  ring->worker = ++workers_made_;
  ring->stream = stream;
  ring->record_size = record_size;
  RingWords& words = ring->words();
  // order: relaxed (fate and counters); the lock hands the slot over.
  words.fate.store(Ring::kUndecided, std::memory_order_relaxed);
  for (auto* counter : {&words.full, &words.closed, &words.reentrant, &words.accepted}) {
    counter->store(0, std::memory_order_relaxed);  // order: relaxed; as above
  }
  words.stream.store(stream, std::memory_order_relaxed);  // order: relaxed; as above
  // order: release; last, so that who reads the file after a kill finds no other worker's figures.
  words.worker.store(ring->worker, std::memory_order_release);
  return Acquired{ring, primed};
}

void RingSet::release(Ring& ring, std::uint64_t accepted) {
  const Account account{ring.worker, ring.stream, accepted, rejected_of(ring)};
  // Not under the lock: it may write a file, and the aggregator takes the lock.
  if (retired_to_) retired_to_(account);
  const std::lock_guard lock(mutex_);
  // order: release; the account is where on_retired() put it.
  ring.words().worker.store(0, std::memory_order_release);
  keep(account, retired_, retired_rest_);
  ring.in_use = false;
}

bool RingSet::cut() const noexcept {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  return lock && std::any_of(rings_.begin(), rings_.end(),
                             [](const auto& ring) { return ring != nullptr && ring->cut(); });
}

void RingSet::remove_files() noexcept {
  const std::lock_guard lock(mutex_);
  for (auto& ring : rings_) {
    if (ring != nullptr) ring->remove_file();
  }
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
  const RingWords& counters = ring.words();
  // order: relaxed; plain counts with one writer, from which nothing else is inferred.
  return {.full = counters.full.load(std::memory_order_relaxed),
          .closed = counters.closed.load(std::memory_order_relaxed),
          .forked = 0,
          .reentrant = counters.reentrant.load(std::memory_order_relaxed)};
}

}  // namespace millrace::detail
