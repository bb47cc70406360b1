//! What `_ZlibDecompressor` and `BZ2Decompressor` have in common: a decoder that is fed piece by
//! piece and gives as many bytes as it is asked for.

/// What a step of a codec came to.
pub enum Step {
    /// More can follow.
    Going,
    /// The end of the stream was reached.
    End,
}

/// A codec that decompresses one stream.
pub trait Codec {
    /// What went wrong.
    type Error;

    /// Reads from the beginning of `input`, which it shortens, and appends at most `room` bytes.
    fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>, room: usize) -> Result<Step, Self::Error>;
}

/// A codec, the input that it did not read yet, and what it knows.
pub struct Decoder<C> {
    pub codec: C,
    pending: Vec<u8>,
    /// Whether the end was reached.
    pub ended: bool,
    /// Whether it can give nothing more without input.
    pub needs_input: bool,
    /// What came behind the end.
    pub unused: Vec<u8>,
}

const FIRST_ROOM: usize = 16 * 1024;
const MOST_ROOM: usize = 256 * 1024;

impl<C: Codec> Decoder<C> {
    /// A decoder at the start of a stream.
    pub fn new(codec: C) -> Decoder<C> {
        Decoder { codec, pending: Vec::new(), ended: false, needs_input: true, unused: Vec::new() }
    }

    /// Decodes input until it is used up, or `most` bytes came out.
    pub fn decode(&mut self, input: &[u8], most: Option<usize>) -> Result<Vec<u8>, C::Error> {
        let mut pending = std::mem::take(&mut self.pending);
        if !pending.is_empty() {
            pending.extend_from_slice(input);
        }
        let mut rest = if pending.is_empty() { input } else { &pending };
        let mut out = Vec::new();
        let mut room = FIRST_ROOM;
        loop {
            let here = most.map_or(room, |most| room.min(most - out.len()));
            let (before, left) = (out.len(), rest.len());
            if let Step::End = self.codec.step(&mut rest, &mut out, here)? {
                self.ended = true;
                self.needs_input = false;
                self.unused = rest.to_vec();
                return Ok(out);
            }
            let full = out.len() - before == here;
            let reached = most.is_some_and(|most| out.len() >= most);
            let stuck = out.len() == before && rest.len() == left;
            if reached || stuck || (rest.is_empty() && !full) {
                // With its room full it may hold more, even without input.
                self.needs_input = rest.is_empty() && !full;
                self.pending = rest.to_vec();
                return Ok(out);
            }
            room = (room * 2).min(MOST_ROOM);
        }
    }
}
