// SPDX-License-Identifier: Apache-2.0
//
// A mapped file that is cut while it is used: the host lives, and its own faults stay its own.
#include "transport/bus_guard.hpp"

#include <atomic>
#include <csignal>
#include <cstring>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace millrace::detail {
namespace {

constexpr std::size_t kPage = 4096;

class MappedFile {
 public:
  explicit MappedFile(std::size_t pages) : bytes_(pages * kPage) {
    fd_ = ::memfd_create("guarded", MFD_CLOEXEC);
    cut(bytes_);
    memory = static_cast<std::byte*>(
        ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
  }
  ~MappedFile() {
    ::munmap(memory, bytes_);
    ::close(fd_);
  }
  void cut(std::size_t bytes) { ASSERT_EQ(::ftruncate(fd_, static_cast<off_t>(bytes)), 0); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  std::byte* memory;

 private:
  int fd_;
  std::size_t bytes_;
};

// How a child ends that does this: its exit code, or the signal's number, negative.
int in_child(const std::function<int()>& does) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    ::_exit(does());
  }
  int how = 0;
  ::waitpid(child, &how, 0);
  return WIFSIGNALED(how) ? -WTERMSIG(how) : WEXITSTATUS(how);
}

// Under a sanitizer the handler "before ours" is its own: it reports, and exits.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPlain = false;
#else
constexpr bool kPlain = true;
#endif

TEST(BusGuard, AnAccessBehindTheCutSucceedsAndIsKnown) {
  MappedFile file(8);
  auto guard = GuardedRange::add(file.memory, file.bytes()).value();
  std::memset(file.memory, 1, file.bytes());
  EXPECT_FALSE(guard.hit());
  file.cut(3 * kPage);
  file.memory[0] = std::byte{2};  // before the cut
  EXPECT_FALSE(guard.hit());
  std::memset(file.memory + 5 * kPage, 3, 3 * kPage);
  EXPECT_TRUE(guard.hit());
  EXPECT_EQ(file.memory[7 * kPage], std::byte{3});
  EXPECT_EQ(file.memory[4 * kPage], std::byte{0});  // behind the cut, before the first access there
  file.memory[4 * kPage] = std::byte{4};
  EXPECT_EQ(file.memory[7 * kPage], std::byte{3});  // what was written since stays
  EXPECT_EQ(file.memory[kPage], std::byte{1});
  EXPECT_TRUE(guard.hit());
}

TEST(BusGuard, TellsRangesApart) {
  MappedFile a(2);
  MappedFile b(2);
  auto guard_a = GuardedRange::add(a.memory, a.bytes()).value();
  auto guard_b = GuardedRange::add(b.memory, b.bytes()).value();
  b.cut(0);
  b.memory[kPage] = std::byte{1};
  EXPECT_FALSE(guard_a.hit());
  EXPECT_TRUE(guard_b.hit());
  GuardedRange moved = std::move(guard_b);
  EXPECT_TRUE(moved.hit());
}

TEST(BusGuard, ManyThreadsMeetTheCutAtOnceAndNoneLosesWhatItWrote) {
  for (int round = 0; round < 50; ++round) {
    MappedFile file(64);
    auto guard = GuardedRange::add(file.memory, file.bytes()).value();
    file.cut(0);
    std::atomic<int> ready{0};
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        ++ready;
        while (ready < 4) {
        }
        // Downwards: each page is another fault, in front of what the others have replaced.
        for (std::size_t page = 64; page-- > 0;) file.memory[page * kPage + t] = std::byte{7};
      });
    }
    threads.clear();
    for (std::size_t page = 0; page < 64; ++page) {
      for (std::size_t t = 0; t < 4; ++t) ASSERT_EQ(file.memory[page * kPage + t], std::byte{7});
    }
  }
}

TEST(BusGuard, ARangeThatIsGoneIsNotGuarded) {
  if (!kPlain) GTEST_SKIP() << "the sanitizer's own handler comes after ours";
  EXPECT_EQ(in_child([] {
              MappedFile other(1);
              auto stays = GuardedRange::add(other.memory, other.bytes()).value();
              MappedFile file(2);
              { auto guard = GuardedRange::add(file.memory, file.bytes()).value(); }
              file.cut(0);
              file.memory[0] = std::byte{1};
              return 0;
            }),
            -SIGBUS);
}

TEST(BusGuard, TheHostDiesOfItsOwnFaultAsItWould) {
  if (!kPlain) GTEST_SKIP() << "the sanitizer's own handler comes after ours";
  EXPECT_EQ(in_child([] {
              MappedFile ours(1);
              auto guard = GuardedRange::add(ours.memory, ours.bytes()).value();
              MappedFile hosts(1);
              hosts.cut(0);
              hosts.memory[0] = std::byte{1};
              return 0;
            }),
            -SIGBUS);
  EXPECT_EQ(in_child([] {
              MappedFile ours(1);
              auto guard = GuardedRange::add(ours.memory, ours.bytes()).value();
              ::kill(::getpid(), SIGBUS);
              return 0;
            }),
            -SIGBUS);
}

