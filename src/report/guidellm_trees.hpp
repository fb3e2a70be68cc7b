// SPDX-License-Identifier: Apache-2.0
//
// What the trees of both versions of guidellm are made of.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "report/guidellm_json.hpp"
#include "stats/timeline.hpp"

namespace millrace {

inline constexpr std::array<const char*, kStatusCount> kGuidellmStatuses = {"successful", "errored",
                                                                            "incomplete"};

nlohmann::ordered_json guidellm_0_2_1_tree(const GenerationReport& report,
                                           const GuidellmTexts& texts);
nlohmann::ordered_json guidellm_0_7_3_tree(const GenerationReport& report,
                                           const GuidellmTexts& texts);
nlohmann::ordered_json guidellm_0_2_1_request(const GenerationRecord& record,
                                              const std::string& error);
nlohmann::ordered_json guidellm_0_7_3_request(const GenerationRecord& record,
                                              const std::string& error);

/// Seconds; null: not known.
inline nlohmann::ordered_json seconds_json(std::optional<std::int64_t> ns) {
  return ns ? nlohmann::ordered_json(seconds_of(*ns)) : nlohmann::ordered_json(nullptr);
}
inline nlohmann::ordered_json or_null(std::optional<double> value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

/// By status, and "total".
nlohmann::ordered_json counts_json(const std::array<std::uint64_t, kStatusCount>& counts);
nlohmann::ordered_json made_json(const GenerationRunning& running);
/// The marks of the lists.
nlohmann::ordered_json requests_json();

}  // namespace millrace
