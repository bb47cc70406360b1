//! `HASH`, `HASHXOF` and `HMAC`.

use kaa_objects::types::bytes::{PyBytes, hex};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::exceptions::classes::ValueError;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm, py_type};

use super::algorithms::Hash;
use super::mac::Mac;
use crate::hashes::{PyHash, bytes_to_hash};

/// `_hashlib.UnsupportedDigestmodError`.
pub struct UnsupportedDigestmodError;

#[py_type(
    name = "UnsupportedDigestmodError",
    module = "_hashlib",
    base = ValueError,
    instances = PyBaseException,
    flags(BASETYPE)
)]
impl UnsupportedDigestmodError {}

impl PyHash<Hash> {
    /// The object of a hash, of the class that it belongs to.
    pub fn object(vm: &Vm, hash: Hash) -> PyResult<Gc<PyHash<Hash>>> {
        match hash.kind.is_extendable() {
            true => vm.alloc_instance(vm.native_class(HashXof::def()), PyHash::of(hash)),
            false => vm.alloc(PyHash::of(hash)),
        }
    }
}

#[py_type(
    name = "HASH",
    module = "_hashlib",
    layout = raw,
    drop,
    flags(DISALLOW_INSTANTIATION, BASETYPE),
    doc = "HASH(name, string=b'')\n--\n\nA hash is an object used to calculate a checksum of a string of information.\n\nMethods:\n\nupdate() -- updates the current digest with an additional string\ndigest() -- return the current digest value\nhexdigest() -- return the current digest as a string of hexadecimal digits\ncopy() -- return a copy of the current hash object\n\nAttributes:\n\nname -- the hash algorithm being used by this object\ndigest_size -- number of bytes in this hashes output"
)]
impl PyHash<Hash> {
    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyHash<Hash>>) -> PyResult {
        let (name, class) = (this.snapshot(vm).kind.name, vm.class_name(this.value()));
        let text = format!("<{name} {class} object @ {:#x}>", vm.identity(this.value()));
        Ok(vm.new_str(&text)?.value())
    }

    #[method("update($self, obj, /)", doc = "Update this hash object's state with the provided string.")]
    fn update(vm: &Vm, this: Gc<PyHash<Hash>>, obj: Value) -> PyResult<()> {
        this.add(vm, bytes_to_hash(vm, obj)?.as_slice());
        Ok(())
    }

    #[method("digest($self, /)", doc = "Return the digest value as a bytes object.")]
    fn digest(vm: &Vm, this: Gc<PyHash<Hash>>) -> PyResult<Gc<PyBytes>> {
        this.digest_bytes(vm)
    }

    #[method("hexdigest($self, /)", doc = "Return the digest value as a string of hexadecimal digits.")]
    fn hexdigest(vm: &Vm, this: Gc<PyHash<Hash>>) -> PyResult<Gc<PyStr>> {
        this.digest_hex(vm)
    }

    #[method("copy($self, /)", doc = "Return a copy of the hash object.")]
    fn copy(vm: &Vm, this: Gc<PyHash<Hash>>) -> PyResult<Gc<PyHash<Hash>>> {
        PyHash::object(vm, this.snapshot(vm))
    }

    #[getter("digest_size")]
    fn digest_size(vm: &Vm, this: Gc<PyHash<Hash>>) -> i32 {
        this.snapshot(vm).kind.digest_size as i32
    }

    #[getter("block_size")]
    fn block_size(vm: &Vm, this: Gc<PyHash<Hash>>) -> i32 {
        this.snapshot(vm).kind.block_size as i32
    }

    #[getter("name")]
    fn name(vm: &Vm, this: Gc<PyHash<Hash>>) -> &'static str {
        this.snapshot(vm).kind.name
    }
}

/// `_hashlib.HASHXOF`: digests of any length.
pub struct HashXof;

/// The digest in the length asked for.
fn squeezed(vm: &Vm, this: Gc<PyHash<Hash>>, length: isize) -> PyResult<Gc<PyBytes>> {
    let length =
        usize::try_from(length).map_err(|_| vm.system_error("Negative size passed to PyBytes_FromStringAndSize"))?;
    let hash = this.snapshot(vm);
    vm.new_bytes_with(length, |out| hash.finish(out))
}

