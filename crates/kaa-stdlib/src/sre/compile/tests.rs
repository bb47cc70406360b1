//! Code against that of CPython 3.14. `tests/programs/regular_expression_code.py` compares more
//! patterns with what the library's Python code makes of them.

use kaa_objects::types::str::StrData;

use super::super::chars::is_in_set;
use super::super::codes::op::*;
use super::super::codes::{MAXREPEAT, at, category};
use super::super::validate;
use super::{Compiled, NotHandled, StackFloor, compile};

/// A pattern, its flags, those that it has in the end, and its code.
type Case = (&'static str, i32, i32, &'static [u32]);

#[rustfmt::skip]
const STRINGS: &[Case] = &[
    ("", 0, 32, &[INFO, 4, 0, 0, 0, SUCCESS]),
    ("abc", 0, 32, &[INFO, 12, 3, 3, 3, 3, 3, 97, 98, 99, 0, 0, 0, LITERAL, 97, LITERAL, 98, LITERAL, 99, SUCCESS]),
    ("aba[bc]", 0, 32, &[INFO, 12, 1, 4, 4, 3, 3, 97, 98, 97, 0, 0, 1, LITERAL, 97, LITERAL, 98, LITERAL, 97, IN, 5, RANGE, 98, 99, FAILURE, SUCCESS]),
    ("(a)bc", 0, 32, &[INFO, 12, 1, 3, 3, 3, 0, 97, 98, 99, 0, 0, 0, MARK, 0, LITERAL, 97, MARK, 1, LITERAL, 98, LITERAL, 99, SUCCESS]),
    ("(?:ab)+c", 0, 32, &[INFO, 4, 0, 3, MAXREPEAT, REPEAT, 7, 1, MAXREPEAT, LITERAL, 97, LITERAL, 98, MAX_UNTIL, LITERAL, 99, SUCCESS]),
    ("a|b|[c-e]", 0, 32, &[INFO, 8, 4, 1, 1, RANGE, 97, 101, FAILURE, IN, 5, RANGE, 97, 101, FAILURE, SUCCESS]),
    ("xa|xb|x", 0, 32, &[INFO, 8, 1, 1, 2, 1, 1, 120, 0, LITERAL, 120, BRANCH, 5, LITERAL, 97, JUMP, 10, 5, LITERAL, 98, JUMP, 5, 3, JUMP, 2, FAILURE, SUCCESS]),
    ("[^a]b?", 0, 32, &[INFO, 4, 0, 1, 2, NOT_LITERAL, 97, REPEAT_ONE, 6, 0, 1, LITERAL, 98, SUCCESS, SUCCESS]),
    (".*?\\.", 16, 48, &[INFO, 4, 0, 1, MAXREPEAT, MIN_REPEAT_ONE, 5, 0, MAXREPEAT, ANY_ALL, SUCCESS, LITERAL, 46, SUCCESS]),
    ("(?i)k\u{e9}-", 0, 34, &[INFO, 4, 0, 3, 3, LITERAL_UNI_IGNORE, 107, LITERAL_UNI_IGNORE, 233, LITERAL, 45, SUCCESS]),
    ("(?i)s[a-f]", 256, 258, &[INFO, 4, 0, 2, 2, LITERAL_IGNORE, 115, IN_IGNORE, 5, RANGE, 97, 102, FAILURE, SUCCESS]),
    ("(?i)[^i]", 0, 34, &[INFO, 4, 0, 1, 1, IN_UNI_IGNORE, 7, NEGATE, LITERAL, 105, LITERAL, 305, FAILURE, SUCCESS]),
    ("(?i)[\u{10400}-\u{10401}]", 0, 34, &[INFO, 4, 0, 1, 1, IN_UNI_IGNORE, 5, RANGE_UNI_IGNORE, 66560, 66561, FAILURE, SUCCESS]),
    ("\\bx\\B$", 8, 40, &[INFO, 4, 0, 1, 1, AT, at::UNI_BOUNDARY, LITERAL, 120, AT, at::UNI_NON_BOUNDARY, AT, at::END_LINE, SUCCESS]),
    ("(?P<n>a)?(?(n)b|c)", 0, 32, &[INFO, 4, 0, 1, 2, REPEAT, 9, 0, 1, MARK, 0, LITERAL, 97, MARK, 1, MAX_UNTIL, GROUPREF_EXISTS, 0, 6, LITERAL, 98, JUMP, 3, LITERAL, 99, SUCCESS]),
    ("(?(1)b)(c)", 0, 32, &[INFO, 4, 0, 1, 2, GROUPREF_EXISTS, 0, 4, LITERAL, 98, MARK, 0, LITERAL, 99, MARK, 1, SUCCESS]),
    ("(?<=a\\d)(?!b)(?!)", 0, 32, &[INFO, 4, 0, 0, 0, ASSERT, 10, 2, LITERAL, 97, IN, 4, CATEGORY, category::UNI_DIGIT, FAILURE, SUCCESS, ASSERT_NOT, 5, 0, LITERAL, 98, SUCCESS, FAILURE, SUCCESS]),
    ("(?>a++|(b){2,}?c)", 0, 32, &[INFO, 4, 0, 1, MAXREPEAT, ATOMIC_GROUP, 30, BRANCH, 10, POSSESSIVE_REPEAT_ONE, 6, 1, MAXREPEAT, LITERAL, 97, SUCCESS, JUMP, 18, 16, REPEAT, 9, 2, MAXREPEAT, MARK, 0, LITERAL, 98, MARK, 1, MIN_UNTIL, LITERAL, 99, JUMP, 2, FAILURE, SUCCESS, SUCCESS]),
    ("(?x) a # b\n {2}", 0, 96, &[INFO, 4, 0, 2, 2, REPEAT_ONE, 6, 2, 2, LITERAL, 97, SUCCESS, SUCCESS]),
    ("(?a:\\w)\\w", 0, 32, &[INFO, 7, 4, 2, 2, CATEGORY, category::UNI_WORD, FAILURE, IN, 4, CATEGORY, category::WORD, FAILURE, IN, 4, CATEGORY, category::UNI_WORD, FAILURE, SUCCESS]),
    ("[\\s\\S][^\\s\\S]", 0, 32, &[INFO, 4, 0, 2, 2, ANY_ALL, FAILURE, SUCCESS]),
    ("\\101\\0\\N{DIGIT ONE}\\U0001F600", 0, 32, &[INFO, 14, 3, 4, 4, 4, 4, 65, 0, 49, 128512, 0, 0, 0, 0, LITERAL, 65, LITERAL, 0, LITERAL, 49, LITERAL, 128512, SUCCESS]),
    ("[acegikmo]", 0, 32, &[INFO, 14, 4, 1, 1, CHARSET, 0, 0, 0, 43690, 0, 0, 0, 0, FAILURE, IN, 11, CHARSET, 0, 0, 0, 43690, 0, 0, 0, 0, FAILURE, SUCCESS]),
    ("(.)\\1", 2, 34, &[INFO, 4, 0, 2, 2, MARK, 0, ANY, MARK, 1, GROUPREF_UNI_IGNORE, 0, SUCCESS]),
    ("a{0}{", 0, 32, &[INFO, 4, 0, 1, 1, REPEAT_ONE, 6, 0, 0, LITERAL, 97, SUCCESS, LITERAL, 123, SUCCESS]),
    ("x{,3}+", 0, 32, &[INFO, 4, 0, 0, 3, POSSESSIVE_REPEAT_ONE, 6, 0, 3, LITERAL, 120, SUCCESS, SUCCESS]),
];

