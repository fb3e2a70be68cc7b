// SPDX-License-Identifier: Apache-2.0
//
// ModalityJoin: requests and their modality counts, which come in two streams and in any order, brought
// together by request id.
//
//   ModalityJoin join(room, dir);
//   join.add_request(id, start_ns, end_ns, status);
//   join.add(modality_record);
//   join.visit([&](const ModalityJoin::Request& request, const ModalityRecord& counts) { .. });
//
// Left out  Counts of no request that was added, and those of an id that several requests have: unmatched().
// Memory    Of the room; the records themselves are in two files without a name.
// Errors    failed() says why files could not be written or read; the visits are then too few.
// Threads   One at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "millrace/record.hpp"

#include "replay/spill_file.hpp"
#include "stats/weighted_sorter.hpp"

namespace millrace {

/// Records of one size behind one another in a file, to be read by number: those that lie together soon
/// after one another cost nothing.
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

class ModalityJoin {
 public:
  struct Request {
    std::int64_t start_ns, end_ns;
    Status status;
  };
  using Visit = std::function<void(const Request& request, const ModalityRecord& counts)>;

  ModalityJoin(SortRoom& room, const std::string& dir)
      : requests_(dir), counts_(dir), order_(room) {}

  void add_request(std::uint64_t id, std::int64_t start_ns, std::int64_t end_ns, Status status) {
    order_.add({requests_.add({start_ns, end_ns, status}) * 2, id});
  }
  void add(const ModalityRecord& counts) {
    order_.add({counts_.add(counts) * 2 + 1, counts.request_id});
  }
  /// In the order of their ids; once.
  void visit(const Visit& visit);

  [[nodiscard]] std::uint64_t unmatched() const noexcept { return unmatched_; }
  [[nodiscard]] const std::string& failed() const noexcept {
    return requests_.failed().empty() ? counts_.failed() : requests_.failed();
  }

 private:
  RecordPile<Request> requests_;
  RecordPile<ModalityRecord> counts_;
  WeightedSorter order_;  // by id; weight: the record's number, and in its last bit which of the two it is
  std::uint64_t unmatched_ = 0;
};

}  // namespace millrace
