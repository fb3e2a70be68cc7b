// SPDX-License-Identifier: Apache-2.0
//
// Transfer: one libcurl handle, used for one request after another, and its Answer.
//
//   transfer.begin({.id = .., .start_ns = now}, body);
//   client.add(transfer.handle());
//   ..                                           // libcurl calls back, and says that it is done
//   client.remove(transfer.handle());
//   transfer.end(code, now);
//
// Times    The first byte is taken when libcurl hands over the first header line, of any response.
// Proxies  Those of the environment are not used: what is measured is the URL's own host.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "load/answer.hpp"
#include "load/http_options.hpp"

namespace millrace::load {

std::int64_t steady_now_ns() noexcept;

/// "Name: value" lines as libcurl wants them.
class HeaderList {
 public:
  explicit HeaderList(const std::vector<std::string>& headers);
  [[nodiscard]] curl_slist* get() const noexcept { return list_.get(); }

 private:
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> list_;
};

class Transfer {
 public:
  /// `options` and `headers` outlive it.
  Transfer(const HttpOptions& options, const HeaderList& headers, std::unique_ptr<Answer> answer);

  [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }
  static Transfer& of(CURL* handle);

  /// `body` outlives the request.
  void begin(const Sent& sent, std::string_view body);
  void end(CURLcode code, std::int64_t now_ns);
  void abandon(std::int64_t now_ns);

  // Of the last request, after its end.
  [[nodiscard]] long http_version() const;
  [[nodiscard]] long connections_made() const;

 private:
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t n, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t n, void* self);
  [[nodiscard]] Outcome outcome(std::int64_t now_ns) const;
  [[nodiscard]] int http_code() const;
  [[nodiscard]] std::string failure_of(CURLcode code) const;

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
  std::unique_ptr<Answer> answer_;
  std::array<char, CURL_ERROR_SIZE> words_{};
  std::int64_t first_byte_ns_ = kAbsentTime;
};

}  // namespace millrace::load
