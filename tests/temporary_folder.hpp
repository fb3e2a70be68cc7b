// SPDX-License-Identifier: Apache-2.0
//
// TemporaryFolder: a folder that goes with the test. MILLRACE_TEST_TMP moves it to another disk.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace millrace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    const char* tmp = std::getenv("MILLRACE_TEST_TMP");
    path_ = (tmp != nullptr ? std::filesystem::path(tmp) : std::filesystem::temp_directory_path()) /
            "millrace-test-XXXXXX";
    std::string name = path_.string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// A path in it; nothing is made.
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace millrace
