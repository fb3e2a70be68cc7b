// SPDX-License-Identifier: Apache-2.0
//
// Result: what a call that can fail returns. No exception leaves the library, but for std::bad_alloc from
// the queries of a Summary, which return containers.
//
//   auto engine = millrace::Engine::open({});
//   if (!engine) {
//     std::fprintf(stderr, "%s\n", engine.error().message.c_str());
//     return 1;
//   }
//
// Users who prefer exceptions call .value(), which throws tl::bad_expected_access on an error.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace millrace {

enum class Errc {
  invalid_argument,  // an option, a schema or a call that cannot be served as it is
  not_found,         // a file, a stream, a metric that is not there
  io,                // the operating system refused; the message holds its words
  format,            // bytes that are not what they should be
  limit,             // a stated bound was reached
  out_of_memory,
  closed,  // the engine is finished
  failed,  // the aggregator stopped on an error; the message says which
};

/// `message` is one line: what, where, and what to do.
struct Error {
  Errc code = Errc::failed;
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> failure(Errc code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace millrace
