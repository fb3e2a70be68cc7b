// SPDX-License-Identifier: Apache-2.0
//
// MappedFile: a file's bytes, which NumPy sees through the buffer protocol; read-only, and mapped as long as an array
// shows them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace millrace::python {

class MappedFile {
 public:
  /// nullptr: it is not there any more, or cannot be mapped.
  static std::shared_ptr<MappedFile> open(const char* path) {
    const int file = ::open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return nullptr;
    struct stat status = {};
    void* at = MAP_FAILED;
    if (::fstat(file, &status) == 0 && status.st_size > 0) {
      at =
          ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_SHARED, file, 0);
    }
    ::close(file);
    if (at == MAP_FAILED) return nullptr;
    return std::make_shared<MappedFile>(path, at, static_cast<std::size_t>(status.st_size));
  }
  MappedFile(std::string path, void* bytes, std::size_t size)
      : path_(std::move(path)), bytes_(bytes), size_(size) {}
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() { ::munmap(bytes_, size_); }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] unsigned char* bytes() const noexcept {
    return static_cast<unsigned char*>(bytes_);
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::string path_;
  void* bytes_;
  std::size_t size_;
};

}  // namespace millrace::python
