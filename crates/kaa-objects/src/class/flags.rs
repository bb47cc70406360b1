//! Bits of a type's `__flags__`, CPython's `Py_TPFLAGS_*`.
#![allow(missing_docs, reason = "named as CPython's")]

pub const INLINE_VALUES: u64 = 1 << 2;
pub const MANAGED_WEAKREF: u64 = 1 << 3;
pub const MANAGED_DICT: u64 = 1 << 4;
pub const SEQUENCE: u64 = 1 << 5;
pub const MAPPING: u64 = 1 << 6;
pub const DISALLOW_INSTANTIATION: u64 = 1 << 7;
pub const IMMUTABLETYPE: u64 = 1 << 8;
pub const HEAPTYPE: u64 = 1 << 9;
pub const BASETYPE: u64 = 1 << 10;
pub const HAVE_VECTORCALL: u64 = 1 << 11;
pub const READY: u64 = 1 << 12;
pub const HAVE_GC: u64 = 1 << 14;
pub const METHOD_DESCRIPTOR: u64 = 1 << 17;
pub const VALID_VERSION_TAG: u64 = 1 << 19;
pub const IS_ABSTRACT: u64 = 1 << 20;
pub const MATCH_SELF: u64 = 1 << 22;
pub const ITEMS_AT_END: u64 = 1 << 23;
pub const LONG_SUBCLASS: u64 = 1 << 24;
pub const LIST_SUBCLASS: u64 = 1 << 25;
pub const TUPLE_SUBCLASS: u64 = 1 << 26;
pub const BYTES_SUBCLASS: u64 = 1 << 27;
pub const UNICODE_SUBCLASS: u64 = 1 << 28;
pub const DICT_SUBCLASS: u64 = 1 << 29;
pub const BASE_EXC_SUBCLASS: u64 = 1 << 30;
pub const TYPE_SUBCLASS: u64 = 1 << 31;

/// How patterns match instances.
pub const COLLECTION: u64 = SEQUENCE | MAPPING;

/// The bits that a class inherits from its bases.
pub const INHERITED: u64 = SEQUENCE
    | MAPPING
    | HAVE_GC
    | MATCH_SELF
    | LONG_SUBCLASS
    | LIST_SUBCLASS
    | TUPLE_SUBCLASS
    | BYTES_SUBCLASS
    | UNICODE_SUBCLASS
    | DICT_SUBCLASS
    | BASE_EXC_SUBCLASS
    | TYPE_SUBCLASS;
