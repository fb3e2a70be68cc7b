// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer entry point: a ring's file with hostile words and block headers, read as recovery reads it.
//
// Input: one byte of how, one of the number of blocks, then the bytes of RingWords and of one header a
// block, each where the file has it. With `how` even the file's own header is good, so that what lies
// behind its checksum is reached; odd: the input is the file as it is. Held: a frame is never longer than
// its block, records of a worker never come twice or backwards, and no more come than were announced.
#include "transport/ring_file.hpp"

#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include "millrace/block.hpp"

#include "fuzz_file.hpp"
#include "log/ring_reader.hpp"

namespace {

using namespace millrace;

constexpr std::size_t kBlocksMax = 4;

const RunIdentity& identity() {
  static const RunIdentity run = RunIdentity::make({});
  return run;
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  std::uint8_t byte() {
    std::uint8_t value = 0;
    take(&value, 1);
    return value;
  }
  void take(void* to, std::size_t n) {
    const std::size_t got = n < left_ ? n : left_;
    if (got != 0) std::memcpy(to, data_, got);
    data_ += got;
    left_ -= got;
  }
  [[nodiscard]] std::size_t left() const { return left_; }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

std::vector<std::byte> file_of(Input input) {
  if (input.byte() % 2 != 0) {
    std::vector<std::byte> all(input.left());
    input.take(all.data(), all.size());
    return all;
  }
  const std::uint32_t blocks = input.byte() % (kBlocksMax + 1);
  std::vector<std::byte> file(detail::kRingBlocksAt + blocks * detail::kBlockBytes);
  const detail::RingFileHeader header = detail::make_ring_header(identity(), 0, blocks);
  std::memcpy(file.data(), &header, sizeof header);
  input.take(file.data() + detail::kRingPageBytes, sizeof(detail::RingWords));
  for (std::uint32_t i = 0; i < blocks; ++i) {
    std::byte* block = file.data() + detail::kRingBlocksAt + i * detail::kBlockBytes;
    input.take(block, sizeof(detail::BlockHeader));
    // The run is 64 random bits: what is wrong elsewhere would never be reached.
    if (input.byte() % 8 != 0) {
      std::memcpy(block + offsetof(detail::BlockHeader, run), &identity().run,
                  sizeof identity().run);
    }
  }
  return file;
}

void read_rings(const log::RunFiles& run, const log::RunScan& scan) {
  auto rings = log::RingReader::open(run, scan);
  require(rings.has_value(), "open");
  std::map<std::uint32_t, std::uint64_t> next = scan.logged_until;
  std::uint64_t records = 0;
  while (const auto frame = (*rings)->next()) {
    const log::FrameHeader& header = frame->header;
    require(frame->payload.size() <= log::kPayloadBytesMax, "a frame longer than a stripe");
    if (frame->type() != log::FrameType::data) continue;
    require(header.n != 0 && header.n <= detail::block_capacity(header.record_size), "n");
    require(frame->payload.size() == std::size_t{header.n} * header.record_size, "payload");
    std::uint64_t& expected = next[header.worker];
    require(header.worker_seq >= expected, "records come twice");
    require(header.record_no == records, "records are not numbered on");
    expected = header.worker_seq + header.n;
    records += header.n;
  }
  require(records == (*rings)->records(), "records announced and given differ");
  require((*rings)->damages().size() <= log::kDamagesMax, "damages without bound");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static FuzzFile file;
  const std::vector<std::byte> bytes = file_of(Input(data, size));
  const log::RunFiles run{identity(), {}, {}, {file.put(bytes.data(), bytes.size())}};
  log::RunScan scan;
  read_rings(run, scan);
  scan.logged_until[1] = 100;
  scan.logged_until[2] = std::uint64_t{1} << 62;
  read_rings(run, scan);
  return 0;
}
