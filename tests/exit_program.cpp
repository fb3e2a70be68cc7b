// SPDX-License-Identifier: Apache-2.0
//
// Calls exit() while eight threads push, and a static object pushes once more. Its last handler says
// whether every accepted record was aggregated. Run by exit_test.sh many times.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <unistd.h>

#include "millrace/millrace.hpp"

namespace {

constexpr int kThreads = 8;
std::atomic<std::uint64_t> accepted[kThreads];
std::atomic<int> pushing{0};

void judge();

struct PushesWhenDestroyed {
  millrace::Worker<millrace::SampleRecord>* worker = nullptr;
  ~PushesWhenDestroyed() {
    if (worker != nullptr && worker->push({.value = 1})) std::_Exit(4);  // the engine was finished
  }
};

// Exit handlers run in reverse order: the engine's own first, registered when it was opened, then
// the static object, then judge().
const int registered = std::atexit(judge);
PushesWhenDestroyed last;
// Immortal: the threads go on until the process is gone.
auto* const engine =
    new millrace::Engine(millrace::Engine::open({.overflow = millrace::Overflow::wait}).value());

void judge() {
  ::usleep(20'000);  // a push that had returned true is counted by now
  std::uint64_t sum = 0;
  for (const auto& n : accepted) sum += n;
  auto summary = engine->finish();
  if (!summary || summary->accounting().accepted != summary->accounting().aggregated) std::_Exit(2);
  if (summary->accounting().accepted != sum || sum == 0) {
    std::fprintf(stderr, "accepted by push %lu, by the engine %lu\n", sum,
                 summary->accounting().accepted);
    std::_Exit(3);
  }
  std::_Exit(0);
}

}  // namespace

int main() {
  auto stream = engine->stream<millrace::SampleRecord>("samples").value();
  last.worker = new millrace::Worker<millrace::SampleRecord>(stream.worker().value());
  for (int t = 0; t < kThreads; ++t) {
    std::thread([t, stream] {
      auto* worker = new millrace::Worker<millrace::SampleRecord>(stream.worker().value());
      ++pushing;
      while (true) {
        if (worker->push({.value = 1})) ++accepted[t];
      }
    }).detach();
  }
  while (pushing != kThreads) std::this_thread::yield();
  ::usleep(2'000);
  std::exit(0);
}
