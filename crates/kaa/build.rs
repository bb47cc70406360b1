//! How the command is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // At a fixed address nothing is to be relocated at every start: twenty thousand words in tables
    // of types and methods, each page of them copied. (Some distributions link CPython so, too.)
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
        // What unwinding needs is linked in: loading a library for it takes a fiftieth of a start.
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
}
