// SPDX-License-Identifier: Apache-2.0
//
// GenerationSummary: the distributions of a profile's metrics over some requests, by status and in total.
//
//   SortRoom room;
//   GenerationSummarizer summarizer(*generation_profile("guidellm-0.7.3"), first_start_ns, room);
//   for (..) summarizer.add(record);                  // results, in any order
//   GenerationSummary summary = summarizer.finish({});
//   summary.metrics[2].total.percentiles[kMedian]     // request_latency of 0.7.3
//
// Method   Events of one kind are read once, for all statuses, the total and all metrics that want them.
// Memory   As the room allows (Sorter), about 220 bytes a request of 0.7.3 whatever its tokens, and what rates
//          take while they are sorted; the result does not depend on it, nor on the order of the records.
// Time     What lies beyond the time axis, as clocks that were not set do, is left out of time lines and
//          counted.
// Threads  One at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "record/record_filter.hpp"
#include "stats/generation_profile.hpp"

namespace millrace {

struct StatusDistributions {
  std::array<Distribution, kStatusCount> by_status;
  Distribution total;
};

struct GenerationSummary {
  std::array<std::uint64_t, kStatusCount> requests{};
  std::optional<std::int64_t> first_start_ns, last_end_ns;
  std::vector<StatusDistributions> metrics;  // as in the profile
  std::uint64_t beyond_time = 0;             // times beyond the axis

  [[nodiscard]] std::uint64_t total() const noexcept {
    return requests[0] + requests[1] + requests[2];
  }
};

class GenerationSummarizer {
 public:
  using Curve = DistributionRule::Curve;
  GenerationSummarizer(const GenerationProfile& profile, std::int64_t origin_ns, SortRoom& room,
                       Curve curve = Curve::none, std::size_t curve_points = 1'000);
  ~GenerationSummarizer();

  void add(const GenerationRecord& record);
  /// Of metrics that have one, the window; by default from the first start to the last end.
  [[nodiscard]] GenerationSummary finish(const std::optional<TimeWindow>& window);

 private:
  struct Part;     // of one metric and status
  struct Metered;  // of one metric and some statuses: levels or rates
  class Sink;
  using Chosen = std::vector<std::size_t>;
  using Window = std::optional<TimelineRule::Window>;

  [[nodiscard]] Distribution values(std::size_t metric, const Chosen& statuses);
  [[nodiscard]] Distribution& place(std::size_t metric, const Chosen& statuses);
  void over_time(const std::vector<std::size_t>& metrics, const std::vector<Chosen>& populations,
                 const Window& measured);
  void meter(Metered& metered, const Window& window);
  [[nodiscard]] DistributionRule counted(DistributionRule::Count count,
                                         std::uint64_t number = 0) const noexcept;
  [[nodiscard]] std::size_t source_of_events(std::size_t metric) const noexcept;

  const GenerationProfile& profile_;
  const TimeAxis axis_;
  const DistributionRule curve_;  // all but the count
  SortRoom& room_;
  std::vector<std::array<std::unique_ptr<Part>, kStatusCount>> parts_;  // by metric
  GenerationSummary summary_;
};

}  // namespace millrace
