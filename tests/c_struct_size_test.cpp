// SPDX-License-Identifier: Apache-2.0
//
// Structs of the C interface that come from a caller compiled with another version of it.
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "c_api/struct_size.hpp"
#include "c_handles.hpp"

namespace millrace {
namespace {

using c_api::kFirstSize;
using c_api::put;
using c_api::taken;

// A struct of the next version, as its caller sees it.
template <typename T>
struct Newer {
  T known;
  std::uint64_t further = 0;
  std::uint64_t guard = 0x5555;
  explicit Newer(T of) : known(of) { known.struct_size = offsetof(Newer, guard); }
};

// As if the library's struct had grown by a field since the caller was compiled.
struct Grown {
  std::size_t struct_size;
  std::uint64_t old;
  std::uint64_t added;
};

}  // namespace

template <>
inline constexpr std::size_t c_api::kFirstSize<Grown> = 16;

namespace {

TEST(CStructSize, AnOlderCallersStructHasDefaultsAndKeepsItsEnd) {
  Grown given{.struct_size = 16, .old = 3, .added = 999};  // the caller knows nothing of `added`
  const auto read = taken("Grown", &given, Grown{.struct_size = 0, .old = 1, .added = 7});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->old, 3u);
  EXPECT_EQ(read->added, 7u);
  ASSERT_TRUE(put("Grown", Grown{.struct_size = 0, .old = 4, .added = 5}, &given));
  EXPECT_EQ(given.struct_size, 16u);
  EXPECT_EQ(given.old, 4u);
  EXPECT_EQ(given.added, 999u);
}

TEST(CStructSize, ANewerCallersStructIsTakenIfItSetNothingNew) {
  millrace_options options;
  ASSERT_EQ(millrace_options_init(&options, sizeof options), MILLRACE_OK);
  Newer newer(options);
  millrace_engine* engine = nullptr;
  Said said;
  ASSERT_EQ(millrace_open(&newer.known, &engine, &said.error), MILLRACE_OK) << said.text();
  const CEngine opened(engine);
  newer.further = 1;
  EXPECT_EQ(millrace_open(&newer.known, &engine, &said.error), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_NE(said.text().find("does not know"), std::string::npos) << said.text();
  EXPECT_EQ(engine, nullptr);

  Newer memory(millrace_memory{});
  memory.further = 77;
  ASSERT_EQ(millrace_memory_bound(opened.get(), &memory.known, nullptr), MILLRACE_OK);
  EXPECT_EQ(memory.further, 0u);  // what the library does not know is zero
  EXPECT_EQ(memory.guard, 0x5555u);

  alignas(millrace_options) std::byte bytes[sizeof(millrace_options) + 16];
  std::memset(bytes, 0x55, sizeof bytes);
  auto* larger = reinterpret_cast<millrace_options*>(bytes);
  ASSERT_EQ(millrace_options_init(larger, sizeof(millrace_options) + 8), MILLRACE_OK);
  EXPECT_EQ(bytes[sizeof(millrace_options)], std::byte{0});
  EXPECT_EQ(bytes[sizeof(millrace_options) + 8], std::byte{0x55});
}

TEST(CStructSize, SizesThatNoVersionHadAreErrors) {
  const CEngine engine = c_open();
  millrace_stream* stream = c_stream(engine, "values", MILLRACE_RECORD_SAMPLE);
  const CWorker worker = c_worker(stream, sizeof(millrace_sample_record));
  millrace_snapshot* taken_handle = nullptr;
  ASSERT_EQ(millrace_snapshot_take(engine.get(), &taken_handle, nullptr), MILLRACE_OK);
  const CSnapshot snapshot(taken_handle);
  const CSummary summary = c_finish(engine);
  const millrace_query query = c_query("values", "value");

  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{8}, std::size_t{5000}, ~std::size_t{0}}) {
    SCOPED_TRACE(size);
    const int invalid = MILLRACE_ERROR_INVALID_ARGUMENT;
    const auto of_size = [&](auto zero) {
      zero.struct_size = size;
      return zero;
    };
    Said said;
    auto options = of_size(millrace_options{});
    millrace_engine* opened = nullptr;
    EXPECT_EQ(millrace_options_init(&options, size), invalid);
    EXPECT_EQ(millrace_open(&options, &opened, &said.error), invalid);
    EXPECT_NE(said.text().find("struct_size"), std::string::npos) << said.text();
    const auto stream_options = of_size(millrace_stream_options{});
    millrace_stream* more = nullptr;
    EXPECT_EQ(millrace_stream_open(engine.get(), "more", c_schema(MILLRACE_RECORD_SAMPLE).get(),
                                   &stream_options, &more, nullptr),
              invalid);
    const auto limit = of_size(millrace_limit{});
    auto limited = sized<millrace_stream_options>();
    limited.goodput = &limit;
    limited.goodput_size = 2;
    EXPECT_EQ(millrace_stream_open(engine.get(), "more", c_schema(MILLRACE_RECORD_SAMPLE).get(),
                                   &limited, &more, nullptr),
              invalid);
    auto memory = of_size(millrace_memory{});
    EXPECT_EQ(millrace_memory_bound(engine.get(), &memory, nullptr), invalid);
    auto rejected = of_size(millrace_rejected{});
    EXPECT_EQ(millrace_worker_rejected(worker.get(), &rejected, nullptr), invalid);
    auto accounting = of_size(millrace_accounting{});
    EXPECT_EQ(millrace_snapshot_accounting(snapshot.get(), &accounting, nullptr), invalid);
    EXPECT_EQ(millrace_summary_accounting(summary.get(), &accounting, nullptr), invalid);
    auto stream_numbers = of_size(millrace_stream_numbers{});
    EXPECT_EQ(millrace_snapshot_stream(snapshot.get(), &query, &stream_numbers, nullptr), invalid);
    EXPECT_EQ(millrace_summary_stream(summary.get(), &query, &stream_numbers, nullptr), invalid);
    auto metric_numbers = of_size(millrace_metric_numbers{});
    EXPECT_EQ(millrace_snapshot_metric(snapshot.get(), &query, &metric_numbers, nullptr), invalid);
    EXPECT_EQ(millrace_summary_metric(summary.get(), &query, &metric_numbers, nullptr), invalid);
    auto wrong_query = query;
    wrong_query.struct_size = size;
    auto good_numbers = sized<millrace_metric_numbers>();
    EXPECT_EQ(millrace_snapshot_metric(snapshot.get(), &wrong_query, &good_numbers, nullptr),
              invalid);
    EXPECT_EQ(millrace_summary_metric(summary.get(), &wrong_query, &good_numbers, nullptr),
              invalid);
    const auto report_options = of_size(millrace_report_options{});
    char* text = nullptr;
    EXPECT_EQ(millrace_summary_report(summary.get(), &report_options, &text, nullptr, nullptr),
              invalid);
    EXPECT_EQ(text, nullptr);
    const auto replay_options = of_size(millrace_replay_options{});
    millrace_summary* replayed = nullptr;
    const char* const inputs[] = {"nowhere"};
    EXPECT_EQ(millrace_replay(inputs, 1, &replay_options, &replayed, nullptr), invalid);
  }
}

