// SPDX-License-Identifier: Apache-2.0
#include "load/load_worker.hpp"

#include <algorithm>
#include <limits>

#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

namespace millrace::load {
namespace {

// OpenSSL writes to connections that the server may have closed; libcurl leaves the signal to us.
void block_sigpipe() {
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

// A wish to stop is looked for this often.
constexpr std::int64_t kLookNs = 50'000'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

}  // namespace

Result<std::unique_ptr<LoadWorker>> LoadWorker::make(const LoadPlan& plan,
                                                     const HeaderList& headers, Arrivals& arrivals,
                                                     const std::atomic<bool>& abandon,
                                                     std::unique_ptr<Recorder> recorder,
                                                     unsigned connections) {
  std::unique_ptr<LoadWorker> worker(new LoadWorker(plan, arrivals, abandon));
  auto client = HttpClient::open(plan.http, connections);
  if (!client) return tl::unexpected(client.error());
  worker->recorder_ = std::move(recorder);
  worker->client_ = std::move(*client);
  const std::size_t at_a_time = std::size_t{connections} * plan.http.streams;
  for (std::size_t i = 0; i < at_a_time; ++i) {
    worker->transfers_.push_back(
        std::make_unique<Transfer>(plan.http, headers, worker->recorder_->answer()));
    worker->free_.push_back(worker->transfers_.back().get());
  }
  return worker;
}

void LoadWorker::run() {
  block_sigpipe();
  // Sleeps end within a microsecond of their time; by default the kernel adds up to 50.
  ::prctl(PR_SET_TIMERSLACK, 1000);
  for (;;) {
    const std::int64_t now_ns = steady_now_ns();
    const bool more = send_due(now_ns);
    // Sending may have ended a request already: then there is no time to wait.
    const bool some_ended = finish_ended();
    if (!more && free_.size() == transfers_.size()) break;
    if (given_up(now_ns)) {
      abandon();
      break;
    }
    if (some_ended) continue;
    client_->wait(std::min(now_ns + kLookNs, next_ ? next_->intended_ns : kNever));
    finish_ended();
  }
  tally_.end_ns = steady_now_ns();
  timespec cpu = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
  tally_.cpu_ns = cpu.tv_sec * 1'000'000'000 + cpu.tv_nsec;
}

// False: there is nothing further to send.
bool LoadWorker::send_due(std::int64_t now_ns) {
  while (!free_.empty()) {
    if (!next_) next_ = arrivals_.claim(now_ns);
    if (!next_) return false;
    if (next_->intended_ns >= arrivals_.end_ns()) {  // the run was stopped since it was claimed
      next_.reset();
      return false;
    }
    if (next_->intended_ns > now_ns) return true;
    send(*next_);
    next_.reset();
    now_ns = steady_now_ns();
  }
  return true;
}

void LoadWorker::send(const Claim& claim) {
  Transfer& transfer = *free_.back();
  free_.pop_back();
  const std::int64_t now_ns = steady_now_ns();
  ++tally_.sent;
  if (claim.intended_ns != kAbsentTime) {
    const std::int64_t late_ns = now_ns - claim.intended_ns;
    tally_.latest_ns = std::max(tally_.latest_ns, late_ns);
    tally_.late += late_ns > WorkerTally::kLateNs ? 1 : 0;
  }
  transfer.begin({.id = claim.id, .intended_ns = claim.intended_ns, .start_ns = now_ns},
                 plan_.prompts ? plan_.prompts->of(claim.id).body : plan_.http.body);
  client_->add(transfer.handle());
}

bool LoadWorker::finish_ended() {
  bool any = false;
  client_->ended([&](CURL* handle, CURLcode code) {
    finish(Transfer::of(handle), code);
    any = true;
  });
  return any;
}

void LoadWorker::finish(Transfer& transfer, CURLcode code) {
  const std::int64_t now_ns = steady_now_ns();
  client_->remove(transfer.handle());
  transfer.end(code, now_ns);
  tally_.connections += static_cast<std::uint64_t>(transfer.connections_made());
  const long version = transfer.http_version();
  tally_.http1 += version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1 ? 1 : 0;
  tally_.http2 += version == CURL_HTTP_VERSION_2_0 ? 1 : 0;
  free_.push_back(&transfer);
}

bool LoadWorker::given_up(std::int64_t now_ns) const {
  // order: relaxed; a wish, from which nothing else is inferred.
  if (abandon_.load(std::memory_order_relaxed)) return true;
  const std::int64_t end_ns = arrivals_.end_ns();
  return end_ns != kNever && now_ns > end_ns && now_ns - end_ns >= plan_.grace.count();
}

void LoadWorker::abandon() {
  const std::int64_t now_ns = steady_now_ns();
  std::sort(free_.begin(), free_.end());
  for (const auto& transfer : transfers_) {
    if (std::binary_search(free_.begin(), free_.end(), transfer.get())) continue;
    client_->remove(transfer->handle());
    transfer->abandon(now_ns);
    tally_.connections += static_cast<std::uint64_t>(transfer->connections_made());
  }
}

}  // namespace millrace::load
