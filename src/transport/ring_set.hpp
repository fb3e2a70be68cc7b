// SPDX-License-Identifier: Apache-2.0
//
// RingSet: the rings of an engine: which worker has which slot, and what retired workers did.
//
// Threads   acquire() and release() from any thread, under a lock; set-up only, never in push.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "millrace/options.hpp"
#include "millrace/result.hpp"
#include "millrace/worker.hpp"

#include "transport/block_queue.hpp"
#include "transport/gate.hpp"
#include "transport/ring.hpp"

namespace millrace::detail {

class RingSet {
 public:
  struct Account {
    std::uint32_t worker = 0;
    std::uint32_t stream = 0;
    std::uint64_t accepted = 0;
    Rejected rejected;
  };
  static constexpr std::size_t kAccountsKept = 1'024;

  RingSet(const EngineOptions& options, Gate& gate, RingFiles files);

  /// A slot for a new worker. `primed`: null pointers were enqueued that the aggregator must take
  /// before the worker's first push, so that the queue never allocates later.
  struct Acquired {
    Ring* ring;
    bool primed;
  };
  Result<Acquired> acquire(std::uint32_t stream, std::uint32_t record_size);
  void release(Ring& ring, std::uint64_t accepted);

  /// `retired(account)` is called by release(), on the worker's thread, before the slot can be used
  /// again: then the account is nowhere else. The worker's own number, also beyond kAccountsKept.
  /// Set before the first acquire(); must not throw.
  void on_retired(std::function<void(const Account&)> retired) { retired_to_ = std::move(retired); }

  /// [aggregator] Whether somebody has truncated a ring's file. Does not wait for a worker that
  /// registers: then it is told the next time.
  [[nodiscard]] bool cut() const noexcept;

  /// At a clean close, when the log holds every accepted record. No worker registers afterwards.
  void remove_files() noexcept;

  [[nodiscard]] BlockQueue& queue() noexcept { return queue_; }
  [[nodiscard]] Ring& ring(std::uint32_t slot) noexcept { return *rings_[slot]; }

  /// [aggregator] Closes the gate; no worker registers afterwards. Then, for each live worker,
  /// settles its last number with it: `published(ring)` says what the closer saw.
  void close();
  template <typename Published, typename Settled>
  void settle(Published published, Settled settled) {
    const std::lock_guard lock(mutex_);
    for (auto& ring : rings_) {
      if (ring == nullptr || !ring->in_use) continue;
      std::uint64_t last = Ring::kUndecided;
      const std::uint64_t seen = published(*ring);
      // order: acq_rel; pairs with the compare-and-swap in Port::settle(). Who comes second reads the
      // number that the first decided, and with it the block that holds the record.
      if (ring->words().fate.compare_exchange_strong(last, seen, std::memory_order_acq_rel,
                                                     std::memory_order_acquire)) {
        last = seen;
      }
      settled(*ring, last);
    }
  }

  /// Of the first kAccountsKept workers; `rest` receives the sum of the others. A live worker's
  /// accepted is `accepted(ring)`.
  template <typename Accepted>
  std::vector<Account> accounts(Account& rest, Accepted accepted) const {
    const std::lock_guard lock(mutex_);
    std::vector<Account> all = retired_;
    rest = retired_rest_;
    for (const auto& ring : rings_) {
      if (ring == nullptr || !ring->in_use) continue;
      keep({ring->worker, ring->stream, accepted(*ring), rejected_of(*ring)}, all, rest);
    }
    return all;
  }

 private:
  friend struct RingSetAccess;  // of tests
  static Rejected rejected_of(const Ring& ring) noexcept;
  static void keep(const Account& account, std::vector<Account>& kept, Account& rest);

  const EngineOptions& options_;
  Gate& gate_;
  const RingFiles files_;
  std::function<void(const Account&)> retired_to_;
  BlockQueue queue_;  // before rings_: tokens go first

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Ring>> rings_;  // by slot; fixed size, filled as needed
  std::uint32_t workers_made_ = 0;
  std::vector<Account> retired_;
  Account retired_rest_;
};

}  // namespace millrace::detail
