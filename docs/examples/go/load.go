// SPDX-License-Identifier: Apache-2.0

// A load generator in Go: goroutines that read 4 KiB at a time from a file, every read a record; a log of all of
// them, a report at the end.
//
//	go build load.go
//	./load /dev/urandom run
//
// A call from Go to C takes some ten nanoseconds, so that records are pushed by the hundred. A goroutine may move
// between threads: it is one thread at a time all the same, and the scheduler hands over in order. Errors come in
// the caller's struct, and not in the thread's, which is why they are the goroutine's.
package main

/*
#cgo pkg-config: --static millrace
#include <stdlib.h>
#include <millrace.h>
*/
import "C"

import (
	"fmt"
	"os"
	"sync"
	"time"
	"unsafe"
)

const (
	goroutines = 4
	reads      = 5000
	batch      = 100
	readBytes  = 4096
)

var begin = time.Now()

func nowNs() C.int64_t { return C.int64_t(time.Since(begin)) }

// failure is what a call that returned `code` left in its error.
func failure(what string, code C.int, failed *C.millrace_error) error {
	if code == C.MILLRACE_OK {
		return nil
	}
	return fmt.Errorf("%s: %s", what, C.GoString(&failed.message[0]))
}

func newError() C.millrace_error {
	return C.millrace_error{struct_size: C.sizeof_millrace_error}
}

func readAllTheTime(path string, requests *C.millrace_stream, label C.uint16_t) error {
	failed := newError()
	var worker *C.millrace_worker
	code := C.millrace_worker_open(requests, C.sizeof_millrace_request_record, &worker, &failed)
	if err := failure("worker", code, &failed); err != nil {
		return err
	}
	defer C.millrace_worker_close(worker)
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()

	var blank C.millrace_request_record
	C.millrace_request_record_init(&blank)
	blank.label = label
	var records [batch]C.millrace_request_record
	var buffer [readBytes]byte
	for done := 0; done < reads; done += batch {
		for i := range records {
			record := blank
			record.start_ns = nowNs()
			got, _ := file.Read(buffer[:])
			record.end_ns = nowNs()
			record.bytes_received = C.int64_t(got)
			if got != readBytes {
				record.status = C.MILLRACE_STATUS_ERROR
			}
			records[i] = record
		}
		C.millrace_push_many(worker, unsafe.Pointer(&records[0]), batch) // refused ones are counted
	}
	return nil
}

func run(path, log string) error {
	failed := newError()
	logDir, name, label := C.CString(log), C.CString("reads"), C.CString(path)
	defer C.free(unsafe.Pointer(logDir))
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(label))

	var options C.millrace_options
	C.millrace_options_init(&options, C.sizeof_millrace_options)
	options.log_dir = logDir
	var engine *C.millrace_engine
	if err := failure("open", C.millrace_open(&options, &engine, &failed), &failed); err != nil {
		return err
	}
	defer C.millrace_close(engine)
	var schema *C.millrace_schema
	code := C.millrace_schema_builtin(C.MILLRACE_RECORD_REQUEST, &schema, &failed)
	if err := failure("schema", code, &failed); err != nil {
		return err
	}
	defer C.millrace_schema_free(schema)
	var requests *C.millrace_stream
	code = C.millrace_stream_open(engine, name, schema, nil, &requests, &failed)
	if err := failure("stream", code, &failed); err != nil {
		return err
	}
	number := C.millrace_label(engine, label)

	var all sync.WaitGroup
	results := make([]error, goroutines)
	for i := range results {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			results[i] = readAllTheTime(path, requests, number)
		}(i)
	}
	all.Wait()
	for _, err := range results {
		if err != nil {
			return err
		}
	}

	var summary *C.millrace_summary
	if err := failure("finish", C.millrace_finish(engine, &summary, &failed), &failed); err != nil {
		return err
	}
	defer C.millrace_summary_free(summary)
	var report *C.char
	code = C.millrace_summary_report(summary, nil, &report, nil, &failed)
	if err := failure("report", code, &failed); err != nil {
		return err
	}
	defer C.millrace_text_free(report)
	fmt.Print(C.GoString(report))
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: load FILE LOG")
		os.Exit(2)
	}
	if C.millrace_abi_version() != C.MILLRACE_C_ABI_VERSION {
		fmt.Fprintln(os.Stderr, "the library is of another version than millrace.h")
		os.Exit(1)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
