// SPDX-License-Identifier: Apache-2.0
#include "load/http_options.hpp"

#include <memory>
#include <string_view>

#include <curl/curl.h>
#include <fmt/format.h>

namespace millrace::load {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

Result<Url> parsed(const std::string& text) {
  Url url(curl_url(), curl_url_cleanup);
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) {
    return failure(Errc::invalid_argument,
                   fmt::format("'{}' is no URL such as http://host:8000/path ({})", text,
                               curl_url_strerror(code)));
  }
  return url;
}

// 7.88.0 and 7.88.1, Debian 12's. TLS is not concerned.
bool breaks_prior_knowledge() {
  const unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
  return version == 0x075800 || version == 0x075801;
}

std::string part(const Url& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return {};
  const std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

Result<void> check(const HttpOptions& options) {
  const auto url = parsed(options.url);
  if (!url) return tl::unexpected(url.error());
  const std::string scheme = part(*url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return failure(Errc::invalid_argument,
                   fmt::format("'{}': only http:// and https:// are served", options.url));
  }
  const bool by_knowledge = options.version == HttpVersion::http2 && scheme == "http";
  if (by_knowledge && options.keep_alive && breaks_prior_knowledge()) {
    return failure(Errc::invalid_argument,
                   fmt::format("--http2 without TLS: libcurl {} fails from the second request of a "
                               "connection on (curl issue 10634); use https, --no-keep-alive, or "
                               "another libcurl",
                               curl_version_info(CURLVERSION_NOW)->version));
  }
  return {};
}

Result<std::string> chat_url(const std::string& text) {
  const auto url = parsed(text);
  if (!url) return tl::unexpected(url.error());
  std::string path = part(*url, CURLUPART_PATH);
  while (!path.empty() && path.back() == '/') path.pop_back();
  const bool version_only = path.size() >= 3 && path.substr(path.size() - 3) == "/v1";
  if (path.empty()) {
    path = "/v1/chat/completions";
  } else if (version_only) {
    path += "/chat/completions";
  }
  curl_url_set(url->get(), CURLUPART_PATH, path.c_str(), 0);
  return part(*url, CURLUPART_URL);
}

}  // namespace millrace::load
