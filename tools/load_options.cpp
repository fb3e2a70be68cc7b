// SPDX-License-Identifier: Apache-2.0
#include "load_options.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "flag_values.hpp"
#include "load/file_text.hpp"
#include "report/quantity.hpp"

namespace millrace {
namespace {

constexpr double kRateMax = 1e9;
constexpr const char* kDefaultDuration = "10s";
constexpr std::uint64_t kAtATimeMax = 1'000'000;  // each has a libcurl handle, some 10 KiB

Result<double> number(const char* flag, const std::string& text, double least,
                      const char* example) {
  const auto value = parse_quantity(text, Unit::none);
  if (value && *value >= least && *value < 1e15) return *value;
  return failure(Errc::invalid_argument,
                 fmt::format("{}: '{}' is not of the kind of {}", flag, text, example));
}

// The text, or of @FILE what is in it.
Result<std::string> text_or_file(const std::string& text) {
  if (text.empty() || text[0] != '@') return text;
  auto content = load::file_text(text.substr(1));
  if (content) return content;
  return failure(content.error().code, "--body: " + content.error().message);
}

bool names(const std::string& header, std::string_view name) {
  return header.size() > name.size() && header[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), header.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         });
}

// A header of ours, unless the user has one of that name.
void add_header(std::vector<std::string>& headers, std::string_view name, std::string_view value) {
  const auto same = [&](const std::string& header) { return names(header, name); };
  if (std::none_of(headers.begin(), headers.end(), same)) {
    headers.push_back(fmt::format("{}: {}", name, value));
  }
}

}  // namespace

Result<void> LoadOptions::schedule(load::LoadPlan& plan) const {
  load::ArrivalOptions& arrivals = plan.arrivals;
  if (!arrival.empty() && rate.empty()) {
    return failure(Errc::invalid_argument,
                   "--arrival needs --rate; without it each connection sends when it is free");
  }
  if (!rate.empty()) {
    const auto parsed = number("--rate", rate, 1e-6, "500 or 10k");
    if (!parsed) return tl::unexpected(parsed.error());
    if (*parsed > kRateMax) {
      return failure(Errc::invalid_argument,
                     fmt::format("--rate: '{}' is more than one a nanosecond", rate));
    }
    arrivals.rate = *parsed;
    arrivals.arrival = arrival == "poisson" ? load::Arrival::poisson : load::Arrival::constant;
  }
  arrivals.seed = seed;
  if (!requests.empty()) {
    const auto parsed = number("--requests", requests, 1, "10000 or 10k");
    if (!parsed) return tl::unexpected(parsed.error());
    arrivals.requests = static_cast<std::uint64_t>(*parsed);
  }
  if (!duration.empty() || requests.empty()) {
    const auto parsed = time_of_flag("--duration", duration.empty() ? kDefaultDuration : duration);
    if (!parsed) return tl::unexpected(parsed.error());
    if (*parsed == 0) return failure(Errc::invalid_argument, "--duration: 0 is no time to send in");
    arrivals.duration_ns = *parsed;
  }
  const auto waiting = time_of_flag("--grace", grace);
  if (!waiting) return tl::unexpected(waiting.error());
  plan.grace = std::chrono::nanoseconds(*waiting);
  return {};
}

