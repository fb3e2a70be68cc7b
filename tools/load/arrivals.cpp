// SPDX-License-Identifier: Apache-2.0
#include "load/arrivals.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::load {
namespace {

// A thread that sleeps until a request's time may wake after the end: with a connection free it sends what
// was due before it for so long. Without that a busy machine would leave the last ones unsent.
constexpr std::int64_t kOversleptNs = 50'000'000;

// splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014). Not
// std::exponential_distribution, whose numbers differ from one standard library to the next.
std::uint64_t next_random(std::uint64_t& state) noexcept {
  std::uint64_t z = state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// In [0, 1), of 53 bits.
double uniform(std::uint64_t& state) noexcept {
  return static_cast<double>(next_random(state) >> 11) * 0x1p-53;
}

}  // namespace

Arrivals::Arrivals(const ArrivalOptions& options) : options_(options), random_(options.seed) {}

void Arrivals::begin(std::int64_t now_ns) {
  const std::lock_guard guard(lock_);
  begin_ns_ = now_ns;
  if (options_.duration_ns != 0) end_ns_ = now_ns + options_.duration_ns;
}

// Each time is made of the number of the request or of the sum so far, never of a rounded time: a
// constant rate keeps its place over any length.
void Arrivals::draw() {
  ++next_;
  if (options_.arrival == Arrival::constant) {
    offset_ns_ = static_cast<double>(next_) * (1e9 / options_.rate);
  } else if (options_.arrival == Arrival::poisson) {
    offset_ns_ += -std::log1p(-uniform(random_)) * (1e9 / options_.rate);
  }
}

std::optional<Claim> Arrivals::take() {
  if (options_.requests != 0 && next_ == options_.requests) return std::nullopt;
  Claim claim{.id = next_};
  if (options_.arrival != Arrival::closed) {
    // Beyond 2^62 ns, 146 years, it is never due.
    claim.intended_ns = begin_ns_ + static_cast<std::int64_t>(std::min(offset_ns_, 0x1p62));
    if (claim.intended_ns >= end_ns_) return std::nullopt;
  }
  draw();
  return claim;
}

std::optional<Claim> Arrivals::claim(std::int64_t now_ns) {
  const std::lock_guard guard(lock_);
  const bool closed = options_.arrival == Arrival::closed;
  if (now_ns >= end_ns_ && (closed || now_ns - end_ns_ >= kOversleptNs)) return std::nullopt;
  return take();
}

void Arrivals::stop(std::int64_t now_ns) {
  const std::lock_guard guard(lock_);
  end_ns_ = std::min(end_ns_, now_ns);
}

std::int64_t Arrivals::end_ns() const {
  const std::lock_guard guard(lock_);
  return end_ns_;
}

std::optional<Claim> Arrivals::unsent() {
  const std::lock_guard guard(lock_);
  if (options_.arrival == Arrival::closed) return std::nullopt;
  return take();
}

}  // namespace millrace::load
