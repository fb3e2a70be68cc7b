// SPDX-License-Identifier: Apache-2.0
//
// The barrier that finish() rests on, seen at the system call: a race that loses a record without
// it may not show for hours on a machine whose store buffers drain early, so it is not waited for.
#include "transport/gate.hpp"

#include <cstdarg>
#include <vector>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>

namespace millrace::detail {
namespace {

struct Barrier {
  int command;
  std::uint32_t state;  ///< the gate's word when the call was made
};

thread_local bool watched = false;
thread_local bool refused = false;
thread_local const Gate* gate = nullptr;
thread_local std::vector<Barrier>* seen = nullptr;

}  // namespace
}  // namespace millrace::detail

// Takes the place of libc's; everything but a watched membarrier goes on to it.
extern "C" long syscall(long number, ...) noexcept {
  using namespace millrace::detail;
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& argument : a) argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_membarrier && watched) {
    seen->push_back({static_cast<int>(a[0]), gate == nullptr ? kRunning : gate->state()});
    return refused ? -1 : 0;
  }
  using Real = long (*)(long, ...);
  static const Real real = reinterpret_cast<Real>(::dlsym(RTLD_NEXT, "syscall"));
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

namespace millrace::detail {
namespace {

class GateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    seen = &barriers;
    watched = true;
  }
  void TearDown() override {
    watched = refused = false;
    gate = nullptr;
  }
  std::vector<Barrier> barriers;
};

TEST_F(GateTest, ClosingPassesABarrierThroughEveryThreadAfterTheStateIsClosing) {
  Gate opened = Gate::open().value();
  ASSERT_EQ(barriers.size(), 1U);
  EXPECT_EQ(barriers[0].command, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  EXPECT_FALSE(opened.fenced());
  gate = &opened;
  opened.close();
  ASSERT_EQ(barriers.size(), 2U);
  EXPECT_EQ(barriers[1].command, MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  EXPECT_EQ(barriers[1].state, kClosing);
}

TEST_F(GateTest, WhereTheKernelRefusesTheBarrierPushIsToldToFence) {
  refused = true;
  Gate opened = Gate::open().value();
  EXPECT_TRUE(opened.fenced());
  opened.close();
  EXPECT_EQ(barriers.size(), 1U);
  EXPECT_EQ(opened.state(), kClosing);
}

}  // namespace
}  // namespace millrace::detail
