// SPDX-License-Identifier: Apache-2.0
//
// How a function of the C interface ends: what it returns as a Result becomes a code and a text, and what it
// throws, too.
//
//   int millrace_flush(millrace_engine* engine, millrace_error* error) {
//     return outcome(error, [&]() -> Result<void> {
//       if (auto all = given("millrace_flush", {{"engine", engine}}); !all) return all;
//       return engine->engine.flush();
//     });
//   }
#pragma once

#include <initializer_list>
#include <utility>

#include "millrace/c/base.h"
#include "millrace/result.hpp"

#include "record/caught.hpp"

namespace millrace::c_api {

/// Fills in the caller's struct; nullptr: it went well.
void tell(millrace_error* to, const Error* what) noexcept;

int code_of(Errc code) noexcept;

/// `call` returns Result<void>.
template <typename Call>
int outcome(millrace_error* error, const Call& call) noexcept {
  const Result<void> done = caught(call);
  tell(error, done ? nullptr : &done.error());
  return done ? MILLRACE_OK : code_of(done.error().code);
}

/// That none of these arguments of `function` is NULL.
Result<void> given(const char* function,
                   std::initializer_list<std::pair<const char*, const void*>> arguments);

/// `value` as one of the constants 0 .. last; `what` names it in the error.
Result<void> within(const char* what, std::uint64_t value, std::uint64_t last);

}  // namespace millrace::c_api
