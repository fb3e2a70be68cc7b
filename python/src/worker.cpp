// SPDX-License-Identifier: Apache-2.0
//
// Worker: records from keyword arguments, and from arrays.
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>

#include <pybind11/stl.h>

#include "engine.hpp"
#include "numbers.hpp"
#include "text.hpp"
#include "without_gil.hpp"

namespace millrace::python {
namespace {

// How a field takes a Python value, beside its type.
enum class Words : std::uint8_t { none, status, label, error_class };

struct Place {
  std::size_t offset;
  int type;
  Words words;
  PyObject* name;
};

template <typename T>
void store(std::byte* record, const Place& place, T value) {
  std::memcpy(record + place.offset, &value, sizeof value);
}

[[noreturn]] void does_not_fit(const Place& place, PyObject* value) {
  PyErr_Format(PyExc_OverflowError, "push: %R does not fit the field '%U'", value, place.name);
  throw py::error_already_set();
}

template <typename T>
void store_integer(std::byte* record, const Place& place, PyObject* value) {
  if constexpr (std::numeric_limits<T>::is_signed) {
    int overflow = 0;
    const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (number == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    if (overflow == 0 && number >= std::numeric_limits<T>::min() &&
        number <= std::numeric_limits<T>::max()) {
      return store(record, place, static_cast<T>(number));
    }
  } else {
    const py::int_ index = py::reinterpret_steal<py::int_>(PyNumber_Index(value));
    if (!index) throw py::error_already_set();
    const unsigned long long number = PyLong_AsUnsignedLongLong(index.ptr());
    if (PyErr_Occurred() == nullptr && number <= std::numeric_limits<T>::max()) {
      return store(record, place, static_cast<T>(number));
    }
    PyErr_Clear();
  }
  does_not_fit(place, value);
}

double as_double(PyObject* value) {
  const double number = PyFloat_AsDouble(value);
  if (number == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return number;
}

void store_float(std::byte* record, const Place& place, PyObject* value) {
  const double number = as_double(value);
  if (std::isfinite(number) && std::abs(number) > std::numeric_limits<float>::max())
    does_not_fit(place, value);
  store(record, place, static_cast<float>(number));
}

class Worker {
 public:
  explicit Worker(const Stream& stream)
      : stream_(stream), blank_(stream.schema.blank()), row_(blank_) {
    const auto engine = stream_.life->get();
    millrace_error error = MILLRACE_ERROR_INIT;
    millrace_worker* worker = nullptr;
    const int code = without_gil(
        [&] { return millrace_worker_open(stream_.stream, blank_.size(), &worker, &error); });
    check(code, error);
    worker_.reset(worker);
    const std::pair<std::string, Words> with_words[] = {
        {stream.schema.field_of(MILLRACE_ROLE_STATUS), Words::status},
        {stream.schema.field_of(MILLRACE_ROLE_LABEL), Words::label},
        {stream.schema.field_of(MILLRACE_ROLE_ERROR_CLASS), Words::error_class}};
    for (const Field& field : stream.schema.fields()) {
      Words words = Words::none;
      for (const auto& [name, of] : with_words) {
        if (name == field.name) words = of;
      }
      py::object key =
          py::reinterpret_steal<py::object>(PyUnicode_InternFromString(field.name.c_str()));
      places_.emplace(key.ptr(), Place{field.offset, field.type, words, key.ptr()});
      keys_.push_back(std::move(key));
    }
  }

  bool push(const py::kwargs& fields) {
    open();
    auto* row = reinterpret_cast<std::byte*>(row_.data());
    std::memcpy(row, blank_.data(), blank_.size());
    PyObject *key = nullptr, *value = nullptr;
    Py_ssize_t at = 0;
    while (PyDict_Next(fields.ptr(), &at, &key, &value) != 0) {
      if (value != Py_None) fill(row, place_of(key), value);
    }
    if (!stream_.waits) return millrace_push(worker_.get(), row);
    return without_gil([&] { return millrace_push(worker_.get(), row); });
  }

  std::size_t push_many(const py::buffer& records) {
    open();
    const py::buffer_info view = records.request();
    py::ssize_t dense = view.itemsize;
    bool contiguous = true;
    for (py::ssize_t i = view.ndim; i-- > 0;) {
      const auto axis = static_cast<std::size_t>(i);
      contiguous = contiguous && (view.shape[axis] <= 1 || view.strides[axis] == dense);
      dense *= view.shape[axis];
    }
    if (static_cast<std::size_t>(view.itemsize) != blank_.size() || !has_dtype(records)) {
      refuse("push_many: records of stream '" + stream_.name + "' have " +
             std::to_string(blank_.size()) + " bytes and the dtype of blank(); these have " +
             std::to_string(view.itemsize) + " bytes" +
             (py::hasattr(records, "dtype") ? " and " + std::string(py::repr(records.attr("dtype")))
                                            : ""));
    }
    if (!contiguous) refuse("push_many: the array has gaps; numpy.ascontiguousarray() copies it");
    return without_gil([&] {
      return millrace_push_many(worker_.get(), view.ptr, static_cast<std::size_t>(view.size));
    });
  }

  [[nodiscard]] std::uint32_t id() const noexcept { return millrace_worker_id(worker_.get()); }
  [[nodiscard]] std::uint64_t accepted() const noexcept {
    return millrace_worker_accepted(worker_.get());
  }
  [[nodiscard]] py::dict rejected() const {
    open();
    millrace_error error = MILLRACE_ERROR_INIT;
    millrace_rejected rejected{};
    rejected.struct_size = sizeof rejected;
    check(millrace_worker_rejected(worker_.get(), &rejected, &error), error);
    return as_dict(rejected);
  }
  void close() noexcept { worker_.reset(); }

 private:
  struct Close {
    void operator()(millrace_worker* worker) const noexcept { millrace_worker_close(worker); }
  };

  void open() const {
    if (worker_ == nullptr) throw Failure{MILLRACE_ERROR_CLOSED, "the worker was closed"};
  }

  // Whether it is an array of this stream's records; of buffers that have no dtype the size tells.
  bool has_dtype(const py::buffer& records) {
    if (!py::hasattr(records, "dtype")) return true;
    py::object dtype = records.attr("dtype");
    if (dtype.is(dtype_)) return true;
    if (!dtype.equal(py::module_::import("numpy").attr("dtype")(layout_of(stream_.schema.get()))))
      return false;
    dtype_ = std::move(dtype);
    return true;
  }

  const Place& place_of(PyObject* key) const {
    if (const auto found = places_.find(key); found != places_.end()) return found->second;
    // A key that came another way than as a keyword in the source is not interned.
    for (const py::object& known : keys_) {
      if (PyUnicode_Compare(known.ptr(), key) == 0) return places_.at(known.ptr());
    }
    PyErr_Format(PyExc_TypeError, "push: the records of stream '%s' have no field '%U'",
                 stream_.name.c_str(), key);
    throw py::error_already_set();
  }

  void fill(std::byte* row, const Place& place, PyObject* value) {
    if (place.words != Words::none && PyUnicode_Check(value) != 0) {
      const std::uint16_t number = number_of(place.words, value);
      if (place.words == Words::status) return store(row, place, static_cast<std::uint8_t>(number));
      return store(row, place, number);
    }
    switch (place.type) {
      case MILLRACE_I8:
        return store_integer<std::int8_t>(row, place, value);
      case MILLRACE_U8:
        return store_integer<std::uint8_t>(row, place, value);
      case MILLRACE_I16:
        return store_integer<std::int16_t>(row, place, value);
      case MILLRACE_U16:
        return store_integer<std::uint16_t>(row, place, value);
      case MILLRACE_I32:
        return store_integer<std::int32_t>(row, place, value);
      case MILLRACE_U32:
        return store_integer<std::uint32_t>(row, place, value);
      case MILLRACE_I64:
        return store_integer<std::int64_t>(row, place, value);
      case MILLRACE_U64:
        return store_integer<std::uint64_t>(row, place, value);
      case MILLRACE_F32:
        return store_float(row, place, value);
      default:
        return store(row, place, as_double(value));
    }
  }

  // Names are asked for once: the engine's answer takes a lock.
  std::uint16_t number_of(Words words, PyObject* text) {
    if (words == Words::status) {
      return static_cast<std::uint16_t>(constant("status", text_of(text), kStatuses));
    }
    py::dict& names = words == Words::label ? labels_ : error_classes_;
    if (PyObject* known = PyDict_GetItemWithError(names.ptr(), text); known != nullptr) {
      return static_cast<std::uint16_t>(PyLong_AsLong(known));
    }
    const Text name = text_of(text);
    const auto engine = stream_.life->if_open();
    if (engine == nullptr) return 0;  // the push is refused, and counted
    const std::uint16_t number = words == Words::label
                                     ? millrace_label(engine.get(), name.c_str())
                                     : millrace_error_class(engine.get(), name.c_str());
    // The engine numbers 65,533 names at most, the rest are "other": texts of no end must not pile up here.
    if (names.size() < 65'536) names[py::handle(text)] = number;
    return number;
  }

  Stream stream_;
  std::string blank_, row_;
  std::unique_ptr<millrace_worker, Close> worker_;
  std::vector<py::object> keys_;
  std::unordered_map<PyObject*, Place> places_;
  py::dict labels_, error_classes_;
  py::object dtype_;  // that was found to be this stream's
};

}  // namespace

void add_worker(py::module_& module) {
  py::class_<Worker>(module, "Worker", R"(The handle through which one thread pushes records.

    with requests.worker() as worker:                  # in the thread that uses it
        worker.push(start_ns=sent, end_ns=received, label="chat")

Threads  One thread at a time; another may take it over after a join or a lock.
Cost     push() some 0.3 us, push_many() some 20 ns a record of 64 bytes, and no GIL.
Loss     push() gives False for a record that was refused; `rejected` counts them by reason.
fork     In a child push() gives False.
Life     May outlive its engine; close(), or the end of the with block, hands over what it holds.)")
      .def(py::init<const Stream&>())
      .def("push", &Worker::push, R"(Pushes one record: a field of the record by its name.

What is left out or None is absent. A status may be "ok", "error" or "incomplete"; a label and an error class a
str, which the engine gives a number once. Times are int nanoseconds.
Returns  whether it was accepted. Errors: TypeError for a field that the record has not, OverflowError for a
number that does not fit, ValueError for a text with a NUL; nothing is pushed then. millrace.Error: the worker was
closed.)")
      .def("push_many", &Worker::push_many,
           R"(Pushes the records of a NumPy array as Stream.blank() makes it.

Returns  how many were accepted.)",
           py::arg("records"))
      .def("close", &Worker::close, "Hands over what the worker holds; a second call does nothing.")
      .def_property_readonly("id", &Worker::id,
                             "The worker's number in its run, from 1; 0 once it is closed.")
      .def_property_readonly("accepted", &Worker::accepted, "Records that were accepted.")
      .def_property_readonly(
          "rejected", &Worker::rejected,
          "Records that were refused, by reason: full, closed, forked, reentrant.")
      .def("__enter__", [](const py::object& self) { return self; })
      .def("__exit__", [](Worker& worker, const py::args&) { worker.close(); });
}

}  // namespace millrace::python