/// The characters are bytes.
#[rustfmt::skip]
const BYTES: &[Case] = &[
    ("\\w\u{e9}[a-c]", 6, 6, &[INFO, 4, 0, 3, 3, IN_LOC_IGNORE, 4, CATEGORY, category::LOC_WORD, FAILURE, LITERAL_LOC_IGNORE, 233, IN_LOC_IGNORE, 5, RANGE, 97, 99, FAILURE, SUCCESS]),
    ("\\bx", 4, 4, &[INFO, 4, 0, 1, 1, AT, at::LOC_BOUNDARY, LITERAL, 120, SUCCESS]),
    ("\u{e9}K", 2, 2, &[INFO, 8, 1, 2, 2, 1, 1, 233, 0, LITERAL, 233, LITERAL_IGNORE, 107, SUCCESS]),
    ("(?L:[\\w])\\d", 0, 0, &[INFO, 7, 4, 2, 2, CATEGORY, category::WORD, FAILURE, IN, 4, CATEGORY, category::LOC_WORD, FAILURE, IN, 4, CATEGORY, category::DIGIT, FAILURE, SUCCESS]),
];

fn compile_str(pattern: &str, flags: i32) -> Result<Compiled, NotHandled> {
    let codes: Vec<u32> = pattern.chars().map(u32::from).collect();
    compile(StrData::Ucs4(&codes), false, flags, StackFloor(0))
}

