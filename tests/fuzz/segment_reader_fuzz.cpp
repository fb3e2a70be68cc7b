// SPDX-License-Identifier: Apache-2.0
//
// SegmentReader over a file of any bytes.
#include "log/segment_reader.hpp"

#include "fuzz_file.hpp"
#include "log/run_scan.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  static FuzzFile file;
  const auto reader = log::SegmentReader::open(file.put(data, size));
  if (!reader) return 0;
  std::uint64_t next = log::kHeaderBytes;
  log::PartScan part;
  while (const auto frame = (*reader)->next()) {
    require(frame->offset >= next && frame->offset < size, "frames come in order, inside the file");
    require(frame->offset % log::kFrameAlign == 0, "frames are aligned");
    next = frame->offset + log::bytes_of(frame->header.commit);
    part.add(*frame, (*reader)->name());
  }
  part.close(**reader);
  require((*reader)->tail() != log::SegmentReader::Tail::unread, "a file ends");
  return 0;
}
