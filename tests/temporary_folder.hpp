// SPDX-License-Identifier: Apache-2.0
//
// TemporaryFolder: a folder that goes with the test, and all that is in it. MILLRACE_TEST_TMP moves it to
// another disk.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

namespace millrace {

class TemporaryFolder {
 public:
  TemporaryFolder() : TemporaryFolder(usual()) {}
  explicit TemporaryFolder(const std::filesystem::path& in) {
    std::string name = (in / "millrace-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  /// Where that is possible: for hundreds of runs, of which no disk is asked.
  static TemporaryFolder in_memory() {
    return ::access("/dev/shm", W_OK) == 0 ? TemporaryFolder("/dev/shm") : TemporaryFolder();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::string str() const { return path_.string(); }
  /// A path in it; nothing is made.
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  /// Names of what is in it.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  static std::filesystem::path usual() {
    const char* tmp = std::getenv("MILLRACE_TEST_TMP");
    return tmp != nullptr ? std::filesystem::path(tmp) : std::filesystem::temp_directory_path();
  }
  std::filesystem::path path_;
};

}  // namespace millrace
