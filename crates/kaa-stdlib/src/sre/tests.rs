//! The matcher and the validator alone. Codes are those that `re._compiler` makes; what they match
//! comes from CPython 3.14.

use std::sync::atomic::AtomicU32;

use super::codes::op;
use super::compile::StackFloor;
use super::engine::{Machine, Subject, Unit};
use super::validate::{Fault, check};

fn search<U: Unit>(code: &[u32], groups: usize, text: &[U]) -> Option<Vec<Option<(usize, usize)>>> {
    assert_eq!(check(code, groups, StackFloor(0)), Ok(()));
    let mut machine = Machine::default();
    let subject = Subject { text, start: 0, full: false, must_advance: false, stop: (&AtomicU32::new(0), 0) };
    machine.search(code, groups, subject).then(|| (0..=groups).map(|group| machine.span(group)).collect())
}

#[test]
fn groups_in_loops() {
    // ((a)|bd)*c
    let code = [
        14,
        4,
        0,
        1,
        u32::MAX,
        23,
        25,
        0,
        u32::MAX,
        17,
        0,
        7,
        9,
        17,
        2,
        16,
        97,
        17,
        3,
        15,
        9,
        7,
        16,
        98,
        16,
        100,
        15,
        2,
        0,
        17,
        1,
        18,
        16,
        99,
        1,
    ];
    let expected = Some(vec![Some((1, 5)), Some((2, 4)), Some((1, 2))]);
    assert_eq!(search(&code, 2, b"xabdcx"), expected);
    let wide: Vec<u32> = "xabdcx".chars().map(u32::from).collect();
    assert_eq!(search(&code, 2, &wide), expected);
    assert_eq!(search(&code, 2, b"abdabd"), None);
}

#[test]
fn nested_loops_do_not_overflow_the_stack() {
    // (?:a|bd)*c
    let code =
        [14, 4, 0, 1, u32::MAX, 23, 17, 0, u32::MAX, 7, 5, 16, 97, 15, 9, 7, 16, 98, 16, 100, 15, 2, 0, 18, 16, 99, 1];
    let text = vec![b'a'; 200_000];
    assert_eq!(check(&code, 0, StackFloor(0)), Ok(()));
    let mut machine = Machine::default();
    let subject =
        Subject { text: &text[..], start: 0, full: false, must_advance: false, stop: (&AtomicU32::new(0), 0) };
    assert!(!machine.match_at(&code, 0, subject));
}

#[test]
fn a_search_without_end_gives_up_when_asked_to() {
    // (?:a+)*c
    let code = [14, 4, 0, 1, u32::MAX, 23, 10, 0, u32::MAX, 24, 6, 1, u32::MAX, 16, 97, 1, 18, 16, 99, 1];
    assert_eq!(check(&code, 0, StackFloor(0)), Ok(()));
    let mut machine = Machine::default();
    let stop = AtomicU32::new(2);
    let subject = Subject { text: &[b'a'; 100][..], start: 0, full: false, must_advance: false, stop: (&stop, 2) };
    assert!(!machine.search(&code, 0, subject));
    assert!(machine.interrupted);
}

#[test]
fn malformed_code_is_refused() {
    for code in [
        &[][..],
        &[99, 1],
        &[16, 1],
        &[17, 0, 1],
        &[15, 1, 1],
        &[24, 3, 0, 1, 1],
        &[13, 2, 9, 0, 1],
        &[7, 2, 15, 1, 1],
        &[23, 4, 0, 1, 16, 97, 1],
    ] {
        assert_eq!(check(code, 0, StackFloor(0)), Err(Fault::Malformed), "{code:?}");
    }
}

#[test]
fn code_deeper_than_the_stack_is_told_from_malformed_code() {
    // ASSERT, its length, no way back, …, SUCCESS: one in the other.
    let nested = |depth: usize| {
        let mut code = Vec::new();
        for level in 0..depth {
            code.extend([op::ASSERT, (4 * (depth - level) - 1) as u32, 0]);
        }
        code.extend(std::iter::repeat_n(op::SUCCESS, depth + 1));
        code
    };
    assert_eq!(check(&nested(50), 0, StackFloor(0)), Ok(()));
    assert_eq!(check(&nested(50), 0, StackFloor(usize::MAX)), Err(Fault::Deep));
}
