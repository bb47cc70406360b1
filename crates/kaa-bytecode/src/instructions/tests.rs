//! Totals of the table, so that an edit by mistake is seen without a CPython at hand.

use super::*;

/// FNV-1a over every figure of the table.
fn digest() -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for op in Opcode::ALL {
        add(op.name().as_bytes());
        add(&op.number().to_le_bytes());
        add(&[op.caches() as u8]);
        add(&op.flags().to_le_bytes());
        for arg in [0, 1, 2, 3, 7, 255, 256, 513] {
            add(&op.pops(arg).to_le_bytes());
            add(&op.pushes(arg).to_le_bytes());
        }
    }
    for form in SPECIALIZED {
        add(form.name.as_bytes());
        add(&[form.number, form.base.number() as u8]);
        add(&form.flags.to_le_bytes());
    }
    hash
}

#[test]
fn totals_are_those_of_cpython_3_14() {
    assert_eq!(Opcode::ALL.len(), 154);
    assert_eq!(Opcode::ALL.iter().filter(|op| op.is_pseudo()).count(), 11);
    assert_eq!(SPECIALIZED.len(), 84);
    assert_eq!(Opcode::ALL.iter().map(|op| op.caches()).sum::<usize>(), 43);
    assert_eq!(
        digest(),
        14_015_358_040_621_830_943,
        "after a change on purpose, verify with `cargo xtask check-instructions`"
    );
}

#[test]
fn numbers_and_names_lead_back() {
    for op in Opcode::ALL {
        assert_eq!(Opcode::from_number(op.number()), Some(*op));
        assert_eq!(Opcode::from_name(op.name()), Some(*op));
    }
    assert_eq!(Opcode::from_number(3), None);
    assert_eq!(Opcode::from_number(1000), None);
    assert_eq!(Opcode::from_name("LOAD_NOTHING"), None);
}

#[test]
fn stack_effects() {
    assert_eq!(stack_effect(Opcode::Call, 3, None), Some(-4));
    assert_eq!(stack_effect(Opcode::BuildMap, 2, None), Some(-3));
    assert_eq!(stack_effect(Opcode::UnpackEx, 0x0102, None), Some(3));
    assert_eq!(stack_effect(Opcode::ForIter, 9, Some(true)), Some(1));
    assert_eq!(stack_effect(Opcode::SetupWith, 0, Some(true)), Some(1));
    assert_eq!(stack_effect(Opcode::SetupWith, 0, Some(false)), Some(0));
    assert_eq!(stack_effect(Opcode::SetupWith, 0, None), Some(1));
    assert_eq!(stack_effect(Opcode::BuildList, u32::MAX, None), None);
}

#[test]
fn instrumented_forms_lead_back() {
    assert_eq!(Opcode::Call.instrumented(), Some(Opcode::InstrumentedCall));
    assert_eq!(Opcode::InstrumentedCall.uninstrumented(), Opcode::Call);
    assert_eq!(Opcode::BinaryOp.instrumented(), None);
}
