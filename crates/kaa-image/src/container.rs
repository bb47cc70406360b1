//! The container: what is in it, and reading it. `docs/container.md` says the same for readers of
//! other programs.
//!
//! ```text
//! header:
//!      0  [u8; 8]   magic
//!      8  u32       version of the form of all that follows
//!     12  u32       number of sections
//!     16  [u8; 16]  the Kaa that compiled the code: see [`Kaa`]
//!     32  u64       length of the container, from the first byte of the header to the last of the end mark
//!     40  u64       length of the executable before it; 0 when there is none
//!     48  u32       CRC-32 of the executable before it
//!     52  u32       0
//!     56  u32       CRC-32 of the section table
//!     60  u32       CRC-32 of the header before this field, whatever the version
//! section table; for each section, in the order of kinds:
//!      0  u32       kind
//!      4  u32       CRC-32 of the first bytes of the section: all of the settings, the index of a table
//!      8  u64       how many bytes that are
//!     16  u64       offset of the section in the container, a multiple of 8
//!     24  u64       its length
//! sections, filled with zeros to multiples of 8
//! end mark: [u8; 8]
//! ```
//!
//! Numbers are little-endian. Sections of kinds that are not known are passed over.

use crate::settings;
use crate::table::Table;
use crate::tree::Tree;
use crate::{ImageError, Settings, Start, crc32};

pub(crate) const MAGIC: [u8; 8] = *b"\x89KAA\r\n\x1a\n";
pub(crate) const END: [u8; 8] = *b"KAA end\n";
pub(crate) const VERSION: u32 = 1;
pub(crate) const HEADER: usize = 64;
pub(crate) const SECTION: usize = 32;

/// The kinds of sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub(crate) enum Kind {
    Settings = 1,
    ProgramModules = 2,
    ProgramFiles = 3,
    LibraryModules = 4,
    LibraryFiles = 5,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Settings => "the settings",
            Kind::ProgramModules => "the index of the program's modules",
            Kind::ProgramFiles => "the index of the program's files",
            Kind::LibraryModules => "the index of the library's modules",
            Kind::LibraryFiles => "the index of the library's files",
        }
    }
}

/// Which Kaa it was that compiled code: the text of its version, filled with zeros to eight bytes,
/// and a checksum of the library as it compiled it, which changes with the form of the code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kaa(pub [u8; 16]);

impl Kaa {
    /// The Kaa of this version that compiled the library to these bytes.
    pub fn new(version: &str, library: &[u8]) -> Kaa {
        let mut kaa = [0; 16];
        let version = &version.as_bytes()[..version.len().min(8)];
        kaa[..version.len()].copy_from_slice(version);
        let middle = library.len() / 2;
        kaa[8..12].copy_from_slice(&crc32(&library[..middle]).to_le_bytes());
        kaa[12..].copy_from_slice(&crc32(&library[middle..]).to_le_bytes());
        Kaa(kaa)
    }

    /// The text of its version.
    pub fn version(&self) -> String {
        String::from_utf8_lossy(&self.0[..8]).trim_end_matches('\0').to_owned()
    }
}

impl std::fmt::Display for Kaa {
    /// As `0.1.0 (6f1d02c49a1be7d3)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (", self.version().escape_debug())?;
        self.0[8..].iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

impl std::fmt::Debug for Kaa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// A container whose header, settings and indexes are what was written. The data of each entry is
/// checked when it is read.
#[derive(Clone, Debug)]
pub struct Image<'i> {
    /// What compiled the code.
    pub kaa: Kaa,
    /// What runs, and how; of a container with the library alone `None`.
    pub program: Option<(Start, Settings)>,
    /// The program's own modules and files.
    pub own: Tree<'i>,
    /// Those of the library.
    pub library: Tree<'i>,
    /// Length and checksum of the executable before the container.
    pub(crate) executable: (u64, u32),
}

