// SPDX-License-Identifier: Apache-2.0
#include "replay/kept_requests.hpp"

#include <algorithm>

namespace millrace {
namespace {

std::size_t list_of(Status status) {
  return std::min<std::size_t>(static_cast<std::size_t>(status), kStatusCount - 1);
}

}  // namespace

KeptRequests::KeptRequests(std::optional<std::uint64_t> sample, const std::string& dir)
    : sample_(sample),
      lists_{List(dir, sample.value_or(0), kSampleSeed),
             List(dir, sample.value_or(0), kSampleSeed + 1),
             List(dir, sample.value_or(0), kSampleSeed + 2)} {
  static_assert(kStatusCount == 3);
}

void KeptRequests::add(const GenerationRecord& record) {
  List& list = lists_[list_of(record.status)];
  ++list.seen;
  if (sample_) return list.reservoir.add(record);
  list.all.add(record);
}

void KeptRequests::finish() {
  if (!sample_) return;
  for (List& list : lists_) list.sample = list.reservoir.take();
}

Result<void> KeptRequests::visit(Status status, const Visit& visit) {
  List& list = lists_[list_of(status)];
  for (const GenerationRecord& record : list.sample) {
    if (auto visited = visit(record); !visited) return visited;
  }
  for (std::uint64_t number = 0; number < list.all.size(); ++number) {
    const GenerationRecord record = list.all.at(number);
    if (!list.all.failed().empty()) {
      return failure(Errc::io, "the requests of the report: " + list.all.failed());
    }
    if (auto visited = visit(record); !visited) return visited;
  }
  return {};
}

}  // namespace millrace
