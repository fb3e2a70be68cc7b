// SPDX-License-Identifier: Apache-2.0
#include "millrace/c/schema.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "millrace/record.hpp"

#include "c_api/handles.hpp"
#include "c_api/outcome.hpp"
#include "record/formula.hpp"

namespace millrace::c_api {
namespace {

static_assert(static_cast<int>(Unit::tokens) == MILLRACE_UNIT_TOKENS);
static_assert(static_cast<int>(FieldType::f64) == MILLRACE_F64);
static_assert(static_cast<int>(Operation::per_count_less_one) == MILLRACE_PER_COUNT_LESS_ONE);
static_assert(static_cast<int>(Domain::any) == MILLRACE_DOMAIN_ANY);
static_assert(static_cast<int>(Status::incomplete) == MILLRACE_STATUS_INCOMPLETE);
static_assert(static_cast<int>(Event::withdrawn) == MILLRACE_EVENT_WITHDRAWN);

// Negative ones are beyond every constant.
std::uint64_t number(int constant) { return static_cast<std::uint64_t>(std::int64_t{constant}); }

template <typename T>
Result<void> give(Result<Schema> made, millrace_schema** schema) {
  if (!made) return tl::unexpected(std::move(made).error());
  auto handle = std::make_unique<millrace_schema>();
  handle->schema = std::move(*made);
  const T blank{};
  std::memcpy(handle->blank.data(), &blank, sizeof blank);
  *schema = handle.release();
  return {};
}

Result<void> builtin(int record, millrace_schema** schema) {
  switch (record) {
    case MILLRACE_RECORD_GENERATION:
      return give<GenerationRecord>(RecordTraits<GenerationRecord>::schema(), schema);
    case MILLRACE_RECORD_REQUEST:
      return give<RequestRecord>(RecordTraits<RequestRecord>::schema(), schema);
    case MILLRACE_RECORD_SAMPLE:
      return give<SampleRecord>(RecordTraits<SampleRecord>::schema(), schema);
    case MILLRACE_RECORD_MODALITY:
      return give<ModalityRecord>(RecordTraits<ModalityRecord>::schema(), schema);
    case MILLRACE_RECORD_TOKEN_GAP:
      return give<SampleRecord>(token_gap_schema(), schema);
    default:
      return failure(Errc::invalid_argument,
                     fmt::format("schema: {} is no built-in record", record));
  }
}

// Runs `change` on a schema that has no error yet; its error sticks.
template <typename Change>
Result<void> changed(millrace_schema& schema, const Change& change) {
  if (schema.error) return tl::unexpected(*schema.error);
  Result<void> done = caught(change);
  if (!done) schema.error = done.error();
  return done;
}

Result<Field> field_named(const Schema& schema, const char* name) {
  for (const NamedField& f : schema.fields) {
    if (f.name == name) return f.field;
  }
  return failure(Errc::not_found,
                 fmt::format("schema '{}': no field '{}' was added", schema.name, name));
}

template <typename S>
auto& place_of(S& schema, int role) {
  const decltype(&schema.status) places[] = {&schema.status, &schema.label, &schema.error_class,
                                             &schema.event,  &schema.start, &schema.intended_start,
                                             &schema.end};
  static_assert(std::size(places) == MILLRACE_ROLE_END + 1);
  return *places[role];
}

// a, b and c as far as the operation takes them.
Result<Expression> expression(const Schema& schema, int operation, const char* a, const char* b,
                              const char* c) {
  Expression made;
  made.operation = static_cast<Operation>(operation);
  const std::size_t wanted = operands(made.operation);
  const char* const names[] = {a, b, c};
  Field* const fields[] = {&made.a, &made.b, &made.c};
  for (std::size_t i = 0; i < 3; ++i) {
    if ((names[i] != nullptr) != (i < wanted)) {
      return failure(Errc::invalid_argument,
                     fmt::format("schema '{}': operation {} takes {} fields, the others are NULL",
                                 schema.name, operation, wanted));
    }
    if (names[i] == nullptr) continue;
    auto found = field_named(schema, names[i]);
    if (!found) return tl::unexpected(std::move(found).error());
    *fields[i] = *found;
  }
  return made;
}

}  // namespace
}  // namespace millrace::c_api

using namespace millrace;
using namespace millrace::c_api;

int millrace_schema_builtin(int record, millrace_schema** schema, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_schema_builtin", {{"schema", schema}}); !all) return all;
    *schema = nullptr;
    return builtin(record, schema);
  });
}

int millrace_schema_sample(const char* metric, int unit, millrace_schema** schema,
                           millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_schema_sample", {{"schema", schema}, {"metric", metric}}); !all)
      return all;
    *schema = nullptr;
    if (auto good = within("schema: unit", number(unit), MILLRACE_UNIT_TOKENS); !good) return good;
    return give<SampleRecord>(sample_schema(metric, static_cast<Unit>(unit)), schema);
  });
}

