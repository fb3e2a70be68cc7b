// SPDX-License-Identifier: Apache-2.0
//
// Summaries, snapshots, replay: questions in, dicts out.
#include <optional>

#include <pybind11/stl.h>

#include "numbers.hpp"
#include "text.hpp"
#include "without_gil.hpp"

namespace millrace::python {
namespace {

// millrace_query, and the texts that it shows.
struct Query {
  Query(Text of_stream, Text of_metric, std::optional<Text> of_label, const Text& select,
        const Text& rule)
      : stream(std::move(of_stream)), metric(std::move(of_metric)), label(std::move(of_label)) {
    query.struct_size = sizeof query;
    query.stream = stream.c_str();
    query.metric = metric.c_str();
    query.label = label ? label->c_str() : nullptr;
    query.select = static_cast<std::uint32_t>(constant("status", select, kSelections));
    query.rule = static_cast<std::uint32_t>(constant("rule", rule, kRules));
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Text stream, metric;
  std::optional<Text> label;
  millrace_query query{};
};

// A question that fills in a struct of numbers.
template <typename Numbers, typename Ask>
py::dict asked(const Ask& ask) {
  millrace_error error = MILLRACE_ERROR_INIT;
  Numbers numbers{};
  numbers.struct_size = sizeof numbers;
  check(ask(&numbers, &error), error);
  return as_dict(numbers);
}

// The same, None where there is no such thing.
template <typename Numbers, typename Ask>
py::object asked_if_any(const Ask& ask) {
  try {
    return asked<Numbers>(ask);
  } catch (const Failure& failure) {
    if (failure.code != MILLRACE_ERROR_NOT_FOUND) throw;
    return py::none();
  }
}

template <typename Name>
py::list names(const Name& name) {
  py::list all;
  for (std::size_t i = 0; const char* text = name(i); ++i) all.append(shown(text));
  return all;
}

py::dict stream_of(const Summary& summary, const Text& stream, const std::optional<Text>& label,
                   const Text& select) {
  const Query query(stream, "", label, select, "nearest-rank");
  return asked<millrace_stream_numbers>([&](auto* to, auto* error) {
    return millrace_summary_stream(summary.get(), &query.query, to, error);
  });
}

py::dict metric_of(const Summary& summary, const Text& stream, const Text& metric,
                   const std::optional<Text>& label, const Text& select) {
  const Query query(stream, metric, label, select, "nearest-rank");
  return asked<millrace_metric_numbers>([&](auto* to, auto* error) {
    return millrace_summary_metric(summary.get(), &query.query, to, error);
  });
}

// Values and the bounds of their relative errors.
std::pair<std::vector<double>, std::vector<double>> percentiles_of(
    const Summary& summary, const Text& stream, const Text& metric,
    const std::optional<Text>& label, const Text& select, const Text& rule,
    const std::vector<double>& ps) {
  const Query query(stream, metric, label, select, rule);
  std::vector<double> values(ps.size()), errors(ps.size());
  millrace_error error = MILLRACE_ERROR_INIT;
  if (ps.empty()) return {};
  const int code = without_gil([&] {  // it may take a pass over the log
    return millrace_summary_percentiles(summary.get(), &query.query, ps.data(), ps.size(),
                                        values.data(), errors.data(), &error);
  });
  check(code, error);
  return {values, errors};
}

py::dict errors_of(const Summary& summary, const Text& stream) {
  py::dict errors;
  std::uint64_t records = 0;
  for (std::size_t i = 0;
       const char* name = millrace_summary_error_name(summary.get(), stream.c_str(), i, &records);
       ++i) {
    errors[shown(name)] = records;
  }
  return errors;
}

void prepare(const Summary& summary, const std::vector<double>& ps, const Text& rule,
             bool by_label) {
  millrace_error error = MILLRACE_ERROR_INIT;
  const int number = constant("rule", rule, kRules);
  const int code = without_gil([&] {
    return millrace_summary_prepare(summary.get(), ps.data(), ps.size(), number, by_label ? 1 : 0,
                                    &error);
  });
  check(code, error);
}

std::string report(const Summary& summary, const Text& format, const Text& by, const Text& rule,
                   const std::vector<double>& percentiles) {
  constexpr const char* kFormats[] = {"text", "json", "html"};
  constexpr const char* kBys[] = {"none", "status", "label"};
  millrace_report_options options{};
  options.struct_size = sizeof options;
  options.format = static_cast<std::uint32_t>(constant("format", format, kFormats));
  options.by = static_cast<std::uint32_t>(constant("by", by, kBys));
  options.rule = static_cast<std::uint32_t>(constant("rule", rule, kRules));
  options.percentiles = percentiles.empty() ? nullptr : percentiles.data();
  options.percentiles_size = percentiles.size();
  millrace_error error = MILLRACE_ERROR_INIT;
  char* text = nullptr;
  std::size_t size = 0;
  const int code = without_gil(
      [&] { return millrace_summary_report(summary.get(), &options, &text, &size, &error); });
  check(code, error);
  const std::unique_ptr<char, decltype(&millrace_text_free)> released(text, millrace_text_free);
  return {text, size};
}

std::uint64_t digest(const Summary& summary) {
  millrace_error error = MILLRACE_ERROR_INIT;
  std::uint64_t digest = 0;
  const int code =
      without_gil([&] { return millrace_summary_digest(summary.get(), &digest, &error); });
  check(code, error);
  return digest;
}

Summary replay(const std::vector<Path>& inputs, unsigned threads, const Text& rule,
               const std::vector<double>& percentiles, const Text& run, const Path& ring_dir,
               const Path& map_file, const Text& format) {
  millrace_replay_options options{};
  options.struct_size = sizeof options;
  options.threads = threads;
  options.rule = static_cast<std::uint32_t>(constant("rule", rule, kRules));
  options.percentiles = percentiles.empty() ? nullptr : percentiles.data();
  options.percentiles_size = percentiles.size();
  const auto or_null = [](const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
  };
  options.run = or_null(run);
  options.ring_dir = or_null(ring_dir);
  options.map_file = or_null(map_file);
  options.format = or_null(format);
  if (inputs.empty()) refuse("replay: there is no input");
  std::vector<const char*> paths;
  for (const Path& input : inputs) paths.push_back(input.c_str());
  millrace_error error = MILLRACE_ERROR_INIT;
  millrace_summary* summary = nullptr;
  const int code = without_gil(
      [&] { return millrace_replay(paths.data(), paths.size(), &options, &summary, &error); });
  check(code, error);
  return Summary(summary);
}

std::pair<py::object, double> live_percentile(const Snapshot& snapshot, const Text& stream,
                                              const Text& metric, double p) {
  const Query query(stream, metric, std::nullopt, "all", "nearest-rank");
  millrace_error error = MILLRACE_ERROR_INIT;
  double value = 0, relative_error = 0;
  check(millrace_snapshot_percentile(snapshot.get(), &query.query, p, &value, &relative_error,
                                     &error),
        error);
  return {number_or_none(value), relative_error};
}

void add_snapshot(py::module_& module) {
  py::class_<Snapshot>(module, "Snapshot")
      .def("accounting",
           [](const Snapshot& s) {
             return asked<millrace_accounting>(
                 [&](auto* to, auto* e) { return millrace_snapshot_accounting(s.get(), to, e); });
           })
      .def("log",
           [](const Snapshot& s) {
             return asked_if_any<millrace_log_account>(
                 [&](auto* to, auto* e) { return millrace_snapshot_log(s.get(), to, e); });
           })
      .def("stream",
           [](const Snapshot& s, const Text& stream) {
             const Query query(stream, "", std::nullopt, "all", "nearest-rank");
             return asked<millrace_stream_numbers>([&](auto* to, auto* e) {
               return millrace_snapshot_stream(s.get(), &query.query, to, e);
             });
           })
      .def("metric",
           [](const Snapshot& s, const Text& stream, const Text& metric) {
             const Query query(stream, metric, std::nullopt, "all", "nearest-rank");
             return asked<millrace_metric_numbers>([&](auto* to, auto* e) {
               return millrace_snapshot_metric(s.get(), &query.query, to, e);
             });
           })
      .def("percentile", &live_percentile);
}

}  // namespace

void add_summary(py::module_& module) {
  add_snapshot(module);
  py::class_<Summary>(module, "Summary")
      .def("accounting",
           [](const Summary& s) {
             return asked<millrace_accounting>(
                 [&](auto* to, auto* e) { return millrace_summary_accounting(s.get(), to, e); });
           })
      .def("log",
           [](const Summary& s) {
             return asked_if_any<millrace_log_account>(
                 [&](auto* to, auto* e) { return millrace_summary_log(s.get(), to, e); });
           })
      .def("losses",
           [](const Summary& s) {
             return asked_if_any<millrace_losses>(
                 [&](auto* to, auto* e) { return millrace_replay_losses(s.get(), to, e); });
           })
      .def("stream", &stream_of)
      .def("metric", &metric_of)
      .def("percentiles", &percentiles_of)
      .def("prepare", &prepare)
      .def("report", &report)
      .def("digest", &digest)
      .def("streams",
           [](const Summary& s) {
             return names([&](auto i) { return millrace_summary_stream_name(s.get(), i); });
           })
      .def("metrics",
           [](const Summary& s, const Text& stream) {
             return names(
                 [&](auto i) { return millrace_summary_metric_name(s.get(), stream.c_str(), i); });
           })
      .def("labels",
           [](const Summary& s, const Text& stream) {
             return names(
                 [&](auto i) { return millrace_summary_label_name(s.get(), stream.c_str(), i); });
           })
      .def("errors", &errors_of);
  module.def("replay", &replay);
}

}  // namespace millrace::python
