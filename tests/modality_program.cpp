// SPDX-License-Identifier: Apache-2.0
//
// A log with modalities, for tests of the command line: which has no other way to one.
//
//   modality_program DIR      40 requests, every fifth an error; counts of all but video, one of them
//                             beyond kModalCountMost, and one record that no request has
#include <cstdint>
#include <cstdio>

#include "millrace/millrace.hpp"

int main(int argc, char** argv) {
  using namespace millrace;
  if (argc != 2) return 2;
  auto engine = Engine::open({.overflow = Overflow::wait, .log_dir = argv[1]});
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().message.c_str());
    return 1;
  }
  bool pushed = true;
  {
    auto requests = engine->stream<GenerationRecord>("requests").value().worker().value();
    auto modalities = engine->stream<ModalityRecord>("modalities").value().worker().value();
    constexpr std::int64_t kMs = 1'000'000;
    for (std::int64_t i = 0; i < 40; ++i) {
      const auto id = static_cast<std::uint64_t>(1'000 + i * 7);
      const auto n = static_cast<double>(i);
      const bool failed = i % 5 == 4;
      const std::int64_t start = 1'000'000 * kMs + i * 250 * kMs;
      GenerationRecord request{.status = failed ? Status::error : Status::ok,
                               .request_id = id,
                               .start_ns = start,
                               .end_ns = start + (800 + i * 10) * kMs};
      request.first_token_ns = start + 90 * kMs;
      request.last_token_ns = request.end_ns;
      request.input_tokens = 300;
      request.output_tokens = static_cast<std::int32_t>(20 + i);
      pushed = requests.push(request) && pushed;
      ModalityRecord counts{.request_id = id, .status = request.status};
      counts.input.text_words = 40 + n;
      counts.output.text_words = 100 + 3 * n;
      counts.input.image_count = static_cast<double>(1 + i % 4);
      counts.input.image_pixels = 1'572'864.0 * counts.input.image_count;
      counts.input.image_bytes = i == 7 ? 5e9 : 250'000 + n;
      if (!failed) counts.output.audio_seconds = 0.5 + n / 8;
      if (failed) counts.output.audio_bytes = 64;
      if (i % 3 == 0) counts.output.tool_call_count = static_cast<double>(i % 2);
      pushed = modalities.push(counts) && pushed;
    }
    pushed = modalities.push({.request_id = 1, .input = {.image_count = 1}}) && pushed;
  }
  return engine->finish() && pushed ? 0 : 1;
}
