// SPDX-License-Identifier: Apache-2.0
#include "millrace/c/values.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "c_api/outcome.hpp"
#include "stats/arena.hpp"
#include "stats/exact_mean.hpp"
#include "stats/exact_store.hpp"
#include "stats/percentile_rule.hpp"
#include "stats/sort_values.hpp"

using namespace millrace;
using namespace millrace::c_api;

struct millrace_values {
  explicit millrace_values(std::size_t bytes_max) : arena(bytes_max) {}

  struct List {
    explicit List(Arena& arena) noexcept : store(arena) {}
    ExactStore store;
    ExactMean mean;
  };
  Arena arena;
  std::deque<List> lists;
  bool lost = false;
};

namespace {

using Lists = std::span<const std::size_t>;

Result<void> known(const millrace_values& values, Lists lists) {
  for (const std::size_t list : lists) {
    if (list < values.lists.size()) continue;
    return failure(
        Errc::invalid_argument,
        fmt::format("values: list {}; the handle was made with {}", list, values.lists.size()));
  }
  return {};
}

Result<void> kept(const millrace_values& values) {
  if (!values.lost) return {};
  return failure(Errc::limit,
                 "values: memory was used up and the numbers are lost; make new lists "
                 "with a larger bytes_max");
}

void lose(millrace_values& values) {
  values.lost = true;
  for (millrace_values::List& list : values.lists) list.store.drop_all();
  values.arena.release_all();
}

std::vector<double> percentiles_of(const millrace_values& values, Lists lists,
                                   std::span<const double> ps, Rule rule) {
  std::vector<const ExactStore*> stores;
  std::uint64_t n = 0;
  for (const std::size_t list : lists) {
    stores.push_back(&values.lists[list].store);
    n += stores.back()->count();
  }
  if (n == 0) return std::vector(ps.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<std::uint64_t> ranks{1, n};
  for (const double p : ps) {
    const Ranks of = ranks_of(p, n, rule);
    ranks.push_back(of.low);
    ranks.push_back(of.high);
  }
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  const std::vector<double> found = ExactStore::order_statistics(stores, ranks);
  const auto at = [&](std::uint64_t rank) {
    return found[static_cast<std::size_t>(std::lower_bound(ranks.begin(), ranks.end(), rank) -
                                          ranks.begin())];
  };
  std::vector<double> percentiles;
  for (const double p : ps) {
    const Ranks of = ranks_of(p, n, rule);
    percentiles.push_back(combine(of, at(of.low), at(of.high), at(1), at(n)));
  }
  return percentiles;
}

}  // namespace

int millrace_values_new(std::size_t lists, std::uint64_t bytes_max, millrace_values** values,
                        millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_values_new", {{"values", values}}); !all) return all;
    *values = nullptr;
    if (lists == 0 || lists > MILLRACE_VALUE_LISTS_MAX) {
      return failure(Errc::invalid_argument, fmt::format("values: {} lists; there can be 1 to {}",
                                                         lists, MILLRACE_VALUE_LISTS_MAX));
    }
    constexpr std::uint64_t kNoBound = std::numeric_limits<std::uint64_t>::max() / 2;
    auto made = std::make_unique<millrace_values>(
        static_cast<std::size_t>(bytes_max == 0 ? kNoBound : std::min(bytes_max, kNoBound)));
    while (made->lists.size() < lists) made->lists.emplace_back(made->arena);
    *values = made.release();
    return {};
  });
}

int millrace_values_add(millrace_values* values, std::size_t list, const double* numbers,
                        std::size_t count, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_values_add", {{"values", values}, {"numbers", numbers}}); !all)
      return all;
    if (auto good = known(*values, {&list, 1}); !good) return good;
    if (auto all = kept(*values); !all) return all;
    const std::span<const double> given_numbers(numbers, count);
    for (const double number : given_numbers) {
      if (std::isnan(number)) return failure(Errc::invalid_argument, "values: NaN is no number");
    }
    millrace_values::List& to = values->lists[list];
    bool room = false;
    try {
      room = to.store.add(given_numbers);
    } catch (const std::bad_alloc&) {
    }
    if (!room) {
      lose(*values);
      return kept(*values);
    }
    for (const double number : given_numbers) to.mean.add(number);
    return {};
  });
}

std::uint64_t millrace_values_count(const millrace_values* values, std::size_t list) {
  return values == nullptr || list >= values->lists.size() ? 0 : values->lists[list].mean.count();
}

std::uint64_t millrace_values_bytes(const millrace_values* values) {
  return values == nullptr ? 0 : values->arena.bytes();
}

int millrace_values_sorted(const millrace_values* values, std::size_t list, double* numbers,
                           std::size_t room, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all = given("millrace_values_sorted", {{"values", values}, {"numbers", numbers}});
        !all)
      return all;
    if (auto good = known(*values, {&list, 1}); !good) return good;
    if (auto all = kept(*values); !all) return all;
    const ExactStore& store = values->lists[list].store;
    if (room < store.count()) {
      return failure(Errc::invalid_argument,
                     fmt::format("values: room for {} numbers; there are {}", room, store.count()));
    }
    std::vector<double> all;
    store.copy_to(all);
    sort_values(all);
    std::copy(all.begin(), all.end(), numbers);
    return {};
  });
}

int millrace_values_percentiles(const millrace_values* values, const std::size_t* lists,
                                std::size_t lists_size, const double* ps, std::size_t count,
                                int rule, double* percentiles, millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all =
            given("millrace_values_percentiles",
                  {{"values", values}, {"lists", lists}, {"ps", ps}, {"percentiles", percentiles}});
        !all) {
      return all;
    }
    if (auto good = known(*values, {lists, lists_size}); !good) return good;
    if (auto all = kept(*values); !all) return all;
    if (auto good = within("values: rule", static_cast<std::uint64_t>(std::int64_t{rule}),
                           MILLRACE_RULE_EXCLUSIVE_CLAMPED);
        !good) {
      return good;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (ps[i] >= 0 && ps[i] <= 100) continue;
      return failure(Errc::invalid_argument,
                     fmt::format("values: the percentile {} is not within 0 and 100", ps[i]));
    }
    const auto found =
        percentiles_of(*values, {lists, lists_size}, {ps, count}, static_cast<Rule>(rule));
    std::copy(found.begin(), found.end(), percentiles);
    return {};
  });
}

int millrace_values_mean(const millrace_values* values, const std::size_t* lists,
                         std::size_t lists_size, double* mean, int* rounded,
                         millrace_error* error) {
  return outcome(error, [&]() -> Result<void> {
    if (auto all =
            given("millrace_values_mean", {{"values", values}, {"lists", lists}, {"mean", mean}});
        !all)
      return all;
    if (auto good = known(*values, {lists, lists_size}); !good) return good;
    ExactMean together;
    for (std::size_t i = 0; i < lists_size; ++i) together.merge(values->lists[lists[i]].mean);
    const ExactMean::Result result = together.result();
    *mean = result.value;
    if (rounded != nullptr) *rounded = result.rounded ? 1 : 0;
    return {};
  });
}

void millrace_values_free(millrace_values* values) { delete values; }
