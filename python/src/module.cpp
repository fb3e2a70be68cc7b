// SPDX-License-Identifier: Apache-2.0
//
// millrace._millrace: the C interface as Python objects. What users see is made of it in python/millrace.
#include "failure.hpp"

namespace millrace::python {
namespace {

PyObject* error_type = nullptr;  // the module's, which is never unloaded

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const Failure& failure) {
    py::object error = py::handle(error_type)(failure.message);
    error.attr("code") = failure.code;
    error.attr("word") = millrace_code_text(failure.code);
    PyErr_SetObject(error_type, error.ptr());
  }
}

}  // namespace
}  // namespace millrace::python

PYBIND11_MODULE(_millrace, module) {
  using namespace millrace::python;
  if (millrace_abi_version() != MILLRACE_C_ABI_VERSION) {
    throw py::import_error("millrace: the library's ABI is another than the module was built for");
  }
  error_type = PyErr_NewExceptionWithDoc("millrace.Error",
                                         "What the library refuses. `code` is a number of "
                                         "millrace.h, `word` its word (\"not found\"); the\n"
                                         "text says what, where and what to do.",
                                         PyExc_RuntimeError, nullptr);
  if (error_type == nullptr) throw py::error_already_set();
  module.attr("Error") = py::handle(error_type);
  py::register_exception_translator(&translate);
  module.attr("__version__") = millrace_version();
  add_schema(module);
  add_engine(module);
  add_worker(module);
  add_summary(module);
  add_log(module);
  add_running_stats(module);
  add_distribution(module);
}
