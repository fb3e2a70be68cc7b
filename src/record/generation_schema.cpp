// SPDX-License-Identifier: Apache-2.0
#include "record/generation_schema.hpp"

#include "millrace/record.hpp"

namespace millrace {

bool is_generation(const Schema& schema) {
  static const Schema own = RecordTraits<GenerationRecord>::schema().value();
  return schema.record_size == own.record_size && schema.fields == own.fields &&
         schema.status == own.status && schema.event == own.event;
}

}  // namespace millrace
