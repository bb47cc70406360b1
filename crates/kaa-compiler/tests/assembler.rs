//! The assembler on code that is long enough for prefixes, and on frames with slots of all kinds.
//! Expected values are CPython 3.14's.

use kaa_ast::Arena;
use kaa_bytecode::{CodeObject, Constant, TextBytes};
use kaa_compiler::{CompileOptions, NoWarnings};
use kaa_parser::ParseOptions;

fn compile(source: &str) -> CodeObject {
    let arena = Arena::new();
    let mut parsed = kaa_parser::parse(source, &arena, &ParseOptions::default()).expect("the source is correct");
    let filename = TextBytes::from(&b"test.py"[..]);
    let options = CompileOptions::default();
    kaa_compiler::compile(&parsed.module, &arena, &mut parsed.interner, &filename, options, &mut NoWarnings)
        .expect("the source compiles")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 200 times `x` as an indented statement.
fn long_body() -> String {
    "    x\n".repeat(200)
}

#[test]
fn long_jumps_have_prefixes() {
    let forward = compile(&format!("if x:\n{}", long_body()));
    assert_eq!(hex(&forward.code[..20]), "80005d0027000000000000004501649300001c00");
    assert_eq!((forward.code.len(), forward.linetable.len()), (828, 616));
    assert_eq!(hex(&forward.linetable[..12]), "f003010101df03048031d904");
    assert_eq!(hex(&forward.linetable[604..]), "d90405db0405f15106000405");

    let back = compile(&format!("while x:\n{}", long_body()));
    assert_eq!(hex(&back.code[..16]), "80005d00270000000000000045016494");
    assert_eq!(hex(&back.code[814..]), "1f005d001f0045014b9c000052002300");
}

#[test]
fn exception_table() {
    let code = compile(&format!("try:\n{}except E:\n    pass\n", long_body()));
    assert_eq!(hex(&code.exceptiontable), "824610461400c61407461f03c61e01461f03");
    assert_eq!(code.stacksize, 4);
}

#[test]
fn slots_of_a_frame() {
    let module = compile("def f(a, /, b, *c, d, **e):\n    g = lambda: (b, g)\n    return [h for h in a]\n");
    let Some(Constant::Code(code)) = module.consts.iter().find(|constant| matches!(constant, Constant::Code(_))) else {
        panic!("no function")
    };
    let names: Vec<&str> =
        code.localsplusnames.iter().map(|name| std::str::from_utf8(name).expect("names are UTF-8")).collect();
    assert_eq!(names, ["a", "b", "d", "c", "e", "h", "g"]);
    assert_eq!(*code.localspluskinds, [34, 102, 36, 42, 44, 32, 64]);
    assert_eq!((code.argcount, code.posonlyargcount, code.kwonlyargcount, code.flags), (2, 1, 1, 15));
}
