// SPDX-License-Identifier: Apache-2.0
//
// Made-up results of requests, as llmeter writes them: 2 KB a line, as with real prompts. The same lines each
// time; fewer of them are the first of more.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

namespace millrace {

inline constexpr std::uint64_t kResponses = 176'000;  // 344 MB

/// False: errno says why the file is not whole.
inline bool write_responses(const std::string& path, std::uint64_t lines) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  const std::string text(760, 'x');
  std::uint64_t x = 88172645463325252u;
  for (std::uint64_t i = 0; i < lines; ++i) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    const double first = 0.05 + static_cast<double>(x % 100'000) * 3e-6;
    const double last = first + 0.2 + static_cast<double>(x % 999'983) * 4e-6;
    const std::string line = fmt::format(
        R"({{"response_text": "{}", "input_payload": {{"messages": [{{"role": "user", "content": "{}"}}]}}, )"
        R"("id": "r{:07}", "input_prompt": "p", "time_to_first_token": {}, "time_to_last_token": {}, )"
        R"("num_tokens_input": {}, "num_tokens_output": {}, "num_tokens_input_cached": null, )"
        R"("num_tokens_output_reasoning": null, "time_per_output_token": {}, "error": null, "retries": null, )"
        R"("request_time": "2026-01-05T10:{:02}:{:02}Z"}})"
        "\n",
        text, text, i, first, last, x % 2'000, 2 + x % 300,
        (last - first) / static_cast<double>(1 + x % 300), i / 60 % 60, i % 60);
    if (std::fwrite(line.data(), 1, line.size(), file) != line.size()) break;
  }
  const bool whole = std::ferror(file) == 0;
  return std::fclose(file) == 0 && whole;
}

}  // namespace millrace
