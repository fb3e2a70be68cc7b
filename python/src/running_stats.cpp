// SPDX-License-Identifier: Apache-2.0
//
// RunningStats: what llmeter's accumulator holds, with exact lists in the place of its sorted Python lists. What
// it makes of them is python/millrace/compat/llmeter.py.
//
// Types     Ints and floats of a metric are two lists, so that each comes back as what it was. Numbers of other
//           types (Fraction), and ints that arithmetic of doubles would not treat as Python's does, are rare: a
//           metric that meets one goes on as llmeter's own does, in a sorted list of Python objects.
// Errors    update() is all or nothing: what raises has changed nothing.
// Threads   The GIL is held throughout, but a response's get(), and arithmetic of other types than int and float, may
//           let another thread in.
#include <cmath>
#include <vector>

#include <pybind11/stl.h>

#include "failure.hpp"

namespace millrace::python {
namespace {

// A quantile is x * weight / 100 in exact arithmetic, of weights up to 300 where it extrapolates: below 2^53.
constexpr long long kIntMax = 1LL << 44;

class RunningStats {
 public:
  explicit RunningStats(const py::iterable& metrics) : metrics_(py::list(metrics)) {
    py::dict places;
    for (const py::handle metric : metrics_) {
      if (!places.contains(metric)) {
        places[metric] = states_.size();
        states_.push_back(State{py::reinterpret_borrow<py::object>(metric)});
      }
      order_.push_back(places[metric].cast<std::size_t>());
    }
    millrace_error error = MILLRACE_ERROR_INIT;
    millrace_values* made = nullptr;
    check(millrace_values_new(2 * std::max<std::size_t>(states_.size(), 1), 0, &made, &error),
          error);
    values_.reset(made);
  }

  void update(const py::object& response) {
    const Fields fields(response);
    const bool is_failed = !fields.get(error_key_).is_none();
    py::object first = first_send_time, last = last_send_time;
    if (py::object sent = fields.get(time_key_); !sent.is_none()) {
      if (first.is_none() || is_less(sent, first)) first = sent;
      if (last.is_none() || is_less(last, sent)) last = sent;
    }
    std::vector<Change> changes;  // here, as get() may let another thread's update in
    changes.reserve(order_.size());
    for (const std::size_t at : order_) {
      changes.push_back(change_of(states_[at], fields.get(states_[at].name)));
    }
    // Nothing raises from here on but a lack of memory.
    for (std::size_t i = 0; i < order_.size(); ++i) take(order_[i], changes[i]);
    ++count;
    failed += is_failed ? 1 : 0;
    first_send_time = std::move(first);
    last_send_time = std::move(last);
  }

  [[nodiscard]] py::list metrics() const { return metrics_; }
  [[nodiscard]] py::dict sums() const {
    py::dict sums;
    for (const State& state : states_)
      sums[state.name] = state.objects ? state.object_sum : py::float_(state.sum);
    return sums;
  }
  [[nodiscard]] py::dict values() const {
    py::dict values;
    for (std::size_t i = 0; i < states_.size(); ++i) values[states_[i].name] = values_of(i);
    return values;
  }

  // (ints, floats), or the metric's list of objects.
  [[nodiscard]] py::object held(std::size_t metric) const {
    const State& state = states_[order_.at(metric)];
    if (state.objects) return state.objects;
    const std::size_t list = 2 * order_[metric];
    return py::make_tuple(millrace_values_count(values_.get(), list),
                          millrace_values_count(values_.get(), list + 1));
  }
  // (mean, whether it was rounded)
  [[nodiscard]] std::pair<double, bool> mean(std::size_t metric) const {
    const std::size_t lists[] = {2 * order_.at(metric), 2 * order_[metric] + 1};
    millrace_error error = MILLRACE_ERROR_INIT;
    double mean = 0;
    int rounded = 0;
    check(millrace_values_mean(values_.get(), lists, 2, &mean, &rounded, &error), error);
    return {mean, rounded != 0};
  }
  [[nodiscard]] std::vector<double> percentiles(std::size_t metric,
                                                const std::vector<double>& ps) const {
    const std::size_t lists[] = {2 * order_.at(metric), 2 * order_[metric] + 1};
    millrace_error error = MILLRACE_ERROR_INIT;
    std::vector<double> values(ps.size());
    check(millrace_values_percentiles(values_.get(), lists, 2, ps.data(), ps.size(),
                                      MILLRACE_RULE_EXCLUSIVE, values.data(), &error),
          error);
    return values;
  }
  [[nodiscard]] std::uint64_t memory_bytes() const { return millrace_values_bytes(values_.get()); }

  long long count = 0, failed = 0;
  py::object first_send_time = py::none(), last_send_time = py::none();

 private:
  struct State {
    py::object name;
    double sum = 0;
    py::object objects = {};  // a list, once there is one
    py::object object_sum = {};
  };
  struct Change {
    enum class Kind : std::uint8_t { none, integer, real, object } kind = Kind::none;
    double number = 0;
    py::object object = {};
  };

  // Whatever has get(); dicts without the call.
  class Fields {
   public:
    explicit Fields(const py::object& response) : response_(response) {
      if (PyDict_CheckExact(response.ptr()) == 0) get_ = response.attr("get");
    }
    [[nodiscard]] py::object get(const py::object& key) const {
      if (get_) return get_(key);
      PyObject* found = PyDict_GetItemWithError(response_.ptr(), key.ptr());
      if (found != nullptr) return py::reinterpret_borrow<py::object>(found);
      if (PyErr_Occurred() != nullptr) throw py::error_already_set();
      return py::none();
    }

