//! The representation of `str`, and how strings are made, compared, hashed and interned.

use std::cell::Cell;

use super::append::StrBuffer;
use crate::class::PyType;
use crate::hash::hash_bytes;
use crate::object::Header;
use crate::{Gc, PyResult, Vm, ids};

/// A `str`. The code points follow the fixed part, or lie in a buffer that the word behind it
/// refers to (`append.rs`); never changed once made.
#[repr(C)]
pub struct PyStr {
    header: Header,
    /// The hash, or 0 when it was not computed yet (a hash of 0 is computed anew each time).
    hash: Cell<i64>,
    /// Length in code points, and [`Kind`] and flags in the highest byte.
    length_and_flags: Cell<u64>,
    data: [u64; 0],
}

/// Bytes before the first code point.
pub const STR_DATA: usize = 24;

const LENGTH: u64 = (1 << 56) - 1;
const KIND: u64 = 0x7 << 56;
const ASCII: u64 = 0x8 << 56;
const INTERNED: u64 = 0x10 << 56;
const SHARED: u64 = 0x20 << 56;

/// How many bytes a code point takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// All code points are below 256.
    Latin1 = 1,
    /// The largest is at least 256 and below 65,536.
    Ucs2 = 2,
    /// The largest is at least 65,536.
    Ucs4 = 4,
}

impl Kind {
    /// The least kind that holds a code point.
    pub const fn of(code_point: u32) -> Kind {
        match code_point {
            0..=0xff => Kind::Latin1,
            0x100..=0xffff => Kind::Ucs2,
            _ => Kind::Ucs4,
        }
    }
}

/// The code points of a string. Strings of different kinds are never equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrData<'a> {
    /// One byte each.
    Latin1(&'a [u8]),
    /// Two bytes each.
    Ucs2(&'a [u16]),
    /// Four bytes each.
    Ucs4(&'a [u32]),
}

impl<'a> StrData<'a> {
    /// The number of code points.
    #[inline]
    pub fn len(self) -> usize {
        match self {
            StrData::Latin1(s) => s.len(),
            StrData::Ucs2(s) => s.len(),
            StrData::Ucs4(s) => s.len(),
        }
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The code point at an index. Panics beyond the end.
    #[inline]
    pub fn at(self, index: usize) -> u32 {
        match self {
            StrData::Latin1(s) => u32::from(s[index]),
            StrData::Ucs2(s) => u32::from(s[index]),
            StrData::Ucs4(s) => s[index],
        }
    }

    /// The code points in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = u32> + Clone + 'a {
        (0..self.len()).map(move |index| self.at(index))
    }

    /// All bits that the code points have: enough to tell the least kind that holds them, and
    /// whether all are ASCII.
    pub fn bits(self) -> u32 {
        match self {
            StrData::Latin1(s) => u32::from(s.iter().fold(0, |bits, &c| bits | c)),
            StrData::Ucs2(s) => u32::from(s.iter().fold(0, |bits, &c| bits | c)),
            StrData::Ucs4(s) => s.iter().fold(0, |bits, &c| bits | c),
        }
    }

    /// A part of it. Panics when the range is not within it.
    pub fn slice(self, range: std::ops::Range<usize>) -> StrData<'a> {
        match self {
            StrData::Latin1(s) => StrData::Latin1(&s[range]),
            StrData::Ucs2(s) => StrData::Ucs2(&s[range]),
            StrData::Ucs4(s) => StrData::Ucs4(&s[range]),
        }
    }

    /// The kind of the slice that holds it (not always the least that could).
    pub fn kind(self) -> Kind {
        match self {
            StrData::Latin1(_) => Kind::Latin1,
            StrData::Ucs2(_) => Kind::Ucs2,
            StrData::Ucs4(_) => Kind::Ucs4,
        }
    }

    /// The code points' memory.
    pub fn as_bytes(self) -> &'a [u8] {
        let (ptr, len) = match self {
            StrData::Latin1(s) => return s,
            StrData::Ucs2(s) => (s.as_ptr().cast(), s.len() * 2),
            StrData::Ucs4(s) => (s.as_ptr().cast(), s.len() * 4),
        };
        // SAFETY: integers have no padding; the length is that of the same memory.
        unsafe { std::slice::from_raw_parts(ptr, len) }
    }
}

