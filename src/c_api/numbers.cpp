// SPDX-License-Identifier: Apache-2.0
#include "c_api/numbers.hpp"

#include "c_api/outcome.hpp"
#include "c_api/struct_size.hpp"

namespace millrace::c_api {

Result<millrace_query> question(const millrace_query* query, Needs needs) {
  if (auto all = given("query", {{"query", query}}); !all) return tl::unexpected(all.error());
  auto read = taken("millrace_query", query, millrace_query{});
  if (!read) return read;
  if (auto all = given("query", {{"stream", read->stream}}); !all)
    return tl::unexpected(all.error());
  if (needs == Needs::metric) {
    if (auto all = given("query", {{"metric", read->metric}}); !all)
      return tl::unexpected(all.error());
  }
  if (auto good = within("query: select", read->select, MILLRACE_SELECT_INCOMPLETE); !good) {
    return tl::unexpected(good.error());
  }
  if (auto good = within("query: rule", read->rule, MILLRACE_RULE_EXCLUSIVE_CLAMPED); !good) {
    return tl::unexpected(good.error());
  }
  return read;
}

Selection selection(const millrace_query& query) {
  Selection selection;
  if (query.select != MILLRACE_SELECT_ALL) selection.status = static_cast<Status>(query.select - 1);
  if (query.label != nullptr) selection.label = query.label;
  return selection;
}

millrace_accounting numbers(const Accounting& accounting, std::int64_t elapsed_ns) {
  return {.struct_size = 0,
          .attempted = accounting.attempted(),
          .accepted = accounting.accepted,
          .rejected = accounting.rejected(),
          .aggregated = accounting.aggregated,
          .in_flight = accounting.in_flight(),
          .rejected_full = accounting.rejected_full,
          .rejected_closed = accounting.rejected_closed,
          .rejected_reentrant = accounting.rejected_reentrant,
          .elapsed_ns = elapsed_ns};
}

millrace_log_account numbers(const LogAccount& log) {
  return {.struct_size = 0,
          .dir = log.dir.c_str(),
          .error = log.error.c_str(),
          .logged = log.logged,
          .unlogged = log.unlogged,
          .durable = log.durable,
          .dropped = log.dropped,
          .segments = log.segments,
          .bytes = log.bytes,
          .stopped = log.stopped,
          .mapped = log.mapped};
}

millrace_stream_numbers numbers(const LeftOut& left_out, const TimeSpan& times) {
  return {.struct_size = 0,
          .count = 0,
          .by_status = {},
          .good = MILLRACE_NO_COUNT,
          .notices = left_out.notices,
          .before = left_out.before,
          .after = left_out.after,
          .untimed = left_out.untimed,
          .first_start_ns = times.first_start_ns.value_or(MILLRACE_ABSENT_TIME),
          .last_start_ns = times.last_start_ns.value_or(MILLRACE_ABSENT_TIME),
          .first_end_ns = times.first_end_ns.value_or(MILLRACE_ABSENT_TIME),
          .last_end_ns = times.last_end_ns.value_or(MILLRACE_ABSENT_TIME)};
}

}  // namespace millrace::c_api
