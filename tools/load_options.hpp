// SPDX-License-Identifier: Apache-2.0
//
// The flags of `millrace load` that say what is sent, where, and when.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "load/load_plan.hpp"

namespace millrace {

struct LoadOptions {
  std::string url, method, body, label;
  std::vector<std::string> headers;
  std::string rate, arrival, duration, requests, timeout = "30s", grace = "30s";
  std::uint64_t seed = 1;
  unsigned connections = 10, streams = 1, threads = 0;
  bool http1 = false, http2 = false, insecure = false, no_keep_alive = false;
  bool openai = false;
  std::string model, prompts;
  std::int64_t max_tokens = 0;

  void declare(CLI::App& command);
  /// What the flags, the files that they name and the environment say. Errors name the flag.
  [[nodiscard]] Result<load::LoadPlan> plan() const;

 private:
  [[nodiscard]] Result<void> schedule(load::LoadPlan& plan) const;
  [[nodiscard]] Result<void> request(load::LoadPlan& plan) const;
  [[nodiscard]] Result<void> chat(load::LoadPlan& plan) const;
};

}  // namespace millrace
