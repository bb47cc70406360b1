//! Bytes as a `.pyc` file: refused, or a code object that everything can look at.

use std::sync::Arc;

use kaa_bytecode::{Constant, marshal, pyc};

use crate::code;

/// Unfolded, shared constants may be of any size: beyond this one they are not printed or compared.
const MOST_CONSTANTS: u64 = 10_000;

pub fn check(data: &[u8]) {
    if let Err(error) = pyc::read_header(data, "module") {
        let _ = error.to_string();
    }
    let code = match pyc::read_body(data, "module.pyc") {
        Ok(code) => code,
        Err(error) => {
            let _ = error.to_string();
            // It may still be another object.
            let body = data.get(pyc::HEADER_LENGTH..).unwrap_or_default();
            if let Ok(constant) = marshal::read_constant(body, marshal::ReadOptions::default()) {
                check_constant(&constant);
            }
            return;
        }
    };
    check_constant(&Constant::Code(code));
}

fn check_constant(constant: &Constant) {
    let (codes, size) = code::census(constant);
    codes.iter().for_each(|each| code::check_any(each));
    for version in 0..=marshal::VERSION {
        // Versions have limits of their own, as for the depth of what is written.
        let Ok(bytes) = marshal::write_constant(constant, version) else { continue };
        if version < 3 && size > MOST_CONSTANTS {
            continue;
        }
        let read = marshal::read_constant(&bytes, marshal::ReadOptions::default());
        let read = read.unwrap_or_else(|error| panic!("version {version} cannot be read again: {error}"));
        // Before version 2 floats are text, which has one kind of NaN.
        if size <= MOST_CONSTANTS && version >= 2 {
            assert!(code::sorted(&read) == code::sorted(constant), "version {version} gives back another object");
        }
    }
    if size <= MOST_CONSTANTS {
        let _ = constant.repr();
        codes.iter().map(Arc::as_ref).for_each(code::check_listings);
    }
}
