//! The modules behind `hashlib`: `_hashlib`, `_md5`, `_sha1`, `_sha2`, `_sha3` and `_blake2`.
//!
//! The algorithms come from crates; this is the object around a hash that goes on.

pub mod blake2;
pub mod hashlib;
pub mod md_sha;
pub mod sha3;
mod sponge;

use std::cell::RefCell;

use kaa_objects::buffer::{Buffer, request};
use kaa_objects::object::Header;
use kaa_objects::types::bytes::{PyBytes, hex};
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, Native, PyResult, Value, Vm};

use crate::exclusive::hold;

/// What is so long is hashed while other threads run: `_GIL_MINSIZE`.
const LONG: usize = 2048;

/// A hash that goes on: more bytes can come.
pub trait Algorithm: Clone + 'static {
    /// Adds bytes.
    fn update(&mut self, bytes: &[u8]);
    /// Calls a function with the digest of the bytes so far.
    fn with_digest<R>(&self, with: impl FnOnce(&[u8]) -> R) -> R;
}

/// A hash object.
#[repr(C)]
pub struct PyHash<A> {
    header: Header,
    // In a box, as some have to be aligned to 16 bytes.
    state: Box<RefCell<A>>,
}

impl<A: Algorithm> PyHash<A> {
    fn of(state: A) -> PyHash<A> {
        PyHash { header: Header::EMPTY, state: Box::new(RefCell::new(state)) }
    }

    /// Adds bytes.
    fn add(&self, vm: &Vm, bytes: &[u8]) {
        let mut state = hold(vm, &self.state);
        if bytes.len() < LONG {
            return state.update(bytes);
        }
        vm.without_gil(|| state.update(bytes));
    }

    /// The state so far.
    fn snapshot(&self, vm: &Vm) -> A {
        hold(vm, &self.state).clone()
    }

    fn digest_bytes(&self, vm: &Vm) -> PyResult<Gc<PyBytes>> {
        self.snapshot(vm).with_digest(|digest| vm.new_bytes(digest))
    }

    fn digest_hex(&self, vm: &Vm) -> PyResult<Gc<PyStr>> {
        self.snapshot(vm).with_digest(|digest| hex::hex(vm, digest, None, 1))
    }
}

/// The bytes to hash.
fn bytes_to_hash(vm: &Vm, value: Value) -> PyResult<Buffer> {
    if vm.cast::<PyStr>(value).is_some() {
        return Err(vm.type_error("Strings must be encoded before hashing"));
    }
    if !vm.is_bytes_like(value) {
        return Err(vm.type_error("object supporting the buffer API required"));
    }
    let buffer = vm.buffer(value, request::SIMPLE)?;
    match buffer.layout.as_ref().is_some_and(|layout| layout.shape.len() > 1) {
        true => Err(vm.buffer_error("Buffer must be single dimension")),
        false => Ok(buffer),
    }
}

/// The object to hash at first: the argument `data`, or `string` as it was once called.
fn first_data(vm: &Vm, data: Option<Value>, string: Option<Value>) -> PyResult<Option<Value>> {
    match (data, string) {
        (Some(_), Some(_)) => Err(vm.type_error(
            "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for \
             removal in a future version.",
        )),
        (data, string) => Ok(data.or(string)),
    }
}

/// A new hash object, with the bytes to begin with.
fn new_hash<A: Algorithm>(vm: &Vm, state: A, data: Option<Value>, string: Option<Value>) -> PyResult<Gc<PyHash<A>>>
where
    PyHash<A>: Native,
{
    let hash = PyHash::of(state);
    if let Some(data) = first_data(vm, data, string)? {
        hash.add(vm, bytes_to_hash(vm, data)?.as_slice());
    }
    vm.alloc(hash)
}
