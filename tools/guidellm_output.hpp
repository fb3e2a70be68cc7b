// SPDX-License-Identifier: Apache-2.0
//
// GuidellmOutput: what `millrace replay LOG --profile guidellm-...` reads and writes.
//
//   auto output = GuidellmOutput::open(profile, format, path, flags, phases, replay);   // before the replay
//   auto replayed = replay_logs(inputs, replay);
//   output->write();
#pragma once

#include <memory>
#include <string>

#include "millrace/result.hpp"

#include "guidellm_flags.hpp"
#include "guidellm_place.hpp"
#include "phase_options.hpp"
#include "replay/generation_replay.hpp"
#include "replay/log_replay.hpp"

namespace millrace {

bool is_generation_profile(const std::string& profile);

class GuidellmOutput {
 public:
  /// Sets up `replay` for the profile.
  static Result<GuidellmOutput> open(const std::string& profile, const std::string& format,
                                     const std::string& path, const GuidellmFlags& flags,
                                     const PhaseFlags& phases, LogReplayOptions& replay);

  /// Once the log was read. `quiet`: no word of the sample on stderr.
  [[nodiscard]] Result<void> write(const LogReplay& replayed, bool quiet);

 private:
  GuidellmOutput() = default;
  GuidellmPlace place_;
  GuidellmTexts texts_;
  std::unique_ptr<GenerationReplay> requests_;
};

}  // namespace millrace
