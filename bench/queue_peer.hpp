// SPDX-License-Identifier: Apache-2.0
//
// QueuePeer: the obvious build: records through moodycamel's queue, drained by one thread on another core,
// which stays away 20 us after a short drain, as our aggregator does.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <concurrentqueue/concurrentqueue.h>
#include <x86intrin.h>

#include "pin.hpp"

namespace millrace {

// The best that we found for one producer: long blocks, whose emptiness is counted.
struct BestTraits : moodycamel::ConcurrentQueueDefaultTraits {
  static const std::size_t BLOCK_SIZE = 2048;
  static const std::size_t EXPLICIT_BLOCK_EMPTY_COUNTER_THRESHOLD = 32;
  static const std::size_t EXPLICIT_INITIAL_INDEX_SIZE = 64;
};

template <typename T, typename Traits = moodycamel::ConcurrentQueueDefaultTraits>
class QueuePeer {
 public:
  QueuePeer()
      : queue_(64 * 1024),
        token_(queue_),
        consumer_([this](std::stop_token stop) { drain(stop); }) {}

  void enqueue(const T& record) { queue_.enqueue(token_, record); }
  void enqueue_without_token(const T& record) { queue_.enqueue(record); }
  /// Until all of so many are taken.
  void wait_for(std::int64_t pushed) const {
    // order: acquire; pairs with the release in drain(): the queue is empty for this thread, too.
    while (taken_.load(std::memory_order_acquire) != pushed) std::this_thread::yield();
  }

 private:
  void drain(const std::stop_token& stop) {
    pin(1);
    std::vector<T> batch(2048);
    std::int64_t sum = 0;
    while (!stop.stop_requested()) {
      const std::size_t n = queue_.try_dequeue_bulk(batch.data(), batch.size());
      for (std::size_t i = 0; i < n; ++i) sum += batch[i].end_ns - batch[i].start_ns;
      // order: release; pairs with wait_for().
      taken_.fetch_add(static_cast<std::int64_t>(n), std::memory_order_release);
      if (n < 256) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(20);
        while (std::chrono::steady_clock::now() < until) _mm_pause();
      }
    }
    benchmark::DoNotOptimize(sum);
  }

  moodycamel::ConcurrentQueue<T, Traits> queue_;
  moodycamel::ProducerToken token_;
  std::atomic<std::int64_t> taken_{0};
  std::jthread consumer_;
};

}  // namespace millrace
