// SPDX-License-Identifier: Apache-2.0
//
// millrace recover: writes what dead runs left in their rings into the log.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "command.hpp"
#include "exit_code.hpp"
#include "log/recovery.hpp"
#include "log_exit.hpp"
#include "output.hpp"
#include "report/quantity.hpp"

namespace millrace {
namespace {

struct Options {
  std::string dir, ring_dir;
  bool without_rings = false;
};

std::string text_of(const log::Recovered& recovered) {
  std::string text;
  if (recovered.runs == 0) {
    text = "nothing to recover: the log lacks no record of a dead run\n";
  } else {
    text = fmt::format("{} record{} of {} run{} written into the log\n",
                       show_count(recovered.records), recovered.records == 1 ? "" : "s",
                       recovered.runs, recovered.runs == 1 ? "" : "s");
  }
  if (recovered.lost != 0) {
    text += fmt::format(
        "{} record{} lost with the process: accepted, and neither in a segment nor "
        "in a ring\n",
        show_count(recovered.lost), recovered.lost == 1 ? "" : "s");
  }
  if (recovered.rings_refused != 0) {
    text += fmt::format(
        "{} ring file{} not trusted (of another boot, or damaged): left where they "
        "are\n",
        recovered.rings_refused, recovered.rings_refused == 1 ? "" : "s");
  }
  return text + damage_lines({}, recovered.damages);
}

int recover(const Options& options) {
  const std::string dirs[] = {options.dir};
  if (auto checked = check_log_folder(options.dir); !checked) {
    return log_failed(dirs, checked.error());
  }
  // The folder first: a lock is a file, and belongs into a log only.
  auto seen = log::LogFolder::list(options.dir, options.ring_dir);
  if (!seen) return log_failed(dirs, seen.error());
  auto lock = log::FolderLock::acquire(options.dir, log::FolderLock::Kind::exclusive);
  if (!lock) return log_failed(dirs, lock.error());
  if (!lock->has_value()) {
    const std::uint32_t holder = log::FolderLock::holder(options.dir);
    complain(fmt::format("'{}' is in use{}: only the log of a dead process is recovered",
                         options.dir, holder == 0 ? "" : fmt::format(" by process {}", holder)));
    return kError;
  }
  auto folder = log::LogFolder::list(options.dir, options.ring_dir);
  if (!folder) return log_failed(dirs, folder.error());
  auto recovered =
      log::recover(*folder, {.ring_dir = options.ring_dir, .without_rings = options.without_rings});
  if (!recovered) return log_failed(dirs, recovered.error());
  if (auto written = write_output("-", text_of(*recovered)); !written) {
    complain(written.error().message);
    return kError;
  }
  if (!recovered->damages.empty()) return log_exit_code(dirs, {}, recovered->damages);
  return recovered->lost != 0 || recovered->rings_refused != 0 ? kPartial : kOk;
}

}  // namespace

void declare_recover(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "recover", "Writes into a log what a killed process left in its rings; safe to run again");
  command->add_option("LOG", options->dir, "Folder of the log")->type_name("DIR")->required();
  command
      ->add_option("--ring-dir", options->ring_dir, "The folder of the rings, if it is another one")
      ->type_name("DIR");
  command->add_flag("--without-rings", options->without_rings,
                    "That folder is gone: what its rings held is counted as lost");
  command->callback([options, &action] { action = [options] { return recover(*options); }; });
}

}  // namespace millrace
