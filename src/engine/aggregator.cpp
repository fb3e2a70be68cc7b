// SPDX-License-Identifier: Apache-2.0
#include "engine/aggregator.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "engine/clock.hpp"

namespace millrace {
namespace {

using detail::BlockHeader;
using detail::Lane;
using detail::Ring;
using detail::RingSet;

}  // namespace

Aggregator::Aggregator(const EngineOptions& options, RingSet& rings, Control& control,
                       Names& labels, Names& errors, PlaceNames& places, RunLog* log)
    : rings_(rings),
      control_(control),
      places_(places),
      labels_(labels),
      errors_(errors),
      log_(log),
      mapper_(labels, errors),
      schedule_(options),
      memory_(std::make_shared<ExactMemory>(options.low_memory ? 0 : options.exact_memory_bytes)),
      aggregated_(RingSet::kAccountsKept + 1) {
  memory_->exact = !options.low_memory;
}

std::size_t Aggregator::turn() {
  // Before the queue is emptied: what was pushed before the asking is taken in this turn.
  const bool asked = control_.accept();
  std::size_t records = 0;
  bool all = true;

  if (rings_.cut()) throw std::runtime_error("somebody truncated the file of a ring");
  take_opened_blocks();
  schedule_.begin(now_ns(), asked);
  while (auto pick = schedule_.next()) {
    Slice slice = pick->lane->slice(pick->front);
    const std::uint32_t available = slice.count;
    if (pick->new_place) mapper_.begin(places_.take(schedule_.place()));
    const NameMap names = mapper_.map();
    if (log_ != nullptr && !log(*pick, slice, names)) {
      all = false;
      break;
    }

    StreamStats& stats = *streams_[slice.stream].stats;
    stats.accumulate(slice, names);
    // A log has segments of its own, and its replay ends them where they end.
    if (pick->front.last_of_place && log_ == nullptr) stats.end_segment();
    keep_within_memory();

    aggregated_[slice.worker <= RingSet::kAccountsKept ? slice.worker : 0] += slice.count;
    records += slice.count;
    pick->lane->done(pick->front);  // the block goes back to its worker
    schedule_.done(*pick, slice.count < available);
  }
  // Snapshots, flushes, new streams; while records wait for the log these wait, too.
  if (asked && all) control_.serve();
  return records;
}

// False: the log has no room yet; the records wait in their blocks. The slice is cut where its frame
// ends, so that replay takes the same slices.
bool Aggregator::log(Schedule::Pick& pick, Slice& slice, const NameMap& names) {
  const std::int64_t taken_ns = now_ns();
  const std::uint32_t room = log_->reserve(slice.record_size, taken_ns);
  if (room == 0) return false;
  if (room < slice.count) {
    slice.count = room;
    pick.front.cut(room);
  }
  if (log_->rotated()) {
    for (NamedStats& stream : streams_) stream.stats->end_segment();
  }
  const Schema& schema = streams_[slice.stream].stats->schema();
  log_->append(mapper_.renamed(slice, schema, names), taken_ns, labels_, errors_);
  return true;
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
  for (NamedStats& stream : streams_) {
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

std::uint32_t Aggregator::add_stream(std::string name, Schema schema, const StatsLimits& limits,
                                     std::vector<StreamStats::Bound> goodput) {
  streams_.push_back({std::move(name), std::make_shared<StreamStats>(std::move(schema), memory_,
                                                                     limits, std::move(goodput))});
  return static_cast<std::uint32_t>(streams_.size() - 1);
}

Result<bool> Aggregator::close_log(std::int64_t finished_ns) {
  closed_workers_ = workers();
  std::vector<log::AccountEntry> entries;
  std::uint64_t in_flight = 0;
  for (const WorkerAccount& worker : *closed_workers_) {
    const Accounting& a = worker.accounting;
    in_flight += a.in_flight();
    if (a.attempted() == 0 && worker.worker == 0) continue;
    std::uint32_t stream = 0;
    while (stream + 1 < streams_.size() && streams_[stream].name != worker.stream) ++stream;
    entries.push_back({worker.worker, stream, a.accepted, a.rejected_full, a.rejected_closed,
                       a.rejected_reentrant});
  }
  auto closed = log_->close(in_flight == 0, entries, finished_ns);
  if (!closed) return tl::unexpected(std::move(closed).error());
  return in_flight == 0;
}

std::vector<WorkerAccount> Aggregator::workers() const {
  if (closed_workers_) return *closed_workers_;
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