impl PyStr {
    /// The number of code points: `len(s)`.
    #[inline(always)]
    pub fn len(&self) -> usize {
        (self.length_and_flags.get() & LENGTH) as usize
    }

    /// Whether it has none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes each code point takes.
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        match self.length_and_flags.get() >> 56 & 7 {
            1 => Kind::Latin1,
            2 => Kind::Ucs2,
            _ => Kind::Ucs4,
        }
    }

    /// Whether all code points are below 128.
    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.length_and_flags.get() & ASCII != 0
    }

    /// Whether this is the one interned string of its text: then equality is identity.
    #[inline(always)]
    pub fn is_interned(&self) -> bool {
        self.length_and_flags.get() & INTERNED != 0
    }

    /// The code points.
    #[inline(always)]
    pub fn data(&self) -> StrData<'_> {
        let (len, start) = (self.len(), self.start());
        // SAFETY: `len` code points of the string's kind start there.
        unsafe {
            match self.kind() {
                Kind::Latin1 => StrData::Latin1(std::slice::from_raw_parts(start, len)),
                Kind::Ucs2 => StrData::Ucs2(std::slice::from_raw_parts(start.cast(), len)),
                Kind::Ucs4 => StrData::Ucs4(std::slice::from_raw_parts(start.cast(), len)),
            }
        }
    }

    /// Where the code points start.
    #[inline(always)]
    fn start(&self) -> *const u8 {
        match self.buffer() {
            Some(buffer) => buffer.start(),
            None => self.data.as_ptr().cast(),
        }
    }

    /// The buffer that holds the code points, if they do not follow the fixed part.
    #[inline(always)]
    pub(super) fn buffer(&self) -> Option<Gc<StrBuffer>> {
        if self.length_and_flags.get() & SHARED == 0 {
            return None;
        }
        // SAFETY: the word behind the fixed part of such a string refers to a buffer.
        Some(unsafe { Gc::from_ptr(*self.data.as_ptr() as *mut StrBuffer) })
    }

    /// The text, when it is all ASCII.
    #[inline(always)]
    pub fn as_ascii(&self) -> Option<&str> {
        match self.data() {
            // SAFETY: ASCII is UTF-8.
            StrData::Latin1(bytes) if self.is_ascii() => Some(unsafe { std::str::from_utf8_unchecked(bytes) }),
            _ => None,
        }
    }

    /// The text as UTF-8 in which lone surrogates are encoded like other code points.
    pub fn to_generalized_utf8(&self) -> Vec<u8> {
        match self.as_ascii() {
            Some(ascii) => ascii.as_bytes().to_vec(),
            None => {
                let mut out = Vec::with_capacity(self.len() * 2);
                for code_point in self.data().iter() {
                    push_generalized(&mut out, code_point);
                }
                out
            }
        }
    }

    /// The text as Rust has it; `None` when it holds a surrogate.
    pub fn to_utf8(&self) -> Option<String> {
        String::from_utf8(self.to_generalized_utf8()).ok()
    }

    /// The text for messages, surrogates written as `\udcXX`.
    pub fn to_string_lossy(&self) -> String {
        if let Some(ascii) = self.as_ascii() {
            return ascii.to_owned();
        }
        let mut out = String::with_capacity(self.len());
        for code_point in self.data().iter() {
            match char::from_u32(code_point) {
                Some(c) => out.push(c),
                None => out.push_str(&format!("\\u{code_point:04x}")),
            }
        }
        out
    }

    /// The hash, computed once.
    #[inline(always)]
    pub fn hash(&self, vm: &Vm) -> i64 {
        match self.hash.get() {
            0 => {
                let hash = hash_bytes(vm, self.data().as_bytes());
                self.hash.set(hash);
                hash
            }
            hash => hash,
        }
    }

    /// The text of an interned string of ASCII alone that is so long.
    #[inline(always)]
    pub(crate) fn interned_ascii(&self, len: usize) -> Option<&[u8]> {
        let wanted = len as u64 | (Kind::Latin1 as u64) << 56 | ASCII | INTERNED;
        // SAFETY: such a string has its code points, of one byte each, behind the fixed part.
        (self.length_and_flags.get() == wanted)
            .then(|| unsafe { std::slice::from_raw_parts(self.data.as_ptr().cast(), len) })
    }

    /// The hash, or 0 when it was not computed yet: then no dict has this very string as a key.
    #[inline(always)]
    pub(crate) fn known_hash(&self) -> i64 {
        self.hash.get()
    }

    /// Whether it has these code points.
    #[inline(always)]
    pub(crate) fn has_data(&self, data: StrData<'_>) -> bool {
        let own = self.data();
        own.kind() == data.kind() && own.as_bytes() == data.as_bytes()
    }

    /// Whether two strings have the same text.
    #[inline(always)]
    pub fn equals(&self, other: &PyStr) -> bool {
        if std::ptr::eq(self, other) {
            return true;
        }
        // Length, kind and whether all is ASCII must agree.
        let differ = (self.length_and_flags.get() ^ other.length_and_flags.get()) & (LENGTH | KIND | ASCII);
        differ == 0 && self.data().as_bytes() == other.data().as_bytes()
    }

    /// Whether the text is that of a Rust string.
    pub fn equals_str(&self, other: &str) -> bool {
        match self.as_ascii() {
            Some(ascii) => ascii == other,
            None => !other.is_ascii() && self.data().iter().eq(other.chars().map(u32::from)),
        }
    }
}

