// SPDX-License-Identifier: Apache-2.0
#include "stats/weighted_sorter.hpp"

#include <algorithm>
#include <utility>

#include <hwy/contrib/sort/vqsort.h>

namespace millrace {
namespace {

constexpr std::size_t kLeastItems = 4'096;  // 64 KiB: of a sorter, whatever the room, and of a read

static_assert(sizeof(Weighted) == sizeof(hwy::K64V64) && alignof(Weighted) <= alignof(hwy::K64V64));

}  // namespace

bool SortRoom::take(std::size_t bytes) noexcept {
  if (spill_ != nullptr && bytes > bytes_max_ - std::min(used_, bytes_max_)) return false;
  used_ += bytes;
  return true;
}

WeightedSorter::~WeightedSorter() {
  if (room_ != nullptr) room_->give_back(held_.capacity() * sizeof(Weighted));
}

WeightedSorter::WeightedSorter(WeightedSorter&& other) noexcept
    : room_(std::exchange(other.room_, nullptr)),
      held_(std::move(other.held_)),
      sorted_(other.sorted_),
      runs_(std::move(other.runs_)),
      put_away_(other.put_away_) {}

void WeightedSorter::make_room() {
  const std::size_t more = held_.empty() ? kLeastItems : held_.size();
  // While it grows both the old and the new memory are there.
  if (held_.empty() || room_->take((held_.size() + more) * sizeof(Weighted))) {
    const std::size_t before = held_.capacity() * sizeof(Weighted);
    if (held_.empty()) (void)room_->take(more * sizeof(Weighted));
    const bool grown = !held_.empty();
    held_.reserve(held_.size() + more);
    if (grown) room_->give_back(before);
    return;
  }
  put_away();
}

void WeightedSorter::sort() {
  if (sorted_ == held_.size()) return;
  // hwy::K64V64 is {value, key}, as Weighted is {weight, key}.
  thread_local const hwy::Sorter sorter;
  sorter(reinterpret_cast<hwy::K64V64*>(held_.data()), held_.size(), hwy::SortAscending());
  sorted_ = held_.size();
}

void WeightedSorter::put_away() {
  sort();
  if (room_->failed_.empty()) {
    room_->failed_ = room_->spill_->append(std::as_bytes(std::span(held_)));
  }
  runs_.push_back({room_->spilled_, held_.size()});
  room_->spilled_ += held_.size() * sizeof(Weighted);
  put_away_ += held_.size();
  held_.clear();
  sorted_ = 0;
}

// The next items of one run.
class RunCursor {
 public:
  explicit RunCursor(std::span<const Weighted> held) : ahead_(held) {}
  RunCursor(SortRoom& room, WeightedSorter::Run run) : room_(&room), run_(run) { fill(); }
  RunCursor(RunCursor&&) = default;
  RunCursor& operator=(RunCursor&&) = default;

  [[nodiscard]] bool at_end() const noexcept { return ahead_.empty(); }
  [[nodiscard]] const Weighted& front() const noexcept { return ahead_.front(); }
  [[nodiscard]] std::span<const Weighted> ahead() const noexcept { return ahead_; }
  void pass(std::size_t items) {
    ahead_ = ahead_.subspan(items);
    if (ahead_.empty() && run_.items != 0) fill();
  }

 private:
  void fill() {
    buffer_.resize(std::min<std::uint64_t>(run_.items, kLeastItems));
    if (room_->failed_.empty()) {
      room_->failed_ = room_->spill_->read(run_.offset, std::as_writable_bytes(std::span(buffer_)));
    }
    if (!room_->failed_.empty()) buffer_.clear();
    run_.offset += buffer_.size() * sizeof(Weighted);
    run_.items = buffer_.empty() ? 0 : run_.items - buffer_.size();
    ahead_ = buffer_;
  }

  SortRoom* room_ = nullptr;
  WeightedSorter::Run run_{};
  std::vector<Weighted> buffer_;
  std::span<const Weighted> ahead_;
};

// The runs, as a heap: the one with the least next key at the top.
class RunHeap {
 public:
  explicit RunHeap(std::vector<RunCursor> runs) : runs_(std::move(runs)) {
    for (std::uint32_t i = 0; i < runs_.size(); ++i) {
      if (!runs_[i].at_end()) heap_.push_back({runs_[i].front().key, i});
    }
    std::sort(heap_.begin(), heap_.end(), [](Top a, Top b) { return a.key < b.key; });
  }

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  [[nodiscard]] RunCursor& least() noexcept { return runs_[heap_.front().run]; }
  /// The least key of the other runs, of which there is one.
  [[nodiscard]] std::uint64_t next_key() const noexcept {
    return heap_.size() > 2 ? std::min(heap_[1].key, heap_[2].key) : heap_[1].key;
  }
  /// least() has moved on.
  void settle() noexcept {
    Top top = heap_.front();
    if (runs_[top.run].at_end()) {
      top = heap_.back();
      heap_.pop_back();
      if (heap_.empty()) return;
    } else {
      top.key = runs_[top.run].front().key;
    }
    std::size_t at = 0;
    for (std::size_t child; (child = 2 * at + 1) < heap_.size(); at = child) {
      if (child + 1 < heap_.size() && heap_[child + 1].key < heap_[child].key) ++child;
      if (top.key <= heap_[child].key) break;
      heap_[at] = heap_[child];
    }
    heap_[at] = top;
  }

 private:
  struct Top {
    std::uint64_t key;
    std::uint32_t run;
  };
  std::vector<RunCursor> runs_;
  std::vector<Top> heap_;
};

void visit_sorted(std::span<WeightedSorter* const> sorters, const WeightedSorter::Visit& visit) {
  std::vector<RunCursor> all;
  for (WeightedSorter* sorter : sorters) {
    sorter->sort();
    all.emplace_back(std::span<const Weighted>(sorter->held_));
    for (const auto& run : sorter->runs_) all.emplace_back(*sorter->room_, run);
  }
  RunHeap runs(std::move(all));
  std::vector<Weighted> merged;
  merged.reserve(kLeastItems);
  while (runs.size() > 1) {
    // All of the first run that is not beyond the second's first.
    RunCursor& least = runs.least();
    const auto ahead = least.ahead().first(
        std::min(least.ahead().size(), merged.capacity() - merged.size()));
    const std::uint64_t bound = runs.next_key();
    std::size_t items = 1;
    while (items < ahead.size() && ahead[items].key <= bound) ++items;
    merged.insert(merged.end(), ahead.begin(), ahead.begin() + static_cast<std::ptrdiff_t>(items));
    if (merged.size() == merged.capacity()) {
      visit(merged);
      merged.clear();
    }
    least.pass(items);
    runs.settle();
  }
  if (!merged.empty()) visit(merged);
  if (runs.size() == 0) return;
  for (RunCursor& last = runs.least(); !last.at_end(); last.pass(last.ahead().size())) {
    visit(last.ahead());
  }
}

}  // namespace millrace
