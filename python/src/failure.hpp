// SPDX-License-Identifier: Apache-2.0
//
// What the C interface refuses becomes millrace.Error.
//
//   millrace_error error = MILLRACE_ERROR_INIT;
//   check(millrace_flush(engine, &error), error);
#pragma once

#include <string>

#include <millrace.h>
#include <pybind11/pybind11.h>

namespace millrace::python {

namespace py = pybind11;

/// On its way to Python, where it has `code` and the code's word.
struct Failure {
  int code;
  std::string message;
};

inline void check(int code, const millrace_error& error) {
  if (code != MILLRACE_OK) throw Failure{code, error.message};
}

[[noreturn]] inline void refuse(std::string message) {
  throw Failure{MILLRACE_ERROR_INVALID_ARGUMENT, std::move(message)};
}

/// The place of `word` among `words`; `what` names it in the error.
template <std::size_t n>
int constant(const char* what, const std::string& word, const char* const (&words)[n]) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i) {
    if (word == words[i]) return static_cast<int>(i);
    all += (i == 0 ? "" : ", ") + std::string(words[i]);
  }
  refuse(std::string(what) + ": '" + word + "' is none of " + all);
}

inline constexpr const char* kStatuses[] = {"ok", "error", "incomplete"};
inline constexpr const char* kSelections[] = {"all", "ok", "error", "incomplete"};
inline constexpr const char* kRules[] = {"nearest-rank", "linear", "exclusive",
                                         "exclusive-clamped"};
inline constexpr const char* kUnits[] = {
    "none",    "nanoseconds",       "microseconds",          "milliseconds",
    "seconds", "seconds_per_token", "nanoseconds_per_token", "bytes",
    "tokens"};

// Each file adds its classes and functions.
void add_schema(py::module_& module);
void add_engine(py::module_& module);
void add_worker(py::module_& module);
void add_summary(py::module_& module);
void add_log(py::module_& module);
void add_running_stats(py::module_& module);
void add_distribution(py::module_& module);

}  // namespace millrace::python
