// SPDX-License-Identifier: Apache-2.0
//
// HttpOptions: what all requests of a run have in common.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "millrace/result.hpp"

namespace millrace::load {

enum class HttpVersion : std::uint8_t {
  any,    // of https what the server chooses, of http 1.1
  http1,  // 1.1
  http2,  // of https by ALPN, of http with prior knowledge
};

struct HttpOptions {
  std::string url;
  std::string method;                // empty: GET, and POST where there is a body
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  HttpVersion version = HttpVersion::any;
  std::uint32_t streams = 1;                  // requests at a time over one connection of HTTP/2
  std::chrono::milliseconds timeout{30'000};  // from the sending; 0: none
  bool insecure = false;                      // any certificate will do
  bool keep_alive = true;
};

/// An error when the URL cannot be meant, or when this libcurl cannot do it; in words for the user.
Result<void> check(const HttpOptions& options);

/// Where chat completions are, given the server's address: http://host:8000, http://host:8000/v1, or
/// the whole.
Result<std::string> chat_url(const std::string& url);

}  // namespace millrace::load