fn push_generalized(out: &mut Vec<u8>, code_point: u32) {
    match char::from_u32(code_point) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(&[
            0xe0 | (code_point >> 12) as u8,
            0x80 | (code_point >> 6 & 0x3f) as u8,
            0x80 | (code_point & 0x3f) as u8,
        ]),
    }
}

/// Code points of generalized UTF-8. Panics on bytes that are not.
fn generalized_code_points(mut bytes: &[u8]) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let &first = bytes.first()?;
        let (len, initial) = match first {
            0..=0x7f => (1, u32::from(first)),
            0xc0..=0xdf => (2, u32::from(first & 0x1f)),
            0xe0..=0xef => (3, u32::from(first & 0x0f)),
            _ => (4, u32::from(first & 0x07)),
        };
        let code_point = bytes[1..len].iter().fold(initial, |code, &b| code << 6 | u32::from(b & 0x3f));
        bytes = &bytes[len..];
        Some(code_point)
    })
}

impl Vm {
    /// A string of code points of one kind, which need not be the least.
    pub fn new_str_from_data(&self, data: StrData<'_>) -> PyResult<Gc<PyStr>> {
        if let StrData::Latin1(bytes) = data {
            return self.new_str_latin1(bytes);
        }
        if data.len() == 1 {
            return self.new_str_char(data.at(0));
        }
        let bits = data.bits();
        let string = self.alloc_str(data.len(), Kind::of(bits), bits < 128)?;
        // SAFETY: the string was made for these code points, which its kind holds.
        unsafe { copy_code_points(string.data_ptr(), Kind::of(bits), data) };
        Ok(string)
    }

