// SPDX-License-Identifier: Apache-2.0
#include "engine/aggregator.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace millrace {
namespace {

using detail::BlockHeader;
using detail::Lane;
using detail::Ring;
using detail::RingSet;

std::int64_t now_ns() noexcept {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

}  // namespace

Aggregator::Aggregator(const EngineOptions& options, RingSet& rings, Control& control,
                       Names& labels, Names& errors, PlaceNames& places)
    : options_(options),
      rings_(rings),
      control_(control),
      places_(places),
      mapper_(labels, errors),
      schedule_(options),
      memory_(std::make_shared<ExactMemory>(options.exact_memory_bytes)),
      aggregated_(RingSet::kAccountsKept + 1) {}

std::size_t Aggregator::turn() {
  // Before the queue is emptied: what was pushed before the asking is taken in this turn.
  const bool asked = control_.accept();
  std::size_t records = 0;

  take_opened_blocks();
  schedule_.begin(now_ns(), asked);
  while (const auto pick = schedule_.next()) {
    const Slice slice = pick->lane->slice(pick->front);
    if (pick->new_place) mapper_.begin(places_.take(schedule_.place()));

    StreamStats& stats = *streams_[slice.stream].stats;
    stats.accumulate(slice, mapper_.map());
    if (pick->front.last_of_place) stats.end_segment();
    keep_within_memory();

    aggregated_[slice.worker <= RingSet::kAccountsKept ? slice.worker : 0] += slice.count;
    records += slice.count;
    pick->lane->done(pick->front);  // the block goes back to its worker
    schedule_.done(*pick);
  }
  if (asked) control_.serve();  // snapshots, flushes, new streams
  return records;
}

void Aggregator::take_opened_blocks() {
  std::array<BlockHeader*, 64> blocks;
  while (const std::size_t n = rings_.queue().take(blocks.data(), blocks.size())) {
    for (std::size_t i = 0; i < n; ++i) {
      if (blocks[i] == nullptr) continue;  // see BlockQueue::prime()
      const std::uint32_t slot = blocks[i]->slot;
      schedule_.lane(slot, rings_.ring(slot).blocks()).open(*blocks[i]);
    }
  }
}

// The exact values of all streams share one arena: when it is full all go, and with them the arena.
void Aggregator::keep_within_memory() {
  if (memory_->exact || memory_->arena.bytes() == 0) return;
  for (Stream& stream : streams_) {
    if (!stream.stats->values_dropped()) stream.stats->drop_values();
  }
  memory_->arena.release_all();
}

void Aggregator::close() {
  rings_.close();
  schedule_.closing();
  take_opened_blocks();
  rings_.settle(
      [&](Ring& ring) {
        const Lane* lane = schedule_.lane(ring.slot());
        return lane == nullptr ? 0 : lane->published(ring.worker);
      },
      [&](Ring& ring, std::uint64_t last) {
        schedule_.lane(ring.slot(), ring.blocks()).limit(ring.worker, last);
      });
  do {
    turn();
  } while (!drained());
}

// A worker that settled first may still be on its way with the block that holds its last record:
// it was enqueued before the number was decided, so the next turn finds it.
bool Aggregator::drained() {
  take_opened_blocks();
  std::uint64_t missing = 0;
  rings_.settle([](Ring&) { return Ring::kUndecided; },  // all are decided
                [&](Ring& ring, std::uint64_t last) {
                  missing += last - schedule_.lane(ring.slot())->taken(ring.worker);
                });
  return missing == 0 && schedule_.waiting() == 0;
}

std::uint32_t Aggregator::add_stream(std::string name, Schema schema,
                                     std::vector<StreamStats::Bound> goodput) {
  streams_.push_back(
      {std::move(name),
       std::make_shared<StreamStats>(std::move(schema), memory_,
                                     StatsLimits{options_.labels_max, options_.label_memory_bytes},
                                     std::move(goodput))});
  return static_cast<std::uint32_t>(streams_.size() - 1);
}

std::vector<WorkerAccount> Aggregator::workers() const {
  RingSet::Account rest;
  std::vector<WorkerAccount> workers;
  const auto accounts = rings_.accounts(rest, [&](const Ring& ring) -> std::uint64_t {
    const Lane* lane = schedule_.lane(ring.slot());
    return lane == nullptr ? 0 : lane->published(ring.worker);
  });
  const auto account_of = [](const RingSet::Account& a, std::uint64_t aggregated) {
    return Accounting{a.accepted, aggregated, a.rejected.full, a.rejected.closed,
                      a.rejected.reentrant};
  };
  for (const auto& a : accounts) {
    const std::uint64_t aggregated = a.worker <= RingSet::kAccountsKept ? aggregated_[a.worker] : 0;
    workers.push_back({a.worker, streams_[a.stream].name, account_of(a, aggregated)});
  }
  // Retired ones come first until here.
  std::sort(workers.begin(), workers.end(),
            [](const auto& a, const auto& b) { return a.worker < b.worker; });
  workers.push_back({0, "", account_of(rest, aggregated_[0])});
  return workers;
}

Accounting Aggregator::accounting() const {
  Accounting all;
  for (const WorkerAccount& worker : workers()) all += worker.accounting;
  return all;
}

}  // namespace millrace
