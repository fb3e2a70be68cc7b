// SPDX-License-Identifier: Apache-2.0
//
// Where the records of a log stand, for python/millrace/log.py, which maps them.
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <pybind11/stl.h>

#include "numbers.hpp"
#include "schema.hpp"

namespace millrace::python {
namespace {

struct Block {
  std::uint32_t worker;
  std::uint64_t worker_seq;
  std::int64_t taken_ns;
  std::uint32_t count;
  std::size_t file;  // kNoFile: in a ring, whose records are in `bytes`
  std::uint64_t offset;
  std::string bytes;
};
constexpr std::size_t kNoFile = ~std::size_t{0};

struct Found {
  std::vector<std::string> files;  // each once, in order
  std::map<std::string, std::vector<Block>, std::less<>> blocks;
  bool out_of_memory = false;
};

bool visit(const millrace_slice* slice, void* context) noexcept {
  auto& found = *static_cast<Found*>(context);
  try {
    Block block{slice->worker,
                slice->worker_seq,
                slice->taken_ns,
                slice->count,
                kNoFile,
                slice->offset,
                {}};
    if (slice->file == nullptr) {
      block.bytes.assign(static_cast<const char*>(slice->records),
                         std::size_t{slice->count} * slice->record_size);
    } else {
      if (found.files.empty() || found.files.back() != slice->file)
        found.files.emplace_back(slice->file);
      block.file = found.files.size() - 1;
    }
    found.blocks[slice->stream].push_back(std::move(block));
    return true;
  } catch (const std::bad_alloc&) {
    found.out_of_memory = true;
    return false;
  }
}

// (worker, worker_seq, taken_ns, count, index of the file or None, offset or the records)
py::list blocks_of(const Found& found, const char* stream) {
  py::list blocks;
  const auto of = found.blocks.find(stream);
  if (of == found.blocks.end()) return blocks;
  for (const Block& b : of->second) {
    const bool mapped = b.file != kNoFile;
    blocks.append(py::make_tuple(b.worker, b.worker_seq, b.taken_ns, b.count,
                                 mapped ? py::object(py::int_(b.file)) : py::none(),
                                 mapped ? py::object(py::int_(b.offset)) : py::bytes(b.bytes)));
  }
  return blocks;
}

template <typename Named>
py::dict numbered(const Named& named) {
  py::dict names;
  for (unsigned number = 1; number <= 0xFFFF; ++number) {
    const char* name = named(static_cast<std::uint16_t>(number));
    if (name == nullptr) continue;
    names[py::int_(number)] = py::reinterpret_steal<py::str>(
        PyUnicode_DecodeUTF8(name, static_cast<py::ssize_t>(std::strlen(name)), "replace"));
  }
  return names;
}

py::dict read_log(const std::string& path, const std::string& run, const std::string& ring_dir) {
  Found found;
  millrace_log_options options{};
  options.struct_size = sizeof options;
  options.run = run.empty() ? nullptr : run.c_str();
  options.ring_dir = ring_dir.empty() ? nullptr : ring_dir.c_str();
  options.visit = &visit;
  options.context = &found;
  millrace_error error = MILLRACE_ERROR_INIT;
  millrace_log* log = nullptr;
  int code = MILLRACE_OK;
  {
    const py::gil_scoped_release others_run;
    code = millrace_log_read(path.c_str(), &options, &log, &error);
  }
  check(code, error);
  const std::unique_ptr<millrace_log, decltype(&millrace_log_free)> owner(log, millrace_log_free);
  if (found.out_of_memory) throw std::bad_alloc();

  millrace_losses losses{};
  losses.struct_size = sizeof losses;
  check(millrace_log_losses(log, &losses, &error), error);
  py::list runs;
  for (std::size_t i = 0; const char* name = millrace_log_run_at(log, i); ++i) runs.append(name);
  py::dict streams;
  for (std::size_t i = 0; const char* name = millrace_log_stream_at(log, i); ++i) {
    streams[name] =
        py::make_tuple(millrace_log_stream_text(log, name),
                       layout_of(millrace_log_schema(log, name)), blocks_of(found, name));
  }
  using namespace py::literals;
  return py::dict(
      "runs"_a = runs, "run"_a = millrace_log_run(log), "streams"_a = streams,
      "labels"_a = numbered([&](auto number) { return millrace_log_label(log, number); }),
      "error_classes"_a =
          numbered([&](auto number) { return millrace_log_error_class(log, number); }),
      "files"_a = found.files, "losses"_a = as_dict(losses));
}

}  // namespace

void add_log(py::module_& module) { module.def("read_log", &read_log); }

}  // namespace millrace::python
