use super::*;
use crate::Opcode as O;

/// A function with two locals (the first a parameter), two constants and two names.
fn check(code: &[(O, u8)], exceptiontable: &[u8], flags: u32) -> Result<(), String> {
    let kinds = [kind::LOCAL, kind::LOCAL | kind::CELL, kind::FREE];
    let mut bytes = Vec::new();
    for &(opcode, arg) in code {
        bytes.extend([opcode.number() as u8, arg]);
        bytes.extend(std::iter::repeat_n(0, 2 * opcode.caches()));
    }
    let facts = Facts {
        code: &bytes,
        exceptiontable,
        consts: 2,
        names: 2,
        localspluskinds: &kinds,
        parameters: 1,
        stacksize: 4,
        flags,
    };
    verify(&facts).map_err(|error| error.to_string())
}

fn fine(code: &[(O, u8)]) {
    assert_eq!(check(code, &[], 0), Ok(()));
}

fn refused(code: &[(O, u8)], what: &str) {
    let error = check(code, &[], 0).expect_err("malformed code is refused");
    assert!(error.starts_with(what), "{error}");
}

#[test]
fn plain_code_is_fine() {
    fine(&[(O::Resume, 0), (O::LoadFast, 0), (O::LoadConst, 1), (O::BinaryOp, 0), (O::ReturnValue, 0)]);
    fine(&[(O::LoadGlobal, 3), (O::LoadSmallInt, 1), (O::Call, 1), (O::ReturnValue, 0)]);
    fine(&[
        (O::CopyFreeVars, 1),
        (O::MakeCell, 1),
        (O::LoadDeref, 2),
        (O::StoreDeref, 1),
        (O::LoadDeref, 1),
        (O::ReturnValue, 0),
    ]);
}

#[test]
fn operands_must_be_there() {
    refused(&[(O::PopTop, 0), (O::LoadConst, 0), (O::ReturnValue, 0)], "the stack holds too few");
    refused(&[(O::LoadConst, 0), (O::BinaryOp, 0), (O::ReturnValue, 0)], "the stack holds too few");
    refused(&[(O::PushNull, 0), (O::ReturnValue, 0)], "an operand may be missing");
    refused(&[(O::PushNull, 0), (O::LoadConst, 0), (O::Call, 0), (O::ReturnValue, 0)], "an operand may be missing");
    refused(&[(O::LoadConst, 0); 5], "the stack is higher");
    refused(&[(O::LoadSmallInt, 0), (O::UnpackSequence, 200), (O::ReturnValue, 0)], "the stack is higher");
    refused(&[(O::LoadSmallInt, 0), (O::Copy, 0), (O::ReturnValue, 0)], "the stack holds too few");
}

#[test]
fn locals_must_be_bound_and_cells_be_cells() {
    refused(&[(O::LoadFast, 1), (O::ReturnValue, 0)], "a local variable may be unbound");
    refused(&[(O::LoadFast, 9), (O::ReturnValue, 0)], "there is no such local");
    refused(&[(O::LoadFast, 0), (O::StoreFast, 77)], "there is no such local");
    refused(&[(O::LoadDeref, 0), (O::ReturnValue, 0)], "a local variable is no cell");
    refused(&[(O::MakeCell, 9)], "there is no such local");
    refused(&[(O::CopyFreeVars, 2)], "the argument means nothing");
    fine(&[(O::LoadFastCheck, 1), (O::LoadFast, 1), (O::BuildTuple, 2), (O::ReturnValue, 0)]);
    refused(
        &[(O::LoadFastCheck, 1), (O::PopTop, 0), (O::DeleteFast, 1), (O::LoadFast, 1), (O::ReturnValue, 0)],
        "a local variable may be unbound",
    );
    // A cell that gives way to a plain variable is none any more.
    refused(
        &[(O::MakeCell, 1), (O::LoadConst, 0), (O::StoreFast, 1), (O::LoadDeref, 1), (O::ReturnValue, 0)],
        "a local variable is no cell",
    );
    // What a comprehension saves may be nothing, and is put back.
    fine(&[(O::LoadFastAndClear, 1), (O::StoreFast, 1), (O::LoadConst, 0), (O::ReturnValue, 0)]);
}

