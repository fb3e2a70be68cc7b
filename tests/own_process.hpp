// SPDX-License-Identifier: Apache-2.0
//
// What the kernel says of the test's own process.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>

namespace millrace {

/// Bytes of a line of /proc/self/status: "VmRSS:", "RssAnon:".
inline std::size_t status_bytes(const char* key) {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  char line[256];
  std::size_t kib = 0;
  while (std::fgets(line, sizeof line, file) != nullptr) {
    const std::size_t n = std::strlen(key);
    if (std::strncmp(line, key, n) == 0) kib = std::strtoull(line + n, nullptr, 10);
  }
  std::fclose(file);
  return kib * 1024;
}

inline std::size_t anonymous_memory() { return status_bytes("RssAnon:"); }

inline std::size_t descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

}  // namespace millrace
