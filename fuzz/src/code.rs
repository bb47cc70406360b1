//! What must hold for code objects.

use std::sync::Arc;

use kaa_bytecode::dis::{DisOptions, dis};
use kaa_bytecode::verify::{Facts, Malformed, verify, verify_layout};
use kaa_bytecode::{CodeObject, Constant, ExceptionTable, LocationTable, marshal};

/// A code object of the compiler: the verifier accepts it, and marshal gives it back.
pub fn check_compiled(code: &CodeObject) {
    for_each(code, &mut |code| {
        let verdict = verify_code(code);
        assert_eq!(verdict, Ok(()), "the verifier refuses compiled code:\n{}", dis(code, &DisOptions::default()));
        let units = code.code.len() / 2;
        let located = LocationTable::new(&code.linetable, code.firstlineno).positions().count();
        assert_eq!(located, units, "the location table covers other units than there are");
    });
    let bytes = marshal::write_code(code, marshal::VERSION).expect("a compiled code object can be written");
    let read = marshal::read_code(&bytes).expect("what was written can be read");
    assert!(with_sorted_sets(&read) == with_sorted_sets(code), "marshal gives back another code object");
}

/// A code object from anywhere: nothing that looks at it fails.
pub fn check_any(code: &CodeObject) {
    let _ = verify_code(code);
    let table = LocationTable::new(&code.linetable, code.firstlineno);
    let _ = (table.clone().positions().count(), table.clone().lines().count(), table.line_at(0));
    let _ = ExceptionTable::new(&code.exceptiontable).count();
}

/// The listings of a code object from anywhere, every kind of them.
pub fn check_listings(code: &CodeObject) {
    let plain = DisOptions::default();
    let all = DisOptions { show_caches: true, show_offsets: true, show_positions: true, ..plain };
    for options in [plain, all, DisOptions { current: Some(2), depth: Some(0), ..plain }] {
        let _ = dis(code, &options);
    }
}

fn verify_code(code: &CodeObject) -> Result<(), Malformed> {
    verify_layout(code)?;
    verify(&Facts::of(code))
}

/// Goes through a code object and those inside it. They form a tree where the compiler made them.
fn for_each(code: &CodeObject, visit: &mut dyn FnMut(&CodeObject)) {
    visit(code);
    for constant in &code.consts {
        if let Constant::Code(inner) = constant {
            for_each(inner, visit);
        }
    }
}

/// The code object with the items of sets sorted: their order is not part of it.
fn with_sorted_sets(code: &CodeObject) -> CodeObject {
    CodeObject { consts: code.consts.iter().map(sorted).collect(), ..code.clone() }
}

/// A constant with the items of sets sorted.
pub fn sorted(constant: &Constant) -> Constant {
    let in_order = |items: &[Constant]| {
        let mut items: Vec<Constant> = items.iter().map(sorted).collect();
        // Texts do not tell one NaN from another.
        items.sort_by_cached_key(|item| (item.repr(), marshal::write_constant(item, 2).unwrap_or_default()));
        Arc::from(items)
    };
    match constant {
        Constant::Tuple(items) => Constant::Tuple(items.iter().map(sorted).collect()),
        Constant::List(items) => Constant::List(items.iter().map(sorted).collect()),
        Constant::Dict(pairs) => {
            Constant::Dict(pairs.iter().map(|(key, value)| (sorted(key), sorted(value))).collect())
        }
        Constant::Slice(parts) => {
            let [start, stop, step] = &**parts;
            Constant::Slice(Arc::new([sorted(start), sorted(stop), sorted(step)]))
        }
        Constant::Set(items) => Constant::Set(in_order(items)),
        Constant::FrozenSet(items) => Constant::FrozenSet(in_order(items)),
        Constant::Code(code) => Constant::Code(Arc::new(with_sorted_sets(code))),
        other => other.clone(),
    }
}

/// The code objects in a constant, each once, however often it is shared, and how many constants
/// there would be if nothing were shared.
pub fn census(root: &Constant) -> (Vec<Arc<CodeObject>>, u64) {
    let mut found = Vec::new();
    let mut sizes = std::collections::HashMap::new();
    // Children are counted before what holds them.
    let mut pending = vec![(root, false)];
    while let Some((constant, children_done)) = pending.pop() {
        let (address, children) = children(constant);
        if children.is_empty() || sizes.contains_key(&address) {
            continue;
        }
        if !children_done {
            pending.push((constant, true));
            pending.extend(children.into_iter().map(|child| (child, false)));
            continue;
        }
        if let Constant::Code(code) = constant {
            found.push(code.clone());
        }
        let size = children.into_iter().map(|child| size_of(child, &sizes)).fold(1, u64::saturating_add);
        sizes.insert(address, size);
    }
    (found, size_of(root, &sizes))
}

fn size_of(constant: &Constant, sizes: &std::collections::HashMap<usize, u64>) -> u64 {
    sizes.get(&children(constant).0).copied().unwrap_or(1)
}

/// What a constant holds, and an address that tells it from others.
fn children(constant: &Constant) -> (usize, Vec<&Constant>) {
    use Constant::*;
    match constant {
        Tuple(items) | List(items) | Set(items) | FrozenSet(items) => {
            (Arc::as_ptr(items).cast::<u8>() as usize, items.iter().collect())
        }
        Dict(items) => {
            (Arc::as_ptr(items).cast::<u8>() as usize, items.iter().flat_map(|(key, value)| [key, value]).collect())
        }
        Slice(items) => (Arc::as_ptr(items).cast::<u8>() as usize, items.iter().collect()),
        Code(code) => (Arc::as_ptr(code).cast::<u8>() as usize, code.consts.iter().collect()),
        _ => (0, Vec::new()),
    }
}
