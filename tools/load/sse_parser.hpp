// SPDX-License-Identifier: Apache-2.0
//
// SseParser: server-sent events out of a stream of bytes that may be cut anywhere.
//
//   SseParser parser;
//   const bool fine = parser.feed(bytes, [](std::string& data) { .. });
//
// Method   The event stream format of the HTML standard, section 9.2.6: lines end in LF, CR or CRLF; a leading byte
//          order mark, comments and fields other than data are passed over; the data lines of an event
//          are joined by LF; an empty line ends the event, and one without data is none. What the stream
//          ends in without an empty line is no event.
// Memory   An event of more than kEventBytesMax is an error, not a reason to grow.
// Threads  One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::load {

class SseParser {
 public:
  static constexpr std::size_t kEventBytesMax = std::size_t{1} << 20;

  /// Gives each event that `bytes` completes to `on_event(std::string& data)`, which may change it.
  /// False: an event is too long; nothing further is taken before reset().
  template <typename OnEvent>
  [[nodiscard]] bool feed(std::string_view bytes, OnEvent&& on_event) {
    while (!bytes.empty()) {
      if (!take_line(bytes)) return false;
      if (line_is_whole_ && end_line()) {
        on_event(data_);
        data_.clear();
      }
    }
    return true;
  }
  /// The next byte is the first of another stream.
  void reset() noexcept;

 private:
  bool take_line(std::string_view& bytes);
  bool end_line();

  std::string line_, data_;
  bool line_is_whole_ = false;
  bool has_data_ = false;
  bool after_cr_ = false;  // an LF that follows belongs to the line's end
  bool first_line_ = true;
  bool too_long_ = false;
};

}  // namespace millrace::load
