//! Disassembly: the text that CPython's `dis.dis` prints.
//!
//! It differs in one thing: the addresses of code objects are all 0. What a broken code object
//! refers to but does not have is shown as `<unknown>`, where `dis` would raise.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::decode::{Instruction, instructions};
use crate::meaning::{Tables, UNKNOWN, meaning};
use crate::repr::{code_repr, text_lossy};
use crate::{CodeObject, Constant, ExceptionEntry, ExceptionTable, Location, LocationTable, NameList, Opcode};

/// What to show beside what is always shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct DisOptions {
    pub show_caches: bool,
    pub show_offsets: bool,
    /// Lines and columns instead of lines.
    pub show_positions: bool,
    /// How far to go into nested code objects; without it, all the way.
    pub depth: Option<usize>,
    /// The offset of an instruction to point at.
    pub current: Option<u32>,
}

/// The text of a code object and those inside it.
pub fn dis(code: &CodeObject, options: &DisOptions) -> String {
    let mut out = String::new();
    // The code objects still to print, next one last, with the depth left below each.
    let mut pending = vec![(code, options.depth)];
    while let Some((each, depth)) = pending.pop() {
        if !std::ptr::eq(each, code) {
            let _ = writeln!(out, "\nDisassembly of {}:", code_repr(each, 0));
        }
        Listing::new(each, options).print(&mut out);
        if depth != Some(0) {
            let inner = each.consts.iter().rev().filter_map(|constant| match constant {
                Constant::Code(inner) => Some((&**inner, depth.map(|depth| depth - 1))),
                _ => None,
            });
            pending.extend(inner);
        }
    }
    out
}

const NO_LINE: &str = "  --";
const NAME_WIDTH: usize = 20;
const ARG_WIDTH: usize = 5;

/// One code object and the widths of its columns.
struct Listing<'c> {
    code: &'c CodeObject,
    options: &'c DisOptions,
    /// The line that begins at an offset.
    line_starts: BTreeMap<u32, Option<i32>>,
    exceptions: Vec<ExceptionEntry>,
    /// The number of the label at an offset.
    labels: BTreeMap<i64, usize>,
    positions: Vec<Location>,
    place_width: usize,
    offset_width: usize,
    label_width: usize,
}

/// A line of the listing.
struct Row<'r> {
    offset: u32,
    /// Set when a source line begins here.
    line: Option<Option<i32>>,
    position: Option<Location>,
    label: Option<usize>,
    is_current: bool,
    name: &'r str,
    arg: Option<i32>,
    meaning: &'r str,
}

impl<'c> Listing<'c> {
    fn new(code: &'c CodeObject, options: &'c DisOptions) -> Listing<'c> {
        let table = LocationTable::new(&code.linetable, code.firstlineno);
        let line_starts: BTreeMap<u32, Option<i32>> =
            table.clone().lines().map(|range| (range.start, range.line)).collect();
        let exceptions: Vec<ExceptionEntry> = ExceptionTable::new(&code.exceptiontable).collect();
        let mut labels: BTreeMap<i64, usize> =
            instructions(&code.code).filter_map(|each| Some((each.jump_target()?, 0))).collect();
        for entry in &exceptions {
            labels.extend([entry.start, entry.end, entry.target].map(|offset| (i64::from(offset), 0)));
        }
        labels.values_mut().enumerate().for_each(|(index, label)| *label = index + 1);
        let positions: Vec<Location> = if options.show_positions { table.positions().collect() } else { Vec::new() };
        let place_width = if options.show_positions { positions_width(&positions) } else { line_width(&line_starts) };
        let last = code.code.len().saturating_sub(2).max(9999);
        Listing {
            offset_width: if options.show_offsets { last.to_string().len() } else { 0 },
            label_width: 4 + labels.len().to_string().len(),
            place_width,
            code,
            options,
            line_starts,
            exceptions,
            labels,
            positions,
        }
    }

    fn print(&self, out: &mut String) {
        for instruction in instructions(&self.code.code) {
            let position = self.positions.get(instruction.offset as usize / 2).copied();
            let current = self.options.current;
            self.row(
                out,
                &Row {
                    offset: instruction.offset,
                    line: self.line_starts.get(&instruction.offset).copied(),
                    position,
                    label: self.labels.get(&i64::from(instruction.offset)).copied(),
                    is_current: current.is_some_and(|at| (instruction.offset..instruction.end_offset()).contains(&at)),
                    name: &instruction.name(),
                    arg: instruction.has_arg().then_some(instruction.arg),
                    meaning: &self.meaning(&instruction),
                },
            );
            if self.options.show_caches {
                self.caches(out, &instruction, position);
            }
        }
        if self.exceptions.is_empty() {
            return;
        }
        out.push_str("ExceptionTable:\n");
        for entry in &self.exceptions {
            let [start, end, target] =
                [entry.start, entry.end, entry.target].map(|offset| self.labels[&i64::from(offset)]);
            let lasti = if entry.lasti { " lasti" } else { "" };
            let _ = writeln!(out, "  L{start} to L{end} -> L{target} [{}]{lasti}", entry.depth);
        }
    }

    fn caches(&self, out: &mut String, instruction: &Instruction, position: Option<Location>) {
        let Some(opcode) = instruction.opcode else { return };
        let mut offset = instruction.offset;
        for (name, size) in cache_fields(opcode) {
            let start = offset as usize + 2;
            let data = self.code.code.get(start..start + 2 * size).unwrap_or_default();
            let value = data.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
            for index in 0..*size {
                offset += 2;
                let meaning = if index == 0 { format!("{name}: {value}") } else { String::new() };
                self.row(
                    out,
                    &Row {
                        offset,
                        line: None,
                        position,
                        label: None,
                        is_current: false,
                        name: "CACHE",
                        arg: Some(0),
                        meaning: &meaning,
                    },
                );
            }
        }
    }

    fn row(&self, out: &mut String, row: &Row<'_>) {
        let width = self.place_width;
        if width > 0 && row.line.is_some() && row.offset > 0 {
            out.push('\n');
        }
        let start = out.len();
        if width > 0 {
            let _ = match (self.options.show_positions, row.line) {
                (true, _) => write!(out, "{:width$} ", row.position.map_or(String::new(), position_text)),
                (false, Some(Some(line))) => write!(out, "{line:width$} "),
                (false, Some(None)) => write!(out, "{NO_LINE:>width$} "),
                (false, None) => write!(out, "{:width$} ", ""),
            };
        }
        let label = row.label.map_or(String::new(), |label| format!("L{label}:"));
        let _ = write!(out, "{label:>0$} ", self.label_width);
        if self.offset_width > 0 {
            let _ = write!(out, "{:>1$}   ", row.offset, self.offset_width);
        }
        let _ = write!(out, "{} {:NAME_WIDTH$}", if row.is_current { "-->" } else { "   " }, row.name);
        if let Some(arg) = row.arg {
            // A long name takes from the argument's column.
            let arg_width = ARG_WIDTH.saturating_sub(row.name.len().saturating_sub(NAME_WIDTH));
            let _ = write!(out, " {arg:>arg_width$}");
            if !row.meaning.is_empty() {
                let _ = write!(out, " ({})", row.meaning);
            }
        }
        let end = start + out[start..].trim_end().len();
        out.truncate(end);
        out.push('\n');
    }

    /// What the argument stands for.
    fn meaning(&self, instruction: &Instruction) -> String {
        let Some(opcode) = instruction.opcode else { return String::new() };
        if !opcode.has_jump() {
            return meaning(opcode, instruction.arg as u32, self);
        }
        let label = instruction.jump_target().and_then(|target| self.labels.get(&target));
        let preposition = if opcode == Opcode::EndAsyncFor { "from" } else { "to" };
        label.map_or(UNKNOWN.to_owned(), |label| format!("{preposition} L{label}"))
    }
}

