//! The kinds of items that an array can have, and items as bytes.

use std::cmp::Ordering;

use kaa_objects::types::str::PyStr;
use kaa_objects::{PyResult, Raised, Value, Vm};

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    I8,
    U8,
    /// `u` and `w`: a character of 4 bytes.
    Unicode(u8),
    I16,
    U16,
    I32,
    U32,
    /// `l` and `q`.
    I64(u8),
    /// `L` and `Q`.
    U64(u8),
    F32,
    F64,
}

/// All type codes, in CPython's order.
pub const TYPECODES: &str = "bBuwhHiIlLqQfd";

/// Widest item in bytes.
pub const WIDEST: usize = 8;

impl Kind {
    /// The kind of a type code.
    pub fn of(code: char) -> Option<Kind> {
        Some(match code {
            'b' => Kind::I8,
            'B' => Kind::U8,
            'u' | 'w' => Kind::Unicode(code as u8),
            'h' => Kind::I16,
            'H' => Kind::U16,
            'i' => Kind::I32,
            'I' => Kind::U32,
            'l' | 'q' => Kind::I64(code as u8),
            'L' | 'Q' => Kind::U64(code as u8),
            'f' => Kind::F32,
            'd' => Kind::F64,
            _ => return None,
        })
    }

    /// The type code.
    pub fn code(self) -> char {
        match self {
            Kind::I8 => 'b',
            Kind::U8 => 'B',
            Kind::I16 => 'h',
            Kind::U16 => 'H',
            Kind::I32 => 'i',
            Kind::U32 => 'I',
            Kind::F32 => 'f',
            Kind::F64 => 'd',
            Kind::Unicode(code) | Kind::I64(code) | Kind::U64(code) => code.into(),
        }
    }

    /// Bytes of an item.
    #[inline(always)]
    pub fn size(self) -> usize {
        match self {
            Kind::I8 | Kind::U8 => 1,
            Kind::I16 | Kind::U16 => 2,
            Kind::I32 | Kind::U32 | Kind::F32 | Kind::Unicode(_) => 4,
            Kind::I64(_) | Kind::U64(_) | Kind::F64 => 8,
        }
    }

    pub fn is_unicode(self) -> bool {
        matches!(self, Kind::Unicode(_))
    }

    pub fn is_integer(self) -> bool {
        !matches!(self, Kind::Unicode(_) | Kind::F32 | Kind::F64)
    }

    pub fn is_signed(self) -> bool {
        matches!(self, Kind::I8 | Kind::I16 | Kind::I32 | Kind::I64(_))
    }