fn compile_bytes(pattern: &str, flags: i32) -> Result<Compiled, NotHandled> {
    let bytes: Vec<u8> = pattern.chars().map(|c| u8::try_from(c).unwrap()).collect();
    compile(StrData::Latin1(&bytes), true, flags, StackFloor(0))
}

fn check(cases: &[Case], compile: fn(&str, i32) -> Result<Compiled, NotHandled>) {
    for &(pattern, flags, final_flags, code) in cases {
        let compiled = compile(pattern, flags).unwrap_or_else(|_| panic!("{pattern:?}"));
        assert_eq!(compiled.code, code, "{pattern:?}");
        assert_eq!(compiled.flags, final_flags, "{pattern:?}");
        assert_eq!(validate::check(&compiled.code, compiled.groups, StackFloor(0)), Ok(()), "{pattern:?}");
    }
}

#[test]
fn makes_the_code_that_cpython_makes() {
    check(STRINGS, compile_str);
    check(BYTES, compile_bytes);
}

#[test]
fn names_of_groups_are_places_in_the_pattern() {
    let compiled = compile_str("(a)(?P<\u{e9}>b)((?P<two>(c)))", 0).unwrap();
    assert_eq!(compiled.groups, 5);
    assert_eq!(compiled.names, [(7..8, 2), (16..19, 4)]);
}

/// The operand of the set that the code of a pattern consists of.
fn only_set(code: &[u32]) -> (u32, &[u32]) {
    let skip = code[1] as usize + 1;
    assert_eq!(skip + 1 + code[skip + 1] as usize + 1, code.len());
    (code[skip], &code[skip + 2..])
}

#[test]
fn sets_have_the_characters_of_the_pattern() {
    let many: String = (0..300u32).filter_map(|n| char::from_u32(0x3040 + n * n)).collect();
    let compiled = compile_str(&format!("[{many}\u{1f600}\\d]"), 0).unwrap();
    let (opcode, set) = only_set(&compiled.code);
    assert_eq!((opcode, set[0]), (IN, BIGCHARSET));
    for code in 0..0x1_8000u32 {
        let is_in = char::from_u32(code).is_some_and(|c| many.contains(c)) || matches!(code, 0x30..=0x39);
        assert_eq!(is_in_set(set, code), is_in || code > 0x39 && is_in_set(&[CATEGORY, category::UNI_DIGIT, 0], code));
    }
    assert!(is_in_set(set, 0x1f600));
    // Both that have the upper case K or S, beside the others.
    let compiled = compile_str("(?i)[a-eKs\u{3a3}]", 0).unwrap();
    let (opcode, set) = only_set(&compiled.code);
    assert_eq!(opcode, IN_UNI_IGNORE);
    let found: Vec<u32> = (0..0x1_1000).filter(|&code| is_in_set(set, code)).collect();
    assert_eq!(found, [0x61, 0x62, 0x63, 0x64, 0x65, 0x6b, 0x73, 0x17f, 0x3c2, 0x3c3]);
}

