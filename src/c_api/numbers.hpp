// SPDX-License-Identifier: Apache-2.0
//
// Numbers of C++ in the structs of C, and the question of C in words of C++.
#pragma once

#include <cstdint>
#include <optional>

#include "millrace/c/numbers.h"
#include "millrace/result.hpp"
#include "millrace/summary.hpp"

namespace millrace::c_api {

/// `of`, and `what` if the question needs it, must be given.
enum class Needs { stream, metric };
Result<millrace_query> question(const millrace_query* query, Needs needs);
Selection selection(const millrace_query& query);

millrace_accounting numbers(const Accounting& accounting, std::int64_t elapsed_ns);
/// Its texts are those of `log`.
millrace_log_account numbers(const LogAccount& log);
/// Without counts of records.
millrace_stream_numbers numbers(const LeftOut& left_out, const TimeSpan& times);

}  // namespace millrace::c_api
