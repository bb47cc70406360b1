//! What can go wrong, with CPython's words.

use std::fmt;

/// Why an object could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarshalError {
    /// The data ends where an object should begin.
    EndOfData,
    /// The data ends inside an object.
    TooShort,
    UnknownType,
    InvalidReference,
    TooManyReferences,
    /// Names what was to have that size.
    SizeOutOfRange(&'static str),
    UnnormalizedLong,
    LongDigitOutOfRange,
    /// Names what held nothing where an object belongs.
    NullObject(&'static str),
    /// Objects are nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH), when read.
    RecursionLimit,
    /// The text of a number that is none.
    BadFloat(String),
    /// Bytes `start..end` of a text are not UTF-8.
    BadUtf8 {
        text: Box<[u8]>,
        start: usize,
        end: usize,
        reason: &'static str,
    },
    /// A code object was met and [`ReadOptions::allow_code`](super::ReadOptions) is off.
    CodeDisallowed,
    /// A field of a code object has the wrong type or an impossible value.
    BadCodeField,
    /// A name of a code object is no string.
    BadCodeName,
    /// `co_code` is not made of code units.
    MalformedCode,
    /// Fewer local variables than parameters.
    TooFewLocals,
    /// The object is no code object, where one was asked for.
    NotCode,
    /// The value has no form in the version to write.
    Unmarshallable,
    /// Objects are nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH), when written.
    TooDeeplyNested,
}

/// The Python exception that goes with a [`MarshalError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorType {
    EofError,
    ValueError,
    TypeError,
    SystemError,
    UnicodeDecodeError,
}

impl MarshalError {
    pub fn error_type(&self) -> ErrorType {
        match self {
            MarshalError::EndOfData | MarshalError::TooShort => ErrorType::EofError,
            MarshalError::NullObject(_) | MarshalError::NotCode => ErrorType::TypeError,
            MarshalError::BadUtf8 { .. } => ErrorType::UnicodeDecodeError,
            MarshalError::BadCodeField | MarshalError::BadCodeName => ErrorType::SystemError,
            _ => ErrorType::ValueError,
        }
    }
}

impl fmt::Display for MarshalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MarshalError::EndOfData => "EOF read where object expected",
            MarshalError::TooShort => "marshal data too short",
            MarshalError::UnknownType => "bad marshal data (unknown type code)",
            MarshalError::InvalidReference => "bad marshal data (invalid reference)",
            MarshalError::TooManyReferences => "bad marshal data (index list too large)",
            MarshalError::SizeOutOfRange(what) => return write!(f, "bad marshal data ({what} size out of range)"),
            MarshalError::UnnormalizedLong => "bad marshal data (unnormalized long data)",
            MarshalError::LongDigitOutOfRange => "bad marshal data (digit out of range in long)",
            MarshalError::NullObject(holder) => return write!(f, "NULL object in marshal data for {holder}"),
            MarshalError::RecursionLimit => "recursion limit exceeded",
            MarshalError::BadFloat(text) => {
                let shown: String = text.chars().take(200).collect();
                return write!(f, "could not convert string to float: {}", crate::repr::str_repr(shown.as_bytes()));
            }
            MarshalError::BadUtf8 { text, start, end, reason } => {
                return if end - start == 1 {
                    write!(f, "'utf-8' codec can't decode byte 0x{:02x} in position {start}: {reason}", text[*start])
                } else {
                    write!(f, "'utf-8' codec can't decode bytes in position {start}-{}: {reason}", end - 1)
                };
            }
            MarshalError::CodeDisallowed => "unmarshalling code objects is disallowed",
            MarshalError::BadCodeField => "bad argument to internal function",
            MarshalError::BadCodeName => "non-string found in code slot",
            MarshalError::MalformedCode => "code: co_code is malformed",
            MarshalError::TooFewLocals => "code: co_varnames is too small",
            MarshalError::NotCode => "non-code object",
            MarshalError::Unmarshallable => "unmarshallable object",
            MarshalError::TooDeeplyNested => "object too deeply nested to marshal",
        })
    }
}

impl std::error::Error for MarshalError {}
