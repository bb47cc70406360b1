//! Programs inside executables: `kaa build` copies the running command, leaves its library out and
//! puts a [container](Image) in ([`write`]); the copy finds the container in its own memory, and
//! `kaa inspect` in the file ([`read`]).
//!
//! In: a [`Plan`]. Out: the bytes of an executable; the same bytes for the same plan, whatever the
//! order of its lists. The library that the command itself embeds is such a container, too.
#![forbid(unsafe_code)]

mod container;
mod elf;
mod error;
mod plan;
mod sections;
mod settings;
mod stub;
mod table;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod unwind;
mod writer;

pub use container::{Image, Kaa};
pub use elf::PT_KAA;
pub use error::ImageError;
pub use plan::{File, Module, Plan, Settings, Start};
pub use tree::{EmbeddedFile, EmbeddedModule, Tree};
pub use writer::library;

/// The executable that is copied.
#[derive(Clone, Copy, Debug)]
pub struct Template<'t> {
    /// All bytes of its file.
    pub executable: &'t [u8],
    /// The library in it, which copies do not have.
    pub library: &'t [u8],
    /// Which Kaa it is.
    pub kaa: Kaa,
}

/// Makes an executable that runs a program.
pub fn write(template: &Template<'_>, plan: &Plan) -> Result<Vec<u8>, ImageError> {
    let sections = writer::sections(plan)?;
    let mut copy = template::copy(template, plan.debug)?;
    copy.set_container(container::length(&sections));
    let container = container::assemble(template.kaa, &copy.bytes, &sections);
    let mut file = copy.bytes;
    file.extend(container);
    Ok(file)
}

/// The container in an executable, whose indexes and settings are checked.
pub fn read(executable: &[u8]) -> Result<Image<'_>, ImageError> {
    let (_, bytes) = template::container(executable)?;
    Image::parse(bytes, None)
}

/// Checks every byte of an executable that [`write`] made.
pub fn check(executable: &[u8]) -> Result<(), ImageError> {
    let (start, bytes) = template::container(executable)?;
    let image = Image::parse(bytes, None)?;
    if image.executable != (start as u64, crc32(&executable[..start])) {
        return Err(ImageError::Damaged("the executable before the container".into()));
    }
    image.check()
}

fn crc32(bytes: &[u8]) -> u32 {
    add_to_crc32(0, bytes)
}

/// Goes on with the checksum of bytes before these. Neither allocates nor locks.
pub fn add_to_crc32(checksum: u32, bytes: &[u8]) -> u32 {
    zlib_rs::crc32::crc32(checksum, bytes)
}
