//! Nesting: what CPython accepts is accepted, and what is too deep gives an error that says so.
//! Nothing may overflow the native stack, so all of it runs on a small one.

use kaa_ast::Arena;
use kaa_parser::{ErrorKind, ParseOptions, SyntaxError, parse};

/// Parses on a thread with the given stack, in KiB.
fn parse_on(stack: usize, source: String) -> Result<(), SyntaxError> {
    let thread = std::thread::Builder::new().stack_size(stack << 10);
    let parse = move || parse(&source, &Arena::new(), &ParseOptions::default()).map(drop);
    thread.spawn(parse).expect("a thread").join().expect("no panic")
}

const STACK: usize = if cfg!(debug_assertions) { 1024 } else { 512 };

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    open.repeat(depth) + inner + &close.repeat(depth) + "\n"
}

#[test]
fn chains_have_no_limit() {
    for link in ["lambda: ", "1 if 1 else ", "1 + ", "1 or ", "1 < ", "1, ", "a = ", "a.", "a()."] {
        let source = link.repeat(20_000) + "a\n";
        assert!(parse_on(STACK, source).is_ok(), "{link}");
    }
    let branches = "if a: b\n".to_string() + &"elif c: d\n".repeat(20_000);
    assert!(parse_on(STACK, branches).is_ok());
}

/// CPython accepts fewer: its parser calls itself for each.
#[test]
fn operators_that_wait_for_an_operand_are_limited() {
    for link in ["-", "not ", "1 ** "] {
        assert!(parse_on(STACK, link.repeat(3_999) + "a\n").is_ok(), "{link}");
        let error = parse_on(STACK, link.repeat(20_000) + "a\n").expect_err("too complex");
        assert_eq!(error.kind, ErrorKind::MemoryError);
    }
}

#[test]
fn brackets_nest_200_deep() {
    for (open, inner, close) in
        [("(", "", ")"), ("[", "", "]"), ("{1: ", "2", "}"), ("f(", "", ")"), ("a[", "b", "]"), ("(lambda: ", "a", ")")]
    {
        assert!(parse_on(STACK, nested(open, inner, close, 200)).is_ok(), "{open}");
        let error = parse_on(STACK, nested(open, inner, close, 201)).expect_err("too deep");
        assert_eq!(error.message, "too many nested parentheses");
    }
    let pattern = format!("match a:\n case {}: pass\n", nested("[", "b", "]", 200).trim_end());
    assert!(parse_on(STACK, pattern).is_ok());
    assert!(parse_on(STACK, nested("(", "a b", ")", 150)).is_err());
}

#[test]
fn blocks_nest_99_deep() {
    let blocks = |depth: usize| {
        let lines = (0..depth).map(|level| format!("{}if a:\n", " ".repeat(level)));
        lines.collect::<String>() + &" ".repeat(depth) + "b\n"
    };
    assert!(parse_on(STACK, blocks(99)).is_ok());
    let error = parse_on(STACK, blocks(100)).expect_err("too deep");
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::IndentationError, "too many levels of indentation"));
}

#[test]
fn what_is_too_complex_says_so() {
    for depth in [700, 5_000, 100_000] {
        let result = parse_on(STACK, nested("lambda a=", "b", ": c", depth));
        if depth > 1_000 {
            let error = result.expect_err("too deep");
            assert_eq!(error.kind, ErrorKind::MemoryError);
            assert_eq!(error.message, "Parser stack overflowed - Python source too complex to parse");
        } else {
            assert!(result.is_ok());
        }
    }
    let error = parse_on(STACK, "-".repeat(100_000) + "a b\n").expect_err("invalid");
    assert_eq!(error.kind, ErrorKind::MemoryError);
}
