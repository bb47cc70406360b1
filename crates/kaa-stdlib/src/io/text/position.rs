//! Where a text stream is. Positions are opaque numbers («cookies»): the position of a stream of
//! bytes at which the decoder was in a known state, that state, and how far to decode from there.

use kaa_objects::types::bytes::PyBytes;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::PyTextIoWrapper;
use crate::io::unsupported;

/// A position, taken apart.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(super) struct Cookie {
    /// Of the stream of bytes.
    start: i64,
    /// The decoder's flags there.
    flags: i32,
    /// How many bytes to decode from there.
    bytes: i32,
    /// How many characters of the result to skip.
    characters: i32,
    /// Whether the decoder must be told that this is the end.
    at_end: bool,
}

impl Cookie {
    /// The number: 21 bytes in little-endian order.
    fn words(self) -> [u64; 3] {
        [
            self.start as u64,
            u64::from(self.flags as u32) | u64::from(self.bytes as u32) << 32,
            u64::from(self.characters as u32) | u64::from(self.at_end) << 32,
        ]
    }

    fn from_words(words: [u64; 3]) -> Cookie {
        Cookie {
            start: words[0] as i64,
            flags: words[1] as i32,
            bytes: (words[1] >> 32) as i32,
            characters: words[2] as i32,
            at_end: words[2] >> 32 & 0xff != 0,
        }
    }

    fn to_value(self, vm: &Vm) -> PyResult {
        let words = self.words();
        let len = words.iter().rposition(|&word| word != 0).map_or(0, |at| at + 1);
        match len {
            0 => Ok(Value::small_int(0)),
            1 => vm.new_int_u64(words[0]),
            _ => vm.new_int_from_words(false, &words[..len]),
        }
    }

    fn from_value(vm: &Vm, value: Value) -> PyResult<Cookie> {
        let index = vm.index(value)?;
        let words = vm.with_int_words(index, |_, given| {
            let mut words = [0; 3];
            let fits = given.len() <= 3 && given.get(2).is_none_or(|&word| word >> 40 == 0);
            if fits {
                words[..given.len()].copy_from_slice(given);
            }
            fits.then_some(words)
        });
        match words.flatten() {
            Some(words) => Ok(Cookie::from_words(words)),
            None => Err(vm.overflow_error("int too big to convert")),
        }
    }
}

impl PyTextIoWrapper {
    fn check_can_seek(this: Gc<PyTextIoWrapper>, vm: &Vm) -> PyResult<()> {
        if this.seekable.get() { Ok(()) } else { Err(unsupported(vm, "underlying stream is not seekable")) }
    }

    fn os_error(vm: &Vm, message: &str) -> Raised {
        vm.raise_new(vm.exceptions().OSError, message)
    }

    /// `tell()`.
    pub fn tell(vm: &Vm, this: Gc<PyTextIoWrapper>) -> PyResult {
        PyTextIoWrapper::check_open(this, vm)?;
        PyTextIoWrapper::check_can_seek(this, vm)?;
        if !this.telling.get() {
            return Err(PyTextIoWrapper::os_error(vm, "telling position disabled by next() call"));
        }
        PyTextIoWrapper::write_pending(vm, this)?;
        vm.call_method(this.value(), vm.names().flush, &[])?;
        let at = vm.call_method_str(this.stream(vm)?, "tell", &[])?;
        let Some(input) = this.snapshot_input.get().filter(|_| this.decoder.is_set()) else {
            return Ok(at);
        };
        let mut cookie = Cookie::from_value(vm, at)?;
        cookie.start -= input.len() as i64;
        cookie.flags = this.snapshot_flags.get() as i32;
        if this.decoded_used.get() == 0 {
            // Nothing of the chunk was read: we are where it begins.
            return cookie.to_value(vm);
        }
        // Decodes the chunk again up to here, and puts the decoder back as it was.
        let (held, flags) = this.decoder.state(vm)?;
        let found = PyTextIoWrapper::find_position(vm, this, cookie, input);
        let restored = this.decoder.set_state(vm, held, flags);
        let cookie = found?;
        restored?;
        cookie.to_value(vm)
    }

    /// Decodes bytes from the decoder's present state on; gives how many characters.
    fn count(vm: &Vm, this: Gc<PyTextIoWrapper>, bytes: &[u8], last: bool) -> PyResult<usize> {
        let bytes = vm.new_bytes(bytes)?.value();
        Ok(this.decoder.decode(vm, bytes, last, this.errors.get_set())?.len())
    }

