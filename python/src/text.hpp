// SPDX-License-Identifier: Apache-2.0
//
// Texts between Python and C: what C would not take whole is refused, what C gives is shown in any case.
//
//   void call(const Text& name, const Path& folder);     // arguments of a function of the module
//   names.append(shown(millrace_notice(engine)));
#pragma once

#include <cstring>
#include <string>

#include <pybind11/pybind11.h>

namespace millrace::python {

namespace py = pybind11;

/// A str as UTF-8. Errors: ValueError for a NUL or a lone surrogate in it.
struct Text : std::string {
  using std::string::string;
};

/// A path: str, bytes or os.PathLike, as the file system has it. Errors: ValueError for a NUL in it.
struct Path : std::string {
  using std::string::string;
};

inline Text text_of(py::handle value) {
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
  if (bytes == nullptr) throw py::error_already_set();
  Text text(bytes, static_cast<std::size_t>(size));
  if (text.find('\0') != std::string::npos) {
    PyErr_Format(PyExc_ValueError, "%R has a NUL, at which it would end", value.ptr());
    throw py::error_already_set();
  }
  return text;
}

inline Path path_of(py::handle value) {
  PyObject* encoded = nullptr;
  if (PyUnicode_FSConverter(value.ptr(), &encoded) == 0) throw py::error_already_set();
  const auto bytes = py::reinterpret_steal<py::bytes>(encoded);
  return {PyBytes_AS_STRING(encoded), static_cast<std::size_t>(PyBytes_GET_SIZE(encoded))};
}

/// A text of the library's; bytes that are no UTF-8 become U+FFFD.
inline py::str shown(const char* text) {
  PyObject* made =
      PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(std::strlen(text)), "replace");
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(made);
}

}  // namespace millrace::python

namespace pybind11::detail {

template <>
struct type_caster<millrace::python::Text> {
  PYBIND11_TYPE_CASTER(millrace::python::Text, const_name("str"));
  bool load(handle from, bool /*convert*/) {
    if (PyUnicode_Check(from.ptr()) == 0) return false;
    value = millrace::python::text_of(from);
    return true;
  }
};

template <>
struct type_caster<millrace::python::Path> {
  PYBIND11_TYPE_CASTER(millrace::python::Path, const_name("str | bytes | os.PathLike"));
  bool load(handle from, bool /*convert*/) {
    value = millrace::python::path_of(from);
    return true;
  }
};

}  // namespace pybind11::detail
