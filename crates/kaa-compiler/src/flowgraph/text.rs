//! The graph as text, for `kaa show` and for tests, which can also read it.
//!
//! ```text
//! const 0 = None
//! block 0: handler lasti cold depth 1
//!     LOAD_FAST 1                     @3,4,3,8 except 2
//!     POP_JUMP_IF_FALSE               @3,4,3,8 to 1
//! ```
//!
//! Blocks stand in order, numbered from 0. A position is line, column, end line and end column,
//! and is missing where there is none. What an argument means may follow behind ` ; `. Constants that have no short literal are shown by their
//! kind; such a text cannot be read back.

use super::UnitMetadata;
use super::graph::{BlockId, Graph, Instr};
use crate::unit_tables::UnitTables;
use kaa_ast::Span;
use kaa_bytecode::meaning::meaning;
use kaa_bytecode::{Constant, Opcode};
use std::fmt::Write;

/// Prints a graph with the constants of its code unit.
pub fn print(graph: &Graph, unit: &UnitMetadata) -> String {
    print_with(graph, unit, None)
}

/// Prints a graph, with what arguments mean behind a semicolon.
pub(crate) fn print_with(graph: &Graph, unit: &UnitMetadata, tables: Option<&UnitTables<'_, '_>>) -> String {
    let mut out = String::new();
    for (index, constant) in unit.consts.as_slice().iter().enumerate() {
        let _ = writeln!(out, "const {index} = {}", Literal(constant));
    }
    let mut numbers = vec![usize::MAX; graph.block_count()];
    for (number, block) in graph.order().enumerate() {
        numbers[block.index()] = number;
    }
    for block in graph.order() {
        let data = &graph[block];
        let _ = write!(out, "block {}:", numbers[block.index()]);
        let marks = [
            ("label", data.labeled),
            ("handler", data.is_handler),
            ("lasti", data.keeps_lasti),
            ("cold", data.cold),
            ("warm", data.warm),
        ];
        for (mark, _) in marks.into_iter().filter(|(_, set)| *set) {
            let _ = write!(out, " {mark}");
        }
        if data.start_depth >= 0 {
            let _ = write!(out, " depth {}", data.start_depth);
        }
        if data.predecessors > 0 {
            let _ = write!(out, " from {}", data.predecessors);
        }
        out.push('\n');
        for instr in graph.instrs(block) {
            print_instr(&mut out, instr, &numbers, tables);
        }
    }
    out
}

fn print_instr(out: &mut String, instr: &Instr, numbers: &[usize], tables: Option<&UnitTables<'_, '_>>) {
    let mut line = format!("    {}", instr.opcode.name());
    if instr.opcode.has_arg() && !instr.opcode.has_target() {
        let _ = write!(line, " {}", instr.arg);
    }
    let mut notes = String::new();
    let Span { line: first, col, end_line, end_col } = instr.span;
    if instr.span != Span::NONE {
        let _ = write!(notes, " @{first},{col},{end_line},{end_col}");
    }
    if let Some(target) = instr.target.filter(|_| instr.opcode.has_target()) {
        let _ = write!(notes, " to {}", numbers[target.index()]);
    }
    if let Some(handler) = instr.handler {
        let _ = write!(notes, " except {}", numbers[handler.index()]);
    }
    let meaning = tables.map_or(String::new(), |tables| meaning(instr.opcode, instr.arg, tables));
    if !meaning.is_empty() {
        let _ = write!(out, "{line:<39}{notes:<30} ; {meaning}");
    } else if notes.is_empty() {
        out.push_str(&line);
    } else {
        let _ = write!(out, "{line:<39}{notes}");
    }
    out.push('\n');
}

/// A constant as a short literal.
struct Literal<'c>(&'c Constant);

impl std::fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |f: &mut std::fmt::Formatter<'_>, items: &[Constant]| {
            for (index, item) in items.iter().enumerate() {
                let separator = if index == 0 { "" } else { ", " };
                write!(f, "{separator}{}", Literal(item))?;
            }
            Ok(())
        };
        match self.0 {
            Constant::None => f.write_str("None"),
            Constant::Bool(true) => f.write_str("True"),
            Constant::Bool(false) => f.write_str("False"),
            Constant::Ellipsis => f.write_str("..."),
            Constant::Int(value) => write!(f, "{value}"),
            Constant::Float(value) => write!(f, "{value:?}"),
            Constant::Str(text) => write!(f, "{:?}", String::from_utf8_lossy(text)),
            Constant::Tuple(items) => {
                f.write_str("(")?;
                list(f, items)?;
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Constant::FrozenSet(items) => {
                f.write_str("{")?;
                list(f, items)?;
                f.write_str("}")
            }
            Constant::Code(code) => write!(f, "<code {}>", String::from_utf8_lossy(&code.name)),
            Constant::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
            other => write!(f, "<{other:?}>"),
        }
    }
}

