// SPDX-License-Identifier: Apache-2.0
//
// RankSelection: exact order statistics of values that nobody keeps, by passes over the slices that they
// are in, in bounded memory.
//
//   RankSelection selection(totals, totals.wanted_for(ps, rules, true, false), {.parts = threads});
//   while (!selection.done()) {
//     ...;                    // each thread t: for its slices selection.part(t).accumulate(slice, names)
//     selection.end_pass();
//   }
//   selection.values(0);      // of the first Wanted; nullopt: not found
//
// Method     The totals' histograms say in which bucket a rank lies, and how many values are in it.
//            A pass collects the values of wanted buckets of at most 65,536, and selects among them;
//            a larger one is counted, value by value if these are few (ties), else by the next 12
//            bits of the order key, and the sub-buckets that hold ranks are looked for in the next
//            pass, unless all their values are equal. One pass is the usual case, up to some ten
//            million values or with ties; four more at most are needed, if memory suffices.
// Result     That of ExactStore, to the bit, whatever the order of slices and parts. What was not
//            found is nullopt: passes_max was reached, or the slices are not those of the totals
//            (each bucket's count is compared; of one that has more than it had each part keeps no more
//            than it had).
// Memory     memory_bytes at most, whatever is wanted: what does not fit waits for a further pass.
//            Beside it: 8 bytes a rank, and `wanted` itself. Raised to what one target needs: 1 MiB
//            a metric, and 2 MiB and 256 KiB a part.
// Cost       About 3 ns a value and pass; docs/benchmarks.md.
// Threads    Parts: one thread each, at the same time. All else: one at a time, no part at work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "record/slice.hpp"
#include "stats/selection_part.hpp"
#include "stats/selection_plan.hpp"
#include "stats/stream_stats.hpp"
#include "stats/wanted.hpp"

namespace millrace {

struct SelectionLimits {
  std::size_t memory_bytes = std::size_t{256} << 20;
  int passes_max = 8;
  std::size_t parts = 1;
};

class RankSelection {
 public:
  using Part = SelectionPart;

  /// The totals must live and stay as they are until the selection is done.
  RankSelection(const StreamStats& totals, std::vector<Wanted> wanted, SelectionLimits limits = {});

  /// Nothing is left to look for, or passes_max were made.
  [[nodiscard]] bool done() const noexcept { return plan_->targets().empty(); }
  /// Made so far.
  [[nodiscard]] int passes() const noexcept { return passes_; }
  /// Every slice of the totals once, to any part; with the names that the totals were given.
  [[nodiscard]] Part& part(std::size_t i) { return *parts_[i]; }
  [[nodiscard]] std::size_t parts() const noexcept { return parts_.size(); }
  void end_pass();

  [[nodiscard]] const std::vector<Wanted>& wanted() const noexcept { return wanted_; }
  /// By the ranks of wanted()[i]. A rank that does not exist is not found.
  [[nodiscard]] std::vector<std::optional<double>> values(std::size_t i) const;
  /// At present, of the plan and the parts.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  using Target = SelectionPlan::Target;
  /// What the parts collected of a target, put together.
  struct Together {
    bool complete = false;  // as many values as the totals had
    bool beyond = false;    // there are more pairs than were kept
    std::size_t begin = 0, end = 0;
  };

  void plan_pass();
  void add_targets(std::size_t query, std::vector<Target>& targets);
  [[nodiscard]] std::size_t cost(const Target& target) const noexcept;
  void settle(const Target& target, std::span<std::uint64_t> keys);
  void settle(const Target& target, std::span<SelectionPart::Found> pairs);
  void settle(const Target& target, const SelectionPart::SubBuckets& counted);
  [[nodiscard]] SelectionPart::SubBuckets& sub_buckets(std::size_t target);
  void found(const Target& target, std::size_t rank, std::uint64_t key);

  const StreamStats& totals_;
  SelectionLimits limits_;
  std::vector<Wanted> wanted_;
  std::vector<std::vector<double>> values_;  // by wanted, rank; NaN: not found
  std::size_t next_query_ = 0;               // of wanted_: not planned so far
  std::vector<Target> waiting_;              // planned, not in this pass
  std::unique_ptr<SelectionPlan> plan_;      // its place does not change: parts point to it
  std::vector<std::unique_ptr<Part>> parts_;
  int passes_ = 0;
};

}  // namespace millrace
