// SPDX-License-Identifier: Apache-2.0
#include "profile_output.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/llmeter_files.hpp"
#include "report/llmeter_stats.hpp"
#include "report/python_json.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const auto& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

Json profile_stats(const std::string& profile, const LlmeterRun* run, const StreamSummary* records,
                   const GivenWindow& given, bool as_loaded) {
  if (records == nullptr) return llmeter_load_lazy(*run);
  if (profile == "llmeter-pr56") {
    Json requests = or_null(given.total_requests);
    if (requests.is_null() && run != nullptr) requests = run->fields["total_requests"];
    return llmeter_pr56_stats(llmeter_numbers(*records), requests,
                              or_null(given.total_test_time_s));
  }
  if (run != nullptr && as_loaded) return llmeter_load_full(*run, records);
  return llmeter_stats(llmeter_numbers(*records), given.end_time_ns);
}

std::string profile_text(const Json& stats, bool json) {
  if (json) return llmeter_file_text(stats) + "\n";
  std::size_t width = 0;
  for (const auto& [key, value] : stats.items()) width = std::max(width, key.size());
  std::string text;
  for (const auto& [key, value] : stats.items()) {
    text += fmt::format("{:<{}}  {}\n", key, width,
                        value.is_string() ? value.get<std::string>() : python_json(value));
  }
  return text;
}

Result<void> save_run(const std::string& dir, const std::vector<std::string>& inputs,
                      const LlmeterRun* run, const StreamSummary* records, const Json& stats) {
  LlmeterFiles files;
  files.stats = stats;
  if (run != nullptr) {
    files.fields = run->fields;
    files.responses = run->responses;
  } else {
    if (inputs.size() != 1 || inputs.front() == "-") {
      return failure(Errc::invalid_argument,
                     "--save copies the responses of one file or directory");
    }
    LlmeterRun found;
    found.fields = empty_llmeter_fields();
    found.recovered = true;
    found.recover(*records);
    files.fields = std::move(found.fields);
    files.responses = inputs.front();
  }
  return save_llmeter_run(dir, files);
}

}  // namespace millrace
