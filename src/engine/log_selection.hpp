// SPDX-License-Identifier: Apache-2.0
//
// LogSelection: exact percentiles of streams whose values are not in memory, by passes over the log.
//
//   auto selection = std::make_shared<LogSelection>(parts, runs, streams, threads);
//   selection->attach();                       // a percentile that is not known costs a pass
//   selection->prepare(ps, rules, false);      // as few passes as it takes
//
// Same bits   The passes read the slices that the statistics were made of; an order statistic is a value,
//             so that it does not matter which way it was found.
// Memory      256 MB a pass and at most; docs/accuracy.md.
// Failure     A log that can no longer be read gives no value: the histogram's is shown then, with
//             its error bound.
// Threads     prepare() and the queries take a lock: one selection at a time, by `threads` threads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "millrace/percentile.hpp"

#include "engine/log_part.hpp"
#include "engine/summary_builder.hpp"
#include "stats/rank_selection.hpp"

namespace millrace {

/// How a run's numbers of streams and names map to those of the totals.
struct RunNumbers {
  std::vector<std::size_t> streams;           // by the run's number: index of the total; kNoStream
  std::vector<std::uint16_t> labels, errors;  // empty: the same
  static constexpr std::size_t kNoStream = ~std::size_t{0};

  [[nodiscard]] NameMap names() const noexcept { return {labels, errors}; }
  [[nodiscard]] std::size_t stream(std::uint16_t number) const noexcept {
    return number < streams.size() ? streams[number] : kNoStream;
  }
};

class LogSelection : public std::enable_shared_from_this<LogSelection> {
 public:
  LogSelection(std::vector<LogPart> parts, std::vector<RunNumbers> runs,
               const std::vector<NamedStats>& streams, unsigned threads);

  /// From now on the streams ask for what they do not know.
  void attach();
  /// Finds what these percentiles need, over all and by status, and by label if asked.
  void prepare(std::span<const double> ps, std::span<const Rule> rules, bool by_label);
  /// Over the log, so far.
  [[nodiscard]] unsigned passes() const noexcept { return passes_; }

 private:
  struct Asked {
    std::size_t stream;
    std::vector<Wanted> wanted;
  };
  void select(std::vector<Asked> asked);
  void pass(std::span<const std::size_t> streams,
            std::span<const std::unique_ptr<RankSelection>> selections);
  [[nodiscard]] std::vector<std::optional<double>> ask(std::size_t stream, std::size_t metric,
                                                       const Selected& selected,
                                                       std::span<const std::uint64_t> ranks);

  const std::vector<LogPart> parts_;
  const std::vector<RunNumbers> runs_;
  std::vector<std::weak_ptr<StreamStats>> streams_;  // which hold this selection
  const unsigned threads_;
  unsigned passes_ = 0;
  std::recursive_mutex mutex_;  // a query holds it when it asks
};

/// The segments of one run of a folder.
Result<std::vector<LogPart>> parts_of_run(const std::string& dir, std::uint64_t run);

}  // namespace millrace
