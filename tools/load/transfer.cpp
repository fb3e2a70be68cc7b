// SPDX-License-Identifier: Apache-2.0
#include "load/transfer.hpp"

#include <chrono>
#include <cstring>
#include <new>

#include <fmt/format.h>

namespace millrace::load {
namespace {

long version_of(const HttpOptions& options) {
  switch (options.version) {
    case HttpVersion::http1:
      return CURL_HTTP_VERSION_1_1;
    case HttpVersion::http2:
      return options.url.substr(0, 6) == "https:" ? CURL_HTTP_VERSION_2TLS
                                                  : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
    case HttpVersion::any:
      break;
  }
  return options.url.substr(0, 6) == "https:" ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
}

// libcurl derives the method from what is sent; another word replaces it.
void set_method(CURL* easy, const HttpOptions& options) {
  if (options.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  const bool sends =
      options.method == "POST" || options.method == "PUT" || options.method == "PATCH";
  if (sends) {  // even nothing: a length of 0
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t{0});
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
  }
  if (!options.method.empty()) {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, options.method.c_str());
  }
}

template <typename T>
T told(CURL* easy, CURLINFO what) {
  T value = 0;
  curl_easy_getinfo(easy, what, &value);
  return value;
}

}  // namespace

std::int64_t steady_now_ns() noexcept {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

HeaderList::HeaderList(const std::vector<std::string>& headers)
    : list_(nullptr, curl_slist_free_all) {
  for (const std::string& header : headers) {
    curl_slist* longer = curl_slist_append(list_.get(), header.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)list_.release();  // it is the same list, or the part of it behind the first line
    list_.reset(longer);
  }
}

Transfer::Transfer(const HttpOptions& options, const HeaderList& headers,
                   std::unique_ptr<Answer> answer)
    : easy_(curl_easy_init(), curl_easy_cleanup), answer_(std::move(answer)) {
  CURL* easy = easy_.get();
  if (easy == nullptr) throw std::bad_alloc();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_URL, options.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  set_method(easy, options);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "millrace");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version_of(options));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, options.keep_alive ? 0L : 1L);
  // Further streams wait for a connection that is being made, and go over it.
  curl_easy_setopt(easy, CURLOPT_PIPEWAIT, options.streams > 1 ? 1L : 0L);
  if (options.insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

Transfer& Transfer::of(CURL* handle) {
  void* self = nullptr;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
  return *static_cast<Transfer*>(self);
}

void Transfer::begin(const Sent& sent, std::string_view body) {
  if (!body.empty()) {
    curl_easy_setopt(handle(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(handle(), CURLOPT_POSTFIELDS, body.data());
  }
  first_byte_ns_ = kAbsentTime;
  words_[0] = '\0';
  answer_->begin(sent);
}

Outcome Transfer::outcome(std::int64_t now_ns) const {
  return {.http_code = http_code(),
          .first_byte_ns = first_byte_ns_,
          .end_ns = now_ns,
          .bytes_sent = told<curl_off_t>(handle(), CURLINFO_SIZE_UPLOAD_T),
          .bytes_received = told<curl_off_t>(handle(), CURLINFO_SIZE_DOWNLOAD_T)};
}

void Transfer::end(CURLcode code, std::int64_t now_ns) {
  Outcome outcome = this->outcome(now_ns);
  std::string failure;
  if (code != CURLE_OK) failure = failure_of(code);
  outcome.failure = failure;
  outcome.detail = words_.data();
  answer_->end(outcome);
}

void Transfer::abandon(std::int64_t now_ns) {
  Outcome outcome = this->outcome(now_ns);
  outcome.abandoned = true;
  answer_->end(outcome);
}

// Few texts: there are some hundred codes and errnos.
std::string Transfer::failure_of(CURLcode code) const {
  if (code == CURLE_OPERATION_TIMEDOUT) return "timeout";
  if (code == CURLE_COULDNT_CONNECT) {
    const long os = told<long>(handle(), CURLINFO_OS_ERRNO);
    if (os != 0) return fmt::format("connect: {}", std::strerror(static_cast<int>(os)));
  }
  return curl_easy_strerror(code);
}

// Of this request: before its first byte libcurl tells the former one's.
int Transfer::http_code() const {
  if (first_byte_ns_ == kAbsentTime) return 0;
  return static_cast<int>(told<long>(handle(), CURLINFO_RESPONSE_CODE));
}
long Transfer::http_version() const {
  if (first_byte_ns_ == kAbsentTime) return CURL_HTTP_VERSION_NONE;
  return told<long>(handle(), CURLINFO_HTTP_VERSION);
}

long Transfer::connections_made() const { return told<long>(handle(), CURLINFO_NUM_CONNECTS); }

std::size_t Transfer::on_header(char*, std::size_t size, std::size_t n, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.first_byte_ns_ == kAbsentTime) transfer.first_byte_ns_ = steady_now_ns();
  return size * n;
}

std::size_t Transfer::on_body(char* bytes, std::size_t size, std::size_t n, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::int64_t now_ns = steady_now_ns();
  // Another number than was given ends the transfer.
  return transfer.answer_->take({bytes, size * n}, transfer.http_code(), now_ns) ? size * n : 0;
}

}  // namespace millrace::load
