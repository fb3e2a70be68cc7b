// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <cstring>
#include <map>
#include <vector>

#include <pybind11/stl.h>

#include "numbers.hpp"
#include "text.hpp"
#include "without_gil.hpp"

namespace millrace::python {
namespace {

constexpr const char* kOverflows[] = {"reject", "wait"};
constexpr const char* kIdles[] = {"spin", "back-off", "sleep"};
constexpr const char* kLogWrites[] = {"mapped", "pwrite"};
constexpr const char* kLogSyncs[] = {"never", "interval", "on-flush"};

// millrace_options, and the memory that its pointers show.
struct Options {
  millrace_options options;
  Path log_dir, ring_dir;
  std::vector<double> live_percentiles, percentiles;
};

// `what` names the value in the error.
template <typename T>
T taken(const std::string& what, const py::handle& value) {
  try {
    return value.cast<T>();
  } catch (const py::cast_error&) {
    refuse(what + ": " + std::string(py::repr(value)) + " is of another type, or does not fit");
  }
}

using Set = void (*)(Options&, const std::string& what, const py::handle&);

template <auto member>
void number(Options& options, const std::string& what, const py::handle& value) {
  auto& field = options.options.*member;
  field = taken<std::remove_reference_t<decltype(field)>>(what, value);
}

template <auto member, const auto& words>
void word(Options& options, const std::string& what, const py::handle& value) {
  options.options.*member =
      static_cast<std::uint32_t>(constant(what.c_str(), taken<Text>(what, value), words));
}

template <auto member, auto count, auto list>
void numbers(Options& options, const std::string& what, const py::handle& value) {
  options.*list = taken<std::vector<double>>(what, value);
  options.options.*member = (options.*list).data();
  options.options.*count = (options.*list).size();
}

template <auto member, auto text>
void path(Options& options, const std::string& /*what*/, const py::handle& value) {
  options.*text = path_of(value);
  options.options.*member = (options.*text).c_str();
}

const std::map<std::string, Set>& known_options() {
  using O = millrace_options;
  static const std::map<std::string, Set> known{
      {"overflow", word<&O::overflow, kOverflows>},
      {"idle", word<&O::idle, kIdles>},
      {"ring_blocks", number<&O::ring_blocks>},
      {"ring_records_min", number<&O::ring_records_min>},
      {"workers_max", number<&O::workers_max>},
      {"labels_max", number<&O::labels_max>},
      {"error_classes_max", number<&O::error_classes_max>},
      {"finish_at_exit", number<&O::finish_at_exit>},
      {"flush_interval_ns", number<&O::flush_interval_ns>},
      {"exact_memory_bytes", number<&O::exact_memory_bytes>},
      {"label_memory_bytes", number<&O::label_memory_bytes>},
      {"live_percentiles",
       numbers<&O::live_percentiles, &O::live_percentiles_size, &Options::live_percentiles>},
      {"percentiles", numbers<&O::percentiles, &O::percentiles_size, &Options::percentiles>},
      {"log_dir", path<&O::log_dir, &Options::log_dir>},
      {"append_log", number<&O::append_log>},
      {"low_memory", number<&O::low_memory>},
      {"log_write", word<&O::log_write, kLogWrites>},
      {"log_sync", word<&O::log_sync, kLogSyncs>},
      {"log_sync_interval_ns", number<&O::log_sync_interval_ns>},
      {"segment_bytes", number<&O::segment_bytes>},
      {"log_bytes_max", number<&O::log_bytes_max>},
      {"ring_dir", path<&O::ring_dir, &Options::ring_dir>},
      {"ring_files", number<&O::ring_files>},
  };
  return known;
}

class Engine {
 public:
  explicit Engine(const py::dict& given) {
    Options options;
    check(millrace_options_init(&options.options, sizeof options.options), no_text_);
    for (const auto& [key, value] : given) {
      const auto name = key.cast<std::string>();
      const auto found = known_options().find(name);
      if (found == known_options().end()) refuse("Engine has no option '" + name + "'");
      if (!value.is_none()) found->second(options, "Engine: " + name, value);
    }
    waits_ = options.options.overflow == MILLRACE_OVERFLOW_WAIT;
    millrace_error error = MILLRACE_ERROR_INIT;
    millrace_engine* engine = nullptr;
    const int code = without_gil([&] { return millrace_open(&options.options, &engine, &error); });
    check(code, error);
    life_ = std::make_shared<EngineLife>(engine);
  }

