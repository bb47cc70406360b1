//! Where sources come from: `FILE`, `FILE:NAME` and `-`.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

use kaa_bytecode::pyc;

use crate::failure::Failure;

/// A file.
pub struct Input {
    /// What messages and code objects call it.
    pub name: String,
    pub bytes: Vec<u8>,
    /// Seconds since 1970 when it was changed; 0 for standard input.
    pub mtime: u64,
}

impl Input {
    /// Whether it is a compiled file.
    pub fn is_compiled(&self) -> bool {
        self.name.ends_with(".pyc") || self.bytes.starts_with(&pyc::MAGIC)
    }

    /// The source as text, and its encoding.
    pub fn decode(&self) -> Result<(Cow<'_, str>, String), Failure> {
        let mut other = None;
        let mut codec = |encoding: &str, _: &[u8]| {
            other = Some(encoding.to_owned());
            Err(format!("unknown encoding: {encoding}"))
        };
        let decoded = kaa_parser::decode_source(&self.bytes, Some(&self.name), &mut codec);
        match (decoded, other) {
            (Ok(decoded), _) => Ok((decoded.text, decoded.encoding.unwrap_or_else(|| "utf-8".to_owned()))),
            (Err(_), Some(encoding)) => Err(Failure::Source(format!(
                "kaa show: {}: the encoding {encoding} needs Python's codecs; without them UTF-8, Latin-1 and ASCII are known\n",
                self.name
            ))),
            (Err(error), None) => Err(Failure::of_parser(&error, &self.name)),
        }
    }
}

/// Reads what an argument names; also the name behind it.
pub fn read(argument: &str, stdin: &mut dyn Read) -> Result<(Input, Option<String>), Failure> {
    let (file, name) = match argument.rsplit_once(':') {
        Some((file, name)) if !Path::new(argument).exists() && !file.is_empty() && !name.contains('/') => {
            (file, Some(name.to_owned()))
        }
        _ => (argument, None),
    };
    if file == "-" {
        let mut bytes = Vec::new();
        stdin.read_to_end(&mut bytes).map_err(|error| Failure::File(format!("standard input: {error}")))?;
        return Ok((Input { name: "<stdin>".to_owned(), bytes, mtime: 0 }, name));
    }
    let failure = |error: std::io::Error| {
        let number = error.raw_os_error().map_or(String::new(), |number| format!("[Errno {number}] "));
        // Rust puts the number behind the text.
        let text = error.to_string();
        let text = text.split(" (os error").next().unwrap_or_default();
        Failure::File(format!("can't open file '{file}': {number}{text}"))
    };
    let bytes = std::fs::read(file).map_err(failure)?;
    let modified = std::fs::metadata(file).and_then(|data| data.modified()).map_err(failure)?;
    let mtime = modified.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    Ok((Input { name: file.to_owned(), bytes, mtime }, name))
}
