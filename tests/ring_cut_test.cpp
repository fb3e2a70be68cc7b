// SPDX-License-Identifier: Apache-2.0
//
// Somebody truncates the file of a ring under our feet: no signal, no wrong number, a word.
#include <chrono>

#include <gtest/gtest.h>
#include <unistd.h>

#include "millrace/millrace.hpp"

#include "ring_fixture.hpp"

namespace millrace {
namespace {

using detail::kBlockBytes;
using detail::RingKind;
using detail::RingMemory;

TEST(CutRing, SomebodyWhoTruncatesItKillsNobodyAndIsNoticed) {
  const TemporaryFolder dir;
  auto memory = RingMemory::map({RingKind::file, dir.str(), RunIdentity::make(random_id())}, 0, 4);
  ASSERT_TRUE(memory);
  EXPECT_FALSE(memory->cut());
  ASSERT_EQ(::truncate(memory->path().c_str(), 4'096), 0);
  memory->blocks()[3 * kBlockBytes] = std::byte{7};
  EXPECT_TRUE(memory->cut());
  EXPECT_EQ(memory->blocks()[3 * kBlockBytes], std::byte{7});
}

TEST(CutRing, AnEngineWhoseRingIsTruncatedFailsWithAWordAndRefusesPushes) {
  for (const off_t left : {0, 4'096, 8'192, 8'192 + 32'768 + 100}) {
    const TemporaryFolder dir;
    auto engine = Engine::open({.overflow = Overflow::wait,
                                .ring_blocks = 4,
                                .ring_records_min = 0,
                                .finish_at_exit = false,
                                .log_dir = dir.str() + "/log"})
                      .value();
    auto stream = engine.stream<SampleRecord>("samples").value();
    auto worker = stream.worker().value();
    for (int i = 0; i < 5'000; ++i) worker.push({.value = 1});
    for (const auto& file : std::filesystem::directory_iterator(dir.str() + "/log")) {
      if (!file.path().filename().string().starts_with("ring-")) continue;
      ASSERT_EQ(::truncate(file.path().c_str(), left), 0);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (worker.rejected().closed == 0 && std::chrono::steady_clock::now() < deadline) {
      worker.push({.value = 1});
    }
    EXPECT_NE(worker.rejected().closed, 0u) << left;
    const auto summary = engine.finish();
    ASSERT_FALSE(summary);
    EXPECT_EQ(summary.error().code, Errc::failed);
    EXPECT_NE(summary.error().message.find("truncated"), std::string::npos);
  }
}

}  // namespace
}  // namespace millrace
