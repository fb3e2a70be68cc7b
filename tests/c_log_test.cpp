// SPDX-License-Identifier: Apache-2.0
//
// The records of a log through the C interface: what was pushed comes back, from segments and from rings.
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "c_handles.hpp"
#include "temporary_folder.hpp"

namespace millrace {
namespace {

constexpr int kRecords = 20'000;

using CLog = std::unique_ptr<millrace_log, Releases<millrace_log, millrace_log_free>>;

int read(const std::string& dir, const millrace_log_options* options, CLog& log, Said& said) {
  millrace_log* made = nullptr;
  const int code = millrace_log_read(dir.c_str(), options, &made, &said.error);
  EXPECT_EQ(code == MILLRACE_OK, made != nullptr);
  log.reset(made);
  return code;
}

millrace_losses losses_of(const CLog& log) {
  auto losses = sized<millrace_losses>();
  EXPECT_EQ(millrace_log_losses(log.get(), &losses, nullptr), MILLRACE_OK);
  return losses;
}

// Samples 0, 1, .. with a label by turns.
bool push_samples(const CEngine& engine, int count) {
  const std::uint16_t labels[] = {millrace_label(engine.get(), "even"),
                                  millrace_label(engine.get(), "odd")};
  const CWorker worker =
      c_worker(c_stream(engine, "values", MILLRACE_RECORD_SAMPLE), sizeof(millrace_sample_record));
  millrace_sample_record record;
  millrace_sample_record_init(&record);
  for (int i = 0; i < count; ++i) {
    record.value = i;
    record.label = labels[i % 2];
    if (!millrace_push(worker.get(), &record)) return false;
  }
  return true;
}

void write_log(const std::string& dir, int count = kRecords) {
  const CEngine engine = c_open_with_log(dir);
  ASSERT_TRUE(push_samples(engine, count));
  const CSummary summary = c_finish(engine);
}

struct Seen {
  std::vector<double> values;  // in the order of the worker
  std::map<std::string, int> labels;
  std::uint64_t from_files = 0, misplaced = 0;
  int slices_at_most = 1 << 30;
};

// Whether the file has, where the slice says, what the slice shows.
bool stands_there(const millrace_slice& slice) {
  std::vector<char> bytes(std::size_t{slice.count} * slice.record_size);
  std::ifstream file(slice.file, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(slice.offset));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file && std::memcmp(bytes.data(), slice.records, bytes.size()) == 0;
}

bool see(const millrace_slice* slice, void* context) {
  auto& seen = *static_cast<Seen*>(context);
  EXPECT_STREQ(slice->stream, "values");
  EXPECT_EQ(slice->record_size, sizeof(millrace_sample_record));
  EXPECT_EQ(millrace_schema_record_size(slice->schema), slice->record_size);
  EXPECT_EQ(slice->worker_seq, seen.values.size());
  EXPECT_EQ(std::string(millrace_log_run(slice->log)).size(), 16u);
  auto losses = sized<millrace_losses>();
  EXPECT_EQ(millrace_log_losses(slice->log, &losses, nullptr), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(slice->records) % 8, 0u);
  const auto* records = static_cast<const millrace_sample_record*>(slice->records);
  for (std::uint32_t i = 0; i < slice->count; ++i) {
    seen.values.push_back(records[i].value);
    const char* label = millrace_log_label(slice->log, records[i].label);
    seen.labels[label == nullptr ? "" : label] += 1;
  }
  if (slice->file != nullptr) {
    seen.from_files += slice->count;
    if (!stands_there(*slice)) ++seen.misplaced;
  }
  return --seen.slices_at_most > 0;
}

millrace_log_options visiting(Seen& seen) {
  auto options = sized<millrace_log_options>();
  options.visit = see;
  options.context = &seen;
  return options;
}

void expect_samples(const Seen& seen, int count) {
  ASSERT_EQ(seen.values.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) ASSERT_EQ(seen.values[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(seen.labels, (std::map<std::string, int>{{"even", count / 2}, {"odd", count / 2}}));
  EXPECT_EQ(seen.misplaced, 0u);
}

TEST(CLog, ShowsEachRecordOnceAndWhereItStands) {
  TemporaryFolder folder;
  write_log(folder / "run");
  Seen seen;
  const auto options = visiting(seen);
  Said said;
  CLog log;
  ASSERT_EQ(read(folder / "run", &options, log, said), MILLRACE_OK) << said.text();
  expect_samples(seen, kRecords);
  EXPECT_EQ(seen.from_files, static_cast<std::uint64_t>(kRecords));
  const millrace_losses losses = losses_of(log);
  EXPECT_EQ(losses.whole, 1u);
  EXPECT_EQ(losses.records, static_cast<std::uint64_t>(kRecords));
}

TEST(CLog, NamesRunsStreamsAndSchemas) {
  TemporaryFolder folder;
  write_log(folder / "run", 2);
  Said said;
  CLog log;
  ASSERT_EQ(read(folder / "run", nullptr, log, said), MILLRACE_OK) << said.text();
  ASSERT_NE(millrace_log_run_at(log.get(), 0), nullptr);
  EXPECT_STREQ(millrace_log_run(log.get()), millrace_log_run_at(log.get(), 0));
  EXPECT_EQ(std::string(millrace_log_run(log.get())).size(), 16u);
  EXPECT_EQ(millrace_log_run_at(log.get(), 1), nullptr);
  EXPECT_STREQ(millrace_log_stream_at(log.get(), 0), "values");
  EXPECT_EQ(millrace_log_stream_at(log.get(), 1), nullptr);
  EXPECT_EQ(std::string(millrace_log_stream_text(log.get(), "values")).substr(0, 18),
            R"({"stream":"values")");
  EXPECT_EQ(millrace_log_stream_text(log.get(), "others"), nullptr);
  std::size_t offset = 99;
  EXPECT_STREQ(
      millrace_schema_field_at(millrace_log_schema(log.get(), "values"), 0, &offset, nullptr),
      "value");
  EXPECT_EQ(offset, 0u);
  EXPECT_EQ(millrace_log_schema(log.get(), "others"), nullptr);
  EXPECT_STREQ(millrace_log_label(log.get(), 1), "other");
  EXPECT_STREQ(millrace_log_label(log.get(), 2), "even");
  EXPECT_STREQ(millrace_log_label(log.get(), 3), "odd");
  EXPECT_EQ(millrace_log_label(log.get(), 0), nullptr);
  EXPECT_EQ(millrace_log_label(log.get(), 4), nullptr);
  EXPECT_EQ(millrace_log_error_class(log.get(), 2), nullptr);
  EXPECT_EQ(millrace_log_run(nullptr), nullptr);
  EXPECT_EQ(millrace_log_label(nullptr, 1), nullptr);
}

TEST(CLog, ShowsWhatOnlyTheRingsOfADeadProcessHave) {
  TemporaryFolder folder;
  const std::string dir = folder / "run";
  const pid_t child = ::fork();
  if (child == 0) {
    millrace_options options;
    millrace_options_init(&options, sizeof options);
    options.log_dir = dir.c_str();
    options.overflow = MILLRACE_OVERFLOW_WAIT;
    millrace_engine* engine = nullptr;
    if (millrace_open(&options, &engine, nullptr) != MILLRACE_OK) ::_exit(1);
    const CEngine owner(engine);
    if (!push_samples(owner, kRecords)) ::_exit(2);
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  Seen seen;
  const auto options = visiting(seen);
  Said said;
  CLog log;
  ASSERT_EQ(read(dir, &options, log, said), MILLRACE_OK) << said.text();
  expect_samples(seen, kRecords);
  const millrace_losses losses = losses_of(log);
  EXPECT_EQ(seen.from_files + losses.from_rings, static_cast<std::uint64_t>(kRecords));
  EXPECT_EQ(losses.lost, 0u);
  EXPECT_EQ(losses.closed, 0u);
}

TEST(CLog, EndsWhenTheVisitorSaysSo) {
  TemporaryFolder folder;
  write_log(folder / "run");
  Seen seen;
  seen.slices_at_most = 2;
  const auto options = visiting(seen);
  Said said;
  CLog log;
  ASSERT_EQ(read(folder / "run", &options, log, said), MILLRACE_OK) << said.text();
  EXPECT_LT(seen.values.size(), static_cast<std::size_t>(kRecords));
  EXPECT_EQ(seen.slices_at_most, 0);
  EXPECT_EQ(losses_of(log).interrupted, 1u);
  EXPECT_EQ(losses_of(log).whole, 0u);
}

TEST(CLog, CountsDamageAndShowsNoneOfIt) {
  TemporaryFolder folder;
  write_log(folder / "run");
  Seen whole;
  auto options = visiting(whole);
  Said said;
  CLog log;
  ASSERT_EQ(read(folder / "run", &options, log, said), MILLRACE_OK) << said.text();
  const std::string file = folder / "run" + "/00000000000000000001.mlr";
  std::fstream bytes(file, std::ios::binary | std::ios::in | std::ios::out);
  bytes.seekp(200'000);
  bytes.write("damaged!", 8);
  bytes.close();
  std::uint64_t records = 0;
  options.context = &records;
  options.visit = [](const millrace_slice* slice, void* context) {
    *static_cast<std::uint64_t*>(context) += slice->count;
    return true;
  };
  ASSERT_EQ(read(folder / "run", &options, log, said), MILLRACE_OK) << said.text();
  const millrace_losses losses = losses_of(log);
  EXPECT_EQ(losses.whole, 0u);
  EXPECT_GT(losses.damaged, 0u);
  EXPECT_GT(losses.missing, 0u);
  EXPECT_EQ(losses.records, records);
  EXPECT_EQ(losses.missing + records, static_cast<std::uint64_t>(kRecords));
}

TEST(CLog, WhatCannotBeReadIsSaid) {
  TemporaryFolder folder;
  write_log(folder / "run", 10);
  Said said;
  CLog log;
  EXPECT_EQ(read(folder / "none", nullptr, log, said), MILLRACE_ERROR_NOT_FOUND) << said.text();
  auto options = sized<millrace_log_options>();
  options.run = "all";
  EXPECT_EQ(read(folder / "run", &options, log, said), MILLRACE_ERROR_INVALID_ARGUMENT);
  options.run = "xyz";
  EXPECT_EQ(read(folder / "run", &options, log, said), MILLRACE_ERROR_NOT_FOUND) << said.text();
  options = sized<millrace_log_options>();
  options.struct_size = 8;
  EXPECT_EQ(read(folder / "run", &options, log, said), MILLRACE_ERROR_INVALID_ARGUMENT);
  millrace_log* made = nullptr;
  EXPECT_EQ(millrace_log_read(nullptr, nullptr, &made, nullptr), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_log_read("run", nullptr, nullptr, nullptr), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(millrace_log_losses(nullptr, nullptr, nullptr), MILLRACE_ERROR_INVALID_ARGUMENT);
  millrace_log_free(nullptr);
}

}  // namespace
}  // namespace millrace
