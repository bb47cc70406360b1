//! Zip files, as `zipimport` reads them: the directory at the end, files stored or deflated, text of
//! any length in front.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use super::roots::Listing;

/// A zip file in memory.
pub struct Zip {
    bytes: Vec<u8>,
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    method: u16,
    crc: u32,
    compressed: usize,
    len: usize,
    /// Of the local header.
    offset: usize,
}

/// Why a file cannot be read as a zip file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZipError {
    /// There is no directory at its end.
    NotZip,
    Damaged,
    /// Larger than 4 GiB, or with more than 65,535 files.
    Zip64,
    Encrypted(String),
}

impl fmt::Display for ZipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ZipError::NotZip => f.write_str("not a zip file"),
            ZipError::Damaged => f.write_str("the zip file is damaged"),
            ZipError::Zip64 => f.write_str("zip files in the form Zip64 are not supported"),
            ZipError::Encrypted(name) => write!(f, "{name} in the zip file is encrypted"),
        }
    }
}

impl std::error::Error for ZipError {}

const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_LENGTH: usize = 30;
/// The longest comment behind the directory.
const COMMENT: usize = 0xffff;
/// More than any file that is put into an executable.
const LARGEST: usize = 1 << 30;

impl Zip {
    pub fn new(bytes: Vec<u8>) -> Result<Zip, ZipError> {
        let last = bytes.len().checked_sub(END_LENGTH).ok_or(ZipError::NotZip)?;
        let first = last.saturating_sub(COMMENT);
        let end = (first..=last).rev().find(|&at| bytes[at..].starts_with(END)).ok_or(ZipError::NotZip)?;
        let (count, size, offset) = (short(&bytes, end + 10)?, long(&bytes, end + 12)?, long(&bytes, end + 16)?);
        if count == 0xffff || offset == 0xffff_ffff {
            return Err(ZipError::Zip64);
        }
        // What stands in front of the first file shifts all offsets.
        let start = end.checked_sub(size).ok_or(ZipError::Damaged)?;
        let shift = start.checked_sub(offset).ok_or(ZipError::Damaged)?;
        let mut entries = BTreeMap::new();
        let mut at = start;
        for _ in 0..count {
            if bytes.get(at..at + 4) != Some(ENTRY) {
                return Err(ZipError::Damaged);
            }
            let name_length = short(&bytes, at + 28)?;
            let name = bytes.get(at + ENTRY_LENGTH..at + ENTRY_LENGTH + name_length).ok_or(ZipError::Damaged)?;
            let name = String::from_utf8_lossy(name).into_owned();
            if short(&bytes, at + 8)? & 1 != 0 {
                return Err(ZipError::Encrypted(name));
            }
            let entry = Entry {
                method: short(&bytes, at + 10)? as u16,
                crc: long(&bytes, at + 16)? as u32,
                compressed: long(&bytes, at + 20)?,
                len: long(&bytes, at + 24)?,
                offset: long(&bytes, at + 42)? + shift,
            };
            entries.insert(name, entry);
            at += ENTRY_LENGTH + name_length + short(&bytes, at + 30)? + short(&bytes, at + 32)?;
        }
        Ok(Zip { bytes, entries })
    }

    pub(super) fn list(&self, folder: &str) -> Listing {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let inside = self.entries.range(prefix.clone()..).map_while(|(name, _)| name.strip_prefix(&prefix));
        let mut out = Listing::new();
        for rest in inside {
            match rest.split_once('/') {
                Some((name, _)) => out.insert(name.to_owned(), true),
                None if rest.is_empty() => None,
                None => out.insert(rest.to_owned(), false),
            };
        }
        out
    }

    pub(super) fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let entry = self.entries.get(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        self.contents(entry).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, ZipError::Damaged))
    }

    fn contents(&self, entry: &Entry) -> Option<Vec<u8>> {
        let header = self.bytes.get(entry.offset..)?;
        if !header.starts_with(LOCAL) || entry.len > LARGEST {
            return None;
        }
        let start = LOCAL_LENGTH + short(header, 26).ok()? + short(header, 28).ok()?;
        let data = header.get(start..start.checked_add(entry.compressed)?)?;
        let contents = match entry.method {
            0 => data.to_vec(),
            8 => {
                let mut out = vec![0; entry.len];
                // Without the header of zlib.
                let config = zlib_rs::InflateConfig { window_bits: -15 };
                let (read, code) = zlib_rs::decompress_slice(&mut out, data, config);
                (code == zlib_rs::ReturnCode::Ok && read.len() == entry.len).then_some(())?;
                out
            }
            _ => return None,
        };
        (contents.len() == entry.len && zlib_rs::crc32::crc32(0, &contents) == entry.crc).then_some(contents)
    }
}

fn short(bytes: &[u8], at: usize) -> Result<usize, ZipError> {
    let pair = bytes.get(at..at + 2).ok_or(ZipError::Damaged)?;
    Ok(u16::from_le_bytes([pair[0], pair[1]]).into())
}

fn long(bytes: &[u8], at: usize) -> Result<usize, ZipError> {
    let four = bytes.get(at..at + 4).ok_or(ZipError::Damaged)?;
    Ok(u32::from_le_bytes([four[0], four[1], four[2], four[3]]) as usize)
}
