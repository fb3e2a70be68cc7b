// SPDX-License-Identifier: Apache-2.0
//
// LogBytes: segments of a log made byte by byte from docs/log-format.md, without the writer and
// without its structs: what reads them is tested against the document.
//
//   LogBytes log({.run = 7});
//   log.stream(1, 24).name(2, 3, "chat");             // NAMES frames
//   log.data(1, 0, 100);                              // worker 1, its records 0 to 99
//   log.end(true);
//   write_file(path, log.bytes);
//
// Every frame is noted in `frames`; PAD frames come where a frame does not fit its stripe.
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "millrace/record.hpp"

#include "log/stream_text.hpp"
#include "record/crc32c.hpp"

namespace millrace::log {

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

class LogBytes {
 public:
  static constexpr std::size_t kHeader = 4096, kStripe = 65536, kFrameHeader = 64;
  enum Type : unsigned { kData = 1, kNames, kAccount, kPad, kEnd };

  struct File {
    char log_id = 'L';  // sixteen times
    std::uint64_t segment = 1, run = 7, run_index = 0;
    std::uint64_t segment_bytes = 1 << 20;
    std::uint32_t kind = 1;
  };
  struct Made {
    Type type;
    std::size_t offset, bytes;
    std::uint64_t record_no;
    std::uint32_t n;
    std::uint32_t worker;
    std::uint64_t worker_seq;
  };
  /// What a frame's header claims.
  struct Claims {
    Type type = kData;
    std::uint64_t record_no = 0, worker_seq = 0;
    std::uint32_t worker = 0, stream = 0, flags = 0, n = 0, record_size = 0;
    std::int64_t taken_ns = 0;
    std::uint64_t unlogged = 0;
  };