    /// The format that the buffer protocol gives: `struct` has no characters.
    pub fn format(self) -> &'static str {
        match self {
            Kind::I8 => "b",
            Kind::U8 => "B",
            Kind::I16 => "h",
            Kind::U16 => "H",
            Kind::I32 => "i",
            Kind::U32 => "I",
            Kind::F32 => "f",
            Kind::F64 => "d",
            Kind::Unicode(_) => "w",
            Kind::I64(b'q') => "q",
            Kind::I64(_) => "l",
            Kind::U64(b'Q') => "Q",
            Kind::U64(_) => "L",
        }
    }

    /// The value of an item, given as so many bytes.
    #[inline]
    pub fn load(self, vm: &Vm, item: &[u8]) -> PyResult {
        match self {
            Kind::I8 => Ok(Value::small_int((item[0] as i8).into())),
            Kind::U8 => Ok(Value::small_int(item[0].into())),
            Kind::I16 => Ok(Value::small_int((word(item) as i16).into())),
            Kind::U16 => Ok(Value::small_int((word(item) as u16).into())),
            Kind::I32 => Ok(Value::small_int((word(item) as i32).into())),
            Kind::U32 => Ok(Value::small_int((word(item) as u32).into())),
            Kind::I64(_) => vm.new_int(word(item) as i64),
            Kind::U64(_) => vm.new_int_u64(word(item)),
            Kind::F32 => vm.new_float(f32::from_bits(word(item) as u32).into()),
            Kind::F64 => vm.new_float(f64::from_bits(word(item))),
            Kind::Unicode(_) => {
                let code_point = word(item) as u32;
                if code_point > 0x10_ffff {
                    return Err(
                        vm.value_error(format_args!("character U+{code_point:x} is not in range [U+0000; U+10ffff]"))
                    );
                }
                Ok(vm.new_str_char(code_point)?.value())
            }
        }
    }

    /// The bytes of a value as an item; only the first ones count.
    #[inline]
    pub fn store(self, vm: &Vm, value: Value) -> PyResult<[u8; WIDEST]> {
        let word = match self {
            Kind::F64 => vm.to_f64(value)?.to_bits(),
            Kind::F32 => (vm.to_f64(value)? as f32).to_bits().into(),
            Kind::Unicode(_) => character(vm, value)?.into(),
            Kind::U32 | Kind::U64(_) => self.unsigned(vm, value)?,
            _ => self.signed(vm, value)? as u64,
        };
        Ok(word.to_le_bytes())
    }

    /// An integer within the range of the kind, by way of the C type that CPython reads.
    fn signed(self, vm: &Vm, value: Value) -> PyResult<i64> {
        let too_large = |message: &str| vm.overflow_error(message);
        let number = match value.as_small_int() {
            Some(number) => number,
            None => {
                let index = vm.index(value)?;
                vm.int_to_i64(index).ok_or_else(|| match self {
                    Kind::I64(b'q') => too_large("int too big to convert"),
                    _ => too_large("Python int too large to convert to C long"),
                })?
            }
        };
        let within = |low: i64, high: i64, what: &str| {
            if number < low {
                Err(vm.overflow_error(format_args!("{what} is less than minimum")))
            } else if number > high {
                Err(vm.overflow_error(format_args!("{what} is greater than maximum")))
            } else {
                Ok(())
            }
        };
        let short = || within(i16::MIN.into(), i16::MAX.into(), "signed short integer");
        let int = || within(i32::MIN.into(), i32::MAX.into(), "signed integer");
        match self {
            Kind::I8 => {
                short()?;
                within(i8::MIN.into(), i8::MAX.into(), "signed char")?;
            }
            Kind::U8 => within(0, u8::MAX.into(), "unsigned byte integer")?,
            Kind::I16 => short()?,
            Kind::U16 => {
                int()?;
                within(0, u16::MAX.into(), "unsigned short")?;
            }
            Kind::I32 => int()?,
            _ => {}
        }
        Ok(number)
    }

    fn unsigned(self, vm: &Vm, value: Value) -> PyResult<u64> {
        let number = match value.as_small_int() {
            Some(number) if number >= 0 => number as u64,
            _ => {
                let index = vm.index(value)?;
                let long_long = self == Kind::U64(b'Q');
                if vm.int_sign(index) == Ordering::Less {
                    return Err(vm.overflow_error(match long_long {
                        true => "can't convert negative int to unsigned",
                        false => "can't convert negative value to unsigned int",
                    }));
                }
                let words = vm.with_int_words(index, |_, words| match words {
                    [] => Some(0),
                    &[word] => Some(word),
                    _ => None,
                });
                words.flatten().ok_or_else(|| {
                    vm.overflow_error(match long_long {
                        true => "int too big to convert",
                        false => "Python int too large to convert to C unsigned long",
                    })
                })?
            }
        };
        if self == Kind::U32 && number > u32::MAX.into() {
            return Err(vm.overflow_error("unsigned int is greater than maximum"));
        }
        Ok(number)
    }
}

/// The number of at most 8 bytes.
#[inline(always)]
fn word(item: &[u8]) -> u64 {
    let mut bytes = [0; WIDEST];
    bytes[..item.len()].copy_from_slice(item);
    u64::from_le_bytes(bytes)
}

fn character(vm: &Vm, value: Value) -> PyResult<u32> {
    let wrong =
        |what: &str| -> Raised { vm.type_error(format_args!("array item must be a unicode character, not {what}")) };
    let Some(text) = vm.cast::<PyStr>(value) else {
        return Err(wrong(&vm.class_name(value)));
    };
    match text.len() {
        1 => Ok(text.data().at(0)),
        len => Err(wrong(&format!("a string of length {len}"))),
    }
}