   private:
    const py::object& response_;
    py::object get_;
  };

  static bool is_less(const py::object& a, const py::object& b) {
    const int less = PyObject_RichCompareBool(a.ptr(), b.ptr(), Py_LT);
    if (less < 0) throw py::error_already_set();
    return less != 0;
  }

  static Change change_of(const State& state, const py::object& value) {
    if (value.is_none()) return {};
    const bool is_float = PyFloat_Check(value.ptr()) != 0;
    const bool is_int = PyLong_Check(value.ptr()) != 0;
    double number = 0;
    bool plain = is_float;
    if (is_float) number = PyFloat_AS_DOUBLE(value.ptr());
    if (is_int) {
      int overflow = 0;
      const long long whole = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
      plain = overflow == 0 && whole >= -kIntMax && whole <= kIntMax;
      number = plain ? static_cast<double>(whole) : PyLong_AsDouble(value.ptr());
      if (!plain && number == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    }
    if (std::isnan(number)) return {};
    if (plain && !state.objects) {
      return {is_int ? Change::Kind::integer : Change::Kind::real, number};
    }
    (void)sum_with(state, value);  // what cannot be added, or has no order, raises now
    (void)is_less(value, py::float_(0.0));
    return {Change::Kind::object, 0, value};
  }

  void take(std::size_t at, Change& change) {
    State& state = states_[at];
    switch (change.kind) {
      case Change::Kind::none:
        return;
      case Change::Kind::object:
        return take_object(at, change);
      case Change::Kind::integer:
      case Change::Kind::real:
        const bool real = change.kind == Change::Kind::real;
        if (state.objects) {  // since another thread's update
          change.object = real ? py::object(py::float_(change.number))
                               : py::object(py::int_(static_cast<long long>(change.number)));
          return take_object(at, change);
        }
        const std::size_t list = 2 * at + (real ? 1 : 0);
        millrace_error error = MILLRACE_ERROR_INIT;
        const int code = millrace_values_add(values_.get(), list, &change.number, 1, &error);
        if (code != MILLRACE_OK) throw Failure{code, error.message};
        state.sum += change.number;
        return;
    }
  }

  void take_object(std::size_t at, Change& change) {
    State& state = states_[at];
    state.object_sum = sum_with(state, change.object);
    if (!state.objects) state.objects = values_of(at);
    py::module_::import("bisect").attr("insort")(state.objects, change.object);
    change.object = {};
  }

  static py::object sum_with(const State& state, const py::object& value) {
    const py::object sum = state.objects ? state.object_sum : py::float_(state.sum);
    auto added = py::reinterpret_steal<py::object>(PyNumber_InPlaceAdd(sum.ptr(), value.ptr()));
    if (!added) throw py::error_already_set();
    return added;
  }

  [[nodiscard]] std::vector<double> sorted(std::size_t list) const {
    std::vector<double> numbers(millrace_values_count(values_.get(), list));
    if (numbers.empty()) return numbers;
    millrace_error error = MILLRACE_ERROR_INIT;
    check(millrace_values_sorted(values_.get(), list, numbers.data(), numbers.size(), &error),
          error);
    return numbers;
  }

  // Sorted; of an int and a float that are equal the int comes first.
  [[nodiscard]] py::list values_of(std::size_t at) const {
    if (states_[at].objects) return py::list(states_[at].objects);
    const std::vector<double> ints = sorted(2 * at), floats = sorted(2 * at + 1);
    py::list values(ints.size() + floats.size());
    std::size_t next_int = 0, next_float = 0;
    for (std::size_t i = 0; i < ints.size() + floats.size(); ++i) {
      const bool is_int = next_float == floats.size() ||
                          (next_int < ints.size() && ints[next_int] <= floats[next_float]);
      values[i] = is_int ? py::object(py::int_(static_cast<long long>(ints[next_int++])))
                         : py::object(py::float_(floats[next_float++]));
    }
    return values;
  }

  struct Free {
    void operator()(millrace_values* values) const noexcept { millrace_values_free(values); }
  };

  py::list metrics_;
  std::vector<State> states_;       // one a name
  std::vector<std::size_t> order_;  // as they were given
  std::unique_ptr<millrace_values, Free> values_;
  py::str error_key_{"error"}, time_key_{"request_time"};
};

}  // namespace

void add_running_stats(py::module_& module) {
  using R = RunningStats;
  py::class_<R>(module, "RunningStats")
      .def(py::init<const py::iterable&>(), py::arg("metrics"))
      .def("update", &R::update, py::arg("response_dict"),
           R"(Records one response: a dict of its fields, as InvocationResponse.to_dict() gives it.

Numbers that are missing, None or NaN are passed over. An "error" that is not None counts as failed.
Cost    about half a microsecond for five metrics, however many responses there were.
Errors  TypeError for what is no number; nothing has changed then.)")
      .def_readwrite("_count", &R::count)
      .def_readwrite("_failed", &R::failed)
      .def_readwrite("_first_send_time", &R::first_send_time)
      .def_readwrite("_last_send_time", &R::last_send_time)
      .def_property_readonly("_metrics", &R::metrics)
      .def_property_readonly("_sums", &R::sums)
      .def_property_readonly("_values", &R::values)
      .def_property_readonly("memory_bytes", &R::memory_bytes)
      .def("_held", &R::held)
      .def("_mean", &R::mean)
      .def("_percentiles", &R::percentiles);
}

}  // namespace millrace::python
