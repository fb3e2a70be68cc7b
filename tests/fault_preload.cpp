// SPDX-License-Identifier: Apache-2.0
//
// System calls that fail when told to. Linked by tests, or preloaded into any program:
//
//   MILLRACE_FAULT=fdatasync:EIO:3 LD_PRELOAD=libfault_preload.so millrace ...
//
// A rule is CALL:WHAT:N, several with commas between them. N: the Nth call fails; "N+": it and all
// later ones. WHAT: an errno by name; "short": half of it is written; "delay250": it comes 250 ms
// late and succeeds; "kill": the process is killed before it. CALL: one of those below, or "any" for the Nth
// of all of them. pwrite stands for pwritev as well, fdatasync for itself alone.
#undef _FILE_OFFSET_BITS  // both names of each call are defined here

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

struct Rule {
  char call[32] = {};
  int error = 0;  // none
  bool is_short = false;
  bool kills = false;
  long delay_ms = 0;
  unsigned long n = 0;
  bool and_later = false;
  std::atomic<unsigned long> calls{0};
};
struct Rules {
  Rule rule[8];
  int count = 0;
  Rules* before = nullptr;  // not freed: a call may be looking at them
};
std::atomic<Rules*> active{nullptr};
std::atomic<unsigned> fired{0};

constexpr struct {
  const char* name;
  int error;
} kErrors[] = {
    {"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EINTR", EINTR},   {"ENOMEM", ENOMEM},
    {"EACCES", EACCES}, {"EMFILE", EMFILE}, {"EINVAL", EINVAL}, {"EAGAIN", EAGAIN},
    {"EEXIST", EEXIST}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS},   {"EFAULT", EFAULT},
    {"EFBIG", EFBIG},   {"ENODEV", ENODEV}, {"ENOSYS", ENOSYS}, {"EOPNOTSUPP", EOPNOTSUPP},
    {"EPERM", EPERM}};

// One rule; the text is the test's own, and checked no further than that it is understood at all.
void parse(Rule& rule, const char* text, std::size_t size) {
  char copy[96] = {};
  std::memcpy(copy, text, size < sizeof copy ? size : sizeof copy - 1);
  char* what = std::strchr(copy, ':');
  char* n = what == nullptr ? nullptr : std::strchr(what + 1, ':');
  if (n == nullptr) std::abort();
  *what++ = *n++ = '\0';
  if (std::strlen(copy) >= sizeof rule.call) std::abort();
  std::strcpy(rule.call, copy);
  rule.is_short = std::strcmp(what, "short") == 0;
  rule.kills = std::strcmp(what, "kill") == 0;
  if (std::strncmp(what, "delay", 5) == 0) rule.delay_ms = std::atol(what + 5);
  for (const auto& known : kErrors) {
    if (std::strcmp(what, known.name) == 0) rule.error = known.error;
  }
  if (rule.error == 0 && !rule.is_short && !rule.kills && rule.delay_ms == 0) std::abort();
  char* end = nullptr;
  rule.n = std::strtoul(n, &end, 10);
  rule.and_later = *end == '+';
}

struct FromEnvironment {
  FromEnvironment();
} from_environment;

// What this call is to do. Sleeps if it is late.
struct Fate {
  int error = 0;
  bool is_short = false;
};
Fate fate(const char* call) {
  Rules* const rules = active.load();
  if (rules == nullptr) return {};
  for (int i = 0; i < rules->count; ++i) {
    Rule& rule = rules->rule[i];
    if (std::strcmp(rule.call, call) != 0 && std::strcmp(rule.call, "any") != 0) continue;
    const unsigned long nth = rule.calls.fetch_add(1) + 1;
    if (nth != rule.n && !(rule.and_later && nth > rule.n)) continue;
    fired.fetch_add(1);
    if (rule.kills) ::raise(SIGKILL);
    if (rule.delay_ms != 0) {
      const timespec pause{rule.delay_ms / 1000, rule.delay_ms % 1000 * 1'000'000};
      ::nanosleep(&pause, nullptr);
      continue;
    }
    return {rule.error, rule.is_short};
  }
  return {};
}

