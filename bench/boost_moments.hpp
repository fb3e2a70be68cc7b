// SPDX-License-Identifier: Apache-2.0
//
// BoostMoments: what one would write with Boost.Accumulators for the moments of one metric.
#pragma once

#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics.hpp>

namespace millrace {

using BoostMoments = boost::accumulators::accumulator_set<
    double, boost::accumulators::stats<
                boost::accumulators::tag::mean, boost::accumulators::tag::variance,
                boost::accumulators::tag::skewness, boost::accumulators::tag::kurtosis,
                boost::accumulators::tag::min, boost::accumulators::tag::max>>;

}  // namespace millrace
