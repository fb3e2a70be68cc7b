// SPDX-License-Identifier: Apache-2.0
//
// All of millrace. docs/architecture.md follows one record through it.
#pragma once

#include "millrace/engine.hpp"
#include "millrace/options.hpp"
#include "millrace/percentile.hpp"
#include "millrace/record.hpp"
#include "millrace/result.hpp"
#include "millrace/running.hpp"
#include "millrace/schema.hpp"
#include "millrace/series.hpp"
#include "millrace/snapshot.hpp"
#include "millrace/stopwatch.hpp"
#include "millrace/summary.hpp"
#include "millrace/version.hpp"
#include "millrace/worker.hpp"
