// SPDX-License-Identifier: Apache-2.0
//
// The counts of a ModalityRecord, one by one: their names here and in guidellm's documents.
#pragma once

#include <array>

#include "millrace/record.hpp"

namespace millrace {

struct Modality {
  const char* kind;      // "image"
  const char* quantity;  // "pixels"
  const char* name;      // "image_pixels"
  double ModalityCounts::*count;
  Unit unit;
};

inline constexpr std::array<Modality, 18> kModalities = {{
    {"text", "tokens", "text_tokens", &ModalityCounts::text_tokens, Unit::tokens},
    {"text", "words", "text_words", &ModalityCounts::text_words, Unit::none},
    {"text", "characters", "text_characters", &ModalityCounts::text_characters, Unit::none},
    {"image", "tokens", "image_tokens", &ModalityCounts::image_tokens, Unit::tokens},
    {"image", "images", "image_count", &ModalityCounts::image_count, Unit::none},
    {"image", "pixels", "image_pixels", &ModalityCounts::image_pixels, Unit::none},
    {"image", "bytes", "image_bytes", &ModalityCounts::image_bytes, Unit::bytes},
    {"video", "tokens", "video_tokens", &ModalityCounts::video_tokens, Unit::tokens},
    {"video", "frames", "video_frames", &ModalityCounts::video_frames, Unit::none},
    {"video", "seconds", "video_seconds", &ModalityCounts::video_seconds, Unit::seconds},
    {"video", "bytes", "video_bytes", &ModalityCounts::video_bytes, Unit::bytes},
    {"audio", "tokens", "audio_tokens", &ModalityCounts::audio_tokens, Unit::tokens},
    {"audio", "samples", "audio_samples", &ModalityCounts::audio_samples, Unit::none},
    {"audio", "seconds", "audio_seconds", &ModalityCounts::audio_seconds, Unit::seconds},
    {"audio", "bytes", "audio_bytes", &ModalityCounts::audio_bytes, Unit::bytes},
    {"tool_call", "tokens", "tool_call_tokens", &ModalityCounts::tool_call_tokens, Unit::tokens},
    {"tool_call", "mixed_tokens", "mixed_content_tool_tokens",
     &ModalityCounts::mixed_content_tool_tokens, Unit::tokens},
    {"tool_call", "count", "tool_call_count", &ModalityCounts::tool_call_count, Unit::none},
}};

/// Whether the records of the schema are ModalityRecords, byte by byte.
bool is_modality(const Schema& schema);

}  // namespace millrace