#[test]
fn leaves_errors_and_warnings_to_the_library() {
    let patterns = [
        "(",
        ")",
        "a)",
        "(a",
        "[a",
        "[",
        "[]",
        "[^]",
        "*",
        "^*",
        "a**",
        "(?:a*)**",
        "a{2,1}",
        "a{4294967295}",
        "\\",
        "\\q",
        "[\\q]",
        "\\x1",
        "\\u12",
        "\\U00110000",
        "\\N",
        "\\N{}",
        "\\N{no such name}",
        "\\400",
        "[\\400]",
        "[\\8]",
        "\\1",
        "(\\1)",
        "(a)\\2",
        "(?P<a>b)(?P<a>c)",
        "(?P<1>b)",
        "(?P<>b)",
        "(?P<a",
        "(?P=a)",
        "(?P<a>(?P=a))",
        "(?Pa)",
        "(?<a)",
        "(?(0)a)",
        "(?(1)a)",
        "(?(a)b)",
        "(?(1)a|b|c)(d)",
        "(?<=a*)",
        "(?<=(a)\\1)",
        "(?<=(a)(?(1)b))",
        "a(?i)",
        "(?i",
        "(?i-",
        "(?-:a)",
        "(?i-i:a)",
        "(?-a:b)",
        "(?au:b)",
        "(?L)a",
        "(?z)",
        "(?#",
        "[b-a]",
        "[\\d-a]",
        "[a-\\d]",
        "[[a]",
        "[a--b]",
        "[a||b]",
        "[a&&b]",
        "[a~~b]",
        "[^^--b]",
        "(?a)(?u)",
        "a|(?i)b",
    ];
    for pattern in patterns {
        assert!(compile_str(pattern, 0).is_err(), "{pattern:?}");
    }
    for pattern in ["\\u0041", "\\N{DIGIT ONE}", "(?u)a", "(?P<\u{e9}>a)", "(?aL:b)"] {
        assert!(compile_bytes(pattern, 0).is_err(), "{pattern:?}");
    }
    const DEBUG: i32 = 128;
    assert!(compile_str("a", DEBUG).is_err());
    assert!(compile_str("a", 4).is_err() && compile_str("a", 32 | 256).is_err());
    assert!(compile_bytes("a", 32).is_err() && compile_bytes("a", 4 | 256).is_err());
}

#[test]
fn depth_is_limited_and_length_is_not() {
    let nested = |open: &str, depth: usize| format!("{}a{}", open.repeat(depth), ")".repeat(depth));
    for open in ["(", "(?:", "(?=", "(?>", "(?i:", "(?<=", "(?:(?:b)*", "(b)(?(1)"] {
        let pattern = nested(open, 40);
        let compiled = compile_str(&pattern, 0).unwrap_or_else(|_| panic!("{pattern}"));
        assert_eq!(validate::check(&compiled.code, compiled.groups, StackFloor(0)), Ok(()), "{pattern}");
        assert!(compile_str(&nested(open, 100_000), 0).is_err(), "{open}");
    }
    let codes: Vec<u32> = nested("(", 10).chars().map(u32::from).collect();
    assert!(compile(StrData::Ucs4(&codes), false, 0, StackFloor(usize::MAX)).is_err());
    let long = [
        ("a".repeat(200_000), 400_000),
        ("(a)".repeat(50_000), 300_000),
        ("a|".repeat(100_000), 200_000),
        (format!("[{}]", "ab".repeat(100_000)), 10),
        ((0..50_000).map(|n| format!("(?P<g{n}>a)")).collect(), 300_000),
    ];
    for (pattern, least) in long {
        assert!(compile_str(&pattern, 0).unwrap().code.len() >= least);
    }
    // Numbers do not make code longer.
    assert!(compile_str("(?:(?:(?:a{1000}){1000}){1000}){4000000000}", 0).unwrap().code.len() < 50);
}
