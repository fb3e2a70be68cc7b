// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "log_run.hpp"

namespace millrace {

/// A file system of its own, in a mount namespace of its own.
class Mounted {
 public:
  Mounted(const std::string& source, const char* type, const std::string& options) {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return;
    }
    mounted_ = ::mount(source.c_str(), dir.str().c_str(), type, 0, options.c_str()) == 0;
  }
  ~Mounted() {
    if (mounted_) ::umount2(dir.str().c_str(), MNT_DETACH);
  }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;
  explicit operator bool() const { return mounted_; }
  [[nodiscard]] std::uint64_t free_bytes() const {
    struct statvfs about {};
    return ::statvfs(dir.str().c_str(), &about) == 0 ? about.f_bfree * about.f_frsize : 0;
  }
  void fill(std::uint64_t leave) const {
    const int fd = ::open((dir.str() + "/ballast").c_str(), O_WRONLY | O_CREAT, 0600);
    EXPECT_EQ(::posix_fallocate(fd, 0, static_cast<off_t>(free_bytes() - leave)), 0);
    ::close(fd);
  }
  void drop_ballast() const { ::unlink((dir.str() + "/ballast").c_str()); }
  TemporaryFolder dir;

 private:
  bool mounted_ = false;
};
#define SKIP_WITHOUT(mounted) \
  if (!(mounted)) GTEST_SKIP() << "needs the right to mount: run as root"

}  // namespace millrace
