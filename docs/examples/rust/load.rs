// SPDX-License-Identifier: Apache-2.0

//! A load generator in Rust: threads that read 4 KiB at a time from a file, every read a record; a log of all of
//! them, a report at the end. No crates: what it takes of millrace.h is declared here.
//!
//!     rustc -O load.rs -C link-args="$(pkg-config --libs --static millrace)"
//!     ./load /dev/urandom run

use std::ffi::{c_char, c_int, c_void, CStr, CString};
use std::fs::File;
use std::io::Read;
use std::ptr;
use std::time::Instant;

const ABI_VERSION: u32 = 1; // of the declarations below
const RECORD_REQUEST: c_int = 1;
const STATUS_ERROR: u8 = 1;

const THREADS: usize = 4;
const READS: usize = 5000;

#[repr(C)]
struct Error {
    struct_size: usize,
    code: i32,
    reserved: u32,
    message: [c_char; 496],
}

/// A struct whose first fields are ours, in as many bytes as the library has at least.
#[repr(C)]
struct Options {
    struct_size: usize,
    numbers: [u32; 8],
    bytes: [u64; 3],
    percentiles: [usize; 4],
    log_dir: *const c_char,
    log_switches: [u32; 4],
    log_bytes: [u64; 3],
    ring_dir: *const c_char,
    ring_files: u32,
    reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct RequestRecord {
    status: u8,
    reserved: u8,
    label: u16,
    error_class: u16,
    code: u16,
    intended_start_ns: i64,
    start_ns: i64,
    first_byte_ns: i64,
    end_ns: i64,
    bytes_sent: i64,
    bytes_received: i64,
    request_id: u64,
}

enum Engine {}
enum Schema {}
enum Stream {}
enum Worker {}
enum Summary {}

extern "C" {
    fn millrace_abi_version() -> u32;
    fn millrace_options_init(options: *mut Options, struct_size: usize) -> c_int;
    fn millrace_open(options: *const Options, engine: *mut *mut Engine, error: *mut Error) -> c_int;
    fn millrace_schema_builtin(record: c_int, schema: *mut *mut Schema, error: *mut Error) -> c_int;
    fn millrace_schema_free(schema: *mut Schema);
    fn millrace_stream_open(
        engine: *mut Engine,
        name: *const c_char,
        schema: *const Schema,
        options: *const c_void,
        stream: *mut *mut Stream,
        error: *mut Error,
    ) -> c_int;
    fn millrace_label(engine: *mut Engine, name: *const c_char) -> u16;
    fn millrace_request_record_init(record: *mut RequestRecord);
    fn millrace_worker_open(
        stream: *mut Stream,
        record_size: usize,
        worker: *mut *mut Worker,
        error: *mut Error,
    ) -> c_int;
    fn millrace_push(worker: *mut Worker, record: *const c_void) -> bool;
    fn millrace_worker_close(worker: *mut Worker);
    fn millrace_finish(engine: *mut Engine, summary: *mut *mut Summary, error: *mut Error) -> c_int;
    fn millrace_summary_report(
        summary: *const Summary,
        options: *const c_void,
        text: *mut *mut c_char,
        size: *mut usize,
        error: *mut Error,
    ) -> c_int;
    fn millrace_text_free(text: *mut c_char);
    fn millrace_summary_free(summary: *mut Summary);
    fn millrace_close(engine: *mut Engine);
}

/// Calls with an error to fill in, and makes a Result of what comes back.
fn checked(call: impl FnOnce(*mut Error) -> c_int) -> Result<(), String> {
    let mut error = Error { struct_size: std::mem::size_of::<Error>(), code: 0, reserved: 0, message: [0; 496] };
    if call(&mut error) == 0 {
        return Ok(());
    }
    let text = unsafe { CStr::from_ptr(error.message.as_ptr()) };
    Err(text.to_string_lossy().into_owned())
}

/// A stream may be used by any thread.
#[derive(Clone, Copy)]
struct Requests(*mut Stream);
unsafe impl Send for Requests {}

fn read_all_the_time(path: &str, requests: Requests, label: u16, begin: Instant) -> Result<(), String> {
    let mut worker = ptr::null_mut();
    let size = std::mem::size_of::<RequestRecord>();
    checked(|e| unsafe { millrace_worker_open(requests.0, size, &mut worker, e) })?;
    let mut blank = RequestRecord::default();
    unsafe { millrace_request_record_init(&mut blank) };
    blank.label = label;
    let mut file = File::open(path).map_err(|e| e.to_string())?;
    let mut buffer = [0u8; 4096];
    for id in 0..READS {
        let mut record = RequestRecord { request_id: id as u64, ..blank };
        record.start_ns = begin.elapsed().as_nanos() as i64;
        let got = file.read(&mut buffer).unwrap_or(0);
        record.end_ns = begin.elapsed().as_nanos() as i64;
        record.bytes_received = got as i64;
        if got != buffer.len() {
            record.status = STATUS_ERROR;
        }
        unsafe { millrace_push(worker, &record as *const RequestRecord as *const c_void) }; // false: counted
    }
    unsafe { millrace_worker_close(worker) };
    Ok(())
}

fn run(path: &str, log: &str) -> Result<(), String> {
    let log_dir = CString::new(log).map_err(|e| e.to_string())?;
    let name = CString::new("reads").unwrap();
    let label = CString::new(path).map_err(|e| e.to_string())?;
    let mut engine = ptr::null_mut();
    let mut schema = ptr::null_mut();
    let mut requests = ptr::null_mut();
    unsafe {
        let mut options: Options = std::mem::zeroed();
        millrace_options_init(&mut options, std::mem::size_of::<Options>());
        options.log_dir = log_dir.as_ptr();
        checked(|e| millrace_open(&options, &mut engine, e))?;
        checked(|e| millrace_schema_builtin(RECORD_REQUEST, &mut schema, e))?;
        checked(|e| millrace_stream_open(engine, name.as_ptr(), schema, ptr::null(), &mut requests, e))?;
    }
    let number = unsafe { millrace_label(engine, label.as_ptr()) };
    let requests = Requests(requests);
    let begin = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(move || {
                    let requests = requests;
                    read_all_the_time(path, requests, number, begin)
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap())
    })?;

    let mut summary = ptr::null_mut();
    let mut report = ptr::null_mut();
    unsafe {
        checked(|e| millrace_finish(engine, &mut summary, e))?;
        checked(|e| millrace_summary_report(summary, ptr::null(), &mut report, ptr::null_mut(), e))?;
        print!("{}", CStr::from_ptr(report).to_string_lossy());
        millrace_text_free(report);
        millrace_summary_free(summary);
        millrace_schema_free(schema);
        millrace_close(engine);
    }
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() != 3 {
        eprintln!("usage: load FILE LOG");
        std::process::exit(2);
    }
    if unsafe { millrace_abi_version() } != ABI_VERSION {
        eprintln!("the library is of another version than these declarations");
        std::process::exit(1);
    }
    if let Err(text) = run(&arguments[1], &arguments[2]) {
        eprintln!("{text}");
        std::process::exit(1);
    }
}
