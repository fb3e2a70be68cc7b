// SPDX-License-Identifier: Apache-2.0
//
// without_gil: a call of C, which throws nothing and waits, while other threads run Python.
//
//   const int code = without_gil([&] { return millrace_flush(engine.get(), &error); });
//
// Exit    When the interpreter ends meanwhile, it ends the thread that comes back by unwinding its stack: through
//         destructors, which may not throw, and through references to Python objects, without the GIL. The thread stays
//         here instead, as in Python 3.14, until the process ends.
#pragma once

#include <pybind11/pybind11.h>
#include <unistd.h>

namespace millrace::python {

template <typename Call>
auto without_gil(const Call& call) {
  PyThreadState* const state = PyEval_SaveThread();
  const auto result = call();
  try {
    PyEval_RestoreThread(state);
  } catch (...) {  // abi::__forced_unwind, which must go on or never return
    for (;;) ::pause();
  }
  return result;
}

}  // namespace millrace::python
