// SPDX-License-Identifier: Apache-2.0
//
// Many threads, tiny rings, engines that close under way: the accounting identity holds to the
// record, and the sums and the order say that the right records were taken. The mutants of
// tests/mutants must fail here. MILLRACE_STRESS_ROUNDS scales the number of rounds (1.0).
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "millrace/millrace.hpp"

#include "words_schema.hpp"

namespace millrace {
namespace {

int rounds(int usual) {
  const char* scale = std::getenv("MILLRACE_STRESS_ROUNDS");
  return std::max(1, static_cast<int>(usual * (scale == nullptr ? 1.0 : std::atof(scale))));
}

// A record whose value says who pushed it, and as which of its accepted ones.
SampleRecord stamped(std::uint32_t worker, std::uint64_t index) {
  return {.value = static_cast<double>((std::uint64_t{worker} << 32) + index), .request_id = index};
}

// 512 bytes: 63 to a block, so that blocks change hands often.
struct Large {
  std::int64_t value = 0;
  std::int64_t rest[63] = {};
};

}  // namespace

template <>
struct RecordTraits<Large> {
  static Result<Schema> schema() {
    Schema schema = words_schema("large", 64);
    schema.metrics.push_back(word_metric("last", 63));
    return schema;
  }
};

namespace {

struct Share {
  std::uint64_t attempted = 0;
  std::uint64_t accepted = 0;
  std::int64_t sum = 0;
};

// Pushes until it is refused because the engine is closed, or `n` times.
template <typename Stop>
Share push_large(Worker<Large>& worker, std::int64_t salt, Stop stop) {
  Share share;
  while (!stop(share)) {
    Large record;
    record.value = record.rest[62] = salt + static_cast<std::int64_t>(share.attempted);
    ++share.attempted;
    if (worker.push(record)) {
      ++share.accepted;
      share.sum += record.value;
    }
  }
  return share;
}

void expect_all_taken(const Summary& summary, const std::vector<Share>& shares) {
  std::uint64_t accepted = 0, attempted = 0;
  std::int64_t sum = 0;
  for (const Share& share : shares) {
    accepted += share.accepted;
    attempted += share.attempted;
    sum += share.sum;
  }
  const Accounting& a = summary.accounting();
  EXPECT_EQ(a.accepted, accepted);
  EXPECT_EQ(a.aggregated, accepted);
  EXPECT_EQ(a.in_flight(), 0u);
  EXPECT_LE(a.attempted(), attempted) << "pushes refused after the summary are in no summary";
  const auto value = summary["large"].metric("value");
  EXPECT_EQ(value.count(), accepted);
  EXPECT_EQ(value.sum(), static_cast<double>(sum)) << "other records than those that were pushed";
  EXPECT_EQ(summary["large"].metric("last").sum(), static_cast<double>(sum));
}

TEST(EngineStress, FinishRacesPushesAndEveryAcceptedRecordIsTaken) {
  std::mt19937 random(7);
  const int n = rounds(1'000);
  for (int round = 0; round < n; ++round) {
    auto engine =
        Engine::open(
            {.idle = Idle::spin, .ring_blocks = 2, .ring_records_min = 0, .finish_at_exit = false})
            .value();
    auto stream = engine.stream<Large>("large").value();
    // One worker and the aggregator have a core each; with two the scheduler joins in.
    std::vector<Share> shares(1 + static_cast<std::size_t>(round % 2));
    std::atomic<std::size_t> ready{0};
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < shares.size(); ++t) {
      threads.emplace_back([&, t] {
        auto worker = stream.worker().value();
        ++ready;
        shares[t] = push_large(worker, static_cast<std::int64_t>(t) * 1'000'000,
                               [&](const Share&) { return worker.rejected().closed != 0; });
      });
    }
    while (ready != shares.size()) std::this_thread::yield();
    for (auto spin = random() % 20'000; spin != 0; --spin)
      std::atomic_signal_fence(std::memory_order_seq_cst);

    const Summary summary = engine.finish().value();
    threads.clear();

    expect_all_taken(summary, shares);
    if (HasFailure()) FAIL() << "in round " << round;
  }
}

TEST(EngineStress, TinyRingsRejectAndCountToTheRecord) {
  auto engine = Engine::open({.ring_blocks = 2, .ring_records_min = 0}).value();
  auto stream = engine.stream<Large>("large").value();
  std::vector<Share> shares(8);
  std::vector<std::jthread> threads;
  const auto pushes = static_cast<std::uint64_t>(rounds(100'000));
  for (std::size_t t = 0; t < shares.size(); ++t) {
    threads.emplace_back([&, t] {
      auto worker = stream.worker().value();
      shares[t] = push_large(worker, static_cast<std::int64_t>(t) << 20,
                             [&](const Share& s) { return s.attempted == pushes; });
      EXPECT_EQ(worker.accepted(), shares[t].accepted);
      EXPECT_EQ(worker.accepted() + worker.rejected().full, pushes);
    });
  }
  threads.clear();

  const Summary summary = engine.finish().value();

  expect_all_taken(summary, shares);
  EXPECT_EQ(summary.accounting().attempted(), 8 * pushes);
  std::uint64_t attempted = 0;
  for (const WorkerAccount& w : summary.workers()) {
    EXPECT_EQ(w.accounting.accepted, w.accounting.aggregated) << "worker " << w.worker;
    attempted += w.accounting.attempted();
  }
  EXPECT_EQ(attempted, 8 * pushes);
}

TEST(EngineStress, WaitingWorkersLoseNothing) {
  auto engine =
      Engine::open({.overflow = Overflow::wait, .ring_blocks = 2, .ring_records_min = 0}).value();
  auto stream = engine.stream<Large>("large").value();
  std::vector<Share> shares(8);
  std::vector<std::jthread> threads;
  const auto pushes = static_cast<std::uint64_t>(rounds(30'000));
  for (std::size_t t = 0; t < shares.size(); ++t) {
    threads.emplace_back([&, t] {
      auto worker = stream.worker().value();
      shares[t] = push_large(worker, static_cast<std::int64_t>(t) << 20,
                             [&](const Share& s) { return s.attempted == pushes; });
    });
  }
  threads.clear();

  const Summary summary = engine.finish().value();

  expect_all_taken(summary, shares);
  EXPECT_EQ(summary.accounting().accepted, 8 * pushes);
  EXPECT_EQ(summary.accounting().rejected(), 0u);
}

TEST(EngineStress, FinishWakesWorkersThatWaitForRoom) {
  for (int round = 0; round < rounds(200); ++round) {
    auto engine =
        Engine::open({.overflow = Overflow::wait, .ring_blocks = 2, .ring_records_min = 0}).value();
    auto stream = engine.stream<Large>("large").value();
    std::vector<Share> shares(4);
    std::vector<std::jthread> threads;
    std::atomic<int> ready{0};
    for (std::size_t t = 0; t < shares.size(); ++t) {
      threads.emplace_back([&, t] {
        auto worker = stream.worker().value();
        ++ready;
        shares[t] =
            push_large(worker, 1, [&](const Share&) { return worker.rejected().closed != 0; });
      });
    }
    while (ready != 4) std::this_thread::yield();

    const Summary summary = engine.finish().value();
    threads.clear();

    expect_all_taken(summary, shares);
    if (HasFailure()) FAIL() << "in round " << round;
  }
}

TEST(EngineStress, WorkersComeAndGoWithPartFilledBlocks) {
  auto engine =
      Engine::open(
          {.overflow = Overflow::wait, .ring_blocks = 2, .ring_records_min = 0, .workers_max = 8})
          .value();
  auto stream = engine.stream<Large>("large").value();
  std::vector<Share> shares(8);
  std::vector<std::jthread> threads;
  const int lives = rounds(400);
  for (std::size_t t = 0; t < shares.size(); ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int life = 0; life < lives; ++life) {
        auto worker = stream.worker().value();
        // In two parts, so that the aggregator looks at the block before its last records come.
        for (int part = 0; part < 2; ++part) {
          const std::uint64_t pushes = random() % 100;
          const Share share = push_large(worker, static_cast<std::int64_t>(t) << 20,
                                         [&](const Share& s) { return s.attempted == pushes; });
          shares[t].attempted += share.attempted;
          shares[t].accepted += share.accepted;
          shares[t].sum += share.sum;
          if (part == 0 && life % 2 == 0) {
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
          }
        }
      }
    });
  }
  threads.clear();

  const Summary summary = engine.finish().value();

  expect_all_taken(summary, shares);
  for (const WorkerAccount& w : summary.workers()) {
    EXPECT_EQ(w.accounting.accepted, w.accounting.aggregated) << "worker " << w.worker;
  }
}

TEST(EngineStress, RecordsOfAWorkerAreTakenInTheOrderOfItsPushes) {
  auto engine =
      Engine::open({.overflow = Overflow::wait, .ring_blocks = 4, .ring_records_min = 0}).value();
  auto stream = engine.stream<SampleRecord>("samples").value();
  constexpr std::uint32_t kWorkers = 4;
  std::uint64_t next[kWorkers] = {};
  std::uint64_t out_of_order = 0;
  ASSERT_TRUE(engine.observe("samples", "value", [&](std::span<const double> values) {
    for (const double value : values) {
      const auto stamp = static_cast<std::uint64_t>(value);
      out_of_order += next[stamp >> 32]++ != (stamp & 0xFFFF'FFFF) ? 1u : 0u;
    }
  }));
  const auto pushes = static_cast<std::uint64_t>(rounds(200'000));
  std::vector<std::jthread> threads;
  for (std::uint32_t t = 0; t < kWorkers; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      auto worker = stream.worker().value();
      for (std::uint64_t i = 0; i < pushes; ++i) {
        worker.push(stamped(t, i));
        if (random() % 10'000 == 0) std::this_thread::yield();
      }
    });
  }
  threads.clear();

  (void)engine.finish().value();

  EXPECT_EQ(out_of_order, 0u);
  for (std::uint64_t n : next) EXPECT_EQ(n, pushes);
}

TEST(EngineStress, SnapshotsNeverShowMoreThanWasPushed) {
  auto engine = Engine::open({.overflow = Overflow::wait}).value();
  auto stream = engine.stream<SampleRecord>("samples").value();
  // A turn that takes long is one in which pushes and questions come while it is under way.
  ASSERT_TRUE(engine.observe("samples", "value", [](std::span<const double>) {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }));
  std::atomic<std::uint64_t> began{0}, done{0};
  std::atomic<bool> stop{false};
  std::jthread load([&] {
    auto worker = stream.worker().value();
    for (std::uint64_t i = 0; !stop; ++i) {
      began.store(i + 1);
      worker.push(stamped(0, i));
      done.store(i + 1);
      if (i % 64 == 0) std::this_thread::sleep_for(std::chrono::microseconds(10));
    }
  });
  for (int i = 0; i < rounds(300); ++i) {
    const std::uint64_t before = done.load();
    const Snapshot live = engine.snapshot();
    const std::uint64_t after = began.load();
    EXPECT_GE(live.accounting.aggregated, before);
    EXPECT_LE(live.accounting.accepted, after);
    EXPECT_LE(live.accounting.aggregated, live.accounting.accepted);
    EXPECT_EQ(live.stream("samples")->count, live.accounting.aggregated);
  }
  stop = true;
  load.join();
  EXPECT_EQ(engine.finish().value()["samples"].count(), done.load());
}

std::atomic<Worker<SampleRecord>*> signalled{nullptr};
std::atomic<std::uint64_t> refused_in_handler{0}, taken_in_handler{0};

TEST(EngineStress, ASignalHandlerThatPushesInsideAPushIsRefusedNotMixedIn) {
  auto engine = Engine::open({.overflow = Overflow::wait}).value();
  auto stream = engine.stream<SampleRecord>("samples").value();
  std::atomic<bool> done{false};
  std::uint64_t pushed = 0;
  std::jthread load([&] {
    auto worker = stream.worker().value();
    signalled = &worker;
    struct sigaction action {};
    action.sa_handler = [](int) {
      (signalled.load()->push({.value = 1}) ? taken_in_handler : refused_in_handler)++;
    };
    ::sigaction(SIGUSR2, &action, nullptr);
    for (int i = 0; i < rounds(300'000); ++i) {
      pushed += worker.push({.value = 1}) ? 1u : 0u;
      if (i % 100 == 0) {
        SampleRecord* record = worker.claim();
        ::raise(SIGUSR2);  // between claim and commit: always refused
        ASSERT_NE(record, nullptr);
        record->value = 1;
        pushed += worker.commit() ? 1u : 0u;
      }
    }
    done = true;
    EXPECT_EQ(worker.rejected().reentrant, refused_in_handler.load());
    ::signal(SIGUSR2, SIG_IGN);
    signalled = nullptr;
  });
  const pthread_t target = load.native_handle();
  while (!done) {
    if (signalled != nullptr) ::pthread_kill(target, SIGUSR2);
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  load.join();

  const Summary summary = engine.finish().value();

  EXPECT_GE(refused_in_handler.load(), 3'000u * static_cast<std::uint64_t>(rounds(100)) / 100);
  EXPECT_EQ(summary.accounting().accepted, pushed + taken_in_handler.load());
  EXPECT_EQ(summary["samples"].metric("value").sum(),
            static_cast<double>(pushed + taken_in_handler.load()));
}

}  // namespace
}  // namespace millrace
