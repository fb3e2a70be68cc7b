// SPDX-License-Identifier: Apache-2.0
//
// Prints what the library reads in a log's folder: a JSON line for each good frame, or with --summary one
// for each run. read_runs.py prints the same; log_differential_test.py holds them against each other.
//
//   log_dump [--summary] FOLDER...
#include <cstdio>
#include <cstring>

#include <nlohmann/json.hpp>

#include "log/log_folder.hpp"
#include "log/run_scan.hpp"
#include "log/segment_reader.hpp"
#include "record/crc32c.hpp"

namespace millrace::log {
namespace {

using nlohmann::ordered_json;

const char* type_name(FrameType type) {
  constexpr const char* kNames[] = {"", "data", "names", "account", "pad", "end"};
  return kNames[static_cast<std::size_t>(type)];
}

void print(const ordered_json& line) { std::puts(line.dump().c_str()); }

ordered_json describe(const Frame& frame, const std::string& path) {
  const FrameHeader& h = frame.header;
  return {{"file", path.substr(path.rfind('/') + 1)},
          {"offset", frame.offset},
          {"type", type_name(frame.type())},
          {"record_no", h.record_no},
          {"worker_seq", h.worker_seq},
          {"worker", h.worker},
          {"stream", h.stream},
          {"flags", h.flags},
          {"n", h.n},
          {"record_size", h.record_size},
          {"taken_ns", h.taken_ns},
          {"unlogged", h.unlogged},
          {"payload_crc", h.payload_crc}};
}

template <typename Map, typename Show>
ordered_json object(const Map& map, Show show) {
  ordered_json made = ordered_json::object();
  for (const auto& [number, value] : map) made[std::to_string(number)] = show(value);
  return made;
}

ordered_json describe(const RunScan& scan, std::uint64_t run, std::uint32_t crc,
                      std::size_t damages) {
  const auto same = [](const auto& value) { return value; };
  return {{"run", hex(run)},
          {"records", scan.records},
          {"workers", object(scan.logged, same)},
          {"crc", crc},
          {"streams", object(scan.names.streams, [](const StreamText& s) { return s.name; })},
          {"labels", object(scan.names.labels, same)},
          {"error_classes", object(scan.names.error_classes, same)},
          {"accounts", object(scan.accounts,
                              [](const AccountEntry& a) {
                                return ordered_json{a.accepted, a.rejected_full, a.rejected_closed,
                                                    a.rejected_reentrant};
                              })},
          {"missing", scan.missing},
          {"dropped", scan.dropped},
          {"unlogged", scan.unlogged},
          {"segments_missing", scan.segments_missing},
          {"final", scan.final},
          {"finished_ns", scan.finished_ns},
          {"damages", damages}};
}

void dump(const RunFiles& run, bool summary) {
  RunScan scan;
  std::uint32_t crc = 0;
  std::size_t damages = 0;
  for (const SegmentPath& segment : run.segments) {
    const auto reader = SegmentReader::open(segment.path).value();
    PartScan part;
    while (const auto frame = reader->next()) {
      if (!summary) print(describe(*frame, segment.path));
      if (part.add(*frame, reader->name())) {
        crc = crc32c(frame->payload.data(), frame->payload.size(), crc);
      }
    }
    part.close(*reader);
    scan.add(part, segment.header.run_index, reader->name());
    damages += reader->damages().size();
  }
  if (summary) print(describe(scan, run.identity.run, crc, damages + scan.damages.size()));
}

int run(int argc, char** argv) {
  const bool summary = argc > 1 && std::strcmp(argv[1], "--summary") == 0;
  for (int i = summary ? 2 : 1; i < argc; ++i) {
    const auto folder = LogFolder::list(argv[i], {}, true);
    if (!folder) {
      std::fprintf(stderr, "%s\n", folder.error().message.c_str());
      return 1;
    }
    for (const RunFiles& files : folder->runs) dump(files, summary);
    if (summary) print({{"refused", folder->damages.size()}});
  }
  return 0;
}

}  // namespace
}  // namespace millrace::log

int main(int argc, char** argv) { return millrace::log::run(argc, argv); }