template <typename F>
F real(const char* name) {
  return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

/// nullptr: no call fails any more.
EXPORT void millrace_fault(const char* spec) {
  fired = 0;
  if (spec == nullptr) {
    active = nullptr;
    return;
  }
  static Rules* newest = nullptr;
  auto* rules = new Rules;
  rules->before = newest;
  newest = rules;
  while (*spec != '\0') {
    const std::size_t size = std::strcspn(spec, ",");
    if (rules->count == 8) std::abort();
    parse(rules->rule[rules->count++], spec, size);
    spec += size + (spec[size] == ',' ? 1 : 0);
  }
  active = rules;
}

/// Calls that a rule has changed since the rules were set.
EXPORT unsigned millrace_fault_fired() { return fired; }

FromEnvironment::FromEnvironment() {
  if (const char* spec = std::getenv("MILLRACE_FAULT")) millrace_fault(spec);
}

#define FAIL_WITH(call, value)              \
  if (const Fate f = fate(call); f.error) { \
    errno = f.error;                        \
    return value;                           \
  }

#define DEFINE_OPEN(symbol)                                                 \
  EXPORT int symbol(const char* path, int flags, ...) {                     \
    va_list list;                                                           \
    va_start(list, flags);                                                  \
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;  \
    va_end(list);                                                           \
    FAIL_WITH("open", -1)                                                   \
    static const auto next = real<int (*)(const char*, int, ...)>(#symbol); \
    return next(path, flags, mode);                                         \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

#define DEFINE_OPENAT(symbol)                                                    \
  EXPORT int symbol(int dir, const char* path, int flags, ...) {                 \
    va_list list;                                                                \
    va_start(list, flags);                                                       \
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;       \
    va_end(list);                                                                \
    FAIL_WITH("openat", -1)                                                      \
    static const auto next = real<int (*)(int, const char*, int, ...)>(#symbol); \
    return next(dir, path, flags, mode);                                         \
  }
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

#define DEFINE(result, symbol, call, value, throws, parameters, arguments) \
  EXPORT result symbol parameters throws {                                 \
    FAIL_WITH(call, value)                                                 \
    static const auto next = real<result(*) parameters>(#symbol);          \
    return next arguments;                                                 \
  }
DEFINE(int, fallocate, "fallocate", -1, , (int fd, int mode, off_t at, off_t n), (fd, mode, at, n))
DEFINE(int, fallocate64, "fallocate", -1, , (int fd, int mode, off64_t at, off64_t n),
       (fd, mode, at, n))
DEFINE(int, ftruncate, "ftruncate", -1, noexcept, (int fd, off_t n), (fd, n))
DEFINE(int, ftruncate64, "ftruncate", -1, noexcept, (int fd, off64_t n), (fd, n))
DEFINE(void*, mmap, "mmap", MAP_FAILED, noexcept,
       (void* at, std::size_t n, int prot, int flags, int fd, off_t from),
       (at, n, prot, flags, fd, from))
DEFINE(void*, mmap64, "mmap", MAP_FAILED, noexcept,
       (void* at, std::size_t n, int prot, int flags, int fd, off64_t from),
       (at, n, prot, flags, fd, from))
DEFINE(int, munmap, "munmap", -1, noexcept, (void* at, std::size_t n), (at, n))
DEFINE(int, madvise, "madvise", -1, noexcept, (void* at, std::size_t n, int advice),
       (at, n, advice))
DEFINE(int, fdatasync, "fdatasync", -1, , (int fd), (fd))
DEFINE(int, fsync, "fsync", -1, , (int fd), (fd))
DEFINE(int, fstat, "fstat", -1, noexcept, (int fd, struct stat* about), (fd, about))
DEFINE(int, fstat64, "fstat", -1, noexcept, (int fd, struct stat64* about), (fd, about))
DEFINE(int, flock, "flock", -1, noexcept, (int fd, int operation), (fd, operation))
DEFINE(int, linkat, "linkat", -1, noexcept,
       (int a, const char* from, int b, const char* to, int flags), (a, from, b, to, flags))
DEFINE(int, unlinkat, "unlinkat", -1, noexcept, (int dir, const char* path, int flags),
       (dir, path, flags))
DEFINE(int, unlink, "unlink", -1, noexcept, (const char* path), (path))
DEFINE(int, renameat2, "renameat2", -1, noexcept,
       (int a, const char* from, int b, const char* to, unsigned flags), (a, from, b, to, flags))

#define DEFINE_PWRITE(symbol, offset)                                                           \
  EXPORT ssize_t symbol(int fd, const void* bytes, std::size_t n, offset at) {                  \
    const Fate f = fate("pwrite");                                                              \
    if (f.error != 0) {                                                                         \
      errno = f.error;                                                                          \
      return -1;                                                                                \
    }                                                                                           \
    static const auto next = real<ssize_t (*)(int, const void*, std::size_t, offset)>(#symbol); \
    return next(fd, bytes, f.is_short && n > 1 ? n / 2 : n, at);                                \
  }
DEFINE_PWRITE(pwrite, off_t)
DEFINE_PWRITE(pwrite64, off64_t)

// Short: half of the first part, so that the rest has to begin inside it.
#define DEFINE_PWRITEV(symbol, offset)                                                   \
  EXPORT ssize_t symbol(int fd, const iovec* parts, int count, offset at) {              \
    const Fate f = fate("pwrite");                                                       \
    if (f.error != 0) {                                                                  \
      errno = f.error;                                                                   \
      return -1;                                                                         \
    }                                                                                    \
    if (f.is_short) return pwrite(fd, parts[0].iov_base, parts[0].iov_len / 2, at);      \
    static const auto next = real<ssize_t (*)(int, const iovec*, int, offset)>(#symbol); \
    return next(fd, parts, count, at);                                                   \
  }
DEFINE_PWRITEV(pwritev, off_t)
DEFINE_PWRITEV(pwritev64, off64_t)

EXPORT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*start)(void*), void* argument) noexcept {
  if (const Fate f = fate("pthread_create"); f.error != 0) return f.error;
  static const auto next = real<decltype(&pthread_create)>("pthread_create");
  return next(thread, attributes, start, argument);
}
