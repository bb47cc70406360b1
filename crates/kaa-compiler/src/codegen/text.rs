//! The instructions of a unit as text, before the flow graph.

use crate::instruction_sequence::{Instruction, InstructionSequence, NEXT_LOCATION, UnitMetadata};
use crate::unit_tables::UnitTables;
use kaa_ast::{Interner, Span};
use kaa_bytecode::meaning::meaning;
use kaa_bytecode::{Opcode, arg};
use std::fmt::Write;

/// Prints the instructions of a unit, each with its argument and what that means, its label as the
/// target of jumps, and its position.
pub fn print(unit: &UnitMetadata, sequence: &InstructionSequence, names: &Interner<'_>) -> String {
    let mut out = String::new();
    let tables = UnitTables { unit, names, cells_are_placed: false };
    // Labels are numbered in the order of their places, those at one place together.
    let mut places: Vec<u32> = sequence
        .instructions
        .iter()
        .filter_map(|each| each.target())
        .map(|label| sequence.position(label) as u32)
        .collect();
    places.sort_unstable();
    places.dedup();
    let label_at = |index: usize| places.binary_search(&(index as u32)).map(|number| format!("L{}:", number + 1));
    for (index, instruction) in sequence.instructions.iter().enumerate() {
        let label = label_at(index).unwrap_or_default();
        let argument = match instruction.target() {
            Some(target) => label_at(sequence.position(target)).map(|label| label.replace(':', "")).unwrap_or_default(),
            None => plain_argument(instruction),
        };
        print_instruction(&label, instruction, &argument, &tables, &mut out);
        if instruction.opcode == Opcode::AnnotationsPlaceholder {
            for inner in sequence.annotations.iter().flatten() {
                print_instruction("", inner, &plain_argument(inner), &tables, &mut out);
            }
        }
    }
    if let Ok(label) = label_at(sequence.instructions.len()) {
        let _ = writeln!(out, "  {label}");
    }
    out
}

/// What a unit is called in a listing.
pub fn heading(unit: &UnitMetadata) -> &str {
    if unit.qualname.is_empty() { "<module>" } else { &unit.qualname }
}

fn plain_argument(instruction: &Instruction) -> String {
    if instruction.opcode.flags() & arg::ARG == 0 { String::new() } else { instruction.arg.to_string() }
}

fn print_instruction(
    label: &str,
    instruction: &Instruction,
    argument: &str,
    tables: &UnitTables<'_, '_>,
    out: &mut String,
) {
    let Span { line, col, end_line, end_col } = instruction.span;
    let position = match instruction.span {
        Span::NONE => String::new(),
        NEXT_LOCATION => "next".to_owned(),
        _ => format!("{line},{col}-{end_line},{end_col}"),
    };
    let meaning = match meaning(instruction.opcode, instruction.arg, tables) {
        meaning if meaning.is_empty() => String::new(),
        meaning => format!("({meaning})"),
    };
    let text = format!("  {label:<5} {:<26} {argument:<6} {position:<16} {meaning}", instruction.opcode.name());
    let _ = writeln!(out, "{}", text.trim_end());
}
