// SPDX-License-Identifier: Apache-2.0
//
// FuzzFile: one file that holds the fuzzer's bytes, for readers that take a path. And what the targets
// are: each defines LLVMFuzzerTestOneInput(); libFuzzer calls it (tests/fuzz.sh), or replay_corpus.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace millrace {

/// A claim that must hold whatever the input; also in builds without assert().
inline void require(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", claim);
  std::abort();
}

class FuzzFile {
 public:
  FuzzFile() {
    const char* dir = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    path_ = std::string(dir) + "/millrace-fuzz-XXXXXX";
    fd_ = ::mkostemp(path_.data(), O_CLOEXEC);
    require(fd_ >= 0, "a temporary file");
  }
  ~FuzzFile() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  FuzzFile(const FuzzFile&) = delete;
  FuzzFile& operator=(const FuzzFile&) = delete;

  const std::string& put(const void* bytes, std::size_t size) {
    require(::ftruncate(fd_, 0) == 0, "an empty file");
    require(::pwrite(fd_, bytes, size, 0) == static_cast<ssize_t>(size), "a written file");
    return path_;
  }

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace millrace