TEST(CStructSize, AnErrorOfAnySizeIsNotWrittenBeyondIt) {
  struct {
    millrace_error error = MILLRACE_ERROR_INIT;
  } small;
  std::memset(small.error.message, 'x', sizeof small.error.message);
  small.error.struct_size = 24;  // eight bytes of text
  EXPECT_EQ(millrace_flush(nullptr, &small.error), MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(small.error.code, MILLRACE_ERROR_INVALID_ARGUMENT);
  EXPECT_STREQ(small.error.message, "millrac");
  EXPECT_EQ(small.error.message[8], 'x');
  for (const std::size_t size : {0u, 23u}) {  // taken for NULL
    small.error.struct_size = size;
    small.error.code = 55;
    EXPECT_EQ(millrace_flush(nullptr, &small.error), MILLRACE_ERROR_INVALID_ARGUMENT);
    EXPECT_EQ(small.error.code, 55);
  }
}

TEST(CStructSize, ALongTextIsCutBetweenCharacters) {
  std::string name;
  while (name.size() < 600) name += "ä";
  millrace_schema* made = nullptr;
  ASSERT_EQ(millrace_schema_new(name.c_str(), 24, &made, nullptr), MILLRACE_OK);
  const CSchema schema(made);
  for (const std::size_t size : {sizeof(millrace_error), sizeof(millrace_error) - 1}) {
    Said said;
    said.error.struct_size = size;
    EXPECT_EQ(millrace_schema_check(made, &said.error), MILLRACE_ERROR_INVALID_ARGUMENT);
    const std::string text = said.text();
    EXPECT_GE(text.size(), size - 16 - 2);
    EXPECT_LT(text.size(), size - 16);
    EXPECT_EQ(text.substr(text.size() - 2), "ä");
  }
}

TEST(CStructSize, VersionOneHadTheseSizes) {
  EXPECT_EQ(kFirstSize<millrace_options>, 160u);
  EXPECT_EQ(kFirstSize<millrace_stream_options>, 88u);
  EXPECT_EQ(kFirstSize<millrace_query>, 40u);
  EXPECT_EQ(kFirstSize<millrace_metric_numbers>, 112u);
  EXPECT_EQ(sizeof(millrace_error), 512u);
}

}  // namespace
}  // namespace millrace
