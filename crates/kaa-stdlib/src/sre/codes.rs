//! The numbers of compiled patterns, as `re/_constants.py` gives them.

/// What `re/_constants.py` checks that both agree.
pub const MAGIC: u32 = 20_230_612;
/// «Any number of times».
pub const MAXREPEAT: u32 = u32::MAX;
/// The most groups of a pattern.
pub const MAXGROUPS: u32 = i32::MAX as u32 / 2;

macro_rules! numbered {
    ($type:ty; $($name:ident)*) => { numbered!(@ $type; 0; $($name)*); };
    (@ $type:ty; $number:expr;) => {};
    (@ $type:ty; $number:expr; $name:ident $($rest:ident)*) => {
        pub const $name: $type = $number;
        numbered!(@ $type; $number + 1; $($rest)*);
    };
}

/// Instructions. `SUBPATTERN` has a number, but never occurs in code.
#[allow(dead_code, reason = "the numbers after it count on it")]
#[rustfmt::skip]
pub mod op {
    numbered! { u32;
        FAILURE SUCCESS ANY ANY_ALL ASSERT ASSERT_NOT AT BRANCH CATEGORY CHARSET BIGCHARSET GROUPREF
        GROUPREF_EXISTS IN INFO JUMP LITERAL MARK MAX_UNTIL MIN_UNTIL NOT_LITERAL NEGATE RANGE REPEAT REPEAT_ONE
        SUBPATTERN MIN_REPEAT_ONE ATOMIC_GROUP POSSESSIVE_REPEAT POSSESSIVE_REPEAT_ONE
        GROUPREF_IGNORE IN_IGNORE LITERAL_IGNORE NOT_LITERAL_IGNORE
        GROUPREF_LOC_IGNORE IN_LOC_IGNORE LITERAL_LOC_IGNORE NOT_LITERAL_LOC_IGNORE
        GROUPREF_UNI_IGNORE IN_UNI_IGNORE LITERAL_UNI_IGNORE NOT_LITERAL_UNI_IGNORE RANGE_UNI_IGNORE
    }
}

/// Positions that `AT` tests.
#[rustfmt::skip]
pub mod at {
    numbered! { u32;
        BEGINNING BEGINNING_LINE BEGINNING_STRING BOUNDARY NON_BOUNDARY END END_LINE END_STRING
        LOC_BOUNDARY LOC_NON_BOUNDARY UNI_BOUNDARY UNI_NON_BOUNDARY
    }
}

/// Categories of characters.
#[rustfmt::skip]
pub mod category {
    numbered! { u32;
        DIGIT NOT_DIGIT SPACE NOT_SPACE WORD NOT_WORD LINEBREAK NOT_LINEBREAK LOC_WORD LOC_NOT_WORD
        UNI_DIGIT UNI_NOT_DIGIT UNI_SPACE UNI_NOT_SPACE UNI_WORD UNI_NOT_WORD UNI_LINEBREAK UNI_NOT_LINEBREAK
    }
}

/// Flags of patterns.
pub mod flag {
    pub const IGNORECASE: i32 = 2;
    pub const LOCALE: i32 = 4;
    pub const MULTILINE: i32 = 8;
    pub const DOTALL: i32 = 16;
    pub const UNICODE: i32 = 32;
    pub const VERBOSE: i32 = 64;
    pub const ASCII: i32 = 256;
}

/// Bits of an `INFO` block.
pub mod info {
    pub const PREFIX: u32 = 1;
    pub const LITERAL: u32 = 2;
    pub const CHARSET: u32 = 4;
}
