// SPDX-License-Identifier: Apache-2.0
//
// Rings without an engine: real workers push into real rings, and an aggregator that takes slices when
// the test says so. What a killed process would leave is copied while the workers live.
#pragma once

#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <stdlib.h>

#include "temporary_folder.hpp"
#include "transport/core.hpp"
#include "transport/lane.hpp"

namespace millrace::detail {

struct PortAccess {
  static Port open(const std::shared_ptr<Core>& core, Ring& ring) { return Port(core, ring); }
  /// Before the first push: the worker has had so many records.
  static void begin_at(Port& port, std::uint64_t first) { port.first_ = first; }
};
struct RingSetAccess {
  static void workers_made(RingSet& rings, std::uint32_t n) { rings.workers_made_ = n; }
};

}  // namespace millrace::detail

namespace millrace {

/// Its bytes say whose record it is, and which.
struct Stamp {
  std::uint64_t words[8];
  static Stamp of(std::uint64_t run, std::uint32_t worker, std::uint64_t seq) {
    Stamp stamp;
    for (std::uint64_t i = 0; i < 8; ++i) {
      stamp.words[i] = (run ^ (std::uint64_t{worker} << 40) ^ seq) * 0x9E37'79B9'7F4A'7C15 + i;
    }
    return stamp;
  }
  bool operator==(const Stamp&) const = default;
};
static_assert(sizeof(Stamp) == 64);

class RingRun {
 public:
  struct Options {
    std::uint32_t blocks = 4;
    detail::RingKind kind = detail::RingKind::file;
    std::uint32_t workers_max = 64;
  };

  RingRun(std::string dir, const RunIdentity& identity, Options options)
      : identity_(identity),
        core_(std::make_shared<detail::Core>(
            EngineOptions{.ring_blocks = options.blocks,
                          .ring_records_min = 0,
                          .workers_max = options.workers_max},
            detail::Gate::open().value(),
            detail::RingFiles{options.kind, std::move(dir), identity})) {}

  Result<detail::Port> worker(std::uint32_t stream = 0, std::uint32_t record_size = sizeof(Stamp)) {
    auto acquired = core_->rings.acquire(stream, record_size);
    if (!acquired) return tl::unexpected(acquired.error());
    open_blocks();
    return detail::PortAccess::open(core_, *acquired->ring);
  }

  /// The record is the one that its number asks for.
  bool push(detail::Port& port) const {
    std::byte* room = port.enter();
    if (room == nullptr) return false;
    const Stamp stamp = Stamp::of(identity_.run, port.id(), port.accepted());
    std::memcpy(room, &stamp, sizeof stamp);
    return port.publish(sizeof stamp);
  }
  std::uint64_t push(detail::Port& port, std::uint64_t n) const {
    std::uint64_t taken = 0;
    for (std::uint64_t i = 0; i < n; ++i) taken += push(port) ? 1u : 0u;
    return taken;
  }

  struct Taken {
    Slice slice;  // without its records
    std::vector<Stamp> records;
  };
  /// What the aggregator takes in one round, at most `most` records a slice and `slices` of them.
  std::vector<Taken> take(std::uint32_t most = ~0u, std::size_t slices = ~std::size_t{0}) {
    open_blocks();
    std::vector<Taken> all;
    for (auto& [slot, lane] : lanes_) {
      while (all.size() < slices) {
        auto front = lane.front();
        if (front.block == nullptr || (front.available == 0 && !front.whole)) break;
        if (front.available > most) {
          front.available = most;
          front.whole = false;
        }
        Slice slice = lane.slice(front);
        std::vector<Stamp> records(slice.count);
        if (slice.count != 0) {
          std::memcpy(records.data(), slice.records, slice.count * sizeof(Stamp));
          slice.records = nullptr;
          all.push_back({slice, std::move(records)});
        }
        lane.done(front);
      }
    }
    return all;
  }

  [[nodiscard]] detail::RingSet& rings() noexcept { return core_->rings; }
  [[nodiscard]] detail::Gate& gate() noexcept { return core_->gate; }
  [[nodiscard]] const RunIdentity& identity() const noexcept { return identity_; }

 private:
  void open_blocks() {
    detail::BlockHeader* block = nullptr;
    while (core_->rings.queue().take(&block, 1) != 0) {
      if (block == nullptr) continue;
      const std::uint32_t blocks = core_->rings.ring(block->slot).blocks();
      lanes_.try_emplace(block->slot, blocks).first->second.open(*block);
    }
  }

  RunIdentity identity_;
  std::shared_ptr<detail::Core> core_;
  std::map<std::uint32_t, detail::Lane> lanes_;
};

}  // namespace millrace
