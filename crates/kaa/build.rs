//! How the command is linked.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Libraries that the toolchain names, and the archives that take their places.
const ARCHIVES: &[(&str, &str)] = &[
    ("gcc_s", "gcc_eh"),
    ("c", "c"),
    ("m", "m"),
    ("util", "util"),
    ("rt", "rt"),
    ("pthread", "pthread"),
    ("dl", "dl"),
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    // At a fixed address nothing is to be relocated at every start: twenty thousand words in tables
    // of types and methods, each page of them copied. (Some distributions link CPython so, too.)
    println!("cargo:rustc-link-arg-bins=-no-pie");
    let is_gnu = env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu");
    match env::var_os("CARGO_FEATURE_STATIC") {
        Some(_) if is_gnu => link_statically(),
        // What unwinding needs is linked in: loading a library for it takes a fiftieth of a start.
        _ => println!("cargo:rustc-link-lib=static:-bundle=gcc_eh"),
    }
}

/// No library is loaded at a start, and executables that are made of the command need none: where
/// the linker looks for shared libraries, it finds scripts that name archives.
fn link_statically() {
    check_archive();
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("static");
    fs::create_dir_all(&folder).expect("the build directory can be written");
    for (library, archive) in ARCHIVES {
        let script = format!("GROUP ( -l:lib{archive}.a )\n");
        fs::write(folder.join(format!("lib{library}.so")), script).expect("the build directory can be written");
    }
    // For the command alone: its tests load shared libraries, as tests do.
    println!("cargo:rustc-link-arg-bins=-L{}", folder.display());
    println!("cargo:rustc-link-arg-bins=-static");
}

/// Says what is to be done when the C library is not there as an archive.
fn check_archive() {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let Ok(output) = Command::new(compiler).arg("-print-file-name=libc.a").output() else { return };
    let path = String::from_utf8_lossy(&output.stdout);
    // The name alone says that it was not found.
    if output.status.success() && !Path::new(path.trim()).is_absolute() {
        println!(
            "cargo:error=libc.a is not there, which the feature `static` of the crate kaa needs (Debian: libc6-dev, \
             Fedora: glibc-static); without it, a command that loads shared libraries is made by \
             `cargo build -p kaa --no-default-features`"
        );
    }
}
