// SPDX-License-Identifier: Apache-2.0
//
// MILLRACE_API marks what the shared library exports; all else is hidden.
#pragma once

#define MILLRACE_API __attribute__((visibility("default")))
