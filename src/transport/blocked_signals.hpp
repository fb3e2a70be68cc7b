// SPDX-License-Identifier: Apache-2.0
//
// BlockedSignals: while it lives no signal reaches this thread. A file that would grow beyond
// RLIMIT_FSIZE is then EFBIG and no SIGXFSZ, which is taken back at the end; and fallocate() on tmpfs, which
// undoes its work when a signal comes, gets to its end. Others arrive afterwards.
#pragma once

#include <csignal>

#include <time.h>

namespace millrace::detail {

class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigset_t all, pending;
    ::sigfillset(&all);
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGXFSZ) == 1;
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() {
    sigset_t ours;
    ::sigemptyset(&ours);
    ::sigaddset(&ours, SIGXFSZ);
    const timespec at_once{};
    while (!was_pending_ && ::sigtimedwait(&ours, nullptr, &at_once) == SIGXFSZ) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
  bool was_pending_;
};

}  // namespace millrace::detail
