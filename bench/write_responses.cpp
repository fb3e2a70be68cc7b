// SPDX-License-Identifier: Apache-2.0
//
// The made-up responses.jsonl of bench_responses as a file, for bench/jsonl_peers.py.
//
//   write_responses FILE [LINES]      # 176,000, 344 MB
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "responses.hpp"

int main(int argc, char** argv) {
  std::uint64_t lines = millrace::kResponses;
  bool valid = argc == 2 || argc == 3;
  if (argc == 3) {
    const std::string_view text = argv[2];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lines);
    valid = error == std::errc{} && end == text.data() + text.size();
  }
  if (!valid) {
    std::fputs("usage: write_responses FILE [LINES]\n", stderr);
    return 2;
  }
  if (millrace::write_responses(argv[1], lines)) return 0;
  std::fprintf(stderr, "write_responses: '%s': %s\n", argv[1], std::strerror(errno));
  return 1;
}