/// Reads a graph and its constants; the error says which line is wrong.
pub fn parse(text: &str, graph: &mut Graph, unit: &mut UnitMetadata) -> Result<(), String> {
    graph.reset();
    let count = text.lines().filter(|line| line.trim_start().starts_with("block ")).count();
    let mut current = None;
    let mut expected = 0;
    for line in text.lines() {
        let line = line.trim();
        let wrong = |what: &str| format!("{what}: {line}");
        if line.is_empty() {
            continue;
        }
        if let Some(definition) = line.strip_prefix("const ") {
            let (_, literal) = definition.split_once(" = ").ok_or_else(|| wrong("no constant"))?;
            let (constant, rest) = parse_constant(literal).ok_or_else(|| wrong("not a literal"))?;
            if !rest.trim().is_empty() {
                return Err(wrong("more than a literal"));
            }
            unit.consts.insert(constant);
        } else if let Some(header) = line.strip_prefix("block ") {
            let (number, marks) = header.split_once(':').ok_or_else(|| wrong("no colon"))?;
            if number.parse() != Ok(expected) {
                return Err(wrong("blocks must be numbered in order"));
            }
            expected += 1;
            let block = match current {
                None => graph.entry(),
                Some(previous) => {
                    graph.seal_newest();
                    graph.insert_block_after(previous)
                }
            };
            parse_marks(marks, &mut graph[block]).ok_or_else(|| wrong("unknown mark"))?;
            current = Some(block);
        } else {
            current.ok_or_else(|| wrong("not in a block"))?;
            let instr = parse_instr(line, count).ok_or_else(|| wrong("not an instruction"))?;
            if instr.target.is_none() && instr.opcode.has_target() {
                return Err(wrong("no target"));
            }
            graph.push_newest(std::iter::once(instr), instr.features());
        }
    }
    graph.seal_newest();
    Ok(())
}

fn parse_marks(marks: &str, block: &mut super::graph::Block) -> Option<()> {
    let mut words = marks.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "label" => block.labeled = true,
            "handler" => block.is_handler = true,
            "lasti" => block.keeps_lasti = true,
            "cold" => block.cold = true,
            "warm" => block.warm = true,
            "depth" => block.start_depth = words.next()?.parse().ok()?,
            "from" => block.predecessors = words.next()?.parse().ok()?,
            _ => return None,
        }
    }
    Some(())
}

fn parse_instr(line: &str, blocks: usize) -> Option<Instr> {
    let (line, _) = line.split_once(" ; ").unwrap_or((line, ""));
    let mut words = line.split_whitespace().peekable();
    let opcode = Opcode::from_name(words.next()?)?;
    let mut instr = Instr::new(opcode, 0, Span::NONE);
    if let Some(arg) = words.next_if(|word| word.starts_with(|first: char| first.is_ascii_digit())) {
        instr.arg = arg.parse().ok()?;
    }
    while let Some(word) = words.next() {
        if let Some(position) = word.strip_prefix('@') {
            let numbers: Vec<i32> = position.split(',').map(|number| number.parse().ok()).collect::<Option<_>>()?;
            let [line, col, end_line, end_col] = numbers[..] else { return None };
            instr.span = Span::new(line, col, end_line, end_col);
            continue;
        }
        let block: usize = words.next()?.parse().ok().filter(|&block| block < blocks)?;
        let block = Some(BlockId::from_index(block));
        match word {
            "to" => instr.target = block,
            "except" => instr.handler = block,
            _ => return None,
        }
    }
    Some(instr)
}

/// Reads a constant and what is behind it.
fn parse_constant(text: &str) -> Option<(Constant, &str)> {
    let text = text.trim_start();
    for (word, constant) in [
        ("None", Constant::None),
        ("True", Constant::Bool(true)),
        ("False", Constant::Bool(false)),
        ("...", Constant::Ellipsis),
    ] {
        if let Some(rest) = text.strip_prefix(word) {
            return Some((constant, rest));
        }
    }
    if let Some(inside) = text.strip_prefix('(') {
        let (items, rest) = parse_items(inside, ')')?;
        return Some((Constant::Tuple(items.into()), rest));
    }
    if let Some(inside) = text.strip_prefix('{') {
        let (items, rest) = parse_items(inside, '}')?;
        return Some((crate::constant_arithmetic::frozen_set(items), rest));
    }
    if let Some(quoted) = text.strip_prefix('"') {
        let (content, rest) = quoted.split_once('"')?;
        return Some((Constant::Str(content.as_bytes().into()), rest));
    }
    let end = text.find([',', ')', '}', ' ']).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let constant = match number.parse() {
        Ok(value) => Constant::Int(value),
        Err(_) => Constant::Float(number.parse().ok()?),
    };
    Some((constant, rest))
}

fn parse_items(mut text: &str, close: char) -> Option<(Vec<Constant>, &str)> {
    let mut items = Vec::new();
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix(close) {
            return Some((items, rest));
        }
        let (item, rest) = parse_constant(text)?;
        items.push(item);
        text = rest.trim_start();
        text = text.strip_prefix(',').unwrap_or(text);
    }
}
