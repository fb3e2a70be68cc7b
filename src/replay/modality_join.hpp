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

#include "millrace/record.hpp"

#include "replay/record_pile.hpp"
#include "stats/weighted_sorter.hpp"

namespace millrace {

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
  // By id; weight: the record's number, and in its last bit which of the two it is.
  WeightedSorter order_;
  std::uint64_t unmatched_ = 0;
};

}  // namespace millrace
