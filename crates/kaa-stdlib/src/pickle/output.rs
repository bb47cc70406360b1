//! The bytes of a pickle being written, in frames from protocol 4 on.

use super::opcodes::FRAME;

const HEADER: usize = 9;
/// Shorter frames are not worth their header.
const SMALLEST: usize = 4;
/// A frame ends at the next instruction once it has so many bytes; what is as large by itself
/// stands outside of frames.
pub const TARGET: usize = 64 * 1024;

/// Bytes written so far.
#[derive(Default)]
pub struct Output {
    bytes: Vec<u8>,
    /// Whether frames are written.
    framing: bool,
    /// Where the header of the open frame is.
    frame: Option<usize>,
}

impl Output {
    /// An empty one that writes to the memory of a vector.
    pub fn in_memory(mut bytes: Vec<u8>) -> Output {
        bytes.clear();
        Output { bytes, ..Output::default() }
    }

    /// All bytes so far, the last frame ended.
    pub fn finish(&mut self) -> &[u8] {
        self.commit_frame();
        &self.bytes
    }

    /// The memory, for another one.
    pub fn into_memory(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes frames from now on, or not.
    pub fn set_framing(&mut self, framing: bool) -> bool {
        std::mem::replace(&mut self.framing, framing)
    }

    #[inline(always)]
    fn open_frame(&mut self) {
        if self.framing && self.frame.is_none() {
            self.frame = Some(self.bytes.len());
            self.bytes.extend_from_slice(&[0; HEADER]);
        }
    }

    /// Appends an instruction without argument.
    #[inline(always)]
    pub fn op(&mut self, op: u8) {
        self.open_frame();
        self.bytes.push(op);
    }

    /// Appends bytes.
    #[inline(always)]
    pub fn write(&mut self, bytes: &[u8]) {
        self.open_frame();
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends an instruction and its argument.
    #[inline(always)]
    pub fn op_with<const N: usize>(&mut self, op: u8, argument: [u8; N]) {
        self.open_frame();
        self.bytes.push(op);
        self.bytes.extend_from_slice(&argument);
    }

    /// Ends the open frame.
    pub fn commit_frame(&mut self) {
        let Some(start) = self.frame.take() else { return };
        let len = self.bytes.len() - start - HEADER;
        if len >= SMALLEST {
            self.bytes[start] = FRAME;
            self.bytes[start + 1..start + HEADER].copy_from_slice(&(len as u64).to_le_bytes());
        } else {
            self.bytes.drain(start..start + HEADER);
        }
    }

    /// Whether the open frame is long enough; to be asked between instructions.
    #[inline(always)]
    pub fn is_frame_full(&self) -> bool {
        self.frame.is_some_and(|start| self.bytes.len() - start - HEADER >= TARGET)
    }

    /// All bytes so far, the last frame ended; none are left.
    pub fn take(&mut self) -> Vec<u8> {
        self.commit_frame();
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_frames_have_no_header() {
        let mut out = Output::default();
        out.write(b"\x80\x05");
        out.set_framing(true);
        out.write(b"N.");
        assert_eq!(out.take(), b"\x80\x05N.");
    }

    #[test]
    fn frames_say_their_length() {
        let mut out = Output::default();
        out.set_framing(true);
        out.write(b"abcd");
        out.commit_frame();
        out.write(b"efghi");
        let expected = b"\x95\x04\0\0\0\0\0\0\0abcd\x95\x05\0\0\0\0\0\0\0efghi";
        assert_eq!(out.take(), expected);
    }
}
