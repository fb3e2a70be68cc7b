// SPDX-License-Identifier: Apache-2.0
#include "record/caught.hpp"

#include <exception>
#include <new>

namespace millrace {

// Texts of at most 15 bytes: a string holds them without memory.
Error caught_error() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return {Errc::out_of_memory, "out of memory"};
  } catch (const std::exception& e) {
    try {
      return {Errc::failed, e.what()};
    } catch (...) {
      return {Errc::failed, "unknown error"};
    }
  } catch (...) {
    return {Errc::failed, "unknown error"};
  }
}

}  // namespace millrace
