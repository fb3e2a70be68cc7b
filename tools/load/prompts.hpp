// SPDX-License-Identifier: Apache-2.0
//
// Prompts: the bodies of chat completion requests, made once, before the run.
//
//   auto prompts = Prompts::read("prompts.txt", {.model = "m", .max_tokens = 128});
//   prompts->of(request_id).body
//
// A file has a prompt a line:
//   Why is the sky blue?                                 the line is the prompt
//   "Two\nlines"                                         a JSON string
//   {"prompt": "Why?", "max_tokens": 20}                 further keys are the request's own
//   {"messages": [{"role": "system", ..}, ..]}           a whole conversation
// Empty lines are passed over. A line that begins with { or " and is no JSON is an error, not a prompt.
// Memory   All bodies are held: the file's size, and some 100 bytes a prompt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"

namespace millrace::load {

struct ChatOptions {
  std::string model{};
  std::int64_t max_tokens = 0;  // 0: the server's choice
  std::string more{};           // a JSON object whose keys each request gets, over our own
};

struct Prompt {
  std::string body;
  std::int32_t characters = 0;  // of the prompt, or of all messages together
};

class Prompts {
 public:
  /// "-" is stdin. Errors name file and line.
  static Result<Prompts> read(const std::string& path, const ChatOptions& options);
  static Result<Prompts> of_text(std::string_view text, const std::string& name,
                                 const ChatOptions& options);

  /// In the order of the file, and again from its beginning.
  [[nodiscard]] const Prompt& of(std::uint64_t request) const noexcept {
    return prompts_[static_cast<std::size_t>(request % prompts_.size())];
  }
  [[nodiscard]] std::size_t size() const noexcept { return prompts_.size(); }

 private:
  std::vector<Prompt> prompts_;
};

}  // namespace millrace::load