    /// A string of code points below 256.
    pub fn new_str_latin1(&self, bytes: &[u8]) -> PyResult<Gc<PyStr>> {
        match *bytes {
            [] => {
                if let Some(empty) = self.empty_str() {
                    return Ok(empty);
                }
            }
            [byte] => {
                if let Some(string) = self.latin1_char(byte.into()) {
                    return Ok(string);
                }
            }
            _ => {}
        }
        let string = self.alloc_str(bytes.len(), Kind::Latin1, bytes.is_ascii())?;
        // SAFETY: the string has room for just these.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), (*string.as_ptr()).data.as_mut_ptr().cast(), bytes.len())
        };
        Ok(string)
    }

    /// A string with a Rust string's text.
    pub fn new_str(&self, text: &str) -> PyResult<Gc<PyStr>> {
        self.new_str_utf8(text)
    }

    /// A string from UTF-8 in which surrogates may be encoded like other code points. The bytes
    /// must be well-formed in that sense.
    pub fn new_str_generalized(&self, bytes: &[u8]) -> PyResult<Gc<PyStr>> {
        if bytes.is_ascii() {
            return self.new_str_latin1(bytes);
        }
        let (mut len, mut max) = (0, 0);
        for code_point in generalized_code_points(bytes) {
            len += 1;
            max = max.max(code_point);
        }
        let string = self.alloc_str(len, Kind::of(max), false)?;
        // SAFETY: the string was made for `len` code points of that kind.
        unsafe {
            let data = (*string.as_ptr()).data.as_mut_ptr();
            for (index, code_point) in generalized_code_points(bytes).enumerate() {
                write_code_point(data.cast(), Kind::of(max), index, code_point);
            }
        }
        Ok(string)
    }

    /// A string of one code point.
    pub fn new_str_char(&self, code_point: u32) -> PyResult<Gc<PyStr>> {
        if let Some(string) = self.latin1_char(code_point) {
            return Ok(string);
        }
        let string = self.alloc_str(1, Kind::of(code_point), code_point < 128)?;
        // SAFETY: the string was made for one code point of that kind.
        unsafe { write_code_point((*string.as_ptr()).data.as_mut_ptr().cast(), Kind::of(code_point), 0, code_point) };
        Ok(string)
    }

    /// A string whose code points the caller writes before anything else happens. `ascii` must
    /// be whether all will be below 128, and `kind` the least kind that fits.
    pub(crate) fn alloc_str(&self, len: usize, kind: Kind, ascii: bool) -> PyResult<Gc<PyStr>> {
        let size = len.checked_mul(kind as usize).and_then(|bytes| bytes.checked_add(STR_DATA));
        let string: Gc<PyStr> = self.alloc_raw(size.ok_or_else(|| self.no_memory())?, kaa_gc::RAW, ids::STR)?;
        // SAFETY: fresh memory of that size; the header is written.
        unsafe { (*string.as_ptr()).set_fields(len, kind, ascii) };
        Ok(string)
    }

    /// A string of a Python subclass with the text of another: its dict is the object's last word.
    pub fn new_str_of_class(&self, class: Gc<PyType>, text: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        let bytes = text.data().as_bytes();
        let extra = class.appended_size();
        let size = (STR_DATA + bytes.len()).next_multiple_of(8) + extra;
        let string: Gc<PyStr> = self.alloc_zeroed(size, class.trace_kind.get(), class.root_shape.get())?;
        // SAFETY: fresh memory with room for the code points.
        unsafe {
            (*string.as_ptr()).set_fields(text.len(), text.kind(), text.is_ascii());
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), string.data_ptr(), bytes.len());
        }
        string.hash.set(text.hash.get());
        self.register_finalizer(class, string);
        Ok(string)
    }

    /// The text of a string as an exact `str`: itself when it is one.
    pub fn exact_str(&self, string: Gc<PyStr>) -> PyResult<Gc<PyStr>> {
        match self.cast_exact::<PyStr>(string.value()) {
            Some(exact) => Ok(exact),
            None => self.new_str_from_data(string.data()),
        }
    }

    /// The one string with this text that stands for all: equal interned strings are identical.
    /// Interned strings never move.
    pub fn intern(&self, text: &str) -> Gc<PyStr> {
        self.interned.intern_utf8(self, text.as_bytes())
    }

    /// As [`Vm::intern`], from generalized UTF-8.
    pub fn intern_generalized(&self, text: &[u8]) -> Gc<PyStr> {
        self.interned.intern_utf8(self, text)
    }

    /// The interned string equal to a given one, which must be a plain `str`.
    pub fn intern_str(&self, string: Gc<PyStr>) -> Gc<PyStr> {
        if string.is_interned() { string } else { self.interned.intern_str(self, string) }
    }
}

impl PyStr {
    fn set_fields(&mut self, len: usize, kind: Kind, ascii: bool) {
        self.hash.set(0);
        let ascii = if ascii { ASCII } else { 0 };
        self.length_and_flags.set(len as u64 | (kind as u64) << 56 | ascii);
    }

