//! The instructions of a unit as text, before the flow graph.

use crate::instruction_sequence::{Instruction, InstructionSequence, NEXT_LOCATION, UnitMetadata};
use kaa_ast::Span;
use kaa_bytecode::{Opcode, arg};
use std::fmt::Write;

/// Prints a unit: its qualified name, then its instructions, each with its argument, its label as
/// the target of jumps, and its position.
pub fn print(unit: &UnitMetadata, sequence: &InstructionSequence, out: &mut String) {
    let _ = writeln!(out, "{}:", heading(unit));
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
        print_instruction(&label, instruction, &argument, out);
        if instruction.opcode == Opcode::AnnotationsPlaceholder {
            for inner in sequence.annotations.iter().flatten() {
                print_instruction("", inner, &plain_argument(inner), out);
            }
        }
    }
    if let Ok(label) = label_at(sequence.instructions.len()) {
        let _ = writeln!(out, "  {label}");
    }
}

/// What a unit is called in a listing.
pub fn heading(unit: &UnitMetadata) -> &str {
    if unit.qualname.is_empty() { "<module>" } else { &unit.qualname }
}

fn plain_argument(instruction: &Instruction) -> String {
    if instruction.opcode.flags() & arg::ARG == 0 { String::new() } else { instruction.arg.to_string() }
}

fn print_instruction(label: &str, instruction: &Instruction, argument: &str, out: &mut String) {
    let Span { line, col, end_line, end_col } = instruction.span;
    let position = match instruction.span {
        Span::NONE => String::new(),
        NEXT_LOCATION => "next".to_owned(),
        _ => format!("{line},{col}-{end_line},{end_col}"),
    };
    let text = format!("  {label:<5} {:<26} {argument:<6} {position}", instruction.opcode.name());
    let _ = writeln!(out, "{}", text.trim_end());
}
