// SPDX-License-Identifier: Apache-2.0
//
// ModalitySummary: what guidellm 0.7.3 reports of texts, images, video, audio and tool calls: each count by
// itself, a second, and at one time, for the input, the output and both.
//
//   ModalitySummarizer summarizer(first_start_ns, room);
//   summarizer.add(request.start_ns, request.end_ns, request.status, counts);   // in any order
//   const auto summary = summarizer.finish();
//   summary.of[kImagePixels].input->value.total.mean
//
// Population  Requests whose start and end are known, and for which the count is known of the input or of the
//             output; of the values those where it is. In rates and concurrency the other side is 0.
// Bound       A count beyond kModalCountMost is that in rates and concurrency, and counted; its value is whole.
// Memory      As the room allows.
// Source      guidellm 0.7.3, benchmark/schemas/metrics.py: GenerativeMetricsSummary.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "record/modality.hpp"
#include "stats/generation_summary.hpp"
#include "stats/timeline.hpp"

namespace millrace {

inline constexpr double kModalCountMost = 2'147'483'647;  // in Timeline's unit, of 64 bits

struct ModalitySummary {
  struct Side {
    StatusDistributions value, per_second, concurrency;
  };
  struct Quantity {
    std::optional<Side> input, output, total;  // total: both are there
  };
  std::array<Quantity, kModalities.size()> of;
  std::uint64_t beyond_time = 0;
  std::uint64_t beyond_count = 0;
};

class ModalitySummarizer {
 public:
  ModalitySummarizer(std::int64_t origin_ns, SortRoom& room);
  ~ModalitySummarizer();

  void add(std::int64_t start_ns, std::int64_t end_ns, Status status, const ModalityRecord& counts);
  [[nodiscard]] ModalitySummary finish();

 private:
  struct Part;  // of one count, side and status
  static constexpr std::size_t kSides = 2;
  using ByStatus = std::array<std::unique_ptr<Part>, kStatusCount>;

  [[nodiscard]] std::optional<ModalitySummary::Side> side(std::size_t modality,
                                                          std::span<const std::size_t> sides);

  SortRoom& room_;
  TimeAxis axis_;
  std::array<std::array<ByStatus, kSides>, kModalities.size()> parts_;
  std::uint64_t beyond_time_ = 0, beyond_count_ = 0;
};

}  // namespace millrace
