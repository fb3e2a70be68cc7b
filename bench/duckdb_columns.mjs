#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
//
// The column of bench_columns by DuckDB: the same values in a table in memory, the same numbers by one query.
//
//   MILLRACE_DUCKDB_DIR=DIR node bench/duckdb_columns.mjs --own build/bench/bench_columns --out FILE [--repetitions 5]
//
// bench/duckdb.mjs says how DuckDB gets into DIR; without it nothing is measured, and the exit code is 0.
// A repetition: DuckDB with one thread, with two, then bench_columns in a process of its own while DuckDB waits;
// all rows go to FILE as Google Benchmark writes them. One iteration: one query, wall time, from the text to its
// one row. Excluded: loading the table, a first query. Exit code 1: a percentile, the least or the greatest
// value is not the same, or mean, deviation or skewness differ by more than rounding.
// Not the same work: DuckDB's deviation and skewness come from running sums, ours from distances to the mean; its
// skewness is a sample's, from which the population's is computed here.
import {execFileSync} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {parseArgs} from "node:util";

import {connect, load, timed} from "./duckdb.mjs";

const QUERY = `select quantile_disc(x, [0.5, 0.9, 0.99]), avg(x), stddev_pop(x), skewness(x), min(x), max(x) from v`;
const NAMES = ["p50", "p90", "p99", "mean", "deviation", "skewness", "min", "max"];
const ROUNDED = {mean: 1e-9, deviation: 1e-9, skewness: 1e-9};  // relative
const CHUNK = 2048;  // the rows that DuckDB takes at a time

function own(program, values, file) {
  const env = {...process.env, MILLRACE_BENCH_VALUES: values};
  const flags = [`--benchmark_out=${file}`, "--benchmark_out_format=json", "--benchmark_repetitions=1"];
  execFileSync(program, flags, {stdio: "pipe", env});
  const {context, benchmarks} = JSON.parse(fs.readFileSync(file));
  const failed = benchmarks.find((row) => row.error_occurred);
  if (failed) throw new Error(`${failed.name}: ${failed.error_message}`);
  for (const row of benchmarks) row.name = row.run_name = row.name.replace("/real_time", "");  // as the peer's rows
  return {context, benchmarks};
}

async function fill(duckdb, connection, file) {
  await connection.run("create table v(x double)");
  const appender = await connection.createAppender("v");
  const bytes = fs.readFileSync(file);
  const values = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  for (let at = 0; at < values.length; at += CHUNK) {
    const part = values.subarray(at, at + CHUNK);
    const chunk = duckdb.DuckDBDataChunk.create([duckdb.DOUBLE], part.length);
    const column = chunk.getColumnVector(0);
    column.items.set(part);
    column.flush();
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
  return values.length;
}

async function query(connection, threads, repetition, count) {
  await connection.run(`set threads = ${threads}`);
  const run = await timed(() => connection.runAndReadAll(QUERY));
  const [quantiles, ...rest] = run.result.getRowsJson()[0];
  const numbers = Object.fromEntries([...quantiles, ...rest].map((value, i) => [NAMES[i], value]));
  numbers.skewness *= (count - 2) / Math.sqrt(count * (count - 1));
  return {
    name: `columns/duckdb/threads:${threads}`,
    run_name: `columns/duckdb/threads:${threads}`,
    run_type: "iteration",
    repetition_index: repetition,
    iterations: 1,
    real_time: run.real_ms,
    cpu_time: run.cpu_ms,
    time_unit: "ms",
    ns_per_record: run.real_ms * 1e6 / count,
    switches: run.switches,
    ...numbers,
  };
}

function differences(row, ours) {
  return NAMES.filter((name) => !(Math.abs(row[name] - ours[name]) <= (ROUNDED[name] ?? 0) * Math.abs(ours[name])))
      .map((name) => `${row.name}: ${name} is ${row[name]}, and ${ours[name]} by ${ours.name}`);
}

const {values: given} = parseArgs({
  options: {own: {type: "string"}, out: {type: "string"}, repetitions: {type: "string", default: "5"}},
});
if (!given.own || !given.out) {
  console.error("usage: duckdb_columns.mjs --own BENCH_COLUMNS --out FILE [--repetitions N]");
  process.exit(2);
}
const duckdb = load();
if (!duckdb) process.exit(0);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "millrace-columns-"));
try {
  const values = path.join(folder, "values"), file = path.join(folder, "own.json");
  const {context} = own(given.own, values, file);  // makes the values
  const connection = await connect(duckdb, 1);
  const count = await fill(duckdb, connection, values);
  await query(connection, 2, 0, count);  // warms up
  const rows = [], faults = [];
  for (let repetition = 0; repetition < Number(given.repetitions); ++repetition) {
    const theirs = [await query(connection, 1, repetition, count), await query(connection, 2, repetition, count)];
    const ours = own(given.own, values, file).benchmarks;
    for (const row of theirs) faults.push(...differences(row, ours[0]));
    rows.push(...theirs, ...ours.map((row) => ({...row, repetition_index: repetition})));
  }
  fs.writeFileSync(given.out, JSON.stringify({context, benchmarks: rows}, null, 2) + "\n");
  for (const fault of new Set(faults)) console.error(fault);
  process.exitCode = faults.length ? 1 : 0;
} finally {
  fs.rmSync(folder, {recursive: true});
}
