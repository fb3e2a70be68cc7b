// SPDX-License-Identifier: Apache-2.0
//
// The built-in records of C are those of C++, byte by byte.
#include <cstddef>
#include <cstring>

#include "millrace/c/record.h"
#include "millrace/record.hpp"

namespace {

using millrace::GenerationRecord;
using millrace::ModalityCounts;
using millrace::ModalityRecord;
using millrace::RequestRecord;
using millrace::SampleRecord;

static_assert(sizeof(millrace_generation_record) == sizeof(GenerationRecord));
static_assert(offsetof(millrace_generation_record, request_id) ==
              offsetof(GenerationRecord, request_id));
static_assert(offsetof(millrace_generation_record, start_ns) ==
              offsetof(GenerationRecord, start_ns));
static_assert(offsetof(millrace_generation_record, end_ns) == offsetof(GenerationRecord, end_ns));
static_assert(offsetof(millrace_generation_record, input_tokens) ==
              offsetof(GenerationRecord, input_tokens));
static_assert(offsetof(millrace_generation_record, input_characters) ==
              offsetof(GenerationRecord, input_characters));
static_assert(sizeof(millrace_request_record) == sizeof(RequestRecord));
static_assert(offsetof(millrace_request_record, code) == offsetof(RequestRecord, code));
static_assert(offsetof(millrace_request_record, end_ns) == offsetof(RequestRecord, end_ns));
static_assert(offsetof(millrace_request_record, request_id) == offsetof(RequestRecord, request_id));
static_assert(sizeof(millrace_sample_record) == sizeof(SampleRecord));
static_assert(offsetof(millrace_sample_record, label) == offsetof(SampleRecord, label));
static_assert(offsetof(millrace_sample_record, index) == offsetof(SampleRecord, index));
static_assert(sizeof(millrace_modality_counts) == sizeof(ModalityCounts));
static_assert(offsetof(millrace_modality_counts, tool_call_count) ==
              offsetof(ModalityCounts, tool_call_count));
static_assert(sizeof(millrace_modality_record) == sizeof(ModalityRecord));
static_assert(offsetof(millrace_modality_record, label) == offsetof(ModalityRecord, label));
static_assert(offsetof(millrace_modality_record, output) == offsetof(ModalityRecord, output));

template <typename T>
void make_blank(void* record) {
  const T blank{};
  if (record != nullptr) std::memcpy(record, &blank, sizeof blank);
}

}  // namespace

void millrace_generation_record_init(millrace_generation_record* record) {
  make_blank<GenerationRecord>(record);
}
void millrace_request_record_init(millrace_request_record* record) {
  make_blank<RequestRecord>(record);
}
void millrace_sample_record_init(millrace_sample_record* record) {
  make_blank<SampleRecord>(record);
}
void millrace_modality_record_init(millrace_modality_record* record) {
  make_blank<ModalityRecord>(record);
}
