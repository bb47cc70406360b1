//! The disassembly of `tests/data/*.pyc`, as `dis` prints it but for addresses.

use kaa_bytecode::dis::{DisOptions, dis};
use kaa_bytecode::pyc;

#[test]
fn disassembly() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    kaa_golden::check_folder(format!("{folder}/golden/dis"), |case| {
        let data = std::fs::read(format!("{folder}/data/{}", case.input.trim_end())).unwrap();
        let code = pyc::read_body(&data, "test").unwrap();
        let has = |option| case.option(option).is_some();
        let options = DisOptions {
            show_caches: has("caches"),
            show_offsets: has("offsets"),
            show_positions: has("positions"),
            depth: case.option("depth").and_then(|depth| depth.parse().ok()),
            current: case.option("current").and_then(|current| current.parse().ok()),
        };
        dis(&code, &options)
    });
}
