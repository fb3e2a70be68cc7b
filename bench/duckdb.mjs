// SPDX-License-Identifier: Apache-2.0
//
// DuckDB in this process, as a peer: a connection, and what a stretch of work takes.
//
//   mkdir duckdb && npm install --prefix duckdb @duckdb/node-api      # outside the source tree
//   MILLRACE_DUCKDB_DIR=duckdb node bench/duckdb_columns.mjs ...
//
//   const duckdb = load();                         // undefined, and a word on stderr: it is not there
//   const connection = await connect(duckdb, 2);   // in memory, two threads
//   const {result, real_ms, cpu_ms, switches} = await timed(() => connection.runAndReadAll(query));
import {createRequire} from "node:module";
import path from "node:path";

export function load() {
  const folder = process.env.MILLRACE_DUCKDB_DIR;
  try {
    if (folder) return createRequire(path.resolve(folder) + "/")("@duckdb/node-api");
    console.error("duckdb: left out; MILLRACE_DUCKDB_DIR names the folder that it is installed in (bench/duckdb.mjs)");
  } catch (error) {
    const [reason] = error.message.split("\n");
    console.error(`duckdb: left out; '${folder}' has no @duckdb/node-api that runs here: ${reason}`);
  }
  return undefined;
}

export async function connect(duckdb, threads) {
  const instance = await duckdb.DuckDBInstance.create(":memory:", {threads: String(threads)});
  return instance.connect();
}

/// Wall time, the time of all cores, and how often the kernel took one away, of this process.
export async function timed(work) {
  const before = process.resourceUsage(), begin = process.hrtime.bigint();
  const result = await work();
  const real_ms = Number(process.hrtime.bigint() - begin) / 1e6;
  const after = process.resourceUsage();
  const cpu = (usage) => (usage.userCPUTime + usage.systemCPUTime) / 1e3;
  return {
    result,
    real_ms,
    cpu_ms: cpu(after) - cpu(before),
    switches: after.involuntaryContextSwitches - before.involuntaryContextSwitches,
  };
}
