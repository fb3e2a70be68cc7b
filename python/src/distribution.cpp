// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "failure.hpp"
#include "without_gil.hpp"

namespace millrace::python {
namespace {

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;
using Integers = py::array_t<std::int64_t, py::array::c_style | py::array::forcecast>;

struct Free {
  void operator()(millrace_distribution* made) const noexcept { millrace_distribution_free(made); }
};

void same_length(const char* what, py::ssize_t a, py::ssize_t b) {
  if (a != b)
    refuse(std::string(what) + ": " + std::to_string(a) + " and " + std::to_string(b) + " of them");
}

// The numbers, and the curve as a pair of arrays.
template <typename Make>
py::dict made(const Make& make) {
  millrace_error error = MILLRACE_ERROR_INIT;
  millrace_distribution* raw = nullptr;
  const int code = without_gil([&] { return make(&raw, &error); });
  check(code, error);
  const std::unique_ptr<millrace_distribution, Free> distribution(raw);
  millrace_distribution_numbers n{};
  n.struct_size = sizeof n;
  check(millrace_distribution_summary(raw, &n, &error), error);
  const auto points = static_cast<py::ssize_t>(n.distinct);
  Doubles values(points), parts(points);
  check(millrace_distribution_curve(raw, values.mutable_data(), parts.mutable_data(), n.distinct,
                                    &error),
        error);
  using namespace py::literals;
  return py::dict(
      "count"_a = n.count, "mean"_a = n.mean, "mode"_a = n.mode, "variance"_a = n.variance,
      "std_dev"_a = n.deviation, "min"_a = n.min, "max"_a = n.max, "total_sum"_a = n.total,
      "percentiles"_a =
          py::cast(std::vector<double>(std::begin(n.percentiles), std::end(n.percentiles))),
      "curve"_a = py::make_tuple(values, parts));
}

py::dict of_values(const Doubles& values, const py::object& weights) {
  const Doubles weighed = weights.is_none() ? Doubles(0) : weights.cast<Doubles>();
  if (!weights.is_none()) same_length("values and weights", values.size(), weighed.size());
  return made([&](auto** to, auto* error) {
    return millrace_distribution_of_values(values.data(),
                                           weighed.size() == 0 ? nullptr : weighed.data(),
                                           static_cast<std::size_t>(values.size()), to, error);
  });
}

py::dict of_concurrency(const Doubles& starts, const Doubles& ends, double near_seconds) {
  same_length("starts and ends", starts.size(), ends.size());
  return made([&](auto** to, auto* error) {
    return millrace_distribution_of_concurrency(starts.data(), ends.data(),
                                                static_cast<std::size_t>(starts.size()),
                                                near_seconds, to, error);
  });
}

py::dict of_rate(const Doubles& starts, const Doubles& ends, double near_seconds) {
  same_length("starts and ends", starts.size(), ends.size());
  return made([&](auto** to, auto* error) {
    return millrace_distribution_of_rate(starts.data(), ends.data(),
                                         static_cast<std::size_t>(starts.size()), near_seconds, to,
                                         error);
  });
}

py::dict of_iterations(const Doubles& starts, const Doubles& ends, const Doubles& first_times,
                       const Integers& first_counts, const Integers& counts, double near_seconds) {
  for (const py::ssize_t size :
       {ends.size(), first_times.size(), first_counts.size(), counts.size()}) {
    same_length("starts, ends, first times and counts", starts.size(), size);
  }
  return made([&](auto** to, auto* error) {
    return millrace_distribution_of_iterations(
        starts.data(), ends.data(), first_times.data(), first_counts.data(), counts.data(),
        static_cast<std::size_t>(starts.size()), near_seconds, to, error);
  });
}

}  // namespace

void add_distribution(py::module_& module) {
  module.def("distribution_of_values", &of_values);
  module.def("distribution_of_concurrency", &of_concurrency);
  module.def("distribution_of_rate", &of_rate);
  module.def("distribution_of_iterations", &of_iterations);
}

}  // namespace millrace::python
