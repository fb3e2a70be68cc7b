// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <optional>

#include <pybind11/stl.h>

#include "text.hpp"

namespace millrace::python {
namespace {

constexpr const char* kRecords[] = {"generation", "request", "sample", "modality", "token_gap"};
constexpr const char* kTypes[] = {"i1",  "u1",  "<i2", "<u2", "<i4",
                                  "<u4", "<i8", "<u8", "<f4", "<f8"};
constexpr const char* kRoles[] = {"status", "label",          "error_class", "event",
                                  "start",  "intended_start", "end"};
constexpr const char* kOperations[] = {"field", "difference", "sum", "ratio", "per_count_less_one"};
constexpr const char* kDomains[] = {"number", "duration", "any"};

Schema builtin(const Text& record) {
  millrace_error error = MILLRACE_ERROR_INIT;
  millrace_schema* schema = nullptr;
  check(millrace_schema_builtin(constant("record", record, kRecords), &schema, &error), error);
  return Schema(schema);
}

Schema sample(const Text& metric, const Text& unit) {
  millrace_error error = MILLRACE_ERROR_INIT;
  millrace_schema* schema = nullptr;
  check(millrace_schema_sample(metric.c_str(), constant("unit", unit, kUnits), &schema, &error),
        error);
  return Schema(schema);
}

Schema empty(const Text& name, std::size_t record_size) {
  millrace_error error = MILLRACE_ERROR_INIT;
  millrace_schema* schema = nullptr;
  check(millrace_schema_new(name.c_str(), record_size, &schema, &error), error);
  return Schema(schema);
}

void add_field(const Schema& schema, const Text& name, std::size_t offset, const Text& type) {
  millrace_error error = MILLRACE_ERROR_INIT;
  check(millrace_schema_field(schema.get(), name.c_str(), offset, constant("type", type, kTypes),
                              &error),
        error);
}

void set_role(const Schema& schema, const Text& role, const Text& field) {
  millrace_error error = MILLRACE_ERROR_INIT;
  check(millrace_schema_role(schema.get(), constant("role", role, kRoles), field.c_str(), &error),
        error);
}

void add_metric(const Schema& schema, const Text& name, const Text& unit, const Text& operation,
                const std::vector<Text>& operands, const std::optional<Text>& domain) {
  millrace_error error = MILLRACE_ERROR_INIT;
  const auto operand = [&](std::size_t i) {
    return i < operands.size() ? operands[i].c_str() : nullptr;
  };
  if (operands.size() > 3) refuse("metric '" + name + "': a formula has at most 3 fields");
  check(millrace_schema_metric(schema.get(), name.c_str(), constant("unit", unit, kUnits),
                               constant("operation", operation, kOperations), operand(0),
                               operand(1), operand(2), &error),
        error);
  if (!domain) return;
  check(millrace_schema_domain(schema.get(), name.c_str(), constant("domain", *domain, kDomains),
                               &error),
        error);
}

void check_schema(const Schema& schema) {
  millrace_error error = MILLRACE_ERROR_INIT;
  check(millrace_schema_check(schema.get(), &error), error);
}

}  // namespace

std::vector<Field> fields_of(const millrace_schema* schema) {
  std::vector<Field> fields;
  std::size_t offset = 0;
  int type = 0;
  for (std::size_t i = 0; const char* name = millrace_schema_field_at(schema, i, &offset, &type);
       ++i) {
    fields.push_back({name, offset, type});
  }
  return fields;
}

py::dict layout_of(const millrace_schema* schema) {
  py::list names, formats, offsets;
  for (const Field& field : fields_of(schema)) {
    // C++ programs may call each of their paddings "reserved".
    py::str name = shown(field.name.c_str());
    for (int n = 2; names.contains(name); ++n)
      name = shown((field.name + '_' + std::to_string(n)).c_str());
    names.append(name);
    formats.append(kTypes[field.type]);
    offsets.append(field.offset);
  }
  using namespace py::literals;
  return py::dict("names"_a = names, "formats"_a = formats, "offsets"_a = offsets,
                  "itemsize"_a = millrace_schema_record_size(schema));
}

std::string Schema::blank() const {
  millrace_error error = MILLRACE_ERROR_INIT;
  std::string record(record_size(), '\0');
  check(millrace_schema_blank(get(), record.data(), record.size(), &error), error);
  return record;
}

std::string Schema::field_of(int role) const {
  const char* name = millrace_schema_role_field(get(), role);
  return name == nullptr ? "" : name;
}

void add_schema(py::module_& module) {
  py::class_<Schema>(module, "Schema")
      .def_static("builtin", &builtin)
      .def_static("sample", &sample)
      .def(py::init(&empty))
      .def("field", &add_field)
      .def("role", &set_role)
      .def("metric", &add_metric)
      .def("check", &check_schema)
      .def("layout", [](const Schema& schema) { return layout_of(schema.get()); })
      .def("blank", [](const Schema& schema) { return py::bytes(schema.blank()); });
}

}  // namespace millrace::python