  [[nodiscard]] Stream stream(const Text& name, const Schema& schema, const py::dict& goodput,
                              const py::dict& phases) const {
    const std::string what = "stream '" + name + "': ";
    std::vector<Text> metrics;
    std::vector<millrace_limit> limits;
    for (const auto& [metric, at_most] : goodput) {
      metrics.push_back(taken<Text>(what + "goodput", metric));
      limits.push_back({sizeof(millrace_limit), nullptr, taken<double>(what + "goodput", at_most)});
    }
    for (std::size_t i = 0; i < limits.size(); ++i) limits[i].metric = metrics[i].c_str();
    millrace_stream_options options{};
    options.struct_size = sizeof options;
    options.goodput = limits.data();
    options.goodput_size = limits.size();
    const std::pair<const char*, std::int64_t*> times[] = {{"warmup_ns", &options.warmup_ns},
                                                           {"cooldown_ns", &options.cooldown_ns},
                                                           {"time_max_ns", &options.time_max_ns},
                                                           {"start_ns", &options.start_ns}};
    const std::pair<const char*, std::uint64_t*> results[] = {
        {"warmup_results", &options.warmup_results},
        {"cooldown_results", &options.cooldown_results},
        {"results_max", &options.results_max}};
    std::size_t known = 0;
    for (const auto& [key, to] : times) {
      if (phases.contains(key) && ++known > 0) *to = taken<std::int64_t>(what + key, phases[key]);
    }
    for (const auto& [key, to] : results) {
      if (phases.contains(key) && ++known > 0) *to = taken<std::uint64_t>(what + key, phases[key]);
    }
    options.start_given = phases.contains("start_ns") ? 1 : 0;
    if (known != phases.size()) {
      refuse(what +
             "a phase is none of warmup_ns, cooldown_ns, time_max_ns, start_ns, "
             "warmup_results, cooldown_results, results_max");
    }
    const auto engine = life_->get();
    millrace_error error = MILLRACE_ERROR_INIT;
    millrace_stream* stream = nullptr;
    const int code = without_gil([&] {
      return millrace_stream_open(engine.get(), name.c_str(), schema.get(), &options, &stream,
                                  &error);
    });
    check(code, error);
    return {life_, stream, schema, name, waits_};
  }

  [[nodiscard]] std::uint16_t label(const Text& name) const {
    return millrace_label(life_->get().get(), name.c_str());
  }
  [[nodiscard]] std::uint16_t error_class(const Text& name) const {
    return millrace_error_class(life_->get().get(), name.c_str());
  }
  [[nodiscard]] py::str notice() const { return shown(millrace_notice(life_->get().get())); }

  [[nodiscard]] py::dict memory_bound() const {
    millrace_error error = MILLRACE_ERROR_INIT;
    millrace_memory memory{};
    memory.struct_size = sizeof memory;
    check(millrace_memory_bound(life_->get().get(), &memory, &error), error);
    return as_dict(memory);
  }

  void flush() const {
    const auto engine = life_->get();
    millrace_error error = MILLRACE_ERROR_INIT;
    const int code = without_gil([&] { return millrace_flush(engine.get(), &error); });
    check(code, error);
  }

  [[nodiscard]] Snapshot snapshot() const {
    const auto engine = life_->get();
    millrace_error error = MILLRACE_ERROR_INIT;
    millrace_snapshot* taken = nullptr;
    const int code =
        without_gil([&] { return millrace_snapshot_take(engine.get(), &taken, &error); });
    check(code, error);
    return Snapshot(taken);
  }

  [[nodiscard]] Summary finish() const {
    const auto engine = life_->get();
    millrace_error error = MILLRACE_ERROR_INIT;
    millrace_summary* summary = nullptr;
    const int code = without_gil([&] { return millrace_finish(engine.get(), &summary, &error); });
    check(code, error);
    return Summary(summary);
  }

  bool close() { return life_->end(); }

 private:
  millrace_error no_text_ = MILLRACE_ERROR_INIT;
  bool waits_ = false;
  std::shared_ptr<EngineLife> life_;
};

}  // namespace

// Closing drains the rings, which takes time: others run meanwhile, if this thread has them wait.
EngineLife::EngineLife(millrace_engine* engine)
    : engine_(engine, [](millrace_engine* e) {
        if (Py_IsInitialized() != 0 && PyGILState_Check() != 0) {
          (void)without_gil([&] { return millrace_close(e), 0; });
        } else {
          millrace_close(e);
        }
      }) {}

std::shared_ptr<millrace_engine> EngineLife::get() const {
  auto engine = if_open();
  if (engine == nullptr) throw Failure{MILLRACE_ERROR_CLOSED, "the engine was closed"};
  return engine;
}

std::shared_ptr<millrace_engine> EngineLife::if_open() const {
  const std::lock_guard lock(mutex_);
  return engine_;
}

bool EngineLife::end() {
  std::shared_ptr<millrace_engine> last;  // which lets go of it after the lock
  {
    const std::lock_guard lock(mutex_);
    last.swap(engine_);
  }
  return last != nullptr;
}

void add_engine(py::module_& module) {
  py::class_<Stream>(module, "Stream")
      .def_readonly("name", &Stream::name)
      .def_readonly("schema", &Stream::schema);
  py::class_<Engine>(module, "Engine")
      .def(py::init<const py::dict&>())
      .def("stream", &Engine::stream)
      .def("label", &Engine::label)
      .def("error_class", &Engine::error_class)
      .def("notice", &Engine::notice)
      .def("memory_bound", &Engine::memory_bound)
      .def("flush", &Engine::flush)
      .def("snapshot", &Engine::snapshot)
      .def("finish", &Engine::finish)
      .def("close", &Engine::close);
}

}  // namespace millrace::python