impl<'i> Image<'i> {
    /// The container that these bytes begin with. `kaa` is the Kaa that will run what is in it;
    /// without one all are taken.
    pub fn parse(bytes: &'i [u8], kaa: Option<Kaa>) -> Result<Image<'i>, ImageError> {
        let header = bytes.get(..HEADER).ok_or(ImageError::Truncated)?;
        let damaged = |what: &str| ImageError::Damaged(what.into());
        if crc32(&header[..60]) != u32_at(header, 60) || header[..8] != MAGIC {
            return Err(damaged("the header"));
        }
        let compiled_by = Kaa(header[16..32].try_into().expect("sixteen bytes"));
        let version = u32_at(header, 8);
        if version != VERSION || kaa.is_some_and(|kaa| kaa != compiled_by) {
            return Err(ImageError::Foreign(format!("{compiled_by}, container {version}")));
        }
        let length = usize::try_from(u64_at(header, 32)).ok().filter(|&length| length >= HEADER + END.len());
        let bytes = bytes.get(..length.ok_or_else(|| damaged("the header"))?).ok_or(ImageError::Truncated)?;
        if !bytes.ends_with(&END) {
            // A file that is cut off within its last page reads as if it had zeros there.
            let mark = &bytes[bytes.len() - END.len()..];
            let kept = mark.len() - mark.iter().rev().take_while(|&&byte| byte == 0).count();
            let is_cut = kept < mark.len() && mark[..kept] == END[..kept];
            return Err(if is_cut { ImageError::Truncated } else { damaged("the end mark") });
        }
        let table = (u32_at(header, 12) as usize).checked_mul(SECTION).and_then(|size| size.checked_add(HEADER));
        let table = table.and_then(|end| bytes.get(HEADER..end)).ok_or_else(|| damaged("the section table"))?;
        if crc32(table) != u32_at(header, 56) {
            return Err(damaged("the section table"));
        }
        let sections = Sections { bytes, table };
        let program = match sections.find(Kind::Settings)? {
            Some(bytes) => Some(settings::read(bytes).ok_or_else(|| damaged("the settings"))?),
            None => None,
        };
        Ok(Image {
            kaa: compiled_by,
            program,
            own: Tree { modules: sections.table(Kind::ProgramModules)?, files: sections.table(Kind::ProgramFiles)? },
            library: Tree {
                modules: sections.table(Kind::LibraryModules)?,
                files: sections.table(Kind::LibraryFiles)?,
            },
            executable: (u64_at(header, 40), u32_at(header, 48)),
        })
    }

    /// A container that is part of the running program's constants: only its form is looked at, no
    /// checksum, and so no page that is not needed.
    pub fn parse_own(bytes: &'i [u8]) -> Option<Image<'i>> {
        let header = bytes.get(..HEADER)?;
        let table = bytes.get(HEADER..HEADER + u32_at(header, 12) as usize * SECTION)?;
        let sections = Sections { bytes, table };
        let tree_table = |kind| sections.place(kind).map_or(Some(Table::EMPTY), |(bytes, _, _)| Table::new(bytes));
        Some(Image {
            kaa: Kaa(header[16..32].try_into().ok()?),
            program: None,
            own: Tree { modules: tree_table(Kind::ProgramModules)?, files: tree_table(Kind::ProgramFiles)? },
            library: Tree { modules: tree_table(Kind::LibraryModules)?, files: tree_table(Kind::LibraryFiles)? },
            executable: (0, 0),
        })
    }

    /// The checksum of the executable before the container, which goes on with [`crate::add_to_crc32`].
    pub fn executable_checksum(&self) -> u32 {
        self.executable.1
    }

    /// The length of the executable before the container: the runtime.
    pub fn executable_len(&self) -> u64 {
        self.executable.0
    }

    /// Checks the data of all entries: what is damaged first, if anything is.
    pub fn check(&self) -> Result<(), ImageError> {
        for tree in [&self.own, &self.library] {
            for (table, what) in [(tree.modules, "module"), (tree.files, "file")] {
                if let Some(entry) = table.from(0).find(|entry| !entry.is_whole()) {
                    return Err(ImageError::Damaged(format!("{what} {}", entry.name)));
                }
            }
        }
        Ok(())
    }
}

/// The section table of a container.
struct Sections<'i> {
    bytes: &'i [u8],
    table: &'i [u8],
}

impl<'i> Sections<'i> {
    /// A section: its bytes, how many of them are checked, and their checksum.
    fn place(&self, kind: Kind) -> Option<(&'i [u8], usize, u32)> {
        let row = self.table.chunks_exact(SECTION).find(|row| u32_at(row, 0) == kind as u32)?;
        let [checked, offset, length] = [8, 16, 24].map(|at| usize::try_from(u64_at(row, at)).unwrap_or(usize::MAX));
        let section = offset.checked_add(length).and_then(|end| self.bytes.get(offset..end));
        // One that is not in the container has nothing whose checksum is right.
        Some((section.unwrap_or_default(), checked, u32_at(row, 4)))
    }

    /// A section whose checksum is right.
    fn find(&self, kind: Kind) -> Result<Option<&'i [u8]>, ImageError> {
        let Some((section, checked, crc)) = self.place(kind) else { return Ok(None) };
        match section.get(..checked) {
            Some(checked) if crc32(checked) == crc => Ok(Some(section)),
            _ => Err(ImageError::Damaged(kind.name().into())),
        }
    }

    fn table(&self, kind: Kind) -> Result<Table<'i>, ImageError> {
        match self.find(kind)? {
            Some(bytes) => Table::new(bytes).ok_or_else(|| ImageError::Damaged(kind.name().into())),
            None => Ok(Table::EMPTY),
        }
    }
}

/// A section to be written.
pub(crate) struct Section {
    pub kind: Kind,
    pub bytes: Vec<u8>,
    /// How many of the bytes are checked before any is used.
    pub checked: usize,
}

/// The length of the container of these sections.
pub(crate) fn length(sections: &[Section]) -> usize {
    let lengths = sections.iter().map(|section| SECTION + section.bytes.len().next_multiple_of(8));
    HEADER + lengths.sum::<usize>() + END.len()
}

/// Puts a container together, as it stands behind an executable.
pub(crate) fn assemble(kaa: Kaa, executable: &[u8], sections: &[Section]) -> Vec<u8> {
    debug_assert!(sections.is_sorted_by_key(|section| section.kind));
    let mut table = Vec::new();
    let mut offset = HEADER + sections.len() * SECTION;
    for Section { kind, bytes, checked } in sections {
        table.extend_from_slice(&(*kind as u32).to_le_bytes());
        table.extend_from_slice(&crc32(&bytes[..*checked]).to_le_bytes());
        for number in [*checked, offset, bytes.len()] {
            table.extend_from_slice(&(number as u64).to_le_bytes());
        }
        offset += bytes.len().next_multiple_of(8);
    }
    let length = length(sections);
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&(sections.len() as u32).to_le_bytes());
    out.extend_from_slice(&kaa.0);
    out.extend_from_slice(&(length as u64).to_le_bytes());
    out.extend_from_slice(&(executable.len() as u64).to_le_bytes());
    let executable_crc = if executable.is_empty() { 0 } else { crc32(executable) };
    for number in [executable_crc, 0, crc32(&table)] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&crc32(&out).to_le_bytes());
    out.extend(table);
    for section in sections {
        out.extend_from_slice(&section.bytes);
        out.resize(out.len().next_multiple_of(8), 0);
    }
    out.extend_from_slice(&END);
    out
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
