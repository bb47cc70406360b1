//! How processes end: by a signal, with an exit code, with what could not be raised.

mod common;

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

fn run(program: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaa"));
    common::heed_interrupts(&mut command);
    command.args(["-c", program]).output().expect("kaa can be run")
}

#[test]
fn an_interrupt_that_nobody_catches_ends_the_process_by_the_signal() {
    let output = run("import _signal, atexit\natexit.register(print, 'exit')\n_signal.raise_signal(_signal.SIGINT)");
    assert_eq!(output.status.signal(), Some(libc::SIGINT));
    assert_eq!(output.stdout, b"exit\n");
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("KeyboardInterrupt\n"));
}

#[test]
fn exceptions_that_cannot_be_raised_are_reported() {
    let output = run("import _thread\n\
         class C:\n  def __del__(self): 1 / 0\n\
         def f(): raise ValueError('in a thread')\n\
         c = C()\n\
         _thread.start_joinable_thread(f).join()");
    assert_eq!(output.status.code(), Some(0));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.starts_with("Exception ignored in thread started by <function f at 0x"), "{errors}");
    assert!(errors.contains("ValueError: in a thread\n"), "{errors}");
    assert!(errors.contains("Exception ignored while calling deallocator <function C.__del__ at 0x"), "{errors}");
    assert!(errors.ends_with("ZeroDivisionError: division by zero\n"), "{errors}");
}

#[test]
fn a_fault_shows_where_python_code_was() {
    let output = run("import faulthandler\nfaulthandler.enable(2)\ndef f(): faulthandler._sigsegv()\nf()");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.starts_with("Fatal Python error: Segmentation fault\n\nCurrent thread 0x"), "{errors}");
    let frames = "  File \"<string>\", line 3 in f\n  File \"<string>\", line 4 in <module>\n\n";
    let after = errors.split_once(frames).unwrap_or_else(|| panic!("{errors}")).1;
    assert!(after.starts_with("Current thread's C stack trace (most recent call first):\n"), "{errors}");
}

#[test]
fn a_fault_that_nobody_reports_ends_the_process() {
    let program = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\nprint('still here')";
    assert_eq!(run(program).status.signal(), Some(libc::SIGSEGV));
    let output = run("import faulthandler as f\nf.enable(2)\nf.disable()\nf._read_null()");
    assert_eq!((output.status.signal(), output.stderr), (Some(libc::SIGSEGV), Vec::new()));
}

#[test]
fn a_watchdog_ends_the_process() {
    let output = run("import faulthandler\n\
         faulthandler.dump_traceback_later(0.05, exit=True)\n\
         while True: pass");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.starts_with("Timeout (0:00:00.050000)!\nThread 0x"), "{errors}");
    assert!(errors.ends_with("  File \"<string>\", line 3 in <module>\n"), "{errors}");
}

#[test]
fn daemon_threads_do_not_keep_the_process() {
    let output = run("import _thread\n\
         def f():\n  while True: pass\n\
         for _ in range(3): _thread.start_new_thread(f, ())\n\
         print('end')");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stdout, b"end\n");
}