    /// Where among the bytes of the chunk the decoder is in a state that needs nothing before it,
    /// at or before the characters that were read.
    fn find_position(vm: &Vm, this: Gc<PyTextIoWrapper>, cookie: Cookie, input: Gc<PyBytes>) -> PyResult<Cookie> {
        let mut cookie = cookie;
        let wanted = this.decoded_used.get();
        let start = |cookie: &Cookie| this.decoder.set_state(vm, vm.new_bytes(b"")?, cookie.flags.into());
        // A guess, from how many bytes a character takes: backwards, ever faster, until the
        // decoder holds nothing back there.
        let mut skip = ((this.bytes_by_characters.get() * wanted as f64) as usize).min(input.len());
        let mut back = 1;
        while skip > 0 {
            start(&cookie)?;
            let decoded = PyTextIoWrapper::count(vm, this, &input.as_slice()[..skip], false)?;
            if decoded <= wanted {
                let (held, flags) = this.decoder.state(vm)?;
                if held.is_empty() {
                    // A safe place to start from.
                    cookie.flags = flags as i32;
                    cookie.characters = decoded as i32;
                    break;
                }
                skip -= held.len().min(skip);
                back = 1;
            } else {
                skip -= back.min(skip);
                back *= 2;
            }
        }
        if skip == 0 {
            start(&cookie)?;
            cookie.characters = 0;
        }
        cookie.start += skip as i64;
        let mut left = wanted - cookie.characters as usize;
        cookie.characters = left as i32;
        if left == 0 {
            return Ok(cookie);
        }
        // Byte after byte from there.
        let (mut fed, mut decoded) = (0i32, 0usize);
        for &byte in &input.as_slice()[skip..] {
            decoded += PyTextIoWrapper::count(vm, this, &[byte], false)?;
            fed += 1;
            let (held, flags) = this.decoder.state(vm)?;
            if held.is_empty() && decoded <= left {
                // Another safe place.
                cookie.start += i64::from(fed);
                left -= decoded;
                cookie.flags = flags as i32;
                (fed, decoded) = (0, 0);
            }
            if decoded >= left {
                break;
            }
        }
        if decoded < left {
            // Some characters come only at the end.
            decoded += PyTextIoWrapper::count(vm, this, b"", true)?;
            cookie.at_end = true;
            if decoded < left {
                return Err(PyTextIoWrapper::os_error(vm, "can't reconstruct logical file position"));
            }
        }
        cookie.bytes = fed;
        cookie.characters = left as i32;
        Ok(cookie)
    }

    /// `seek(cookie, whence)`.
    pub fn seek(vm: &Vm, this: Gc<PyTextIoWrapper>, target: Value, whence: i32) -> PyResult {
        PyTextIoWrapper::check_open(this, vm)?;
        PyTextIoWrapper::check_can_seek(this, vm)?;
        let stream = this.stream(vm)?;
        let mut target = target;
        let is_zero = |value: Value| -> PyResult<bool> { vm.equal(value, Value::small_int(0)) };
        match whence {
            0 => {}
            1 => {
                if !is_zero(target)? {
                    return Err(unsupported(vm, "can't do nonzero cur-relative seeks"));
                }
                // Where we are already; what is written first must be.
                target = vm.call_method_str(this.value(), "tell", &[])?;
            }
            2 => {
                if !is_zero(target)? {
                    return Err(unsupported(vm, "can't do nonzero end-relative seeks"));
                }
                vm.call_method(this.value(), vm.names().flush, &[])?;
                PyTextIoWrapper::forget_decoded(this, vm);
                if this.decoder.is_set() {
                    this.decoder.reset(vm)?;
                }
                let at = vm.call_method_str(stream, "seek", &[Value::small_int(0), Value::small_int(2)])?;
                if this.encoder.is_set() {
                    this.encoder.set_started(vm, !is_zero(at)?)?;
                }
                return Ok(at);
            }
            _ => return Err(vm.value_error(format_args!("invalid whence ({whence}, should be 0, 1 or 2)"))),
        }
        let index = vm.index(target)?;
        if vm.int_sign(index).is_lt() {
            let repr = vm.repr_lossy(index);
            return Err(vm.value_error(format_args!("negative seek position {repr}")));
        }
        vm.call_method(this.value(), vm.names().flush, &[])?;
        let cookie = Cookie::from_value(vm, index)?;
        vm.call_method_str(stream, "seek", &[vm.new_int(cookie.start)?])?;
        PyTextIoWrapper::forget_decoded(this, vm);
        if this.decoder.is_set() {
            if cookie.start == 0 && cookie.flags == 0 {
                this.decoder.reset(vm)?;
            } else {
                this.decoder.set_state(vm, vm.new_bytes(b"")?, cookie.flags.into())?;
            }
        }
        if cookie.characters > 0 {
            PyTextIoWrapper::decode_up_to(vm, this, stream, cookie)?;
        } else {
            this.snapshot_flags.set(cookie.flags.into());
            this.snapshot_input.set(vm, this, vm.new_bytes(b"")?);
        }
        if this.encoder.is_set() {
            this.encoder.set_started(vm, cookie.start != 0 || cookie.flags != 0)?;
        }
        Ok(index)
    }

    /// Reads and decodes again what is before a position.
    fn decode_up_to(vm: &Vm, this: Gc<PyTextIoWrapper>, stream: Value, cookie: Cookie) -> PyResult<()> {
        let input = vm.call_method(stream, vm.names().read, &[vm.new_int(cookie.bytes.into())?])?;
        let Some(input) = vm.cast::<PyBytes>(input) else {
            let class = vm.class_name(input);
            return Err(
                vm.type_error(format_args!("underlying read() should have returned a bytes object, not '{class}'"))
            );
        };
        this.snapshot_flags.set(cookie.flags.into());
        this.snapshot_input.set(vm, this, input);
        let text = this.decoder.decode(vm, input.value(), cookie.at_end, this.errors.get_set())?;
        PyTextIoWrapper::set_decoded(this, vm, Some(text));
        if text.len() < cookie.characters as usize {
            return Err(PyTextIoWrapper::os_error(vm, "can't restore logical file position"));
        }
        this.decoded_used.set(cookie.characters as usize);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Cookie;

    #[test]
    fn cookies_are_numbers_and_back() {
        let cookie = Cookie { start: 1 << 40, flags: 3, bytes: 7, characters: 2, at_end: true };
        assert_eq!(Cookie::from_words(cookie.words()), cookie);
        assert_eq!(Cookie { start: 5, ..Cookie::default() }.words(), [5, 0, 0]);
    }
}
