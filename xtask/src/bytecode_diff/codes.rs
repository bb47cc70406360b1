//! Code objects compared field by field.

use kaa_bytecode::dis::{DisOptions, dis};
use kaa_bytecode::repr::{str_repr, text_lossy};
use kaa_bytecode::{CodeObject, Constant, NameList, marshal};

use crate::code_objects::{all, inner, with_sorted_sets};

/// What came of two code objects, in marshal's form.
pub struct Comparison {
    /// How many code objects CPython's has, itself included, and how many of them are the same in all
    /// fields but their nested ones.
    pub codes: usize,
    pub same_codes: usize,
    /// Field and code object that differ first, and both sides as text.
    pub difference: Option<(String, String, String)>,
}

/// Compares two code objects.
pub fn compare(theirs: &[u8], ours: &[u8]) -> Result<Comparison, String> {
    let read = |bytes: &[u8]| marshal::read_code(bytes).map(|code| with_sorted_sets(&code));
    let theirs = read(theirs).map_err(|error| format!("CPython's code: {error}"))?;
    let ours = read(ours).map_err(|error| format!("Kaa's code: {error}"))?;
    let mut comparison = Comparison { codes: all(&theirs).len(), same_codes: 0, difference: None };
    let mut pending = vec![(&theirs, &ours)];
    while let Some((theirs, ours)) = pending.pop() {
        match first_difference(theirs, ours) {
            None => comparison.same_codes += 1,
            Some((field, left, right)) if comparison.difference.is_none() => {
                comparison.difference = Some((format!("{field} of {}", text_lossy(&theirs.qualname)), left, right));
            }
            Some(_) => {}
        }
        let pairs: Vec<_> = inner(theirs).into_iter().zip(inner(ours)).collect();
        pending.extend(pairs.into_iter().rev());
    }
    Ok(comparison)
}

/// The field that differs, and both sides. Nested code objects are compared on their own.
fn first_difference(theirs: &CodeObject, ours: &CodeObject) -> Option<(&'static str, String, String)> {
    let positions = DisOptions { show_positions: true, ..DisOptions::default() };
    let checks: [(&str, &dyn Fn(&CodeObject) -> String); 13] = [
        ("name", &|code| names(&[&code.name, &code.qualname].into_iter().collect())),
        ("filename", &|code| text_lossy(&code.filename)),
        ("argument counts", &|code| format!("{} {} {}", code.argcount, code.posonlyargcount, code.kwonlyargcount)),
        ("firstlineno", &|code| code.firstlineno.to_string()),
        ("localsplusnames", &|code| names(&code.localsplusnames)),
        ("localspluskinds", &|code| format!("{:x?}", code.localspluskinds)),
        ("names", &|code| names(&code.names)),
        ("code", &|code| listing(code, DisOptions::default()) + &format!("{:x?}", code.code)),
        ("consts", &constants_text),
        ("flags", &|code| format!("{:#x}", code.flags)),
        ("stacksize", &|code| code.stacksize.to_string()),
        ("exceptiontable", &|code| listing(code, DisOptions::default()) + &format!("{:x?}", code.exceptiontable)),
        ("linetable", &|code| listing(code, positions) + &format!("{:x?}", code.linetable)),
    ];
    if same_fields(theirs, ours) {
        return None;
    }
    checks.iter().find_map(|(field, text)| {
        let (left, right) = (text(theirs), text(ours));
        (left != right).then_some((*field, left, right))
    })
}

fn same_fields(a: &CodeObject, b: &CodeObject) -> bool {
    // Nested code objects count as equal here.
    let same = |(a, b): (&Constant, &Constant)| matches!((a, b), (Constant::Code(_), Constant::Code(_))) || a == b;
    let numbers = |code: &CodeObject| {
        let counts = [code.argcount, code.posonlyargcount, code.kwonlyargcount, code.stacksize, code.flags];
        (counts, code.firstlineno)
    };
    numbers(a) == numbers(b)
        && (&a.code, &a.linetable, &a.exceptiontable) == (&b.code, &b.linetable, &b.exceptiontable)
        && (&a.names, &a.localsplusnames, &a.localspluskinds) == (&b.names, &b.localsplusnames, &b.localspluskinds)
        && (&a.filename, &a.name, &a.qualname) == (&b.filename, &b.name, &b.qualname)
        && a.consts.len() == b.consts.len()
        && a.consts.iter().zip(&b.consts).all(same)
}

fn names(names: &NameList) -> String {
    names.iter().map(|name| str_repr(name) + "\n").collect()
}

fn listing(code: &CodeObject, options: DisOptions) -> String {
    dis(code, &DisOptions { depth: Some(0), ..options })
}

fn constants_text(code: &CodeObject) -> String {
    let text = |constant: &Constant| match constant {
        Constant::Code(_) => "code object\n".to_owned(),
        _ => format!("{} {constant:?}\n", constant.repr()),
    };
    code.consts.iter().map(text).collect()
}
