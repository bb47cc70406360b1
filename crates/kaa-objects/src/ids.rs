//! The fixed shape numbers of the types that the core knows: plain instances of these types are
//! recognized by one compare of their header with a constant. Other native types get the numbers
//! from [`FIRST_DYNAMIC`] on, Python classes those from [`FIRST_CLASS`] on.

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        #[repr(u32)]
            #[allow(non_camel_case_types, clippy::upper_case_acronyms, dead_code)]
        enum Ids { None, $($name,)* End }
        $($(#[$meta])* #[allow(missing_docs, reason = "named for the type")] pub const $name: u32 = Ids::$name as u32;)*
        /// The first number that is given at run time.
        pub const FIRST_DYNAMIC: u32 = Ids::End as u32;
        /// The names of the fixed ids, by number less one: the order in which the types are made.
        pub const NAMES: &[&str] = &[$(stringify!($name),)*];
    };
}

ids! {
    OBJECT, TYPE, INT, BOOL, FLOAT, COMPLEX, STR, BYTES, BYTEARRAY, TUPLE, LIST, DICT, SET, FROZENSET,
    NONE_TYPE, ELLIPSIS_TYPE, NOT_IMPLEMENTED_TYPE, RANGE, SLICE, MEMORYVIEW,
    FUNCTION, BUILTIN_FUNCTION, METHOD, METHOD_DESCRIPTOR, CLASSMETHOD_DESCRIPTOR, WRAPPER_DESCRIPTOR,
    METHOD_WRAPPER, GETSET_DESCRIPTOR, MEMBER_DESCRIPTOR, CLASSMETHOD, STATICMETHOD, PROPERTY, SUPER,
    MAPPING_PROXY, MODULE, CODE, CELL, FRAME, TRACEBACK, GENERATOR, COROUTINE, ASYNC_GENERATOR, COROUTINE_WRAPPER,
    WEAKREF, BASE_EXCEPTION,
    LIST_ITERATOR, TUPLE_ITERATOR, RANGE_ITERATOR, DICT_KEY_ITERATOR, DICT_VALUE_ITERATOR, DICT_ITEM_ITERATOR,
    DICT_KEYS, DICT_VALUES, DICT_ITEMS, SET_ITERATOR, STR_ITERATOR, STR_ASCII_ITERATOR, BYTES_ITERATOR, BYTEARRAY_ITERATOR,
    ENUMERATE, ZIP, MAP, FILTER, REVERSED,
    /// Storage of values that belongs to another object (a list's items, overflowing slots).
    VALUE_ARRAY,
    /// Storage of raw bytes that belongs to another object.
    RAW_ARRAY,
    /// A dict's or set's table.
    DICT_TABLE, SET_TABLE,
}

/// The first number of the shapes of Python classes.
pub const FIRST_CLASS: u32 = 2048;
