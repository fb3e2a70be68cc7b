// SPDX-License-Identifier: Apache-2.0
#include "load/http_client.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "load/transfer.hpp"

namespace millrace::load {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

}  // namespace

Result<std::unique_ptr<HttpClient>> HttpClient::open(const HttpOptions& options,
                                                     unsigned connections) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  std::unique_ptr<HttpClient> client(new HttpClient);
  client->timer_ns_ = kNever;
  client->multi_ = curl_multi_init();
  if (global != CURLE_OK || client->multi_ == nullptr) {
    return failure(Errc::failed, "libcurl cannot be initialised");
  }
  client->epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (client->epoll_ < 0) {
    return failure(Errc::io, fmt::format("no epoll: {}", std::strerror(errno)));
  }
  CURLM* multi = client->multi_;
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, client.get());
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, client.get());
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
  // Without this libcurl would put all requests on one connection of HTTP/2.
  const bool multiplex = options.streams > 1;
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, multiplex ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING);
  if (multiplex) {
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(connections));
    curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, static_cast<long>(options.streams));
  }
  return client;
}

HttpClient::~HttpClient() {
  if (multi_ != nullptr) curl_multi_cleanup(multi_);
  if (epoll_ >= 0) ::close(epoll_);
}

void HttpClient::add(CURL* handle) {
  curl_multi_add_handle(multi_, handle);
  run_timer();  // add_handle() asks for it at once: that sends
}

void HttpClient::act(curl_socket_t socket, int what) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, what, &running);
}

void HttpClient::run_timer() {
  if (timer_ns_ > steady_now_ns()) return;
  timer_ns_ = kNever;  // the callback may set it again
  act(CURL_SOCKET_TIMEOUT, 0);
}

void HttpClient::wait(std::int64_t until_ns) {
  const std::int64_t left =
      std::max<std::int64_t>(0, std::min(until_ns, timer_ns_) - steady_now_ns());
  const timespec timeout = {.tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
  pollfd ready = {.fd = epoll_, .events = POLLIN, .revents = 0};
  if (::ppoll(&ready, 1, &timeout, nullptr) > 0) {
    std::array<epoll_event, 256> events;
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < n; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const int what = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                       ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                       ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
      act(event.data.fd, what);
    }
  }
  run_timer();
}

// `known`: not null once the socket is in the epoll.
int HttpClient::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& client = *static_cast<HttpClient*>(self);
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(client.epoll_, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event = {};
  event.events = ((what & CURL_POLL_IN) != 0 ? std::uint32_t{EPOLLIN} : 0) |
                 ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{EPOLLOUT} : 0);
  event.data.fd = socket;
  const int verb = known != nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(client.epoll_, verb, socket, &event) != 0) return -1;
  curl_multi_assign(client.multi_, socket, &client);
  return 0;
}

int HttpClient::on_timer(CURLM*, long timeout_ms, void* self) {
  auto& client = *static_cast<HttpClient*>(self);
  client.timer_ns_ = timeout_ms < 0 ? kNever : steady_now_ns() + timeout_ms * 1'000'000;
  return 0;
}

}  // namespace millrace::load
