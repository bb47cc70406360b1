//! `.pyc` files: a header of 16 bytes (PEP 552) and a code object in marshal's format.

use std::fmt;
use std::sync::Arc;

use crate::CodeObject;
use crate::marshal::{self, MarshalError};
use crate::repr::{bytes_repr, str_repr};
use crate::siphash::siphash13;

/// CPython 3.14's magic number.
pub const MAGIC_NUMBER: u16 = 3627;

/// The first four bytes of a file: the magic number and a line end, which text mode would damage.
pub const MAGIC: [u8; 4] = [MAGIC_NUMBER as u8, (MAGIC_NUMBER >> 8) as u8, b'\r', b'\n'];

/// Bytes before the code object.
pub const HEADER_LENGTH: usize = 16;

const FLAG_HASH: u32 = 1;
const FLAG_CHECK_SOURCE: u32 = 2;

/// How a file tells whether it still belongs to its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// By the source's time of change and its size, both modulo 2**32.
    Timestamp { mtime: u32, size: u32 },
    /// By a hash of the source's contents; `check_source` says whether importing compares it.
    Hash { hash: [u8; 8], check_source: bool },
}

/// The header of a file.
pub fn header(validity: Validity) -> [u8; HEADER_LENGTH] {
    let mut out = [0; HEADER_LENGTH];
    out[..4].copy_from_slice(&MAGIC);
    match validity {
        Validity::Timestamp { mtime, size } => {
            out[8..12].copy_from_slice(&mtime.to_le_bytes());
            out[12..].copy_from_slice(&size.to_le_bytes());
        }
        Validity::Hash { hash, check_source } => {
            let flags = FLAG_HASH | if check_source { FLAG_CHECK_SOURCE } else { 0 };
            out[4..8].copy_from_slice(&flags.to_le_bytes());
            out[8..].copy_from_slice(&hash);
        }
    }
    out
}

/// A whole file.
pub fn write(code: &CodeObject, validity: Validity) -> Result<Vec<u8>, MarshalError> {
    let mut out = Vec::new();
    append(code, validity, &mut marshal::Writer::default(), &mut out)?;
    Ok(out)
}

/// Appends a whole file to what is written.
pub fn append(
    code: &CodeObject,
    validity: Validity,
    writer: &mut marshal::Writer,
    out: &mut Vec<u8>,
) -> Result<(), MarshalError> {
    out.extend_from_slice(&header(validity));
    writer.code(code, marshal::VERSION, out)
}

/// The hash of a source's contents that its file holds: `importlib.util.source_hash`.
pub fn source_hash(source: &[u8]) -> [u8; 8] {
    keyed_hash(u64::from(u32::from_le_bytes(MAGIC)), source)
}

/// Such a hash with a key other than [`MAGIC`]: `_imp.source_hash`.
pub fn keyed_hash(key: u64, data: &[u8]) -> [u8; 8] {
    siphash13([key, 0], data).to_le_bytes()
}

/// Reads the header. `name` is what messages call the file, usually the module's name.
pub fn read_header(data: &[u8], name: &str) -> Result<Validity, PycError> {
    let magic = &data[..data.len().min(4)];
    if magic != MAGIC {
        return Err(PycError::BadMagic { name: name.into(), magic: magic.into() });
    }
    let Some(header) = data.first_chunk::<HEADER_LENGTH>() else {
        return Err(PycError::ShortHeader { name: name.into() });
    };
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let flags = word(4);
    if flags & !(FLAG_HASH | FLAG_CHECK_SOURCE) != 0 {
        return Err(PycError::InvalidFlags { name: name.into(), flags });
    }
    if flags & FLAG_HASH == 0 {
        return Ok(Validity::Timestamp { mtime: word(8), size: word(12) });
    }
    let mut hash = [0; 8];
    hash.copy_from_slice(&header[8..]);
    Ok(Validity::Hash { hash, check_source: flags & FLAG_CHECK_SOURCE != 0 })
}

impl Validity {
    /// Compares with the source's time of change and, when known, its size.
    pub fn check_timestamp(&self, name: &str, mtime: u64, size: Option<u64>) -> Result<(), PycError> {
        match *self {
            Validity::Timestamp { mtime: m, size: s }
                if m == mtime as u32 && size.is_none_or(|size| s == size as u32) =>
            {
                Ok(())
            }
            _ => Err(PycError::Stale { name: name.into() }),
        }
    }

