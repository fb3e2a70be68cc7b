// SPDX-License-Identifier: Apache-2.0
#include "report/guidellm_json.hpp"

#include <utility>

#include "report/guidellm_trees.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kPercentiles = {"p001", "p01", "p05", "p10", "p25", "p50",
                                     "p75",  "p90", "p95", "p99", "p999"};

Json distribution_json(const Distribution& d, bool as_0_2_1) {
  Json percentiles = Json::object();
  for (std::size_t i = 0; i < d.percentiles.size(); ++i) {
    if (as_0_2_1 && i == kMedian) continue;  // it has a median, and no p50
    percentiles[kPercentiles[i]] = d.percentiles[i];
  }
  Json curve = nullptr;
  if (!d.curve.empty()) {
    curve = Json::array();
    for (const auto& [value, probability] : d.curve) curve.push_back({value, probability});
  }
  return {{"mean", d.mean},
          {"median", d.percentiles[kMedian]},
          {"mode", d.mode},
          {"variance", d.variance},
          {"std_dev", d.deviation},
          {"min", d.min},
          {"max", d.max},
          {"count", d.count},
          {"total_sum", d.total},
          {"percentiles", std::move(percentiles)},
          {as_0_2_1 ? "cumulative_distribution_function" : "pdf", std::move(curve)}};
}

Json distributions_json(const StatusDistributions& distributions, bool as_0_2_1) {
  Json json = Json::object();
  for (std::size_t s = 0; s < kStatusCount; ++s) {
    json[kGuidellmStatuses[s]] = distribution_json(distributions.by_status[s], as_0_2_1);
  }
  json["total"] = distribution_json(distributions.total, as_0_2_1);
  return json;
}

// Null: no request has this count.
void add_modalities(const GenerationReport& report, Json& metrics) {
  for (std::size_t m = 0; m < kModalities.size(); ++m) {
    Json& json = metrics[kModalities[m].kind][kModalities[m].quantity];
    const auto* const of = report.modalities ? &report.modalities->of[m] : nullptr;
    if (of == nullptr || (!of->input && !of->output)) {
      json = nullptr;
      continue;
    }
    const std::pair<std::string, const std::optional<ModalitySummary::Side>*> sides[] = {
        {"input", &of->input}, {"output", &of->output}, {"total", &of->total}};
    for (const auto& [name, side] : sides) {
      const auto one = [&](StatusDistributions ModalitySummary::Side::*distributions) {
        return *side ? distributions_json(**side.*distributions, false) : Json(nullptr);
      };
      json[name] = one(&ModalitySummary::Side::value);
      json[name + "_per_second"] = one(&ModalitySummary::Side::per_second);
      json[name + "_concurrency"] = one(&ModalitySummary::Side::concurrency);
    }
  }
}

}  // namespace

Json counts_json(const std::array<std::uint64_t, kStatusCount>& counts) {
  Json json = Json::object();
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kStatusCount; ++i) {
    json[kGuidellmStatuses[i]] = counts[i];
    total += counts[i];
  }
  json["total"] = total;
  return json;
}

Json made_json(const GenerationRunning& running) {
  return counts_json({running.requests(Status::ok).count, running.requests(Status::error).count,
                      running.requests(Status::incomplete).count});
}

Json requests_json() {
  Json requests = Json::object();
  for (unsigned status = 0; status < kStatusCount; ++status) {
    requests[kGuidellmStatuses[status]] = long_list(status);
  }
  requests["total"] = nullptr;
  return requests;
}

Json guidellm_metrics_json(const GenerationReport& report) {
  const bool as_0_2_1 = report.profile->as_0_2_1;
  Json metrics = Json::object();
  for (std::size_t i = 0; i < report.summary.metrics.size(); ++i) {
    metrics[report.profile->metrics[i].name] =
        distributions_json(report.summary.metrics[i], as_0_2_1);
  }
  if (!as_0_2_1) add_modalities(report, metrics);
  return metrics;
}

Json guidellm_json(const GenerationReport& report, const GuidellmTexts& texts) {
  return report.profile->as_0_2_1 ? guidellm_0_2_1_tree(report, texts)
                                  : guidellm_0_7_3_tree(report, texts);
}

LongLists guidellm_requests(const GenerationReport& report) {
  return [&report](unsigned list, const ItemVisit& item) -> Result<void> {
    const auto request = report.profile->as_0_2_1 ? guidellm_0_2_1_request : guidellm_0_7_3_request;
    static const std::string kNoName;
    return report.requests->visit(
        static_cast<Status>(list), [&](const GenerationRecord& record) -> Result<void> {
          const bool named = record.error_class < report.errors.size();
          return item(request(record, named ? report.errors[record.error_class] : kNoName));
        });
  };
}

}  // namespace millrace
