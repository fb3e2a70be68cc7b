// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "failure.hpp"

namespace millrace::python {

struct Field {
  std::string name;
  std::size_t offset;
  int type;  // MILLRACE_I8 ..
};

[[nodiscard]] std::vector<Field> fields_of(const millrace_schema* schema);
/// As numpy.dtype() takes it.
[[nodiscard]] py::dict layout_of(const millrace_schema* schema);

class Schema {
 public:
  explicit Schema(millrace_schema* schema) : schema_(schema, millrace_schema_free) {}
  [[nodiscard]] millrace_schema* get() const noexcept { return schema_.get(); }
  [[nodiscard]] std::size_t record_size() const noexcept {
    return millrace_schema_record_size(schema_.get());
  }
  [[nodiscard]] std::vector<Field> fields() const { return fields_of(get()); }
  [[nodiscard]] std::string blank() const;
  /// "" where no field has the role.
  [[nodiscard]] std::string field_of(int role) const;

 private:
  std::shared_ptr<millrace_schema> schema_;
};

}  // namespace millrace::python
