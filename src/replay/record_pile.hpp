// SPDX-License-Identifier: Apache-2.0
//
// RecordPile: records of one size behind one another in a file without a name, to be read again by number.
//
//   RecordPile<GenerationRecord> pile(dir);
//   const std::uint64_t number = pile.add(record);
//   pile.at(number);                              // in or near their order: a read a page
//
// Memory   Two pages of 1,024 records. Few records make no file.
// Errors   failed() says why the file could not be written or read; what at() gives then means nothing.
// Threads  One at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "replay/spill_file.hpp"

namespace millrace {

template <typename T>
class RecordPile {
 public:
  explicit RecordPile(const std::string& dir) : file_(dir) {}

  std::uint64_t add(const T& record) {
    if (held_.size() == kPage) put_away();
    held_.push_back(record);
    return in_file_ + held_.size() - 1;
  }
  T at(std::uint64_t number) {
    if (number >= in_file_) return held_[number - in_file_];
    const std::uint64_t page = number / kPage;
    if (page != page_ || cached_.empty()) {
      cached_.resize(kPage);
      page_ = page;
      if (failed_.empty()) {
        failed_ = file_.read(page * kPage * sizeof(T), std::as_writable_bytes(std::span(cached_)));
      }
    }
    return cached_[number % kPage];
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return in_file_ + held_.size(); }
  [[nodiscard]] const std::string& failed() const noexcept { return failed_; }

 private:
  static constexpr std::size_t kPage = 1024;  // records
  void put_away() {
    if (failed_.empty()) failed_ = file_.append(std::as_bytes(std::span(held_)));
    in_file_ += held_.size();
    held_.clear();
  }

  SpillFile file_;
  std::vector<T> held_;  // behind those in the file, whose number is a multiple of kPage
  std::uint64_t in_file_ = 0;
  std::vector<T> cached_;
  std::uint64_t page_ = 0;
  std::string failed_;
};

}  // namespace millrace
