#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The statistics of five metrics of a responses.jsonl by DuckDB, for bench/jsonl_peers.py: one JSON object.
//
//   MILLRACE_DUCKDB_DIR=DIR node bench/duckdb_jsonl.mjs FILE THREADS
//
// real_ms: from making the database to the numbers, as a command of it would, without the start of node; warm_ms:
// the same query once more. It is told what the five fields are, so that it need not look. bench/duckdb.mjs says
// how DuckDB gets into DIR; without it nothing is printed, and the exit code is 0.
import {connect, load, timed} from "./duckdb.mjs";

const FIELDS = {
  time_to_first_token: "double",
  time_to_last_token: "double",
  num_tokens_input: "bigint",
  num_tokens_output: "bigint",
  time_per_output_token: "double",
};
const NUMBERS = ["p50", "p90", "p99", "mean", "standard_deviation", "min", "max"];

const [file, threads] = process.argv.slice(2);
if (!threads) {
  console.error("usage: duckdb_jsonl.mjs FILE THREADS");
  process.exit(2);
}
const columns = Object.entries(FIELDS).map(([name, type]) => `${name}: '${type}'`).join(", ");
const numbers = Object.keys(FIELDS).map(
    (m) => `quantile_disc(${m}, [0.5, 0.9, 0.99]), avg(${m}), stddev_pop(${m}), min(${m}), max(${m})`);
const query = `select ${numbers.join(", ")} from read_ndjson('${file.replaceAll("'", "''")}', columns = {${columns}})`;

const duckdb = load();
if (duckdb) {
  let connection;
  const {result, ...cold} = await timed(async () => {
    connection = await connect(duckdb, threads);
    return connection.runAndReadAll(query);
  });
  const warm = await timed(() => connection.runAndReadAll(query));
  const values = result.getRowsJson()[0].flat().map(Number);
  const metrics = {};
  Object.keys(FIELDS).forEach((metric, m) => {
    metrics[metric] = Object.fromEntries(NUMBERS.map((number, i) => [number, values[m * NUMBERS.length + i]]));
  });
  console.log(JSON.stringify({...cold, warm_ms: warm.real_ms, metrics}));
}
