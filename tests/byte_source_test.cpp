// SPDX-License-Identifier: Apache-2.0
//
// ByteSource: what comes out of plain, gzip and zstd inputs, whole and damaged, and of pipes.
#include "ingest/byte_source.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace millrace {
namespace {

class ByteSourceTest : public testing::Test {
 protected:
  ByteSourceTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ByteSourceTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& content) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::filesystem::path folder_;
};

std::string gzip(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(const std::string& plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3));
  return packed;
}

// Half noise, half repeats: packs a little.
std::string sample(std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random() % 2 ? 'a' : ' ' + random() % 90);
  return text;
}

struct Outcome {
  std::string bytes;
  std::string error;
};

Outcome read_all(const std::string& path, std::size_t step = 1000) {
  auto source = ByteSource::open(path);
  if (!source) return {"", source.error().message};
  Outcome outcome;
  std::vector<char> buffer(step);
  for (;;) {
    const std::size_t got = (*source)->read(buffer);
    outcome.bytes.append(buffer.data(), got);
    if (got < step) break;
  }
  EXPECT_EQ((*source)->read(buffer), 0u);
  if ((*source)->error()) outcome.error = (*source)->error()->message;
  return outcome;
}

TEST_F(ByteSourceTest, GivesTheSameBytesPlainAndPacked) {
  for (const std::size_t bytes : {0u, 1u, 3u, 4u, 5u, 65'535u, 65'536u, 65'537u, 1'000'000u}) {
    const std::string text = sample(bytes, 1);
    for (const std::string& content : {text, gzip(text), zstd(text)}) {
      for (const std::size_t step : {7u, 4096u, 3'000'000u}) {
        const Outcome outcome = read_all(file("x", content), step);
        EXPECT_TRUE(outcome.bytes == text) << bytes << " bytes by " << step;
        EXPECT_EQ(outcome.error, "");
      }
    }
  }
}

TEST_F(ByteSourceTest, UnpacksMembersAndFramesInARow) {
  const std::string a = sample(100'000, 1), b = sample(30, 2);
  EXPECT_TRUE(read_all(file("g", gzip(a) + gzip("") + gzip(b))).bytes == a + b);
  EXPECT_TRUE(read_all(file("z", zstd(a) + zstd("") + zstd(b))).bytes == a + b);
  const std::string skippable("\x51\x2a\x4d\x18\x04\0\0\0abcd", 12);
  EXPECT_TRUE(read_all(file("s", skippable + zstd(b))).bytes == b);
}

TEST_F(ByteSourceTest, IgnoresZerosBehindGzipAndNothingElse) {
  const std::string text = sample(5000, 3);
  const Outcome padded = read_all(file("p", gzip(text) + std::string(100'000, '\0')));
  EXPECT_EQ(padded.bytes, text);
  EXPECT_EQ(padded.error, "");

  const Outcome trailed = read_all(file("t", gzip(text) + "more"));
  EXPECT_EQ(trailed.bytes, text);
  EXPECT_NE(trailed.error.find("other bytes follow the gzip data"), std::string::npos);
}

TEST_F(ByteSourceTest, DeliversWhatUnpackedBeforeTheFileWasCutOff) {
  const std::string text = sample(400'000, 4);
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    for (std::size_t kept = 4; kept < packed.size(); kept += packed.size() / 23) {
      const Outcome outcome = read_all(file("cut", packed.substr(0, kept)));
      EXPECT_TRUE(text.starts_with(outcome.bytes));
      EXPECT_NE(outcome.error.find("the file is cut off"), std::string::npos) << outcome.error;
      // zlib lags by one block of its own, zstd by one of 128 KiB.
      EXPECT_GE(outcome.bytes.size() + 140'000, text.size() * kept / packed.size());
    }
  }
}

TEST_F(ByteSourceTest, ReportsCorruptData) {
  const std::string text = sample(400'000, 5);
  std::string packed = gzip(text);
  packed[packed.size() - 6] ^= 1;  // the checksum
  const Outcome outcome = read_all(file("bad.gz", packed));
  EXPECT_TRUE(outcome.bytes == text);
  EXPECT_NE(outcome.error.find("(gzip)"), std::string::npos);
  EXPECT_NE(outcome.error.find("incorrect data check"), std::string::npos);

  std::string frames = zstd(text) + zstd(text);
  frames[frames.size() / 2 + 20'000] ^= 0x55;
  const Outcome second = read_all(file("bad.zst", frames + "junk"));
  EXPECT_TRUE(second.bytes.starts_with(text));
  EXPECT_NE(second.error.find("(zstd)"), std::string::npos) << second.error;
}

TEST_F(ByteSourceTest, RefusesHugeZstdWindows) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 28);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string packed(1000, '\0');
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  ZSTD_inBuffer in{"abc", 3, 0};
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);  // the size is not known in advance
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  packed.resize(out.pos);

  EXPECT_NE(read_all(file("w", packed)).error.find("window above 128 MiB"), std::string::npos);
}

TEST_F(ByteSourceTest, SaysWhyAnInputCannotBeOpened) {
  const std::string missing = (folder_ / "none").string();
  EXPECT_EQ(read_all(missing).error, "cannot open '" + missing + "': No such file or directory");
  EXPECT_EQ(ByteSource::open(missing).error().code, Errc::not_found);
  EXPECT_EQ(read_all(folder_.string()).error,
            "cannot open '" + folder_.string() + "': Is a directory");
  if (::geteuid() != 0) {
    const std::string secret = file("secret", "x");
    ::chmod(secret.c_str(), 0);
    EXPECT_EQ(read_all(secret).error, "cannot open '" + secret + "': Permission denied");
  }
}

TEST_F(ByteSourceTest, PeeksWithoutLosingBytes) {
  const std::string text = sample(200'000, 6);
  for (const std::string& content : {text, gzip(text), zstd(text)}) {
    auto source = ByteSource::open(file("peek", content)).value();
    EXPECT_EQ(source->peek(3), text.substr(0, 3));
    std::string got(10, '\0');
    EXPECT_EQ(source->read(got), 10u);
    EXPECT_TRUE(source->peek(1 << 20) == text.substr(10, ByteSource::kPeekBytesMax));
    std::string rest(text.size(), '\0');
    EXPECT_EQ(source->read(rest), text.size() - 10);
    EXPECT_TRUE(got + rest.substr(0, text.size() - 10) == text);
    EXPECT_EQ(source->peek(5), "");
  }
}

TEST_F(ByteSourceTest, ReadsAFifoWrittenInDribbles) {
  const std::string path = (folder_ / "fifo").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const std::string text = sample(300'000, 7);
  const std::string packed = gzip(text);
  std::thread writer([&] {
    std::FILE* f = std::fopen(path.c_str(), "wb");
    for (std::size_t at = 0; at < packed.size(); at += 10'007) {
      std::fwrite(packed.data() + at, 1, std::min<std::size_t>(10'007, packed.size() - at), f);
      std::fflush(f);
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    std::fclose(f);
  });
  const Outcome outcome = read_all(path, 100'000);
  writer.join();
  EXPECT_TRUE(outcome.bytes == text);
  EXPECT_EQ(outcome.error, "");
}

TEST_F(ByteSourceTest, StopsWhileAPipeIsSilentOrHasNoWriter) {
  const std::string path = (folder_ / "silent").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::atomic<bool> stop{false};
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop = true;
  });
  const auto begun = std::chrono::steady_clock::now();
  auto source = ByteSource::open(path, &stop).value();
  char byte = 0;
  EXPECT_EQ(source->read({&byte, 1}), 0u);
  stopper.join();
  EXPECT_FALSE(source->error());
  EXPECT_TRUE(source->stopped());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST_F(ByteSourceTest, EndsPackedFilesQuietlyOnAStop) {
  const std::string text = sample(1'000'000, 8);
  for (const std::string& packed : {gzip(text), zstd(text)}) {
    std::atomic<bool> stop{false};
    auto source = ByteSource::open(file("stop", packed), &stop).value();
    std::string some(10'000, '\0');
    source->read(some);
    stop = true;
    std::string rest(2'000'000, '\0');
    EXPECT_LT(source->read(rest), 990'000u);
    EXPECT_FALSE(source->error());
  }
}

}  // namespace
}  // namespace millrace
