//! Tokens, as `python -m tokenize -e` prints them.

use std::fmt::Write;

use kaa_ast::Arena;
use kaa_ast::dump::repr_text;
use kaa_parser::token_list;

use super::parse;
use crate::definitions;
use crate::failure::Failure;
use crate::input::Input;

pub fn text(input: &Input, source: &str, encoding: &str, name: Option<&str>) -> Result<String, Failure> {
    let lines: Option<Vec<(i32, i32)>> = match name {
        None => None,
        Some(name) => {
            let arena = Arena::new();
            let parsed = parse(input, source, &arena, false)?;
            let found = definitions::find(&parsed.module, &parsed.interner, name);
            Some(found.into_iter().map(definitions::lines).collect())
        }
    };
    // What is an error for the parser is shown as that.
    kaa_parser::dump_tokens(source).map_err(|error| Failure::of_parser(&error, &input.name))?;
    let mut out = String::new();
    let mut line = |start: (u32, i32), end: (u32, i32), kind: &str, text: &str| {
        let range = format!("{},{}-{},{}:", start.0, start.1, end.0, end.1);
        let _ = writeln!(out, "{range:<20}{kind:<15}{:<15}", repr_text(text.as_bytes()));
    };
    if lines.is_none() {
        line((0, 0), (0, 0), "ENCODING", encoding);
    }
    for token in token_list::tokenize(source, true).tokens {
        let at = token.start.0 as i32;
        let is_within = |lines: &Vec<(i32, i32)>| lines.iter().any(|&(first, last)| first <= at && at <= last);
        if lines.as_ref().is_none_or(is_within) {
            line(token.start, token.end, token_list::name(token.kind), &source[token.text]);
        }
    }
    Ok(out)
}
