// SPDX-License-Identifier: Apache-2.0
//
// SegmentReader and the scans behind the checksums: the input stands behind a good header, and what looks
// like a frame gets its magic and both checksums. So the fuzzer meets the limits, not the CRCs.
#include <algorithm>
#include <cstring>
#include <string>

#include "fuzz_file.hpp"
#include "log/frame_check.hpp"
#include "log/run_scan.hpp"
#include "log/segment_reader.hpp"
#include "record/crc32c.hpp"
#include "record/slice.hpp"

namespace millrace::log {
namespace {

SegmentHeader header_of(std::uint8_t choice) {
  RunIdentity identity;
  identity.log_id.fill(7);
  identity.run = 1;
  SegmentHeader header =
      make_header(identity, choice % 8 == 7 ? FileKind::names : FileKind::segment);
  header.segment = 3;
  header.segment_bytes = 1 << 20;
  seal(header);
  return header;
}

// Gives the frame at `at` its checksums; how far the next may stand.
std::size_t repair(std::string& bytes, std::size_t at, const SegmentHeader& file) {
  FrameHeader header;
  std::memcpy(&header, bytes.data() + at, sizeof header);
  if ((header.commit & 0xFFFF'FFFF) == 0) return kFrameAlign;
  header.commit = std::uint64_t{kCommitMagic} << 32 | (header.commit & 0xFFFF'FFFF);
  const std::size_t length = std::min<std::size_t>(bytes_of(header.commit), bytes.size() - at);
  if (length >= sizeof header) {
    const auto body = std::as_bytes(std::span(bytes)).subspan(at, length).subspan(sizeof header);
    header.payload_crc = crc32c(body.data(), payload_bytes(header, body));
  }
  header.header_crc = header_crc(header, frame_seed(file.log_id, file.segment, at));
  std::memcpy(bytes.data() + at, &header, sizeof header);
  return std::max<std::size_t>(length / kFrameAlign, 1) * kFrameAlign;
}

void check(const Frame& frame) {
  const FrameHeader& header = frame.header;
  if (frame.type() != FrameType::data) return;
  require(header.n >= 1 && header.n <= kSliceRecordsMax, "1 to 2,048 records");
  require(frame.payload.size() == std::size_t{header.n} * header.record_size, "whole records");
}

void scan(const std::string& path) {
  const auto reader = SegmentReader::open(path).value();
  PartScan part;
  std::uint64_t records = 0;
  while (const auto frame = reader->next()) {
    check(*frame);
    // Every byte is looked at, so that a bad bound is a bad read.
    (void)crc32c(frame->payload.data(), frame->payload.size());
    if (part.add(*frame, reader->name())) {
      records += frame->header.n;
      const auto stream = part.names.streams.find(frame->header.stream);
      require(stream != part.names.streams.end() &&
                  stream->second.schema.record_size == frame->header.record_size,
              "what is accumulated has a schema of its size");
    }
  }
  part.close(*reader);
  require(part.records == records, "records are counted once");
  require(reader->damages().size() <= kDamagesMax && part.damages.size() <= kDamagesMax,
          "lists of damages are bounded");
  RunScan run;
  run.add(part, 0);
  run.add(part, 5);
  require(run.records == 2 * records, "parts add up");
  (void)run.lost();
}

}  // namespace
}  // namespace millrace::log

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace::log;
  static millrace::FuzzFile file;
  if (size == 0) return 0;
  const SegmentHeader header = header_of(data[0]);
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes.append(reinterpret_cast<const char*>(data + 1), size - 1);
  for (std::size_t at = kHeaderBytes; at + sizeof(FrameHeader) <= bytes.size();) {
    at += repair(bytes, at, header);
  }
  scan(file.put(bytes.data(), bytes.size()));
  return 0;
}
