// SPDX-License-Identifier: Apache-2.0
//
// Names of files in a log's folder: given when the file is whole, taken away only from what they meant.
//
//   if (const int why = give_name(dir_fd, "x.tmp", "x"); why != 0) ..
//
// Threads  Any; the folder is the kernel's.
#pragma once

#include <cstdint>
#include <string>

namespace millrace::log {

/// Which file a name meant when it was made: a name may mean another one later.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileId&) const = default;
};

/// Removes the name if it still means that file. 0, or errno; ESTALE: it means another.
int unlink_if(int dir_fd, const std::string& name, const FileId& id) noexcept;
/// Renames, but never over another file. 0, or errno; EEXIST: the name is taken.
int give_name(int dir_fd, const std::string& from, const std::string& to) noexcept;

}  // namespace millrace::log
