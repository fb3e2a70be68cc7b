// SPDX-License-Identifier: Apache-2.0
//
// The border at which an exception, a lack of memory as a rule, becomes an error.
#pragma once

#include "millrace/result.hpp"

namespace millrace {

/// The exception that is being handled, as an error. Needs no memory.
[[nodiscard]] Error caught_error() noexcept;

/// What `call` returns, a Result; what it throws is its error.
template <typename Call>
auto caught(const Call& call) noexcept -> decltype(call()) {
  try {
    return call();
  } catch (...) {
    return tl::unexpected(caught_error());
  }
}

}  // namespace millrace