    /// A string that never moves and counts as interned.
    pub(crate) fn new_immovable(vm: &Vm, data: StrData<'_>) -> Gc<PyStr> {
        let bytes = data.as_bytes();
        let size = (STR_DATA + bytes.len()).next_multiple_of(8);
        let ptr = vm.heap().alloc_old(size, Header::new(kaa_gc::RAW, size, ids::STR));
        assert!(!ptr.is_null(), "memory for a name");
        // SAFETY: fresh memory of that size.
        unsafe {
            let string: Gc<PyStr> = Gc::from_ptr(ptr.cast());
            let ascii = data.kind() == Kind::Latin1 && bytes.is_ascii();
            (*string.as_ptr()).set_fields(data.len(), data.kind(), ascii);
            string.length_and_flags.set(string.length_and_flags.get() | INTERNED);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), string.data_ptr(), bytes.len());
            string
        }
    }

    /// The fields of a string whose code points are in a buffer.
    ///
    /// # Safety
    /// The string is fresh memory with one word behind the fixed part.
    pub(super) unsafe fn init_shared(&mut self, len: usize, kind: Kind, ascii: bool, buffer: Gc<StrBuffer>) {
        self.set_fields(len, kind, ascii);
        self.length_and_flags.set(self.length_and_flags.get() | SHARED);
        // SAFETY: the caller's promise.
        unsafe { self.data.as_mut_ptr().write(buffer.address() as u64) };
    }

    /// The address of the code points of a string that is being made.
    pub(crate) fn data_ptr(&self) -> *mut u8 {
        self.data.as_ptr().cast_mut().cast()
    }
}

/// Copies code points into memory of a kind, which may be wider or narrower than theirs.
///
/// # Safety
/// `to` has room for them in that kind, is aligned for it, and they fit it.
#[inline]
pub(super) unsafe fn copy_code_points(to: *mut u8, kind: Kind, data: StrData<'_>) {
    macro_rules! convert {
        ($source:expr, $unit:ty) => {{
            let to = to.cast::<$unit>();
            for (index, &code_point) in $source.iter().enumerate() {
                // SAFETY: the caller's promise.
                unsafe { *to.add(index) = code_point as $unit };
            }
        }};
    }
    if data.kind() == kind {
        let bytes = data.as_bytes();
        // SAFETY: the caller's promise.
        return unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    }
    match (data, kind) {
        (StrData::Latin1(s), Kind::Ucs2) => convert!(s, u16),
        (StrData::Latin1(s), _) => convert!(s, u32),
        (StrData::Ucs2(s), Kind::Latin1) => convert!(s, u8),
        (StrData::Ucs2(s), _) => convert!(s, u32),
        (StrData::Ucs4(s), Kind::Latin1) => convert!(s, u8),
        (StrData::Ucs4(s), _) => convert!(s, u16),
    }
}

/// # Safety
/// `data` has room for the code point at that index in that kind.
#[inline(always)]
pub(super) unsafe fn write_code_point(data: *mut u8, kind: Kind, index: usize, code_point: u32) {
    // SAFETY: the caller's promise.
    unsafe {
        match kind {
            Kind::Latin1 => *data.add(index) = code_point as u8,
            Kind::Ucs2 => *data.cast::<u16>().add(index) = code_point as u16,
            Kind::Ucs4 => *data.cast::<u32>().add(index) = code_point,
        }
    }
}

/// Collects code points into a string of the least kind, widening as it must.
pub enum StrBuilder {
    /// All below 256 so far.
    Latin1(Vec<u8>),
    /// All below 65,536 so far.
    Ucs2(Vec<u16>),
    /// Some beyond.
    Ucs4(Vec<u32>),
}

impl Default for StrBuilder {
    fn default() -> Self {
        StrBuilder::with_capacity(0)
    }
}

impl StrBuilder {
    /// An empty builder with room for `capacity` code points below 256.
    pub fn with_capacity(capacity: usize) -> StrBuilder {
        StrBuilder::Latin1(Vec::with_capacity(capacity))
    }

    /// The number of code points so far.
    pub fn len(&self) -> usize {
        match self {
            StrBuilder::Latin1(v) => v.len(),
            StrBuilder::Ucs2(v) => v.len(),
            StrBuilder::Ucs4(v) => v.len(),
        }
    }

    /// Whether there is none yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops all but the first `len` code points, and takes the least kind for these.
    pub fn truncate(&mut self, len: usize) {
        let data = self.data().slice(0..len);
        let mut kept = StrBuilder::with_capacity(len);
        kept.push_data(data);
        *self = kept;
    }