    /// Compares with the [`source_hash`] of the source.
    pub fn check_hash(&self, name: &str, expected: [u8; 8]) -> Result<(), PycError> {
        match *self {
            Validity::Hash { hash, .. } if hash == expected => Ok(()),
            _ => Err(PycError::HashMismatch { name: name.into() }),
        }
    }
}

/// Reads the code object of a file whose header has been read.
pub fn read_body(data: &[u8], path: &str) -> Result<Arc<CodeObject>, PycError> {
    let body = data.get(HEADER_LENGTH..).unwrap_or_default();
    marshal::read_code(body).map_err(|error| match error {
        MarshalError::NotCode => PycError::NotCode { path: path.into() },
        other => PycError::Marshal(other),
    })
}

/// Why a file cannot be used, with CPython's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PycError {
    BadMagic { name: String, magic: Box<[u8]> },
    ShortHeader { name: String },
    InvalidFlags { name: String, flags: u32 },
    Stale { name: String },
    HashMismatch { name: String },
    NotCode { path: String },
    Marshal(MarshalError),
}

impl PycError {
    /// `EOFError` for a header that breaks off; the body's errors have their own types; all others
    /// are `ImportError`s.
    pub fn is_import_error(&self) -> bool {
        !matches!(self, PycError::ShortHeader { .. } | PycError::Marshal(_))
    }
}

impl fmt::Display for PycError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |name: &str| str_repr(name.as_bytes());
        match self {
            PycError::BadMagic { name, magic } => {
                write!(f, "bad magic number in {}: {}", quoted(name), bytes_repr(magic))
            }
            PycError::ShortHeader { name } => write!(f, "reached EOF while reading pyc header of {}", quoted(name)),
            PycError::InvalidFlags { name, flags } => write!(f, "invalid flags {flags} in {}", quoted(name)),
            PycError::Stale { name } => write!(f, "bytecode is stale for {}", quoted(name)),
            PycError::HashMismatch { name } => {
                write!(f, "hash in bytecode doesn't match hash of source {}", quoted(name))
            }
            PycError::NotCode { path } => write!(f, "Non-code object in {}", quoted(path)),
            PycError::Marshal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PycError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        for validity in [
            Validity::Timestamp { mtime: 0x0102_0304, size: 5 },
            Validity::Hash { hash: *b"12345678", check_source: true },
            Validity::Hash { hash: *b"12345678", check_source: false },
        ] {
            assert_eq!(read_header(&header(validity), "m"), Ok(validity));
        }
        assert_eq!(header(Validity::Timestamp { mtime: 1, size: 2 }), *b"+\x0e\r\n\0\0\0\0\x01\0\0\0\x02\0\0\0");
        assert_eq!(header(Validity::Hash { hash: *b"12345678", check_source: true })[..8], *b"+\x0e\r\n\x03\0\0\0");
    }

    #[test]
    fn hashes_of_sources() {
        assert_eq!(source_hash(b""), [97, 245, 183, 203, 101, 58, 106, 164]);
        assert_eq!(source_hash(b"print('hello')\n"), [125, 188, 4, 75, 122, 39, 116, 95]);
        assert_eq!(source_hash(&[b'x'; 64]), [150, 238, 77, 223, 152, 216, 222, 216]);
    }

    #[test]
    fn errors_have_cpythons_texts() {
        let text = |data: &[u8]| read_header(data, "a'b").unwrap_err().to_string();
        assert_eq!(text(b""), "bad magic number in \"a'b\": b''");
        assert_eq!(text(b"+\x0d\r\n"), "bad magic number in \"a'b\": b'+\\r\\r\\n'");
        assert_eq!(text(b"+\x0e\r\n\0\0\0\0"), "reached EOF while reading pyc header of \"a'b\"");
        assert_eq!(text(b"+\x0e\r\n\x04\0\0\0________"), "invalid flags 4 in \"a'b\"");
        let validity = Validity::Timestamp { mtime: 1, size: 2 };
        assert_eq!(validity.check_timestamp("m", 1 << 32 | 1, Some(2)), Ok(()));
        assert_eq!(validity.check_timestamp("m", 1, None), Ok(()));
        assert_eq!(validity.check_timestamp("m", 1, Some(3)).unwrap_err().to_string(), "bytecode is stale for 'm'");
        let validity = Validity::Hash { hash: [0; 8], check_source: true };
        assert_eq!(
            validity.check_hash("m", [1; 8]).unwrap_err().to_string(),
            "hash in bytecode doesn't match hash of source 'm'"
        );
        assert_eq!(read_body(b"0123456789abcdefN", "x.pyc").unwrap_err().to_string(), "Non-code object in 'x.pyc'");
    }
}