Result<void> LoadOptions::request(load::LoadPlan& plan) const {
  load::HttpOptions& http = plan.http;
  http.url = url;
  http.method = method;
  http.headers = headers;
  for (const std::string& header : headers) {
    if (header.find(':') == std::string::npos ||
        header.find_first_of("\r\n") != std::string::npos) {
      return failure(Errc::invalid_argument, "--header: a header is of the kind of 'Name: value'");
    }
  }
  auto content = text_or_file(body);
  if (!content) return tl::unexpected(content.error());
  http.body = std::move(*content);
  if (openai && !method.empty() && method != "POST") {
    return failure(Errc::invalid_argument, "--method: --openai sends POST");
  }
  if (method == "HEAD" && !http.body.empty()) {
    return failure(Errc::invalid_argument, "--body: HEAD sends none");
  }
  http.version = http1   ? load::HttpVersion::http1
                 : http2 ? load::HttpVersion::http2
                         : load::HttpVersion::any;
  http.streams = streams;
  const auto limit = time_of_flag("--timeout", timeout);
  if (!limit) return tl::unexpected(limit.error());
  // libcurl takes whole milliseconds, and 0 for none.
  http.timeout = std::chrono::milliseconds((*limit + 999'999) / 1'000'000);
  http.insecure = insecure;
  http.keep_alive = !no_keep_alive;
  // libcurl would wait for a "100 Continue" before it sends a large body.
  add_header(http.headers, "Expect", "");
  return load::check(http);
}

Result<void> LoadOptions::chat(load::LoadPlan& plan) const {
  if (!openai) return {};
  if (prompts.empty()) {
    return failure(Errc::invalid_argument, "--openai needs --prompts FILE: a prompt a line");
  }
  auto target = load::chat_url(url);
  if (!target) return tl::unexpected(target.error());
  plan.http.url = std::move(*target);
  plan.http.method = "POST";
  auto read = load::Prompts::read(
      prompts, {.model = model, .max_tokens = max_tokens, .more = std::move(plan.http.body)});
  if (!read) return tl::unexpected(read.error());
  plan.http.body.clear();
  plan.prompts = std::move(*read);
  add_header(plan.http.headers, "Content-Type", "application/json");
  add_header(plan.http.headers, "Accept", "text/event-stream");
  if (const char* key = std::getenv("OPENAI_API_KEY"); key != nullptr && *key != '\0') {
    if (std::strpbrk(key, "\r\n") != nullptr) {
      return failure(Errc::invalid_argument, "OPENAI_API_KEY has a line end in it");
    }
    add_header(plan.http.headers, "Authorization", fmt::format("Bearer {}", key));
  }
  return {};
}

Result<load::LoadPlan> LoadOptions::plan() const {
  load::LoadPlan plan;
  if (auto done = schedule(plan); !done) return tl::unexpected(done.error());
  if (auto done = request(plan); !done) return tl::unexpected(done.error());
  if (auto done = chat(plan); !done) return tl::unexpected(done.error());
  if (std::uint64_t{connections} * streams > kAtATimeMax) {
    return failure(
        Errc::invalid_argument,
        fmt::format("--connections, --streams: at most {} requests at a time", kAtATimeMax));
  }
  plan.connections = connections;
  const unsigned cores = std::max(2u, std::thread::hardware_concurrency());
  plan.threads = std::min(threads != 0 ? threads : cores - 1, connections);
  plan.label = !label.empty() ? label : model;
  return plan;
}

void LoadOptions::declare(CLI::App& command) {
  command.add_option("URL", url, "http:// or https://; with --openai the server's address will do")
      ->required();
  auto* when = command.add_option_group("Schedule");
  when->add_option("--rate", rate,
                   "Requests a second, e.g. 500 or 10k: an open loop, whose requests have a time\n"
                   "that no answer can move. Without it each connection sends when it is free");
  when->add_option("--arrival", arrival, "Of an open loop: constant (default) or poisson")
      ->check(CLI::IsMember({"constant", "poisson"}));
  when->add_option("--seed", seed, "Of poisson; the same seed gives the same times")
      ->check(not_negative());
  when->add_option("-d,--duration", duration, "How long to send, e.g. 30s (10s without -n)");
  when->add_option("-n,--requests", requests, "How many to send, e.g. 10k");
  when->add_option("--grace", grace,
                   "What is under way at the end may take so long to finish (30s)");
  auto* how = command.add_option_group("Connections");
  how->add_option("-c,--connections", connections, "Of all threads together")
      ->check(CLI::Range(1, 65'536));
  auto* at_a_time =
      how->add_option("--streams", streams, "With --http2: requests at a time over one connection");
  at_a_time->check(CLI::Range(1, 1'000));
  how->add_option("-t,--threads", threads, "Default: one fewer than there are cores")
      ->check(CLI::Range(1, 1'024));
  auto* http1_only = how->add_flag("--http1", http1, "HTTP/1.1, even where TLS offers HTTP/2");
  auto* http2_only = how->add_flag("--http2", http2, "HTTP/2; without TLS with prior knowledge");
  http2_only->excludes(http1_only);
  at_a_time->needs(http2_only);
  how->add_flag("-k,--insecure", insecure, "Accept any certificate");
  how->add_flag("--no-keep-alive", no_keep_alive, "A connection for each request");
  how->add_option("--timeout", timeout, "Of one request from its sending (30s); 0: none");
  auto* what = command.add_option_group("Request");
  what->add_option("-m,--method", method, "Default: GET, and POST with a body");
  what->add_option("-H,--header", headers, "'Name: value'; several")->allow_extra_args(false);
  what->add_option("--body", body,
                   "A text, or @FILE; with --openai a JSON object whose keys each request gets");
  what->add_option("--label", label, "Of all records; default with --openai: the model");
  auto* chat = command.add_option_group("Chat completions");
  auto* flag =
      chat->add_flag("--openai", openai,
                     "Streamed chat completions: first token, every gap, usage. The key is "
                     "taken\nfrom the environment, OPENAI_API_KEY");
  chat->add_option(
          "--prompts", prompts,
          "A prompt a line: a text, a JSON string, or an object with a prompt or messages;\n"
          "- is stdin")
      ->type_name("FILE")
      ->needs(flag);
  chat->add_option("--model", model, "The request's model")->needs(flag);
  chat->add_option("--max-tokens", max_tokens, "The most that an answer may have")
      ->check(CLI::PositiveNumber)
      ->needs(flag);
}

}  // namespace millrace
