// SPDX-License-Identifier: Apache-2.0
//
// Boost.Accumulators on a metric: any accumulator_set becomes a part of the engine.
//
//   namespace ba = boost::accumulators;
//   using Rolling = ba::accumulator_set<double, ba::stats<ba::tag::rolling_mean>>;
//   auto rolling = millrace::attach(engine, "requests", "latency",
//                                   Rolling(ba::tag::rolling_window::window_size = 1000)).value();
//   double mean = ba::rolling_mean(rolling.get());
//
// Threads   The set is fed on the aggregator thread, with the valid values of all statuses in the
//           order in which they are aggregated; get() copies it from any thread.
// Cost      One lock a slice; then what the set costs a value, on the aggregator thread.
// Errors    A set that throws is detached and counted (Snapshot::observers_detached).
// Limits    Such sets are code: a log does not carry them, and replay names them as absent.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include <boost/accumulators/framework/accumulator_set.hpp>

#include "millrace/engine.hpp"

namespace millrace {

template <typename Set>
class Attached {
 public:
  /// A copy of the set as it is now.
  [[nodiscard]] Set get() const {
    const std::lock_guard lock(state_->mutex);
    return state_->set;
  }

 private:
  struct State {
    explicit State(Set initial) : set(std::move(initial)) {}
    std::mutex mutex;
    Set set;
  };
  explicit Attached(Set initial) : state_(std::make_shared<State>(std::move(initial))) {}

  template <typename S>
  friend Result<Attached<S>> attach(Engine&, std::string_view, std::string_view, S);

  std::shared_ptr<State> state_;
};

template <typename Set>
Result<Attached<Set>> attach(Engine& engine, std::string_view stream, std::string_view metric,
                             Set set = Set{}) {
  Attached<Set> attached(std::move(set));
  auto observed =
      engine.observe(stream, metric, [state = attached.state_](std::span<const double> values) {
        const std::lock_guard lock(state->mutex);
        for (const double value : values) state->set(value);
      });
  if (!observed) return tl::unexpected(observed.error());
  return attached;
}

}  // namespace millrace
