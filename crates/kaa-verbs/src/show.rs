//! `kaa show`: what `kaa-show` answers, printed.

use std::ffi::OsString;
use std::io::{IsTerminal, Write, stderr, stdin, stdout};

pub fn run(arguments: Vec<OsString>) -> u8 {
    let variable = |name: &str| std::env::var(name).ok();
    let colors = kaa_show::wants_colors(&variable, stdout().is_terminal());
    let answer = kaa_show::run(arguments, colors, &mut stdin().lock());
    // Who reads may have read enough.
    let _ = stdout().write_all(answer.out.as_bytes()).and_then(|()| stdout().flush());
    let _ = stderr().write_all(answer.err.as_bytes());
    answer.status
}