impl Tables for Listing<'_> {
    fn constant(&self, index: u32) -> String {
        self.code.consts.get(index as usize).map_or(UNKNOWN.to_owned(), Constant::repr)
    }

    fn name(&self, index: u32) -> String {
        text_of(&self.code.names, index)
    }

    fn local(&self, index: u32) -> String {
        text_of(&self.code.localsplusnames, index)
    }
}

fn text_of(names: &NameList, index: u32) -> String {
    names.get(index as usize).map_or(UNKNOWN.to_owned(), text_lossy)
}

/// The width of the column of lines; 0 leaves it out.
fn line_width(starts: &BTreeMap<u32, Option<i32>>) -> usize {
    let Some(greatest) = starts.values().flatten().filter(|line| **line != 0).max() else { return 0 };
    let width = greatest.to_string().len().max(3);
    if starts.values().any(Option::is_none) { width.max(NO_LINE.len()) } else { width }
}

/// The width of the column of positions; 0 leaves it out.
fn positions_width(positions: &[Location]) -> usize {
    let width = |location: &Location| fields(location).iter().map(String::len).sum();
    let widest: usize = positions.iter().map(width).max().unwrap_or(0);
    if positions.iter().all(|location| *location == Location::NONE) {
        return 0;
    }
    1 + NO_LINE.len().max(3 + widest)
}

fn fields(location: &Location) -> [String; 4] {
    [location.line, location.column, location.end_line, location.end_column]
        .map(|number| if number < 0 { "?".to_owned() } else { number.to_string() })
}

fn position_text(location: Location) -> String {
    if location == Location::NONE {
        return NO_LINE.to_owned();
    }
    let [line, column, end_line, end_column] = fields(&location);
    format!("{line}:{column}-{end_line}:{end_column}")
}

/// What the cache units of an instruction hold in CPython, and how many units each takes.
fn cache_fields(opcode: Opcode) -> &'static [(&'static str, usize)] {
    match opcode {
        Opcode::LoadGlobal => &[("counter", 1), ("index", 1), ("module_keys_version", 1), ("builtin_keys_version", 1)],
        Opcode::BinaryOp => &[("counter", 1), ("descr", 4)],
        Opcode::LoadSuperAttr
        | Opcode::UnpackSequence
        | Opcode::CompareOp
        | Opcode::ContainsOp
        | Opcode::ForIter
        | Opcode::Send
        | Opcode::JumpBackward
        | Opcode::StoreSubscr
        | Opcode::PopJumpIfTrue
        | Opcode::PopJumpIfFalse
        | Opcode::PopJumpIfNone
        | Opcode::PopJumpIfNotNone => &[("counter", 1)],
        Opcode::LoadAttr => &[("counter", 1), ("version", 2), ("keys_version", 2), ("descr", 4)],
        Opcode::StoreAttr => &[("counter", 1), ("version", 2), ("index", 1)],
        Opcode::Call | Opcode::CallKw => &[("counter", 1), ("func_version", 2)],
        Opcode::ToBool => &[("counter", 1), ("version", 2)],
        _ => &[],
    }
}
