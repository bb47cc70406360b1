//! Compares the instruction table of `kaa-bytecode` with a live CPython and its headers.

use std::collections::BTreeSet;
use std::fmt::Write;

use kaa_bytecode::operands::{
    BinaryOperator, CommonConstant, ComparisonOperator, Intrinsic1, Intrinsic2, SpecialMethod, function_attribute,
};
use kaa_bytecode::{Opcode, SPECIALIZED, arg, effect, pyc, stack_effect};

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::python;

pub const HELP: &str = "\
Usage: cargo xtask check-instructions [--python PATH]

Asks CPython for its opcodes, cache sizes, argument kinds, stack effects, operators and so on
(and reads its internal headers when they are installed), and prints each figure in which the
table in kaa-bytecode differs.

Options:
  --python PATH   the CPython 3.14 to compare with; without it python3.14 on PATH,
                  in $KAA_PEERS/bin or in ~/.cache/kaa/peers/bin";

const KINDS: [(u32, &str); 7] = [
    (arg::ARG, "arg"),
    (arg::CONST, "const"),
    (arg::NAME, "name"),
    (arg::JUMP, "jump"),
    (arg::FREE, "free"),
    (arg::LOCAL, "local"),
    (arg::EXC, "exc"),
];

const EFFECTS: [(u32, &str); 10] = [
    (effect::EVAL_BREAK, "EVAL_BREAK"),
    (effect::DEOPT, "DEOPT"),
    (effect::ERROR, "ERROR"),
    (effect::ESCAPES, "ESCAPES"),
    (effect::EXIT, "EXIT"),
    (effect::PURE, "PURE"),
    (effect::PASSTHROUGH, "PASSTHROUGH"),
    (effect::OPARG_AND_1, "OPARG_AND_1"),
    (effect::ERROR_NO_POP, "ERROR_NO_POP"),
    (effect::NO_SAVE_IP, "NO_SAVE_IP"),
];

const ARGUMENTS: [u32; 9] = [0, 1, 2, 3, 7, 255, 256, 513, 70000];

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let mut given = None;
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Option(name) if name == "--python" => given = Some(arguments.value(&name)?),
            Argument::Option(name) | Argument::Plain(name) => return Err(unknown(&name)),
        }
    }
    let python = python::find(given)?;
    let theirs = python::run(&python, include_str!("python/instructions.py"), &[])?;
    let has_header = !theirs.lines().any(|line| line == "noheader");
    let theirs: BTreeSet<&str> = theirs.lines().filter(|line| *line != "noheader").collect();
    let ours = table(has_header);
    let ours: BTreeSet<&str> = ours.lines().collect();
    for line in theirs.difference(&ours) {
        println!("CPython  {line}");
    }
    for line in ours.difference(&theirs) {
        println!("Kaa      {line}");
    }
    let differences = theirs.symmetric_difference(&ours).count();
    println!("{} figures compared, {differences} lines differ", theirs.len());
    if !has_header {
        println!("CPython's internal headers are not installed: effects on the stack were compared only in sum");
    }
    Ok(differences == 0)
}

fn named(bits: u32, names: &[(u32, &str)]) -> String {
    names.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| format!(" {name}")).collect()
}

/// Our table in the form in which the script prints CPython's.
fn table(with_header: bool) -> String {
    let mut out = String::new();
    let mut line = |text: std::fmt::Arguments<'_>| {
        let _ = writeln!(out, "{text}");
    };
    line(format_args!("magic {}", pyc::MAGIC_NUMBER));
    let effect_text = |effect: Option<i32>| effect.map_or("None".to_owned(), |effect| effect.to_string());
    for &op in Opcode::ALL {
        let name = op.name();
        if with_header {
            line(format_args!("flags {name}{}", named(op.flags(), &EFFECTS)));
            for argument in ARGUMENTS {
                line(format_args!("stack {name} {argument} {} {}", op.pops(argument), op.pushes(argument)));
            }
            if op.is_pseudo() {
                let targets: String = op.pseudo_targets().iter().map(|op| format!(" {}", op.name())).collect();
                line(format_args!("pseudo {name} {}{targets}", u8::from(op.pseudo_is_sequence())));
            }
        }
        line(format_args!("op {} {name} {}{}", op.number(), op.caches(), named(op.flags(), &KINDS)));
        for argument in ARGUMENTS {
            let effects = [None, Some(true), Some(false)].map(|jump| effect_text(stack_effect(op, argument, jump)));
            line(format_args!("effect {name} {argument} {}", effects.join(" ")));
        }
    }
    for form in SPECIALIZED {
        line(format_args!("op {} {} 0{}", form.number, form.name, named(form.flags, &KINDS)));
        line(format_args!("base {} {}", form.name, form.base.name()));
        if with_header {
            line(format_args!("flags {}{}", form.name, named(form.flags, &EFFECTS)));
        }
    }
    for op in BinaryOperator::ALL {
        line(format_args!("nb {} {} {}", op.number(), op.name(), op.symbol()));
    }
    Intrinsic1::ALL.iter().for_each(|i| line(format_args!("intrinsic1_descs {} {}", i.number(), i.name())));
    Intrinsic2::ALL.iter().for_each(|i| line(format_args!("intrinsic2_descs {} {}", i.number(), i.name())));
    SpecialMethod::ALL.iter().for_each(|i| line(format_args!("special_method_names {} {}", i.number(), i.name())));
    CommonConstant::ALL.iter().for_each(|i| line(format_args!("common {} {} {}", i.number(), i.name(), i.repr())));
    ComparisonOperator::ALL.iter().for_each(|i| line(format_args!("compare {} {} {}", i.number(), i.name(), i.arg())));
    for (bit, name) in function_attribute::NAMES.iter().enumerate() {
        line(format_args!("attribute {} {name}", 1 << bit));
    }
    out
}