int millrace_schema_new(const char* name, std::size_t record_size, millrace_schema** schema,
                        millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_schema_new", {{"schema", schema}, {"name", name}}); !all)
      return all;
    *schema = nullptr;
    auto made = std::make_unique<millrace_schema>();
    made->schema.name = name;
    made->schema.record_size = static_cast<std::uint32_t>(
        std::min<std::size_t>(record_size, std::numeric_limits<std::uint32_t>::max()));
    *schema = made.release();
    return {};
  });
}

int millrace_schema_field(millrace_schema* schema, const char* name, std::size_t offset, int type,
                          millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_schema_field", {{"schema", schema}, {"name", name}}); !all)
      return all;
    return changed(*schema, [&]() -> Result<void> {
      if (auto good = within("schema: field type", number(type), MILLRACE_F64); !good) return good;
      if (field_named(schema->schema, name)) {
        return failure(Errc::invalid_argument, fmt::format("schema '{}': two fields are named '{}'",
                                                           schema->schema.name, name));
      }
      const auto at = static_cast<std::uint32_t>(std::min<std::size_t>(offset, kRecordBytesMax));
      schema->schema.fields.push_back({name, {at, static_cast<FieldType>(type)}});
      return {};
    });
  });
}

int millrace_schema_role(millrace_schema* schema, int role, const char* field,
                         millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_schema_role", {{"schema", schema}, {"field", field}}); !all)
      return all;
    return changed(*schema, [&]() -> Result<void> {
      if (auto good = within("schema: role", number(role), MILLRACE_ROLE_END); !good) return good;
      auto found = field_named(schema->schema, field);
      if (!found) return tl::unexpected(std::move(found).error());
      place_of(schema->schema, role) = *found;
      return {};
    });
  });
}

int millrace_schema_metric(millrace_schema* schema, const char* name, int unit, int operation,
                           const char* a, const char* b, const char* c, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_schema_metric", {{"schema", schema}, {"name", name}}); !all)
      return all;
    return changed(*schema, [&]() -> Result<void> {
      if (auto good = within("schema: unit", number(unit), MILLRACE_UNIT_TOKENS); !good)
        return good;
      if (auto good = within("schema: operation", number(operation), MILLRACE_PER_COUNT_LESS_ONE);
          !good) {
        return good;
      }
      auto value = expression(schema->schema, operation, a, b, c);
      if (!value) return tl::unexpected(std::move(value).error());
      const auto of = static_cast<Unit>(unit);
      schema->schema.metrics.push_back({name, of, *value,
                                        seconds_in(of) ? Domain::duration : Domain::number,
                                        of == Unit::tokens || of == Unit::bytes});
      return {};
    });
  });
}

int millrace_schema_domain(millrace_schema* schema, const char* metric, int domain,
                           millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_schema_domain", {{"schema", schema}, {"metric", metric}}); !all)
      return all;
    return changed(*schema, [&]() -> Result<void> {
      if (auto good = within("schema: domain", number(domain), MILLRACE_DOMAIN_ANY); !good)
        return good;
      const auto index = schema->schema.find_metric(metric);
      if (!index) {
        return failure(Errc::not_found, fmt::format("schema '{}': no metric '{}' was added",
                                                    schema->schema.name, metric));
      }
      schema->schema.metrics[*index].domain = static_cast<Domain>(domain);
      return {};
    });
  });
}

int millrace_schema_check(const millrace_schema* schema, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_schema_check", {{"schema", schema}}); !all) return all;
    if (schema->error) return tl::unexpected(*schema->error);
    return schema->schema.validate();
  });
}

std::size_t millrace_schema_record_size(const millrace_schema* schema) {
  return schema == nullptr ? 0 : schema->schema.record_size;
}

const char* millrace_schema_field_at(const millrace_schema* schema, std::size_t index,
                                     std::size_t* offset, int* type) {
  if (schema == nullptr || index >= schema->schema.fields.size()) return nullptr;
  const NamedField& found = schema->schema.fields[index];
  if (offset != nullptr) *offset = found.field.offset;
  if (type != nullptr) *type = static_cast<int>(found.field.type);
  return found.name.c_str();
}

const char* millrace_schema_role_field(const millrace_schema* schema, int role) {
  if (schema == nullptr || role < 0 || role > MILLRACE_ROLE_END) return nullptr;
  const std::optional<Field>& field = place_of(schema->schema, role);
  if (!field) return nullptr;
  for (const NamedField& f : schema->schema.fields) {
    if (f.field == *field) return f.name.c_str();
  }
  return nullptr;
}

int millrace_schema_blank(const millrace_schema* schema, void* record, std::size_t room,
                          millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_schema_blank", {{"schema", schema}, {"record", record}}); !all)
      return all;
    const std::size_t size = schema->schema.record_size;
    if (size > schema->blank.size() || room < size) {
      return failure(Errc::invalid_argument,
                     fmt::format("schema '{}': room for {} bytes; a record has {}, {} at most",
                                 schema->schema.name, room, size, schema->blank.size()));
    }
    std::memcpy(record, schema->blank.data(), size);
    return {};
  });
}

void millrace_schema_free(millrace_schema* schema) { delete schema; }
