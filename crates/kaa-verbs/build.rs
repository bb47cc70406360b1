//! Says what Rust the command is compiled with: `kaa build --sbom` names it.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=KAA_RUSTC={}", compiler_version());
}

/// The version of Rust, `1.95.0`.
fn compiler_version() -> String {
    let rustc = env::var_os("RUSTC").expect("cargo sets it");
    let output = Command::new(rustc).arg("--version").output().expect("the compiler runs");
    let text = String::from_utf8_lossy(&output.stdout);
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}
