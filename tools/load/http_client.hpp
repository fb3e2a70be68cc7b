// SPDX-License-Identifier: Apache-2.0
//
// HttpClient: the transfers of one thread: libcurl's multi interface, driven by epoll.
//
//   client.add(handle);
//   client.wait(until_ns);                                  // until something happens, or that time
//   client.ended([&](CURL* handle, CURLcode code) { .. });  // after wait(), and after add(): it may end some
//
// Method   curl_multi_socket_action(), whose cost is that of the sockets where something happened. It is
//          epoll and ppoll instead of curl_multi_poll(), whose time-out is in whole milliseconds: a request
//          would be sent up to one too late.
// Threads  One thread at a time.
#pragma once

#include <cstdint>
#include <memory>

#include <curl/curl.h>

#include "millrace/result.hpp"

#include "load/http_options.hpp"

namespace millrace::load {

class HttpClient {
 public:
  /// At most `connections` at a time.
  static Result<std::unique_ptr<HttpClient>> open(const HttpOptions& options, unsigned connections);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// The request is on its way when this returns, as far as that needs no waiting.
  void add(CURL* handle);
  void remove(CURL* handle) { curl_multi_remove_handle(multi_, handle); }
  void wait(std::int64_t until_ns);

  template <typename OnEnded>
  void ended(OnEnded&& on_ended) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) on_ended(message->easy_handle, message->data.result);
    }
  }

 private:
  HttpClient() = default;
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM*, long timeout_ms, void* self);
  void act(curl_socket_t socket, int what);
  void run_timer();

  CURLM* multi_ = nullptr;
  int epoll_ = -1;
  std::int64_t timer_ns_ = 0;  // when libcurl wants to be called
};

}  // namespace millrace::load