#[test]
fn control_stays_within_the_code() {
    refused(&[(O::LoadConst, 0)], "control runs over the end");
    refused(&[(O::JumpForward, 9)], "a jump leads to no instruction");
    refused(&[(O::JumpBackward, 9)], "a jump leads to no instruction");
    // Into cache units.
    refused(&[(O::LoadConst, 0), (O::PopJumpIfTrue, 1), (O::LoadGlobal, 0), (O::ReturnValue, 0)], "a jump leads");
    refused(&[(O::InterpreterExit, 0)], "there is no such instruction");
    refused(&[(O::InstrumentedResume, 0)], "there is no such instruction");
    refused(&[(O::ExtendedArg, 1)], "the code ends within an instruction");
    fine(&[(O::Resume, 0), (O::JumpBackward, 3)]);
}

#[test]
fn paths_meet_with_equal_stacks() {
    refused(
        &[
            (O::LoadConst, 0),
            (O::PopJumpIfTrue, 2),
            (O::NotTaken, 0),
            (O::LoadConst, 0),
            (O::LoadConst, 1),
            (O::ReturnValue, 0),
        ],
        "paths meet with stacks of different heights",
    );
    // A loop that grows the stack.
    refused(&[(O::LoadConst, 0), (O::JumpBackward, 3)], "paths meet with stacks of different heights");
    // Bound on one path only.
    refused(
        &[
            (O::LoadConst, 0),
            (O::PopJumpIfTrue, 3),
            (O::NotTaken, 0),
            (O::LoadConst, 0),
            (O::StoreFast, 1),
            (O::LoadFast, 1),
            (O::ReturnValue, 0),
        ],
        "a local variable may be unbound",
    );
}

#[test]
fn generators_are_made_before_they_yield() {
    let generator = [
        (O::ReturnGenerator, 0),
        (O::PopTop, 0),
        (O::Resume, 0),
        (O::LoadConst, 0),
        (O::YieldValue, 0),
        (O::Resume, 5),
        (O::ReturnValue, 0),
    ];
    assert_eq!(check(&generator, &[], flags::GENERATOR), Ok(()));
    assert!(check(&generator, &[], 0).is_err());
    assert!(check(&generator[3..], &[], flags::GENERATOR).is_err());
    assert!(check(&generator[6..], &[], flags::GENERATOR).is_err());
}

#[test]
fn handlers_get_what_the_table_promises() {
    let code = [
        (O::Nop, 0),
        (O::LoadConst, 0),
        (O::StoreFast, 1),
        (O::LoadFast, 1),
        (O::ReturnValue, 0),
        (O::PushExcInfo, 0),
        (O::LoadFast, 1),
        (O::ReturnValue, 0),
    ];
    let table = |start: u32, end: u32, target: u32, depth, lasti| {
        let mut table = Vec::new();
        let entry = crate::ExceptionEntry { start: 2 * start, end: 2 * end, target: 2 * target, depth, lasti };
        crate::write_exception_entry(&mut table, &entry);
        table
    };
    let error = |table: &[u8]| check(&code, table, 0).err().unwrap_or_default();
    // Before the store the local is unbound, behind it not.
    assert!(error(&table(1, 5, 5, 0, false)).starts_with("a local variable may be unbound"));
    assert_eq!(error(&table(3, 5, 5, 0, false)), "");
    assert!(error(&table(3, 5, 5, 1, false)).starts_with("an exception handler wants more operands"));
    assert!(error(&table(3, 5, 50, 0, false)).starts_with("the exception table is malformed"));
}

#[test]
fn endless_paths_poll() {
    fine(&[(O::Resume, 0), (O::Nop, 0), (O::JumpBackward, 3)]);
    // Back from a handler, or to the `SEND` before a `RESUME`: both ways pass a poll.
    fine(&[(O::Resume, 0), (O::JumpBackwardNoInterrupt, 2)]);
    refused(&[(O::Resume, 0), (O::Nop, 0), (O::JumpBackwardNoInterrupt, 2)], "a loop cannot be interrupted");
    // A handler of itself.
    let code = [(O::LoadFast, 0), (O::ReturnValue, 0), (O::PushExcInfo, 0), (O::Reraise, 0)];
    let mut table = Vec::new();
    let entry = crate::ExceptionEntry { start: 0, end: 8, target: 4, depth: 0, lasti: false };
    crate::write_exception_entry(&mut table, &entry);
    let error = check(&code, &table, 0).expect_err("the handler is refused");
    assert!(error.starts_with("a loop cannot be interrupted"), "{error}");
}
