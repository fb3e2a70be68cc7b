// SPDX-License-Identifier: Apache-2.0
//
// Structs of numbers as dicts, and the handles that are asked for them.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include "failure.hpp"

namespace millrace::python {

class Snapshot {
 public:
  explicit Snapshot(millrace_snapshot* snapshot) : snapshot_(snapshot, millrace_snapshot_free) {}
  [[nodiscard]] millrace_snapshot* get() const noexcept { return snapshot_.get(); }

 private:
  std::shared_ptr<millrace_snapshot> snapshot_;
};

class Summary {
 public:
  explicit Summary(millrace_summary* summary) : summary_(summary, millrace_summary_free) {}
  [[nodiscard]] millrace_summary* get() const noexcept { return summary_.get(); }

 private:
  std::shared_ptr<millrace_summary> summary_;
};

/// None for what is absent.
inline py::object number_or_none(double number) {
  return std::isnan(number) ? py::object(py::none()) : py::object(py::float_(number));
}
inline py::object time_or_none(std::int64_t ns) {
  return ns == MILLRACE_ABSENT_TIME ? py::object(py::none()) : py::object(py::int_(ns));
}

py::dict as_dict(const millrace_memory& memory);
py::dict as_dict(const millrace_accounting& accounting);
py::dict as_dict(const millrace_log_account& log);
py::dict as_dict(const millrace_stream_numbers& numbers);
py::dict as_dict(const millrace_metric_numbers& numbers);
py::dict as_dict(const millrace_losses& losses);
py::dict as_dict(const millrace_rejected& rejected);

}  // namespace millrace::python
