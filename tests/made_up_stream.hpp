// SPDX-License-Identifier: Apache-2.0
//
// Random streams for the tests of StreamStats: records of every kind, cut into slices.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "stats/stream_stats.hpp"

namespace millrace::made_up {

struct Sample {
  std::int64_t start_ns = kAbsentTime;
  std::int64_t end_ns = kAbsentTime;
  double score = std::numeric_limits<double>::quiet_NaN();
  double anything = std::numeric_limits<double>::quiet_NaN();
  std::int32_t tokens = kAbsentCount;
  std::uint16_t label = 0;
  std::uint16_t error_class = 0;
  Status status = Status::ok;
  std::uint8_t unused[7] = {};
};
static_assert(sizeof(Sample) == 48);

/// Five metrics: integers and doubles, of every domain.
struct Kind {
  bool status = true;
  bool label = true;
  bool goodput = true;
};

inline Schema schema_of(const Kind& kind) {
  const Field start{0, FieldType::i64}, end{8, FieldType::i64}, score{16, FieldType::f64};
  const Field anything{24, FieldType::f64}, tokens{32, FieldType::i32};
  Schema schema;
  schema.name = "made_up";
  schema.record_size = sizeof(Sample);
  if (kind.status) schema.status = Field{40, FieldType::u8};
  if (kind.label) schema.label = Field{36, FieldType::u16};
  schema.error_class = Field{38, FieldType::u16};
  schema.start = start;
  schema.end = end;
  schema.metrics = {
      {"latency", Unit::nanoseconds, {Operation::difference, end, start, {}}, Domain::duration},
      {"score", Unit::none, {Operation::field, score, {}, {}}, Domain::number},
      {"anything", Unit::none, {Operation::field, anything, {}, {}}, Domain::any},
      {"tokens", Unit::tokens, {Operation::field, tokens, {}, {}}, Domain::number, true},
      {"time_per_token",
       Unit::nanoseconds_per_token,
       {Operation::per_count_less_one, end, start, tokens},
       Domain::duration}};
  return schema;
}

struct Mix {
  int labels = 0;  // 0: none; numbers from 2 on
  double labelled = 0.9;
  bool statuses = true;
  bool absent = true;
  bool strange = true;  // infinities, denormals, statuses that do not exist
};

inline double anything_of(std::mt19937_64& random, const Mix& mix) {
  std::normal_distribution<double> normal(0, 100);
  switch (random() % (mix.strange ? 12 : 4)) {
    case 4:
      return std::numeric_limits<double>::infinity();
    case 5:
      return -std::numeric_limits<double>::infinity();
    case 6:
      return std::numeric_limits<double>::denorm_min() * static_cast<double>(random() % 5);
    case 7:
      return -0.0;
    case 8:
      return std::bit_cast<double>(random());  // NaN, too
    case 0:
      return 42;
    default:
      return normal(random);
  }
}

inline Sample sample(std::mt19937_64& random, const Mix& mix) {
  std::lognormal_distribution<double> lognormal(15, 1);
  Sample s;
  s.start_ns = static_cast<std::int64_t>(1'700'000'000'000'000'000 + random() % 1'000'000'000);
  s.end_ns = s.start_ns + static_cast<std::int64_t>(lognormal(random));
  if (random() % 50 == 0) s.end_ns = s.start_ns - 5;  // invalid
  s.score = lognormal(random) * (random() % 3 == 0 ? -1 : 1);
  s.anything = anything_of(random, mix);
  s.tokens = static_cast<std::int32_t>(random() % 200);
  if (mix.absent && random() % 5 == 0) s.score = std::numeric_limits<double>::quiet_NaN();
  if (mix.absent && random() % 7 == 0) s.end_ns = kAbsentTime;
  if (mix.absent && random() % 9 == 0) s.tokens = kAbsentCount;
  if (mix.statuses) s.status = static_cast<Status>(random() % (mix.strange ? 5 : 3));
  const bool labelled = static_cast<double>(random() % 1000) < mix.labelled * 1000;
  if (mix.labels > 0 && labelled) {
    s.label = static_cast<std::uint16_t>(2 + random() % static_cast<std::uint64_t>(mix.labels));
  }
  if (s.status != Status::ok) s.error_class = static_cast<std::uint16_t>(random() % 6);
  return s;
}

inline Slice slice_of(std::span<const Sample> samples) {
  return {.records = reinterpret_cast<const std::byte*>(samples.data()),
          .count = static_cast<std::uint32_t>(samples.size()),
          .record_size = sizeof(Sample)};
}

/// Holding values, or having dropped them from the start.
inline std::unique_ptr<StreamStats> stats_of(const Kind& kind, bool exact,
                                             StatsLimits limits = {}) {
  auto memory = std::make_shared<ExactMemory>(std::size_t{1} << 30);
  memory->exact = exact;
  std::vector<StreamStats::Bound> goodput;
  if (kind.goodput) goodput = {{0, 5e6}, {3, 100}};
  return std::make_unique<StreamStats>(schema_of(kind), std::move(memory), limits, goodput);
}

}  // namespace millrace::made_up