#[py_type(
    name = "HASHXOF",
    module = "_hashlib",
    base = PyHash<Hash>,
    instances = PyHash<Hash>,
    layout = raw,
    drop,
    flags(DISALLOW_INSTANTIATION, BASETYPE),
    doc = "HASHXOF(name, string=b'')\n--\n\nA hash is an object used to calculate a checksum of a string of information.\n\nMethods:\n\nupdate() -- updates the current digest with an additional string\ndigest(length) -- return the current digest value\nhexdigest(length) -- return the current digest as a string of hexadecimal digits\ncopy() -- return a copy of the current hash object\n\nAttributes:\n\nname -- the hash algorithm being used by this object\ndigest_size -- number of bytes in this hashes output"
)]
impl HashXof {
    #[method("digest($self, /, length)", doc = "Return the digest value as a bytes object.")]
    fn digest(vm: &Vm, this: Gc<PyHash<Hash>>, length: isize) -> PyResult<Gc<PyBytes>> {
        squeezed(vm, this, length)
    }

    #[method("hexdigest($self, /, length)", doc = "Return the digest value as a string of hexadecimal digits.")]
    fn hexdigest(vm: &Vm, this: Gc<PyHash<Hash>>, length: isize) -> PyResult<Gc<PyStr>> {
        if length < 0 {
            return Err(vm.no_memory());
        }
        let digest = squeezed(vm, this, length)?;
        hex::hex(vm, digest.as_slice(), None, 1)
    }

    #[getter("digest_size")]
    fn digest_size(_this: Gc<PyHash<Hash>>) -> i32 {
        0
    }
}

#[py_type(
    name = "HMAC",
    module = "_hashlib",
    layout = raw,
    drop,
    flags(DISALLOW_INSTANTIATION, BASETYPE),
    doc = "The object used to calculate HMAC of a message.\n\nMethods:\n\nupdate() -- updates the current digest with an additional string\ndigest() -- return the current digest value\nhexdigest() -- return the current digest as a string of hexadecimal digits\ncopy() -- return a copy of the current hash object\n\nAttributes:\n\nname -- the name, including the hash algorithm used by this object\ndigest_size -- number of bytes in digest() output\n"
)]
impl PyHash<Mac> {
    #[slot(repr)]
    fn repr(vm: &Vm, this: Gc<PyHash<Mac>>) -> PyResult {
        let name = this.snapshot(vm).kind().name;
        Ok(vm.new_str(&format!("<{name} HMAC object @ {:#x}>", vm.identity(this.value())))?.value())
    }

    #[method("update($self, /, msg)", doc = "Update the HMAC object with msg.")]
    fn update(vm: &Vm, this: Gc<PyHash<Mac>>, msg: Value) -> PyResult<()> {
        this.add(vm, bytes_to_hash(vm, msg)?.as_slice());
        Ok(())
    }

    #[method("digest($self, /)", doc = "Return the digest of the bytes passed to the update() method so far.")]
    fn digest(vm: &Vm, this: Gc<PyHash<Mac>>) -> PyResult<Gc<PyBytes>> {
        this.digest_bytes(vm)
    }

    #[method(
        "hexdigest($self, /)",
        doc = "Return hexadecimal digest of the bytes passed to the update() method so far.\n\nThis may be used to exchange the value safely in email or other\nnon-binary environments."
    )]
    fn hexdigest(vm: &Vm, this: Gc<PyHash<Mac>>) -> PyResult<Gc<PyStr>> {
        this.digest_hex(vm)
    }

    #[method("copy($self, /)", doc = "Return a copy (\"clone\") of the HMAC object.")]
    fn copy(vm: &Vm, this: Gc<PyHash<Mac>>) -> PyResult<Gc<PyHash<Mac>>> {
        vm.alloc(PyHash::of(this.snapshot(vm)))
    }

    #[getter("digest_size")]
    fn digest_size(vm: &Vm, this: Gc<PyHash<Mac>>) -> i32 {
        this.snapshot(vm).kind().digest_size as i32
    }

    #[getter("block_size")]
    fn block_size(vm: &Vm, this: Gc<PyHash<Mac>>) -> i32 {
        this.snapshot(vm).kind().block_size as i32
    }

    #[getter("name")]
    fn name(vm: &Vm, this: Gc<PyHash<Mac>>) -> String {
        format!("hmac-{}", this.snapshot(vm).kind().name)
    }
}
