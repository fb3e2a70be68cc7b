// SPDX-License-Identifier: Apache-2.0
#include "ingest/llmeter_run.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "ingest/llmeter_json.hpp"
#include "ingest/timestamp.hpp"

namespace millrace {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::array kTimes = {"start_time", "first_request_time", "last_request_time", "end_time"};

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::optional<fs::path> find_responses(const fs::path& dir) {
  for (const char* name : {"responses.jsonl", "responses.jsonl.gz", "responses.jsonl.zst"}) {
    if (is_file(dir / name)) return dir / name;
  }
  return std::nullopt;
}

std::string isoformat(const Timestamp& time) {
  std::string text = format_python_isoformat(time.ns);
  if (!time.zoned) text.resize(text.size() - std::string_view("+00:00").size());
  return text;
}

// Times in one spelling; text that is no time stays as it is.
void normalize_times(Json& map) {
  for (auto& [key, value] : map.items()) {
    if (!is_llmeter_time(key) || !value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    if (const auto time = parse_iso8601(text)) value = isoformat(*time);
  }
}

// nullopt where the file is missing or, with a note, where it cannot be read.
std::optional<Json> read_noting(const fs::path& file, std::vector<std::string>& notes) {
  if (!is_file(file)) return std::nullopt;
  auto json = read_python_json_file(file);
  if (json) return std::move(*json);
  notes.push_back(fmt::format("{}; left out", json.error().message));
  return std::nullopt;
}

void take_summary(Json& summary, LlmeterRun& run) {
  std::string unknown;
  for (auto& [key, value] : summary.items()) {
    if (run.fields.contains(key)) {
      run.fields[key] = std::move(value);
    } else {
      unknown += (unknown.empty() ? "" : ", ") + key;
    }
  }
  if (!unknown.empty()) {
    run.notes.push_back(fmt::format("summary.json has keys llmeter does not know: {}", unknown));
  }
}

void take_run_config(const Json& config, Json& fields) {
  const auto take = [&fields](const Json& from, const char* key) {
    if (from.contains(key)) fields[key] = from[key];
  };
  for (const char* key : {"clients", "n_requests", "run_name", "run_description"})
    take(config, key);
  if (!config.contains("endpoint") || !config["endpoint"].is_object()) return;
  for (const char* key : {"model_id", "endpoint_name", "provider"}) take(config["endpoint"], key);
}

}  // namespace

bool is_llmeter_run(const fs::path& path) {
  return find_responses(path) || is_file(path / "summary.json") || is_file(path / "stats.json");
}

Result<LlmeterRun> open_llmeter_run(const fs::path& dir) {
  if (!is_llmeter_run(dir)) {
    return failure(Errc::not_found, fmt::format("'{}' holds no responses.jsonl, summary.json or "
                                                "stats.json, and no segment (*.mlr) of a log",
                                                dir.native()));
  }
  LlmeterRun run;
  run.dir = dir;
  run.responses = find_responses(dir);
  run.fields = empty_llmeter_fields();
  run.stats = read_noting(dir / "stats.json", run.notes);
  if (auto summary = read_noting(dir / "summary.json", run.notes)) {
    take_summary(*summary, run);
  } else {
    run.recovered = true;
    if (const auto config = read_noting(dir / "run_config.json", run.notes)) {
      take_run_config(*config, run.fields);
    }
    run.notes.push_back("no summary.json: counts and times come from the records");
  }
  if (run.fields["output_path"].is_null()) run.fields["output_path"] = dir.generic_string();
  normalize_times(run.fields);
  if (run.stats) {
    normalize_times(*run.stats);
    const auto interrupted = run.stats->find("interrupted");
    run.interrupted = interrupted != run.stats->end() && *interrupted == true;
  }
  return run;
}

void LlmeterRun::recover(const StreamSummary& records) {
  if (!recovered || !responses) return;
  fields["total_requests"] = records.count();
  const TimeSpan times = records.times();
  const auto text = [](const std::optional<std::int64_t>& ns) {
    return ns ? Json(format_python_isoformat(*ns)) : Json();
  };
  fields["start_time"] = fields["first_request_time"] = text(times.first_start_ns);
  fields["end_time"] = fields["last_request_time"] = text(times.last_start_ns);
}

Json empty_llmeter_fields() {
  Json fields = Json::object();
  for (const char* key :
       {"total_requests", "clients", "n_requests", "total_test_time", "model_id", "output_path",
        "endpoint_name", "provider", "run_name", "run_description"}) {
    fields[key] = nullptr;
  }
  for (const char* key : kTimes) fields[key] = nullptr;
  fields["clients"] = 1;
  return fields;
}

bool is_llmeter_time(std::string_view key) {
  return std::find(kTimes.begin(), kTimes.end(), key) != kTimes.end();
}

std::optional<double> number_of(const Json& fields, std::string_view key) {
  const auto found = fields.find(std::string(key));
  if (found == fields.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::optional<std::int64_t> time_ns_of(const Json& fields, std::string_view key) {
  const auto found = fields.find(std::string(key));
  if (found == fields.end() || !found->is_string()) return std::nullopt;
  const auto time = parse_iso8601(found->get_ref<const std::string&>());
  return time ? std::optional(time->ns) : std::nullopt;
}

}  // namespace millrace
