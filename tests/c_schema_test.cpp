// SPDX-License-Identifier: Apache-2.0
//
// Schemas of C users: the same as those of C++, refused where those are, and run.
#include <cstddef>
#include <string>

#include "millrace/millrace.hpp"

#include "c_api/handles.hpp"
#include "c_handles.hpp"

namespace millrace {
namespace {

struct DiskRead {
  std::int64_t start_ns = kAbsentTime;
  std::int64_t end_ns = kAbsentTime;
  std::uint32_t bytes = 0;
  std::uint16_t device = 0;
  Status status = Status::ok;
  std::uint8_t unused = 0;
};

Schema disk_read_of_cpp() {
  return SchemaBuilder<DiskRead>("disk_read")
      .start(&DiskRead::start_ns)
      .end(&DiskRead::end_ns)
      .field("bytes", &DiskRead::bytes)
      .label(&DiskRead::device)
      .status(&DiskRead::status)
      .field("unused", &DiskRead::unused)
      .metric("latency", Unit::nanoseconds, difference(&DiskRead::end_ns, &DiskRead::start_ns))
      .metric("bytes", Unit::bytes, field(&DiskRead::bytes))
      .metric("speed", Unit::none,
              per_count_less_one(&DiskRead::end_ns, &DiskRead::start_ns, &DiskRead::bytes),
              Domain::any)
      .build()
      .value();
}

CSchema empty_schema(std::size_t size = sizeof(DiskRead), const char* name = "disk_read") {
  millrace_schema* made = nullptr;
  EXPECT_EQ(millrace_schema_new(name, size, &made, nullptr), MILLRACE_OK);
  return CSchema(made);
}

void add_fields(millrace_schema* s) {
  millrace_schema_field(s, "start_ns", offsetof(DiskRead, start_ns), MILLRACE_I64, nullptr);
  millrace_schema_field(s, "end_ns", offsetof(DiskRead, end_ns), MILLRACE_I64, nullptr);
  millrace_schema_field(s, "bytes", offsetof(DiskRead, bytes), MILLRACE_U32, nullptr);
  millrace_schema_field(s, "label", offsetof(DiskRead, device), MILLRACE_U16, nullptr);
  millrace_schema_field(s, "status", offsetof(DiskRead, status), MILLRACE_U8, nullptr);
  millrace_schema_field(s, "unused", offsetof(DiskRead, unused), MILLRACE_U8, nullptr);
}

CSchema disk_read_of_c() {
  CSchema schema = empty_schema();
  millrace_schema* s = schema.get();
  add_fields(s);
  millrace_schema_role(s, MILLRACE_ROLE_START, "start_ns", nullptr);
  millrace_schema_role(s, MILLRACE_ROLE_END, "end_ns", nullptr);
  millrace_schema_role(s, MILLRACE_ROLE_LABEL, "label", nullptr);
  millrace_schema_role(s, MILLRACE_ROLE_STATUS, "status", nullptr);
  millrace_schema_metric(s, "latency", MILLRACE_UNIT_NANOSECONDS, MILLRACE_DIFFERENCE, "end_ns",
                         "start_ns", nullptr, nullptr);
  millrace_schema_metric(s, "bytes", MILLRACE_UNIT_BYTES, MILLRACE_FIELD, "bytes", nullptr, nullptr,
                         nullptr);
  millrace_schema_metric(s, "speed", MILLRACE_UNIT_NONE, MILLRACE_PER_COUNT_LESS_ONE, "end_ns",
                         "start_ns", "bytes", nullptr);
  millrace_schema_domain(s, "speed", MILLRACE_DOMAIN_ANY, nullptr);
  return schema;
}

TEST(CSchema, ASchemaOfCIsThatOfCpp) {
  const CSchema schema = disk_read_of_c();
  Said said;
  ASSERT_EQ(millrace_schema_check(schema.get(), &said.error), MILLRACE_OK) << said.text();
  EXPECT_EQ(schema->schema, disk_read_of_cpp());
}

TEST(CSchema, BuiltInOnesAreThoseOfCpp) {
  EXPECT_EQ(c_schema(MILLRACE_RECORD_GENERATION)->schema,
            RecordTraits<GenerationRecord>::schema().value());
  EXPECT_EQ(c_schema(MILLRACE_RECORD_REQUEST)->schema,
            RecordTraits<RequestRecord>::schema().value());
  EXPECT_EQ(c_schema(MILLRACE_RECORD_SAMPLE)->schema, RecordTraits<SampleRecord>::schema().value());
  EXPECT_EQ(c_schema(MILLRACE_RECORD_MODALITY)->schema,
            RecordTraits<ModalityRecord>::schema().value());
  EXPECT_EQ(c_schema(MILLRACE_RECORD_TOKEN_GAP)->schema, token_gap_schema().value());
  millrace_schema* made = nullptr;
  ASSERT_EQ(millrace_schema_sample("gap", MILLRACE_UNIT_MICROSECONDS, &made, nullptr), MILLRACE_OK);
  const CSchema sample(made);
  EXPECT_EQ(sample->schema, sample_schema("gap", Unit::microseconds).value());
}

TEST(CSchema, ARecordOfOnesOwnIsCounted) {
  const CEngine engine = c_open();
  const CSchema schema = disk_read_of_c();
  millrace_stream* stream = nullptr;
  ASSERT_EQ(millrace_stream_open(engine.get(), "reads", schema.get(), nullptr, &stream, nullptr),
            MILLRACE_OK);
  const CWorker worker = c_worker(stream, sizeof(DiskRead));
  DiskRead read{
      .start_ns = 100, .end_ns = 350, .bytes = 4096, .device = millrace_label(engine.get(), "sda")};
  ASSERT_TRUE(millrace_push(worker.get(), &read));
  auto* claimed = static_cast<DiskRead*>(millrace_claim(worker.get()));
  ASSERT_NE(claimed, nullptr);
  EXPECT_EQ(claimed->start_ns, 0);  // of a record of one's own all bytes are zero
  *claimed = {.start_ns = 0, .end_ns = 50, .bytes = 512, .status = Status::error};
  ASSERT_TRUE(millrace_commit(worker.get()));
  const CSummary summary = c_finish(engine);

  auto query = c_query("reads", "latency");
  auto numbers = sized<millrace_metric_numbers>();
  ASSERT_EQ(millrace_summary_metric(summary.get(), &query, &numbers, nullptr), MILLRACE_OK);
  EXPECT_EQ(numbers.count, 2u);
  EXPECT_EQ(numbers.sum, 300);
  query.label = "sda";
  ASSERT_EQ(millrace_summary_metric(summary.get(), &query, &numbers, nullptr), MILLRACE_OK);
  EXPECT_EQ(numbers.max, 250);
  EXPECT_EQ(numbers.count, 1u);
  query.label = nullptr;
  query.select = MILLRACE_SELECT_ERROR;
  ASSERT_EQ(millrace_summary_metric(summary.get(), &query, &numbers, nullptr), MILLRACE_OK);
  EXPECT_EQ(numbers.max, 50);
}

TEST(CSchema, TheFirstErrorSticks) {
  const CSchema schema = empty_schema();
  millrace_schema* s = schema.get();
  Said first, later;
  EXPECT_EQ(millrace_schema_field(s, "a", 0, 99, &first.error), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_schema_field(s, "b", 0, MILLRACE_I64, &later.error),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(later.text(), first.text());
  EXPECT_EQ(millrace_schema_role(s, MILLRACE_ROLE_START, "b", nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_schema_metric(s, "m", 0, 0, "b", nullptr, nullptr, nullptr),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_schema_domain(s, "m", 0, nullptr), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_schema_check(s, &later.error), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(later.text(), first.text());
  const CEngine engine = c_open();
  millrace_stream* stream = nullptr;
  EXPECT_EQ(millrace_stream_open(engine.get(), "a", s, nullptr, &stream, &later.error),
            MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(later.text(), first.text());
}

TEST(CSchema, WhatIsNoneIsRefused) {
  const int invalid = MILLRACE_ERROR_INVALID_ARGUMENT;
  const auto code = [](const auto& change) {
    const CSchema schema = empty_schema();
    add_fields(schema.get());
    return change(schema.get());
  };
  EXPECT_EQ(
      code([](auto* s) { return millrace_schema_field(s, "bytes", 0, MILLRACE_U8, nullptr); }),
      invalid);
  EXPECT_EQ(code([](auto* s) { return millrace_schema_field(s, "x", 0, -1, nullptr); }), invalid);
  EXPECT_EQ(code([](auto* s) { return millrace_schema_field(s, nullptr, 0, 0, nullptr); }),
            invalid);
  EXPECT_EQ(code([](auto* s) { return millrace_schema_role(s, 7, "bytes", nullptr); }), invalid);
  EXPECT_EQ(code([](auto* s) { return millrace_schema_role(s, -1, "bytes", nullptr); }), invalid);
  EXPECT_EQ(code([](auto* s) { return millrace_schema_role(s, 0, nullptr, nullptr); }), invalid);
  EXPECT_EQ(code([](auto* s) { return millrace_schema_role(s, 0, "none", nullptr); }),
            MILLRACE_ERROR_NOT_FOUND);
  const auto metric = [&](int unit, int operation, const char* a, const char* b, const char* c) {
    return code(
        [&](auto* s) { return millrace_schema_metric(s, "m", unit, operation, a, b, c, nullptr); });
  };
  EXPECT_EQ(metric(99, MILLRACE_FIELD, "bytes", nullptr, nullptr), invalid);
  EXPECT_EQ(metric(0, 5, "bytes", nullptr, nullptr), invalid);
  EXPECT_EQ(metric(0, MILLRACE_FIELD, nullptr, nullptr, nullptr), invalid);
  EXPECT_EQ(metric(0, MILLRACE_FIELD, "bytes", "bytes", nullptr), invalid);
  EXPECT_EQ(metric(0, MILLRACE_DIFFERENCE, "bytes", nullptr, nullptr), invalid);
  EXPECT_EQ(metric(0, MILLRACE_PER_COUNT_LESS_ONE, "bytes", "bytes", nullptr), invalid);
  EXPECT_EQ(metric(0, MILLRACE_FIELD, "none", nullptr, nullptr), MILLRACE_ERROR_NOT_FOUND);
  EXPECT_EQ(code([](auto* s) { return millrace_schema_domain(s, "none", 0, nullptr); }),
            MILLRACE_ERROR_NOT_FOUND);
  EXPECT_EQ(code([](auto* s) { return millrace_schema_domain(s, "none", 3, nullptr); }), invalid);
  // Said when all is there: no metric, sizes, padding, a role of another type.
  EXPECT_EQ(code([](auto* s) { return millrace_schema_check(s, nullptr); }), invalid);
  EXPECT_EQ(millrace_schema_check(empty_schema(17).get(), nullptr), invalid);
  EXPECT_EQ(millrace_schema_check(empty_schema(~std::size_t{0}).get(), nullptr), invalid);
  EXPECT_EQ(millrace_schema_check(empty_schema(24, "").get(), nullptr), invalid);
  EXPECT_EQ(code([](auto* s) {
              millrace_schema_role(s, MILLRACE_ROLE_STATUS, "start_ns", nullptr);
              millrace_schema_metric(s, "m", 0, MILLRACE_FIELD, "bytes", nullptr, nullptr, nullptr);
              return millrace_schema_check(s, nullptr);
            }),
            invalid);
  EXPECT_EQ(code([](auto* s) {
              millrace_schema_field(s, "far", ~std::size_t{0}, MILLRACE_U8, nullptr);
              millrace_schema_metric(s, "m", 0, MILLRACE_FIELD, "bytes", nullptr, nullptr, nullptr);
              return millrace_schema_check(s, nullptr);
            }),
            invalid);

  millrace_schema* made = nullptr;
  EXPECT_EQ(millrace_schema_builtin(5, &made, nullptr), invalid);
  EXPECT_EQ(millrace_schema_builtin(-1, &made, nullptr), invalid);
  EXPECT_EQ(millrace_schema_builtin(0, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_schema_sample(nullptr, 0, &made, nullptr), invalid);
  EXPECT_EQ(millrace_schema_sample("", 0, &made, nullptr), invalid);
  EXPECT_EQ(millrace_schema_sample("a", 9, &made, nullptr), invalid);
  EXPECT_EQ(millrace_schema_sample("a", 0, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_schema_new(nullptr, 24, &made, nullptr), invalid);
  EXPECT_EQ(millrace_schema_new("a", 24, nullptr, nullptr), invalid);
  EXPECT_EQ(millrace_schema_check(nullptr, nullptr), invalid);
  EXPECT_EQ(made, nullptr);
}

}  // namespace
}  // namespace millrace