    /// The code points so far.
    pub fn data(&self) -> StrData<'_> {
        match self {
            StrBuilder::Latin1(v) => StrData::Latin1(v),
            StrBuilder::Ucs2(v) => StrData::Ucs2(v),
            StrBuilder::Ucs4(v) => StrData::Ucs4(v),
        }
    }

    fn widen(&mut self, kind: Kind) {
        match (&*self, kind) {
            (StrBuilder::Latin1(v), Kind::Ucs2) => *self = StrBuilder::Ucs2(v.iter().map(|&c| c.into()).collect()),
            (StrBuilder::Latin1(v), Kind::Ucs4) => *self = StrBuilder::Ucs4(v.iter().map(|&c| c.into()).collect()),
            (StrBuilder::Ucs2(v), Kind::Ucs4) => *self = StrBuilder::Ucs4(v.iter().map(|&c| c.into()).collect()),
            _ => {}
        }
    }

    /// Appends a code point.
    #[inline]
    pub fn push(&mut self, code_point: u32) {
        match self {
            StrBuilder::Latin1(v) if code_point < 0x100 => v.push(code_point as u8),
            StrBuilder::Ucs2(v) if code_point < 0x1_0000 => v.push(code_point as u16),
            StrBuilder::Ucs4(v) => v.push(code_point),
            _ => {
                self.widen(Kind::of(code_point));
                self.push(code_point);
            }
        }
    }

    /// Appends a Rust string.
    pub fn push_str(&mut self, text: &str) {
        match self {
            StrBuilder::Latin1(v) if text.is_ascii() => v.extend_from_slice(text.as_bytes()),
            _ => text.chars().for_each(|c| self.push(c.into())),
        }
    }

    /// Appends code points below 256.
    #[inline]
    pub fn push_latin1(&mut self, bytes: &[u8]) {
        match self {
            StrBuilder::Latin1(v) => v.extend_from_slice(bytes),
            _ => self.push_data(StrData::Latin1(bytes)),
        }
    }

    /// Appends the code points of a string.
    pub fn push_data(&mut self, data: StrData<'_>) {
        match (&mut *self, data) {
            (StrBuilder::Latin1(v), StrData::Latin1(s)) => v.extend_from_slice(s),
            (StrBuilder::Ucs2(v), StrData::Latin1(s)) => v.extend(s.iter().map(|&c| u16::from(c))),
            (StrBuilder::Ucs2(v), StrData::Ucs2(s)) => v.extend_from_slice(s),
            (StrBuilder::Ucs4(v), StrData::Latin1(s)) => v.extend(s.iter().map(|&c| u32::from(c))),
            (StrBuilder::Ucs4(v), StrData::Ucs2(s)) => v.extend(s.iter().map(|&c| u32::from(c))),
            (StrBuilder::Ucs4(v), StrData::Ucs4(s)) => v.extend_from_slice(s),
            _ => {
                let kind = Kind::of(data.bits());
                let now = match self {
                    StrBuilder::Latin1(_) => Kind::Latin1,
                    StrBuilder::Ucs2(_) => Kind::Ucs2,
                    StrBuilder::Ucs4(_) => Kind::Ucs4,
                };
                if kind > now {
                    self.widen(kind);
                    self.push_data(data);
                } else {
                    data.iter().for_each(|c| self.push(c));
                }
            }
        }
    }

    /// Appends a Python string.
    pub fn push_py(&mut self, string: &PyStr) {
        self.push_data(string.data());
    }

    /// The string. Its kind is the least that fits, also when wider code points were taken in
    /// from a slice of a wider string.
    pub fn finish(self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        match self {
            StrBuilder::Latin1(v) => vm.new_str_latin1(&v),
            StrBuilder::Ucs2(v) => {
                let string = vm.alloc_str(v.len(), Kind::Ucs2, false)?;
                // SAFETY: room for just these.
                unsafe { std::ptr::copy_nonoverlapping(v.as_ptr(), string.data_ptr().cast(), v.len()) };
                Ok(string)
            }
            StrBuilder::Ucs4(v) => {
                let string = vm.alloc_str(v.len(), Kind::Ucs4, false)?;
                // SAFETY: room for just these.
                unsafe { std::ptr::copy_nonoverlapping(v.as_ptr(), string.data_ptr().cast(), v.len()) };
                Ok(string)
            }
        }
    }
}

impl std::fmt::Write for StrBuilder {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.push_str(text);
        Ok(())
    }
}
