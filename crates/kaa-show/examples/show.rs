//! `kaa show` without the rest of Kaa: quick to build for who works on the compiler.

use std::io::{IsTerminal, stdin, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let colors = kaa_show::wants_colors(&|name| std::env::var(name).ok(), stdout().is_terminal());
    let answer = kaa_show::run(std::env::args_os().skip(1).collect(), colors, &mut stdin().lock());
    print!("{}", answer.out);
    eprint!("{}", answer.err);
    ExitCode::from(answer.status)
}
