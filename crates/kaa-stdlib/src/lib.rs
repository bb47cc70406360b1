//! The native half of Python's standard library: one file or folder for each module, named as the
//! module without the leading underscore.
//!
//! A module is a `#[py_module]` block (see the README of `kaa-macros`); its algorithms stand
//! beside it without Python types where they can, and are unit-tested alone.

mod abc;
mod accounts;
mod array;
mod binascii;
mod bisect;
mod bytes_like;
mod bz2;
mod checksum;
mod cmath;
pub mod codecs;
mod collections;
mod csv;
mod datetime;
mod decimal;
mod decoder;
mod errno;
mod exclusive;
mod fcntl;
mod functools;
mod hashes;
mod heapq;
mod host_call;
pub mod io;
mod itertools;
mod json;
pub mod locale;
mod math;
mod module_setup;
mod multiprocessing;
mod opcode;
mod operator;
mod parse_tuple;
pub mod path;
mod pickle;
mod posix;
mod posix_subprocess;
mod posixshmem;
mod pyexpat;
mod queue;
mod random;
mod resource;
pub mod seconds;
mod select;
mod socket;
mod sre;
mod stat;
mod statistics;
mod string;
mod struct_;
mod syslog;
mod termios;
mod time;
pub mod typing;
mod unicodedata;
mod weakref;
mod zlib;

use kaa_objects::module_def::ModuleDef;

/// All native modules of this crate, by name.
pub fn modules() -> Vec<&'static ModuleDef> {
    vec![
        &abc::MODULE,
        &array::MODULE,
        &binascii::MODULE,
        &bisect::MODULE,
        &codecs::MODULE,
        &bz2::MODULE,
        &cmath::MODULE,
        &collections::MODULE,
        &hashes::blake2::MODULE,
        &hashes::hashlib::MODULE,
        &hashes::md_sha::md5_module::MODULE,
        &hashes::md_sha::sha1_module::MODULE,
        &hashes::md_sha::sha2_module::MODULE,
        &hashes::sha3::MODULE,
        &heapq::MODULE,
        &csv::MODULE,
        &datetime::MODULE,
        &decimal::MODULE,
        &errno::MODULE,
        &fcntl::MODULE,
        &functools::MODULE,
        &accounts::groups::MODULE,
        &io::MODULE,
        &itertools::MODULE,
        &json::MODULE,
        &locale::MODULE,
        &math::MODULE,
        &opcode::MODULE,
        &operator::MODULE,
        &pickle::MODULE,
        &posix::MODULE,
        &posix_subprocess::MODULE,
        &accounts::users::MODULE,
        &multiprocessing::MODULE,
        &posixshmem::MODULE,
        &queue::MODULE,
        &pyexpat::MODULE,
        &random::MODULE,
        &resource::MODULE,
        &select::MODULE,
        &socket::MODULE,
        &sre::MODULE,
        &struct_::MODULE,
        &stat::MODULE,
        &string::MODULE,
        &syslog::MODULE,
        &termios::MODULE,
        &statistics::MODULE,
        &time::MODULE,
        &typing::MODULE,
        &unicodedata::MODULE,
        &weakref::MODULE,
        &zlib::MODULE,
    ]
}
