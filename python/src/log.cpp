// SPDX-License-Identifier: Apache-2.0
//
// Where the records of a log stand, for python/millrace/log.py.
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <pybind11/stl.h>

#include "mapped_file.hpp"
#include "numbers.hpp"
#include "schema.hpp"
#include "text.hpp"
#include "without_gil.hpp"

namespace millrace::python {
namespace {

struct Block {
  std::uint32_t worker;
  std::uint64_t worker_seq;
  std::int64_t taken_ns;
  std::uint32_t count;
  std::shared_ptr<MappedFile> file;  // nullptr: the records are in `bytes`
  std::uint64_t offset;
  std::string bytes;
};

// What is in a ring, or in a file that was removed meanwhile, is copied.
class Found {
 public:
  void add(const millrace_slice& slice) {
    const std::size_t size = std::size_t{slice.count} * slice.record_size;
    Block block{
        slice.worker, slice.worker_seq, slice.taken_ns, slice.count, nullptr, slice.offset, {}};
    if (slice.file != nullptr) block.file = file_of(slice.file, slice.offset + size);
    if (!block.file) block.bytes.assign(static_cast<const char*>(slice.records), size);
    blocks_[slice.stream].push_back(std::move(block));
  }

  // (worker, worker_seq, taken_ns, count, buffer, offset)
  [[nodiscard]] py::list blocks(const char* stream) const {
    py::list blocks;
    const auto of = blocks_.find(stream);
    if (of == blocks_.end()) return blocks;
    for (const Block& b : of->second) {
      const py::object buffer = b.file ? py::cast(b.file) : py::bytes(b.bytes);
      blocks.append(py::make_tuple(b.worker, b.worker_seq, b.taken_ns, b.count, buffer,
                                   b.file ? b.offset : 0));
    }
    return blocks;
  }

 private:
  std::shared_ptr<MappedFile> file_of(const char* path, std::uint64_t bytes) {
    if (!last_ || last_->path() != path) last_ = MappedFile::open(path);
    return last_ && last_->size() >= bytes ? last_ : nullptr;
  }

  std::map<std::string, std::vector<Block>, std::less<>> blocks_;  // by stream
  std::shared_ptr<MappedFile> last_;                               // files come one after the other
};

struct Visit {
  Found found;
  bool out_of_memory = false;

  static bool slice(const millrace_slice* slice, void* context) noexcept {
    auto& visit = *static_cast<Visit*>(context);
    try {
      visit.found.add(*slice);
      return true;
    } catch (const std::bad_alloc&) {
      visit.out_of_memory = true;
      return false;
    }
  }
};

template <typename Named>
py::dict numbered(const Named& named) {
  py::dict names;
  for (unsigned number = 1; number <= 0xFFFF; ++number) {
    const char* name = named(static_cast<std::uint16_t>(number));
    if (name != nullptr) names[py::int_(number)] = shown(name);
  }
  return names;
}

py::dict read_log(const Path& path, const Text& run, const Path& ring_dir) {
  Visit visit;
  millrace_log_options options{};
  options.struct_size = sizeof options;
  options.run = run.empty() ? nullptr : run.c_str();
  options.ring_dir = ring_dir.empty() ? nullptr : ring_dir.c_str();
  options.visit = &Visit::slice;
  options.context = &visit;
  millrace_error error = MILLRACE_ERROR_INIT;
  millrace_log* log = nullptr;
  const int code =
      without_gil([&] { return millrace_log_read(path.c_str(), &options, &log, &error); });
  check(code, error);
  const std::unique_ptr<millrace_log, decltype(&millrace_log_free)> owner(log, millrace_log_free);
  if (visit.out_of_memory) throw std::bad_alloc();

  millrace_losses losses{};
  losses.struct_size = sizeof losses;
  check(millrace_log_losses(log, &losses, &error), error);
  py::list runs;
  for (std::size_t i = 0; const char* name = millrace_log_run_at(log, i); ++i) runs.append(name);
  py::dict streams;
  for (std::size_t i = 0; const char* name = millrace_log_stream_at(log, i); ++i) {
    streams[shown(name)] =
        py::make_tuple(shown(millrace_log_stream_text(log, name)),
                       layout_of(millrace_log_schema(log, name)), visit.found.blocks(name));
  }
  using namespace py::literals;
  return py::dict(
      "runs"_a = runs, "run"_a = millrace_log_run(log), "streams"_a = streams,
      "labels"_a = numbered([&](auto number) { return millrace_log_label(log, number); }),
      "error_classes"_a =
          numbered([&](auto number) { return millrace_log_error_class(log, number); }),
      "losses"_a = as_dict(losses));
}

}  // namespace

void add_log(py::module_& module) {
  py::class_<MappedFile, std::shared_ptr<MappedFile>>(module, "MappedFile", py::buffer_protocol())
      .def_buffer([](const MappedFile& file) {
        return py::buffer_info(file.bytes(), static_cast<py::ssize_t>(file.size()), true);
      });
  module.def("read_log", &read_log);
}

}  // namespace millrace::python
