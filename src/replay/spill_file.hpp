// SPDX-License-Identifier: Apache-2.0
//
// SpillFile: where sorters put what memory does not hold: a file without a name, which goes with its process.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "stats/sort_room.hpp"

namespace millrace {

class SpillFile final : public Spill {
 public:
  /// In that folder; "": $TMPDIR, else /tmp. Made when the first bytes come.
  explicit SpillFile(std::string dir) : dir_(std::move(dir)) {}
  ~SpillFile() override;
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  std::string append(std::span<const std::byte> bytes) override;
  std::string read(std::uint64_t offset, std::span<std::byte> bytes) override;

 private:
  std::string open();

  std::string dir_;
  int fd_ = -1;
  std::uint64_t end_ = 0;
};

}  // namespace millrace