  LogBytes() : LogBytes(File()) {}
  explicit LogBytes(const File& file) : file_(file), bytes(kHeader, '\0') {
    bytes.replace(0, 8, "\x89MLR\r\n\x1A\n", 8);
    put(8, 1, 2);            // major
    put(12, 0x01020304, 4);  // byte order
    put(16, kHeader, 4);
    put(20, kStripe, 4);
    put(24, file.segment_bytes, 8);
    std::memset(bytes.data() + 48, file.log_id, 16);
    put(64, file.segment, 8);
    put(72, file.run, 8);
    put(80, file.run_index, 8);
    put(88, 1'700'000'000'000'000'000, 8);  // opened, since 1970
    put(96, 1'000, 8);                      // and by the monotonic clock
    std::memset(bytes.data() + 104, 'B', 16);
    put(120, 4242, 4);  // pid
    put(124, file.kind, 4);
    put(128, 99, 8);  // its start
    bytes.replace(400, 12, "log_bytes 1\0", 12);
    seal_header();
  }

  LogBytes& stream(std::uint16_t number, std::uint32_t record_size) {
    return name(1, number, stream_text(record_size));
  }
  LogBytes& name(unsigned kind, std::uint16_t number, const std::string& text) {
    return frame({.type = kNames, .record_no = records_of_run, .n = 1}, entry(kind, number, text));
  }
  LogBytes& account(std::uint32_t worker, std::uint64_t accepted, std::uint64_t full = 0) {
    std::string payload(40, '\0');
    put_in(payload, 0, worker, 4);
    put_in(payload, 4, 1, 4);
    put_in(payload, 8, accepted, 8);
    put_in(payload, 16, full, 8);
    return frame({.type = kAccount, .record_no = records_of_run, .n = 1}, payload);
  }
  LogBytes& data(std::uint32_t worker, std::uint64_t seq, std::uint32_t n, std::uint32_t size = 24,
                 std::uint16_t stream_number = 1) {
    std::string payload;
    for (std::uint32_t i = 0; i < n; ++i) payload += record(worker, seq + i, size);
    frame({.record_no = records_of_run,
           .worker_seq = seq,
           .worker = worker,
           .stream = stream_number,
           .n = n,
           .record_size = size,
           .taken_ns = static_cast<std::int64_t>(2'000 + records_of_run)},
          payload);
    records += n;
    records_of_run += n;
    return *this;
  }
  LogBytes& end(bool final, std::uint64_t next_segment = 0) {
    make_room(128);
    std::string payload(64, '\0');
    put_in(payload, 0, records, 8);
    put_in(payload, 8, records_of_run, 8);
    put_in(payload, 24, 9'000, 8);  // finished
    put_in(payload, 32, frames.size(), 4);
    put_in(payload, 36, frames_crc(), 4);
    put_in(payload, 40, next_segment, 8);
    return frame({.type = kEnd, .record_no = records_of_run, .flags = final ? 1u : 0u}, payload);
  }
  LogBytes& pad_stripe() {
    const std::size_t left = kStripe - bytes.size() % kStripe;
    return left == kStripe ? *this : raw({.type = kPad, .record_no = records_of_run}, "", left);
  }
  /// As in a killed process: the file goes on in zeros.
  LogBytes& zeros(std::size_t until) {
    bytes.resize(std::max(bytes.size(), until), '\0');
    return *this;
  }

  LogBytes& frame(const Claims& claims, const std::string& payload) {
    const std::size_t length = kFrameHeader + (payload.size() + 63) / 64 * 64;
    make_room(length);
    return raw(claims, payload, length);
  }
  /// Without a look at the stripe; `length` of the frame as it is claimed and made.
  LogBytes& raw(const Claims& claims, const std::string& payload, std::size_t length) {
    const std::size_t at = bytes.size();
    bytes.resize(at + std::max(length, kFrameHeader + payload.size()), '\0');
    put(at, std::uint64_t{0x6D6C7266} << 32 | std::uint64_t{claims.type} << 28 | length / 64, 8);
    put(at + 8, claims.record_no, 8);
    put(at + 16, claims.worker_seq, 8);
    put(at + 24, claims.worker, 4);
    put(at + 28, claims.stream, 2);
    put(at + 30, claims.flags, 2);
    put(at + 32, claims.n, 4);
    put(at + 36, claims.record_size, 4);
    put(at + 40, static_cast<std::uint64_t>(claims.taken_ns), 8);
    put(at + 48, claims.unlogged, 8);
    put(at + 56, crc32c(payload.data(), payload.size()), 4);
    std::memcpy(bytes.data() + at + kFrameHeader, payload.data(), payload.size());
    seal_frame(at);
    frames.push_back(
        {claims.type, at, length, claims.record_no, claims.n, claims.worker, claims.worker_seq});
    return *this;
  }

  void seal_header() { put(4092, crc32c(bytes.data(), 4092), 4); }
  /// Makes the checksum of the header at `at` right.
  void seal_frame(std::size_t at) {
    std::string salt(32, '\0');
    std::memcpy(salt.data(), bytes.data() + 48, 16);
    std::memcpy(salt.data() + 16, bytes.data() + 64, 8);
    put_in(salt, 24, at, 8);
    put(at + 60, crc32c(bytes.data() + at, 60, crc32c(salt.data(), salt.size())), 4);
  }
  void put(std::size_t at, std::uint64_t value, std::size_t n) { put_in(bytes, at, value, n); }
  static void put_in(std::string& to, std::size_t at, std::uint64_t value, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) to[at + i] = static_cast<char>(value >> 8 * i);
  }

  static std::string entry(unsigned kind, std::uint16_t number, const std::string& text) {
    std::string made(8, '\0');
    put_in(made, 0, kind, 1);
    put_in(made, 2, number, 2);
    put_in(made, 4, text.size(), 4);
    made += text;
    made.resize((made.size() + 7) / 8 * 8, '\0');
    return made;
  }
  /// Tells its worker and number, so that no invented record passes for a real one.
  static std::string record(std::uint32_t worker, std::uint64_t seq, std::uint32_t size) {
    std::string made(size, static_cast<char>('a' + seq % 26));
    put_in(made, 0, seq, 8);
    put_in(made, 8, std::uint64_t{worker} * 0x9E3779B97F4A7C15u ^ seq, 8);
    return made;
  }
  static std::string stream_text(std::uint32_t record_size) {
    StreamText stream;
    stream.name = "stream of " + std::to_string(record_size);
    stream.schema = sample_schema("value", Unit::none).value();
    stream.schema.record_size = record_size;
    stream.schema.status.reset();
    stream.schema.label.reset();
    stream.schema.fields.clear();
    for (std::uint32_t at = 8; at < record_size; at += 8) {
      stream.schema.fields.push_back({"word " + std::to_string(at), {at, FieldType::u64}});
    }
    return to_text(stream);
  }

 private:
  void make_room(std::size_t length) {
    if (kStripe - bytes.size() % kStripe < length) pad_stripe();
  }
  std::uint32_t frames_crc() const {
    std::uint32_t crc = 0;
    for (const Made& made : frames) crc = crc32c(bytes.data() + made.offset + 60, 4, crc);
    return crc;
  }

  File file_;

 public:
  std::string bytes;
  std::vector<Made> frames;
  std::uint64_t records = 0;         // in this segment
  std::uint64_t records_of_run = 0;  // until here; set it for a later segment
};

}  // namespace millrace::log
