// SPDX-License-Identifier: Apache-2.0
#include "log/named_file.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/uninterrupted.hpp"

namespace millrace::log {

int unlink_if(int dir_fd, const std::string& name, const FileId& id) noexcept {
  struct stat about {};
  if (::fstatat(dir_fd, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  if (FileId{about.st_dev, about.st_ino} != id) return ESTALE;
  return ::unlinkat(dir_fd, name.c_str(), 0) == 0 ? 0 : errno;
}

int give_name(int dir_fd, const std::string& from, const std::string& to) noexcept {
  const auto rename = [&] {
    return ::renameat2(dir_fd, from.c_str(), dir_fd, to.c_str(), RENAME_NOREPLACE);
  };
  if (uninterrupted(rename) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // NFS and others have no RENAME_NOREPLACE; link() refuses a name that is taken as well.
  if (::linkat(dir_fd, from.c_str(), dir_fd, to.c_str(), 0) != 0) return errno;
  ::unlinkat(dir_fd, from.c_str(), 0);
  return 0;
}

}  // namespace millrace::log
