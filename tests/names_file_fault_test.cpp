// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "fault_preload.hpp"
#include "log/names_file.hpp"
#include "log_run.hpp"

namespace millrace::log {
namespace {

Walked walk_names(const std::string& path) {
  Walked walked;
  const Walker walker(walked, path, true);
  return walked;
}

TEST(NamesFileFault, WhatCouldNotBeMadeLeavesNoFile) {
  for (const char* spec : {"openat:ENOSPC:1", "pwrite:ENOSPC:1", "pwrite:EIO:1"}) {
    TemporaryFolder dir;
    const Fault fault(spec);
    const auto names = NamesFile::create(dir.str(), test_header());
    ASSERT_FALSE(names) << spec;
    EXPECT_NE(names.error().message.find(dir.str()), std::string::npos) << names.error().message;
    EXPECT_EQ(dir.files().size(), 0u) << spec;
  }
}

// Whatever fails, and when: the file reads well after each call, with just the entries that the calls
// said were written.
TEST(NamesFileFault, AnEntryIsWholeOrNotThereAndTheNextTakesItsPlace) {
  int faults = 0;
  for (const char* call : {"pwrite", "ftruncate"}) {
    for (const char* what : {"ENOSPC", "EIO", "EDQUOT", "short", "EINTR"}) {
      if (std::string(call) == "ftruncate" && what[0] == 's') continue;
      for (int n = 1;; ++n) {
        TemporaryFolder dir;
        auto names = NamesFile::create(dir.str(), test_header()).value();
        const Fault fault((std::string(call) + ":" + what + ":" + std::to_string(n)).c_str());
        std::vector<std::string> written;
        for (std::uint16_t i = 0; i < 8; ++i) {
          // Long and short in turn: a short one over the rest of a long one shows that rest.
          const std::string text(i % 2 == 0 ? 30'000u : 5u, static_cast<char>('a' + i));
          if (names->name(NameKind::label, i, text)) written.push_back(text);
          const Walked walked = walk_names(names->path());
          ASSERT_EQ(walked.faults, std::vector<std::string>{}) << call << what << n;
          ASSERT_EQ(walked.names.size(), written.size());
        }
        const Walked walked = walk_names(names->path());
        for (std::size_t i = 0; i < written.size(); ++i) {
          ASSERT_EQ(walked.names[i].second.second, written[i]);
        }
        if (fault.fired() == 0) break;
        ++faults;
        const bool harmless = what[0] == 's' || std::string(what) == "EINTR";
        EXPECT_EQ(written.size(), harmless ? 8u : 7u) << call << what << n;
      }
    }
  }
  EXPECT_GT(faults, 100);
}

TEST(NamesFileFault, AHalfWrittenLongNameDoesNotShowBehindAShortOne) {
  TemporaryFolder dir;
  auto names = NamesFile::create(dir.str(), test_header()).value();
  {
    const Fault fault(
        "pwrite:short:1,pwrite:ENOSPC:3");  // half of the header, the text, then no more
    EXPECT_FALSE(names->name(NameKind::label, 1, std::string(20'000, 'x')));
    EXPECT_EQ(fault.fired(), 2u);
  }
  ASSERT_TRUE(names->name(NameKind::label, 2, "short"));
  const Walked walked = walk_names(names->path());
  EXPECT_EQ(walked.faults, std::vector<std::string>{});
  ASSERT_EQ(walked.names.size(), 1u);
  EXPECT_EQ(walked.names[0].second.second, "short");
}

TEST(NamesFileFault, FileSizeLimitIsAnErrorAndNoSignal) {
  TemporaryFolder dir;
  auto names = NamesFile::create(dir.str(), test_header()).value();
  ASSERT_TRUE(names->name(NameKind::label, 1, "one"));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit limit{5'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_FALSE(names->name(NameKind::label, 2, std::string(10'000, 'x')));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_TRUE(names->name(NameKind::label, 3, "three"));
  const Walked walked = walk_names(names->path());
  EXPECT_EQ(walked.faults, std::vector<std::string>{});
  EXPECT_EQ(walked.names.size(), 2u);
}

}  // namespace
}  // namespace millrace::log
