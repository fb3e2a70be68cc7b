// SPDX-License-Identifier: Apache-2.0
//
// The version of these headers, for the preprocessor: meson.build holds that it is the project's. millrace_version()
// (millrace/c/base.h) and millrace::version() (millrace/version.hpp) are the library's.
//
//   #if MILLRACE_VERSION_NUMBER >= 10200    /* 1.2.0 */
#ifndef MILLRACE_C_VERSION_H
#define MILLRACE_C_VERSION_H

#define MILLRACE_VERSION_MAJOR 0
#define MILLRACE_VERSION_MINOR 1
#define MILLRACE_VERSION_PATCH 0

#define MILLRACE_VERSION_NUMBER \
  (MILLRACE_VERSION_MAJOR * 10000 + MILLRACE_VERSION_MINOR * 100 + MILLRACE_VERSION_PATCH)

#define MILLRACE_VERSION_WORD_OF(number) #number
#define MILLRACE_VERSION_WORD(number) MILLRACE_VERSION_WORD_OF(number)
/// "0.1.0"
#define MILLRACE_VERSION                                                       \
  MILLRACE_VERSION_WORD(MILLRACE_VERSION_MAJOR)                                \
  "." MILLRACE_VERSION_WORD(MILLRACE_VERSION_MINOR) "." MILLRACE_VERSION_WORD( \
      MILLRACE_VERSION_PATCH)

#endif
