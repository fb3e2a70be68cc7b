// SPDX-License-Identifier: Apache-2.0
//
// What one would keep records in instead of a log of ours: rows of bench_log, which says how they are measured.
// A peer whose package was not there when the tree was configured has no row.
#include <memory>

#include "log_rows.hpp"
#include "switches.hpp"

#ifdef MILLRACE_HAS_ROCKSDB
#include <rocksdb/db.h>
#endif
#ifdef MILLRACE_HAS_LEVELDB
#include <leveldb/db.h>
#include <leveldb/write_batch.h>
#endif
#ifdef MILLRACE_HAS_SQLITE
#include <sqlite3.h>
#endif

namespace millrace {
namespace {

#ifdef MILLRACE_HAS_ROCKSDB
// A write-ahead log with checksums and recovery: records as log data, which goes into the WAL alone.
void rocksdb_wal(benchmark::State& state) {
  const Switches switches(state);
  const std::string path = folder().file("rocksdb");
  const auto records = static_cast<std::size_t>(state.range(0));
  made_up_records();
  rocksdb::Options options;
  options.create_if_missing = true;
  Stretches watch;
  for (auto _ : state) {
    rocksdb::DB* opened = nullptr;
    rocksdb::Status status = rocksdb::DB::Open(options, path, &opened);
    const std::unique_ptr<rocksdb::DB> db(opened);
    if (!status.ok()) return skip(state, status.ToString());
    watch.start();
    rocksdb::WriteBatch batch;
    for (std::size_t i = 0; i < records && status.ok();) {
      batch.Clear();
      for (const std::size_t end = std::min(i + kBatch, records); i < end; ++i) {
        batch.PutLogData({reinterpret_cast<const char*>(&record_at(i)), kRecordBytes});
      }
      status = db->Write(rocksdb::WriteOptions(), &batch);
    }
    watch.stop();
    if (!status.ok()) return skip(state, status.ToString());
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.path().extension() == ".log") bytes += entry.file_size();
    }
    if (bytes < records * kRecordBytes) return skip(state, "the records are not in the WAL");
    if (!db->Close().ok()) return skip(state, "the database does not close");
    std::filesystem::remove_all(path);
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
}
#endif

#ifdef MILLRACE_HAS_LEVELDB
// Its log cannot be written alone: what is put is in its sorted table in memory, too.
void leveldb_put(benchmark::State& state) {
  const std::string path = folder().file("leveldb");
  const auto records = static_cast<std::size_t>(state.range(0));
  made_up_records();
  leveldb::Options options;
  options.create_if_missing = true;
  Stretches watch;
  const Switches switches(state);
  for (auto _ : state) {
    leveldb::DB* opened = nullptr;
    leveldb::Status status = leveldb::DB::Open(options, path, &opened);
    std::unique_ptr<leveldb::DB> db(opened);
    if (!status.ok()) return skip(state, status.ToString());
    watch.start();
    leveldb::WriteBatch batch;
    for (std::size_t i = 0; i < records && status.ok();) {
      batch.Clear();
      for (const std::size_t end = std::min(i + kBatch, records); i < end; ++i) {
        const std::uint64_t key = __builtin_bswap64(i);
        batch.Put({reinterpret_cast<const char*>(&key), sizeof key},
                  {reinterpret_cast<const char*>(&record_at(i)), kRecordBytes});
      }
      status = db->Write(leveldb::WriteOptions(), &batch);
    }
    watch.stop();
    if (!status.ok()) return skip(state, status.ToString());
    db.reset();
    std::filesystem::remove_all(path);
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
}
#endif

#ifdef MILLRACE_HAS_SQLITE
struct CloseDatabase {
  void operator()(sqlite3* database) const { ::sqlite3_close_v2(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

bool run(const Database& database, const std::string& sql) {
  return ::sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

bool insert_batch(const Database& database, const Statement& insert, std::size_t begin,
                  std::size_t end) {
  if (!run(database, "BEGIN")) return false;
  for (std::size_t i = begin; i < end; ++i) {
    // SQLITE_STATIC: the bytes stay where they are until the statement is reset.
    if (::sqlite3_bind_blob(insert.get(), 1, &record_at(i), kRecordBytes, nullptr) != SQLITE_OK ||
        ::sqlite3_step(insert.get()) != SQLITE_DONE) {
      return false;
    }
    ::sqlite3_reset(insert.get());
  }
  return run(database, "COMMIT");
}

// A database in WAL mode, not synced. autocheckpoint: pages after which the WAL is copied into the
// database, 1000 by default; 0: never.
void sqlite_wal(benchmark::State& state) {
  const Switches switches(state);
  const std::string path = folder().file("sqlite");
  const auto records = static_cast<std::size_t>(state.range(0));
  made_up_records();
  Stretches watch;
  for (auto _ : state) {
    sqlite3* opened = nullptr;
    const int code = ::sqlite3_open(path.c_str(), &opened);
    Database database(opened);
    bool good = code == SQLITE_OK && run(database, "PRAGMA journal_mode=WAL") &&
                run(database, "PRAGMA synchronous=OFF") &&
                run(database, fmt::format("PRAGMA wal_autocheckpoint={}", state.range(1))) &&
                run(database, "CREATE TABLE records (record BLOB NOT NULL)");
    sqlite3_stmt* prepared = nullptr;
    good = good && ::sqlite3_prepare_v2(database.get(), "INSERT INTO records VALUES (?)", -1,
                                        &prepared, nullptr) == SQLITE_OK;
    Statement insert(prepared);
    watch.start();
    for (std::size_t i = 0; good && i < records; i += kBatch) {
      good = insert_batch(database, insert, i, std::min(i + kBatch, records));
    }
    watch.stop();
    const std::string why = good ? "" : ::sqlite3_errmsg(database.get());
    insert.reset();
    database.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    if (!good) return skip(state, fmt::format("{}: {}", path, why));
    watch.report(state);
  }
  watch.per_record(state, state.range(0));
}
#endif

#ifdef MILLRACE_HAS_ROCKSDB
MILLRACE_LOG_ROW(rocksdb_wal)->Arg(4'000'000)->ArgName("records");
#endif
#ifdef MILLRACE_HAS_LEVELDB
MILLRACE_LOG_ROW(leveldb_put)->Arg(1'000'000)->ArgName("records");
#endif
#ifdef MILLRACE_HAS_SQLITE
MILLRACE_LOG_ROW(sqlite_wal)
    ->Args({1'000'000, 0})
    ->Args({1'000'000, 1000})
    ->ArgNames({"records", "autocheckpoint"});
#endif

}  // namespace
}  // namespace millrace