TEST(BusGuard, ASignalThatTheHostIgnoresIsIgnored) {
  EXPECT_EQ(in_child([] {
              ::signal(SIGBUS, SIG_IGN);
              MappedFile ours(1);
              auto guard = GuardedRange::add(ours.memory, ours.bytes()).value();
              ::kill(::getpid(), SIGBUS);
              return 5;
            }),
            5);
}

std::byte* hosts_page = nullptr;
void hosts_handler(int, siginfo_t* info, void*) { ::_exit(info->si_addr == hosts_page ? 11 : 12); }
void hosts_plain_handler(int) { ::_exit(13); }

TEST(BusGuard, TheHostsHandlerGetsTheHostsFaultsAndNotOurs) {
  for (const bool plain : {false, true}) {
    EXPECT_EQ(in_child([&] {
                struct sigaction action {};
                if (plain) {
                  action.sa_handler = hosts_plain_handler;
                } else {
                  action.sa_sigaction = hosts_handler;
                  action.sa_flags = SA_SIGINFO;
                }
                ::sigaction(SIGBUS, &action, nullptr);
                MappedFile ours(1);
                auto guard = GuardedRange::add(ours.memory, ours.bytes()).value();
                ours.cut(0);
                ours.memory[0] = std::byte{1};
                if (!guard.hit()) return 1;
                MappedFile hosts(1);
                hosts_page = hosts.memory;
                hosts.cut(0);
                hosts.memory[0] = std::byte{1};
                return 2;
              }),
              plain ? 13 : 11);
  }
}

struct sigaction below_hosts;
int hosts_calls = 0;
void chaining_handler(int signal, siginfo_t* info, void* context) {
  if (++hosts_calls > 100) ::_exit(21);  // the two call each other
  below_hosts.sa_sigaction(signal, info, context);
}

TEST(BusGuard, AHandlerThatTheHostPutsAboveOursDoesNotMakeALoop) {
  EXPECT_EQ(in_child([] {
              struct sigaction action {};
              action.sa_sigaction = chaining_handler;
              action.sa_flags = SA_SIGINFO;
              {
                MappedFile first(1);
                auto guard = GuardedRange::add(first.memory, first.bytes()).value();
                if (!GuardedRange::in_force()) return 1;
                ::sigaction(SIGBUS, &action, &below_hosts);
                if (GuardedRange::in_force()) return 2;
              }  // ours should go now, and cannot
              MappedFile second(1);
              auto guard = GuardedRange::add(second.memory, second.bytes()).value();
              second.cut(0);
              second.memory[0] = std::byte{1};
              return guard.hit() && hosts_calls == 1 ? 0 : 3;
            }),
            0);
}

TEST(BusGuard, TheHandlerBeforeOursIsBackWhenTheLastRangeGoes) {
  EXPECT_EQ(in_child([] {
              struct sigaction action {};
              action.sa_handler = hosts_plain_handler;
              ::sigaction(SIGBUS, &action, nullptr);
              for (int i = 0; i < 3; ++i) {
                MappedFile file(1);
                auto a = GuardedRange::add(file.memory, file.bytes()).value();
                auto b = GuardedRange::add(file.memory, file.bytes()).value();
                a = {};
                if (!GuardedRange::in_force()) return 1;
                b = {};
                struct sigaction now {};
                ::sigaction(SIGBUS, nullptr, &now);
                if (now.sa_handler != hosts_plain_handler) return 2;
              }
              return 0;
            }),
            0);
}

TEST(BusGuard, AChildsMappingAtTheSameAddressIsNotOurs) {
  if (!kPlain) GTEST_SKIP() << "the sanitizer's own handler comes after ours";
  MappedFile file(1);
  ASSERT_EQ(::madvise(file.memory, file.bytes(), MADV_DONTFORK), 0);
  auto guard = GuardedRange::add(file.memory, file.bytes()).value();
  EXPECT_EQ(in_child([&] {
              const int fd = ::memfd_create("child", 0);
              ::mmap(file.memory, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
              file.memory[0] = std::byte{1};
              return 0;
            }),
            -SIGBUS);
}

TEST(BusGuard, AsManyRangesAsToldAndOneMoreIsAnError) {
  MappedFile file(1);
  std::vector<GuardedRange> guards;
  for (std::size_t i = 0; i < GuardedRange::kRangesMax; ++i) {
    auto guard = GuardedRange::add(file.memory, file.bytes());
    ASSERT_TRUE(guard);
    guards.push_back(std::move(*guard));
  }
  const auto more = GuardedRange::add(file.memory, file.bytes());
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Errc::limit);
  guards.erase(guards.begin() + 5);
  EXPECT_TRUE(GuardedRange::add(file.memory, file.bytes()));
  guards.clear();
  MappedFile cut(1);
  auto guard = GuardedRange::add(cut.memory, cut.bytes()).value();
  cut.cut(0);
  cut.memory[0] = std::byte{1};
  EXPECT_TRUE(guard.hit());
}

TEST(BusGuard, ErrnoIsAsItWas) {
  MappedFile file(1);
  auto guard = GuardedRange::add(file.memory, file.bytes()).value();
  file.cut(0);
  errno = 77;
  file.memory[0] = std::byte{1};
  EXPECT_EQ(errno, 77);
}

}  // namespace
}  // namespace millrace::detail
