// SPDX-License-Identifier: Apache-2.0
//
// The memory of rings in files: whole or not there at all, readable by others, gone from children.
#include <atomic>
#include <csignal>
#include <fstream>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#undef BLOCK_SIZE  // <sys/mount.h> has it, and the queue a constant of that name

#include "ring_fixture.hpp"

namespace millrace {
namespace {

using detail::kBlockBytes;
using detail::kRingBlocksAt;
using detail::kRingPageBytes;
using detail::RingFileHeader;
using detail::RingKind;
using detail::RingMemory;
using detail::RingWords;

RunIdentity some_run() { return RunIdentity::make(random_id()); }

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename T>
T at(const std::string& bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::uint64_t accepted_in(const std::string& path) {
  return at<std::uint64_t>(bytes_of(path), kRingPageBytes + offsetof(RingWords, accepted));
}

TEST(RingFile, SaysWhoseItIsUnderItsChecksum) {
  const TemporaryFolder dir;
  const RunIdentity run = some_run();
  auto memory = RingMemory::map({RingKind::file, dir.str(), run}, 7, 3);
  ASSERT_TRUE(memory) << memory.error().message;
  EXPECT_EQ(memory->path(), dir.str() + "/" + detail::ring_file_name(run, 7));

  const std::string bytes = bytes_of(memory->path());
  ASSERT_EQ(bytes.size(), kRingBlocksAt + 3 * kBlockBytes);
  const auto header = at<RingFileHeader>(bytes, 0);
  EXPECT_EQ(identity_of(header), run);
  EXPECT_EQ(header.slot, 7u);
  EXPECT_EQ(header.blocks, 3u);
  EXPECT_EQ(header.crc, header_crc(header));
  struct stat about {};
  ASSERT_EQ(::stat(memory->path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600u);
}

TEST(RingFile, HasAllItsSpaceAndAllItsPagesBeforeTheFirstStore) {
  const TemporaryFolder dir;
  auto memory = RingMemory::map({RingKind::file, dir.str(), some_run()}, 0, 64);
  ASSERT_TRUE(memory);
  struct stat about {};
  ASSERT_EQ(::stat(memory->path().c_str(), &about), 0);
  EXPECT_GE(about.st_blocks * 512, about.st_size);
  std::vector<unsigned char> there(64 * kBlockBytes / kRingPageBytes);
  ASSERT_EQ(::mincore(memory->blocks(), 64 * kBlockBytes, there.data()), 0);
  for (const unsigned char page : there) EXPECT_EQ(page & 1, 1);
}

TEST(RingFile, WhatIsStoredInTheMappingIsInTheFile) {
  const TemporaryFolder dir;
  RingRun run(dir.str(), some_run(), {.blocks = 2});
  auto port = run.worker(3).value();
  ASSERT_EQ(run.push(port, 600), 600u);
  const std::string bytes = bytes_of(dir.str() + "/" + detail::ring_file_name(run.identity(), 0));
  EXPECT_EQ(at<std::uint32_t>(bytes, kRingPageBytes + offsetof(RingWords, worker)), 1u);
  EXPECT_EQ(at<std::uint32_t>(bytes, kRingPageBytes + offsetof(RingWords, stream)), 3u);
  EXPECT_EQ(at<std::uint64_t>(bytes, kRingPageBytes + offsetof(RingWords, accepted)), 0u)
      << "kept only where the blocks are not";
  std::uint64_t seq = 0;
  for (const std::uint32_t n : {511u, 89u}) {
    const std::size_t block = kRingBlocksAt + (seq == 0 ? 0 : kBlockBytes);
    EXPECT_EQ(at<std::uint32_t>(bytes, block), n);
    for (std::uint32_t i = 0; i < n; ++i, ++seq) {
      EXPECT_EQ(at<Stamp>(bytes, block + 64 + i * 64), Stamp::of(run.identity().run, 1, seq));
    }
  }
}

TEST(RingFile, AFileThatIsThereAlreadyIsNeverTaken) {
  const TemporaryFolder dir;
  const RunIdentity run = some_run();
  const std::string path = dir.str() + "/" + detail::ring_file_name(run, 0);
  std::ofstream(path) << "mine";
  const auto memory = RingMemory::map({RingKind::file, dir.str(), run}, 0, 2);
  ASSERT_FALSE(memory);
  EXPECT_NE(memory.error().message.find(path), std::string::npos) << memory.error().message;
  EXPECT_EQ(bytes_of(path), "mine");
}

TEST(RingFile, ALinkIsNotFollowed) {
  const TemporaryFolder dir;
  const RunIdentity run = some_run();
  const std::string target = dir.str() + "/target";
  std::filesystem::create_symlink(target, dir.str() + "/" + detail::ring_file_name(run, 0));
  EXPECT_FALSE(RingMemory::map({RingKind::file, dir.str(), run}, 0, 2));
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST(RingFile, AFolderThatIsNotThereIsAnErrorThatNamesIt) {
  const auto memory = RingMemory::map({RingKind::file, "/nowhere/at/all", some_run()}, 0, 2);
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().code, Errc::io);
  EXPECT_NE(memory.error().message.find("/nowhere/at/all"), std::string::npos);
}

TEST(RingFile, BeyondTheFileSizeLimitIsAnErrorAndNoSignalAndLeavesNothing) {
  const TemporaryFolder dir;
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);  // SIGXFSZ would end the child
    const auto memory = RingMemory::map({RingKind::file, dir.str(), some_run()}, 0, 64);
    sigset_t pending, mask;
    ::sigpending(&pending);
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    const bool quiet = ::sigismember(&pending, SIGXFSZ) == 0 && ::sigismember(&mask, SIGXFSZ) == 0;
    const bool small_fits =
        RingMemory::map({RingKind::file, dir.str(), some_run()}, 1, 31).has_value();
    ::_exit(!memory && quiet && small_fits ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(dir.files().size(), 1u) << "the small one";
}

TEST(RingFile, WithoutAddressSpaceIsAnErrorAndLeavesNothing) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need the address space themselves";
#endif
  const TemporaryFolder dir;
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit limit{256 << 20, 256 << 20};
    ::setrlimit(RLIMIT_AS, &limit);
    const auto memory = RingMemory::map({RingKind::file, dir.str(), some_run()}, 0, 1 << 14);
    ::_exit(!memory && memory.error().code == Errc::out_of_memory ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(dir.files().empty());
}

// On a file system of 1 MiB, mounted for a child alone.
TEST(RingFile, MoreThanTheDiskHasIsAnErrorAndLeavesNothing) {
  const TemporaryFolder dir;
  const pid_t child = ::fork();
  if (child == 0) {
    const int spaces = CLONE_NEWNS | (::geteuid() == 0 ? 0 : CLONE_NEWUSER);
    if (::unshare(spaces) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", dir.str().c_str(), "tmpfs", 0, "size=1m") != 0) {
      ::_exit(77);
    }
    const auto memory = RingMemory::map({RingKind::file, dir.str(), some_run()}, 0, 64);
    const bool told = !memory && memory.error().message.find("ring_dir") != std::string::npos;
    struct statvfs space {};
    ::statvfs(dir.str().c_str(), &space);
    const bool empty = dir.files().empty() && space.f_bfree == space.f_blocks;
    const auto small = RingMemory::map({RingKind::file, dir.str(), some_run()}, 0, 30);
    ::_exit(told && empty && small ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << status;
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no right to mount";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(RingFile, AWorkerThatGetsNoRingIsAnErrorOfTheRingSetAndTheSlotStaysFree) {
  const TemporaryFolder dir;
  std::optional<RingRun> run(std::in_place, dir.str() + "/later", some_run(), RingRun::Options{});
  EXPECT_FALSE(run->worker());
  std::filesystem::create_directory(dir.str() + "/later");
  auto port = run->worker();
  ASSERT_TRUE(port) << port.error().message;
  EXPECT_TRUE(run->push(*port));
}

TEST(RingFile, OnlyACleanCloseRemovesTheFiles) {
  const TemporaryFolder dir;
  {
    RingRun run(dir.str(), some_run(), {});
    auto first = run.worker().value();
    auto second = run.worker().value();
    run.push(first, 10);
  }
  EXPECT_EQ(dir.files().size(), 2u) << "who destroys rings does not know what the log holds";
  RingRun run(dir.str(), some_run(), {});
  auto port = run.worker().value();
  EXPECT_EQ(dir.files().size(), 3u);
  run.rings().remove_files();
  EXPECT_EQ(dir.files().size(), 2u) << "its own, not another run's";
  EXPECT_TRUE(run.push(port)) << "the memory stays";
}

TEST(RingFile, NoDescriptorStaysOpen) {
  const auto descriptors = [] {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& fd : std::filesystem::directory_iterator("/proc/self/fd"))
      ++n;
    return n;
  };
  const TemporaryFolder dir;
  const std::size_t before = descriptors();
  const auto file = RingMemory::map({RingKind::file, dir.str(), some_run()}, 0, 2);
  const auto counted = RingMemory::map({RingKind::counted, dir.str(), some_run()}, 0, 2);
  ASSERT_TRUE(file && counted);
  EXPECT_EQ(descriptors(), before);
}

class ForkedRing : public testing::TestWithParam<RingKind> {};

TEST_P(ForkedRing, AForkedChildStoresNothingIntoTheParentsFile) {
  const TemporaryFolder dir;
  RingRun run(dir.str(), some_run(), {.blocks = 2, .kind = GetParam()});
  auto port = std::make_unique<detail::Port>(run.worker().value());
  ASSERT_EQ(run.push(*port, 5), 5u);
  const std::string path = dir.str() + "/" + detail::ring_file_name(run.identity(), 0);
  const std::string before = bytes_of(path);
  const pid_t child = ::fork();
  if (child == 0) {
    bool good = true;
    for (int i = 0; i < 5; ++i) good = good && !run.push(*port);
    good = good && port->claim() == nullptr && port->rejected().forked == 6;
    port.reset();
    run.rings().remove_files();
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(bytes_of(path), before);
  EXPECT_EQ(run.push(*port, 5), 5u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ForkedRing, testing::Values(RingKind::file, RingKind::counted));

TEST(CountedRing, KeepsItsBlocksOutOfTheFile) {
  const TemporaryFolder dir;
  auto memory = RingMemory::map({RingKind::counted, dir.str(), some_run()}, 0, 64);
  ASSERT_TRUE(memory);
  EXPECT_EQ(std::filesystem::file_size(memory->path()), kRingBlocksAt);
  EXPECT_EQ(at<RingFileHeader>(bytes_of(memory->path()), 0).blocks, 0u);
  std::memset(memory->blocks(), 1, 64 * kBlockBytes);
}

TEST(CountedRing, CountsEveryPushThatReturnedTrueAndNoOther) {
  const TemporaryFolder dir;
  RingRun run(dir.str(), some_run(), {.blocks = 2, .kind = RingKind::counted});
  auto port = run.worker().value();
  const std::string path = dir.str() + "/" + detail::ring_file_name(run.identity(), 0);
  std::uint64_t accepted = 0;
  for (int i = 0; i < 1'100; ++i) {  // the ring holds 1,022
    accepted += run.push(port) ? 1u : 0u;
    if (i % 100 == 0 || i > 1'015) {
      ASSERT_EQ(accepted_in(path), accepted) << i;
    }
  }
  EXPECT_EQ(accepted, 1'022u);
  if (auto* room = port.claim()) FAIL() << static_cast<void*>(room);
  EXPECT_EQ(run.take().size(), 2u);
  ASSERT_NE(port.claim(), nullptr);
  EXPECT_EQ(accepted_in(path), accepted) << "a claim is no push";
  EXPECT_TRUE(port.commit());
  EXPECT_EQ(accepted_in(path), accepted + 1);
  EXPECT_EQ(port.accepted(), accepted + 1);
}

TEST(CountedRing, TheNextWorkerOfTheSlotCountsFromNothing) {
  const TemporaryFolder dir;
  RingRun run(dir.str(), some_run(), {.blocks = 2, .kind = RingKind::counted});
  const std::string path = dir.str() + "/" + detail::ring_file_name(run.identity(), 0);
  {
    auto port = run.worker().value();
    run.push(port, 20);
  }
  EXPECT_EQ(at<std::uint32_t>(bytes_of(path), kRingPageBytes + offsetof(RingWords, worker)), 0u);
  auto port = run.worker().value();
  EXPECT_EQ(accepted_in(path), 0u);
  run.push(port, 3);
  EXPECT_EQ(accepted_in(path), 3u);
}

// The closer decides the fate of a push that is under way: it is counted exactly when push said so.
TEST(CountedRing, CountsExactlyWhatIsAcceptedWhileTheGateCloses) {
  for (int round = 0; round < 200; ++round) {
    const TemporaryFolder dir("/dev/shm");
    RingRun run(dir.str(), some_run(), {.blocks = 64, .kind = RingKind::counted});
    const std::string path = dir.str() + "/" + detail::ring_file_name(run.identity(), 0);
    std::uint64_t accepted = 0;
    std::atomic<bool> begun{false};
    auto port = std::make_unique<detail::Port>(run.worker().value());
    std::thread load([&] {
      while (port->rejected().closed == 0) {
        accepted += run.push(*port) ? 1u : 0u;
        begun = true;
      }
    });
    while (!begun) std::this_thread::yield();
    run.rings().close();
    // As the closer may see it: anything from nothing to all.
    run.rings().settle([&](detail::Ring&) { return std::uint64_t(round % 3 == 0 ? 0 : 1) << 62; },
                       [](detail::Ring&, std::uint64_t) {});
    load.join();
    ASSERT_EQ(accepted_in(path), accepted) << "round " << round;
    ASSERT_EQ(port->accepted(), accepted);
  }
}

TEST(RetiredWorkers, AccountIsHandedOverBeforeTheSlotIsFreeEvenBeyondTheKeptOnes) {
  const TemporaryFolder dir;
  RingRun run(dir.str(), some_run(), {.blocks = 2, .workers_max = 1});
  const std::string path = dir.str() + "/" + detail::ring_file_name(run.identity(), 0);
  std::vector<detail::RingSet::Account> accounts;
  std::vector<std::uint32_t> present;
  run.rings().on_retired([&](const detail::RingSet::Account& account) {
    accounts.push_back(account);
    if (accounts.size() % 100 == 1) {
      present.push_back(
          at<std::uint32_t>(bytes_of(path), kRingPageBytes + offsetof(RingWords, worker)));
      EXPECT_FALSE(run.worker()) << "the slot is still taken";
    }
  });
  constexpr std::uint32_t kWorkers = detail::RingSet::kAccountsKept + 10;
  for (std::uint32_t i = 1; i <= kWorkers; ++i) {
    auto port = run.worker(i % 7).value();
    run.push(port, i % 5);
    EXPECT_EQ(port.begin_place(0), true);
    run.take();
  }
  ASSERT_EQ(accounts.size(), kWorkers);
  for (std::uint32_t i = 1; i <= kWorkers; ++i) {
    EXPECT_EQ(accounts[i - 1].worker, i);
    EXPECT_EQ(accounts[i - 1].stream, i % 7);
    EXPECT_EQ(accounts[i - 1].accepted, i % 5);
  }
  for (std::size_t i = 0; i < present.size(); ++i) EXPECT_EQ(present[i], 100 * i + 1);
}

}  // namespace
}  // namespace millrace
