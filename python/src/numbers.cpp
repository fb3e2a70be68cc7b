// SPDX-License-Identifier: Apache-2.0
#include "numbers.hpp"

namespace millrace::python {

using namespace py::literals;

py::dict as_dict(const millrace_memory& m) {
  return py::dict("rings"_a = m.rings, "values"_a = m.values, "labels"_a = m.labels,
                  "log_pages"_a = m.log_pages, "passes"_a = m.passes, "total"_a = m.total);
}

py::dict as_dict(const millrace_accounting& a) {
  return py::dict("attempted"_a = a.attempted, "accepted"_a = a.accepted, "rejected"_a = a.rejected,
                  "aggregated"_a = a.aggregated, "in_flight"_a = a.in_flight,
                  "rejected_full"_a = a.rejected_full, "rejected_closed"_a = a.rejected_closed,
                  "rejected_reentrant"_a = a.rejected_reentrant, "elapsed_ns"_a = a.elapsed_ns);
}

py::dict as_dict(const millrace_log_account& l) {
  return py::dict("dir"_a = l.dir, "error"_a = l.error, "logged"_a = l.logged,
                  "unlogged"_a = l.unlogged, "durable"_a = l.durable, "dropped"_a = l.dropped,
                  "segments"_a = l.segments, "bytes"_a = l.bytes, "stopped"_a = l.stopped != 0,
                  "mapped"_a = l.mapped != 0);
}

py::dict as_dict(const millrace_stream_numbers& n) {
  py::dict by_status;
  for (std::size_t i = 0; i < MILLRACE_STATUSES; ++i) by_status[kStatuses[i]] = n.by_status[i];
  const py::object good =
      n.good == MILLRACE_NO_COUNT ? py::object(py::none()) : py::object(py::int_(n.good));
  return py::dict("count"_a = n.count, "by_status"_a = by_status, "good"_a = good,
                  "notices"_a = n.notices, "before"_a = n.before, "after"_a = n.after,
                  "untimed"_a = n.untimed, "first_start_ns"_a = time_or_none(n.first_start_ns),
                  "last_start_ns"_a = time_or_none(n.last_start_ns),
                  "first_end_ns"_a = time_or_none(n.first_end_ns),
                  "last_end_ns"_a = time_or_none(n.last_end_ns));
}

py::dict as_dict(const millrace_metric_numbers& n) {
  return py::dict(
      "count"_a = n.count, "absent"_a = n.absent, "invalid"_a = n.invalid, "sum"_a = n.sum,
      "mean"_a = number_or_none(n.mean), "variance"_a = number_or_none(n.variance),
      "deviation"_a = number_or_none(n.deviation), "skewness"_a = number_or_none(n.skewness),
      "kurtosis"_a = number_or_none(n.kurtosis), "min"_a = number_or_none(n.min),
      "max"_a = number_or_none(n.max), "relative_error"_a = n.relative_error,
      "exact"_a = n.exact != 0, "unit"_a = kUnits[n.unit]);
}

py::dict as_dict(const millrace_losses& l) {
  return py::dict("whole"_a = l.whole != 0, "closed"_a = l.closed != 0, "alive"_a = l.alive != 0,
                  "interrupted"_a = l.interrupted != 0, "records"_a = l.records,
                  "damaged"_a = l.damaged, "missing"_a = l.missing, "dropped"_a = l.dropped,
                  "unlogged"_a = l.unlogged, "lost"_a = l.lost, "from_rings"_a = l.from_rings);
}

py::dict as_dict(const millrace_rejected& r) {
  return py::dict("full"_a = r.full, "closed"_a = r.closed, "forked"_a = r.forked,
                  "reentrant"_a = r.reentrant);
}

}  // namespace millrace::python
