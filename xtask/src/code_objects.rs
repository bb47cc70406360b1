//! Code objects, for commands that compare them.

use std::sync::Arc;

use kaa_bytecode::{CodeObject, Constant};

/// A code object and those inside it, outer ones first.
pub fn all(code: &CodeObject) -> Vec<&CodeObject> {
    let mut found = Vec::new();
    let mut pending = vec![code];
    while let Some(code) = pending.pop() {
        found.push(code);
        pending.extend(inner(code).into_iter().rev());
    }
    found
}

/// The code objects among the constants.
pub fn inner(code: &CodeObject) -> Vec<&CodeObject> {
    code.consts
        .iter()
        .filter_map(|constant| match constant {
            Constant::Code(code) => Some(&**code),
            _ => None,
        })
        .collect()
}

/// The code object with the items of sets in the order of their texts: CPython's own order changes
/// from run to run.
pub fn with_sorted_sets(code: &CodeObject) -> CodeObject {
    fn sorted(constant: &Constant) -> Constant {
        match constant {
            Constant::Tuple(items) => Constant::Tuple(items.iter().map(sorted).collect()),
            Constant::FrozenSet(items) => {
                let mut items: Vec<Constant> = items.iter().map(sorted).collect();
                items.sort_by_key(Constant::repr);
                Constant::FrozenSet(items.into())
            }
            Constant::Code(code) => Constant::Code(Arc::new(with_sorted_sets(code))),
            other => other.clone(),
        }
    }
    CodeObject { consts: code.consts.iter().map(sorted).collect(), ..code.clone() }
}

/// Where two files begin to differ, and what stands there.
pub fn bytes_difference(theirs: &[u8], ours: &[u8]) -> String {
    let at = theirs.iter().zip(ours).take_while(|(a, b)| a == b).count();
    let around = |bytes: &[u8]| {
        let window = &bytes[at.saturating_sub(24).min(bytes.len())..(at + 24).min(bytes.len())];
        kaa_bytecode::repr::bytes_repr(window)
    };
    format!("bytes differ at {at}\n  CPython {}\n  Kaa     {}", around(theirs), around(ours))
}
