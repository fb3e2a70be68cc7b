// SPDX-License-Identifier: Apache-2.0
//
// What instruction_count_test.py counts: `push`, a record of 64 bytes pushed; `claim`, the same by claim() and
// commit(); `generation`, a GenerationRecord pushed; `c_push`, `c_claim`, `c_generation`, the same through the C
// interface, and `c_push_many`, 100 records a call; `slice`, a record of five metrics accumulated in slices of 511.
// Prints how many records the function `measured` went through.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include "millrace/millrace.hpp"

#include "../bench/five.hpp"
#include "millrace.h"
#include "stats/stream_stats.hpp"

namespace {

using namespace millrace;

constexpr std::int64_t kPushes = 10'000;  // the ring holds them: none is refused
constexpr std::uint32_t kSlice = 511;
constexpr std::uint32_t kSlices = 20;

template <typename T>
[[gnu::noinline]] bool measured(Worker<T>& worker) {
  bool all = true;
  for (std::int64_t i = 0; i < kPushes; ++i) {
    T record{};
    record.start_ns = i;
    record.end_ns = i + 1'000;
    all &= worker.push(record);
  }
  return all;
}

[[gnu::noinline]] bool measured_claims(Worker<RequestRecord>& worker) {
  bool all = true;
  for (std::int64_t i = 0; i < kPushes; ++i) {
    RequestRecord* record = worker.claim();
    if (record == nullptr) return false;
    record->start_ns = i;
    record->end_ns = i + 1'000;
    all &= worker.commit();
  }
  return all;
}

// Of a C program: a blank record copied, filled in and pushed.
template <typename T>
[[gnu::noinline]] bool measured_c(millrace_worker* worker, const T& blank) {
  bool all = true;
  for (std::int64_t i = 0; i < kPushes; ++i) {
    T record = blank;
    record.start_ns = i;
    record.end_ns = i + 1'000;
    all &= millrace_push(worker, &record);
  }
  return all;
}

[[gnu::noinline]] bool measured_c_claims(millrace_worker* worker) {
  bool all = true;
  for (std::int64_t i = 0; i < kPushes; ++i) {
    auto* record = static_cast<millrace_request_record*>(millrace_claim(worker));
    if (record == nullptr) return false;
    record->start_ns = i;
    record->end_ns = i + 1'000;
    all &= millrace_commit(worker);
  }
  return all;
}

[[gnu::noinline]] bool measured_c_many(millrace_worker* worker,
                                       const std::vector<millrace_request_record>& records) {
  bool all = true;
  for (std::int64_t i = 0; i < kPushes; i += static_cast<std::int64_t>(records.size())) {
    all &= millrace_push_many(worker, records.data(), records.size()) == records.size();
  }
  return all;
}

void accumulate(StreamStats& stats, const std::vector<Five>& records) {
  for (std::uint32_t i = 0; i < kSlices; ++i) {
    stats.accumulate({.records = reinterpret_cast<const std::byte*>(&records[i * kSlice]),
                      .count = kSlice,
                      .record_size = sizeof(Five)},
                     {});
  }
}

[[gnu::noinline]] void measured(StreamStats& stats, const std::vector<Five>& records) {
  accumulate(stats, records);
}

template <typename T, typename Push>
int push_all(Push&& push) {
  auto engine = Engine::open({}).value();
  auto worker = engine.stream<T>("counted").value().worker().value();
  if (!push(worker)) return 1;
  std::printf("%lld\n", static_cast<long long>(kPushes));
  return engine.finish() ? 0 : 1;
}

template <typename T, typename Push>
int push_all_c(int record, Push&& push) {
  millrace_engine* engine = nullptr;
  millrace_schema* schema = nullptr;
  millrace_stream* stream = nullptr;
  millrace_worker* worker = nullptr;
  bool good =
      millrace_open(nullptr, &engine, nullptr) == MILLRACE_OK &&
      millrace_schema_builtin(record, &schema, nullptr) == MILLRACE_OK &&
      millrace_stream_open(engine, "counted", schema, nullptr, &stream, nullptr) == MILLRACE_OK &&
      millrace_worker_open(stream, sizeof(T), &worker, nullptr) == MILLRACE_OK && push(worker);
  std::printf("%lld\n", static_cast<long long>(kPushes));
  millrace_worker_close(worker);
  good = good && millrace_finish(engine, nullptr, nullptr) == MILLRACE_OK;
  millrace_schema_free(schema);
  millrace_close(engine);
  return good ? 0 : 1;
}

int push_c(std::string_view what) {
  if (what == "c_generation") {
    millrace_generation_record blank;
    millrace_generation_record_init(&blank);
    return push_all_c<millrace_generation_record>(MILLRACE_RECORD_GENERATION,
                                                  [&](auto* w) { return measured_c(w, blank); });
  }
  millrace_request_record blank;
  millrace_request_record_init(&blank);
  return push_all_c<millrace_request_record>(MILLRACE_RECORD_REQUEST, [&](auto* w) {
    if (what == "c_claim") return measured_c_claims(w);
    if (what == "c_push_many") return measured_c_many(w, std::vector(100, blank));
    return measured_c(w, blank);
  });
}

int accumulate_all() {
  std::vector<Five> records(std::size_t{kSlice} * kSlices);
  std::uint64_t random = 1;
  for (std::size_t i = 0; i < records.size(); ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    const auto r = static_cast<std::int64_t>(random >> 40);
    const auto start = static_cast<std::int64_t>(i);
    records[i] = {.start_ns = start,
                  .first_ns = start + r,
                  .end_ns = start + 3 * r,
                  .bytes = r & 4095,
                  .score = static_cast<double>(r)};
  }
  const auto memory = std::make_shared<ExactMemory>(std::size_t{0});
  memory->exact = false;
  StreamStats stats(RecordTraits<Five>::schema().value(), memory, {}, {});
  accumulate(stats, records);  // the histograms' pages are made
  measured(stats, records);
  std::printf("%u\n", kSlice * kSlices);
  return stats.count({}) == 2 * records.size() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "push") return push_all<RequestRecord>([](auto& w) { return measured(w); });
  if (what == "claim") return push_all<RequestRecord>([](auto& w) { return measured_claims(w); });
  if (what == "generation") return push_all<GenerationRecord>([](auto& w) { return measured(w); });
  if (what == "c_push" || what == "c_claim" || what == "c_generation" || what == "c_push_many")
    return push_c(what);
  if (what == "slice") return accumulate_all();
  std::fputs(
      "usage: instruction_program push|claim|generation|c_push|c_claim|c_generation|"
      "c_push_many|slice\n",
      stderr);
  return 2;
}
