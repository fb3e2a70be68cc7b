// SPDX-License-Identifier: Apache-2.0
#include "engine/exit_guard.hpp"

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {
namespace {

struct Watched {
  std::mutex mutex;
  std::vector<std::weak_ptr<Run>> runs;
};

// Never destroyed: threads may open engines while static objects go.
Watched& watched() {
  static auto* const all = new Watched;
  return *all;
}

void finish_all() {
  std::vector<std::shared_ptr<Run>> open;
  {
    const std::lock_guard lock(watched().mutex);
    for (const auto& weak : watched().runs) {
      if (auto run = weak.lock(); run != nullptr && !run->over()) open.push_back(std::move(run));
    }
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  for (const auto& run : open) {
    std::thread([run] { run->close(); }).detach();
    while (!run->over() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

}  // namespace

void ExitGuard::watch(const std::shared_ptr<Run>& run) {
  static const int registered = std::atexit(finish_all);
  (void)registered;
  const std::lock_guard lock(watched().mutex);
  std::erase_if(watched().runs, [](const auto& weak) { return weak.expired(); });
  watched().runs.push_back(run);
}

}  // namespace millrace
