// SPDX-License-Identifier: Apache-2.0
#include "log_options.hpp"

#include "flag_values.hpp"

namespace millrace {

void LogOptions::declare(CLI::App& command) {
  auto* log = command.add_option("--log", engine_.log_dir,
                                 "Write every record into a log in this folder, which is made");
  log->type_name("DIR")->check(not_empty());
  command
      .add_flag("--low-memory", engine_.low_memory,
                "Keep no value in memory: percentiles are exact all the same, by reading the\n"
                "log again")
      ->needs(log);
  command.add_flag("--append", engine_.append_log, "Add a run to a log that has some")->needs(log);
  command
      .add_option("--segment-bytes", engine_.segment_bytes, "Of one file of the log, e.g. 64MiB")
      ->check(not_negative())
      ->transform(CLI::AsSizeValue(false))
      ->needs(log);
  command
      .add_option("--log-bytes-max", engine_.log_bytes_max,
                  "The log's oldest segments go beyond this size, e.g. 1GiB")
      ->check(not_negative())
      ->transform(CLI::AsSizeValue(false))
      ->needs(log);
  command
      .add_option("--ring-dir", engine_.ring_dir,
                  "Another folder for the rings' files, e.g. /dev/shm")
      ->type_name("DIR")
      ->needs(log);
  command.add_option("--log-write", write_, "mapped (default) or pwrite")
      ->check(CLI::IsMember({"mapped", "pwrite"}))
      ->needs(log);
}

EngineOptions LogOptions::engine_options() const {
  EngineOptions engine = engine_;
  engine.log_write = write_ == "pwrite" ? LogWrite::pwrite : LogWrite::mapped;
  return engine;
}

}  // namespace millrace
