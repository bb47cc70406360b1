//! `_sha3`. CPython: Modules/sha3module.c.

use kaa_objects::class::PyType;
use kaa_objects::types::bytes::{PyBytes, hex};
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm, py_methods, py_module, py_type};

use super::sponge::Sponge;
use super::{Algorithm, LONG, PyHash, bytes_to_hash, new_hash};

/// SHA-3 with so many bytes of digest.
#[derive(Clone)]
pub struct Sha3<const DIGEST: usize>(Sponge);

impl<const DIGEST: usize> Algorithm for Sha3<DIGEST> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.absorb(bytes);
    }

    fn with_digest<R>(&self, with: impl FnOnce(&[u8]) -> R) -> R {
        let mut digest = [0; DIGEST];
        self.0.squeeze(&mut digest);
        with(&digest)
    }
}

/// SHAKE with so many bytes of a block, and digests of any length.
#[derive(Clone)]
pub struct Shake<const BLOCK: usize>(Sponge);

impl<const BLOCK: usize> Algorithm for Shake<BLOCK> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.absorb(bytes);
    }

    fn with_digest<R>(&self, with: impl FnOnce(&[u8]) -> R) -> R {
        with(&[])
    }
}

/// The longest digest of SHAKE.
const LONGEST: u64 = 1 << 29;

impl<const BLOCK: usize> PyHash<Shake<BLOCK>> {
    fn squeezed(&self, vm: &Vm, length: u64) -> PyResult<Gc<PyBytes>> {
        if length >= LONGEST {
            return Err(vm.value_error("length is too large"));
        }
        let state = self.snapshot(vm);
        vm.new_bytes_with(length as usize, |out| state.0.squeeze(out))
    }
}

/// `length` of a digest: what is too large for the type is too large as well.
fn digest_length(vm: &Vm, length: Value) -> PyResult<u64> {
    let length = vm.index(length)?;
    if vm.int_is_negative(length) {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    Ok(vm.int_to_i64(length).map_or(LONGEST, |length| length as u64))
}

/// What all of them have: `sha3_part! { algorithm, NAME, name, block, digest size, suffix }`.
macro_rules! common_part {
    ($algorithm:ty, $part:ident, $name:literal, $block:literal, $size:literal, $suffix:literal) => {
        #[py_methods($part, of = $name)]
        impl PyHash<$algorithm> {
            #[method("copy($self, /)", doc = "Return a copy of the hash object.")]
            fn copy(vm: &Vm, this: Gc<PyHash<$algorithm>>) -> PyResult<Gc<PyHash<$algorithm>>> {
                vm.alloc(PyHash::of(this.snapshot(vm)))
            }

            #[method(
                "update($self, data, /)",
                doc = "Update this hash object's state with the provided bytes-like object."
            )]
            fn update(vm: &Vm, this: Gc<PyHash<$algorithm>>, data: Value) -> PyResult<()> {
                this.add(vm, bytes_to_hash(vm, data)?.as_slice());
                Ok(())
            }

            #[getter("block_size")]
            fn block_size(_this: Gc<PyHash<$algorithm>>) -> i32 {
                $block
            }

            #[getter("name")]
            fn name(_this: Gc<PyHash<$algorithm>>) -> &'static str {
                $name
            }

            #[getter("digest_size")]
            fn digest_size(_this: Gc<PyHash<$algorithm>>) -> i32 {
                $size
            }

            #[getter("_capacity_bits")]
            fn capacity_bits(_this: Gc<PyHash<$algorithm>>) -> i32 {
                1600 - $block * 8
            }

            #[getter("_rate_bits")]
            fn rate_bits(_this: Gc<PyHash<$algorithm>>) -> i32 {
                $block * 8
            }

            #[getter("_suffix")]
            fn suffix(vm: &Vm, _this: Gc<PyHash<$algorithm>>) -> PyResult<Gc<PyBytes>> {
                vm.new_bytes(&[$suffix])
            }
        }
    };
}

macro_rules! sha3_types {
    ($($algorithm:ty: $part:ident, $name:literal, $signature:literal, $block:literal, $size:literal;)*) => {$(
        common_part!($algorithm, $part, $name, $block, $size, 0x06);

        #[py_type(name = $name, module = "_sha3", layout = raw, drop, doc = "Return a new SHA3 hash object.", parts($part))]
        impl PyHash<$algorithm> {
            #[new($signature)]
            fn new(
                vm: &Vm,
                _class: Gc<PyType>,
                data: Option<Value>,
                usedforsecurity: bool,
                string: Option<Value>,
            ) -> PyResult<Gc<PyHash<$algorithm>>> {
                let _ = usedforsecurity;
                new_hash(vm, Sha3(Sponge::new($block, 0x06)), data, string)
            }

            #[method("digest($self, /)", doc = "Return the digest value as a bytes object.")]
            fn digest(vm: &Vm, this: Gc<PyHash<$algorithm>>) -> PyResult<Gc<PyBytes>> {
                this.digest_bytes(vm)
            }

            #[method("hexdigest($self, /)", doc = "Return the digest value as a string of hexadecimal digits.")]
            fn hexdigest(vm: &Vm, this: Gc<PyHash<$algorithm>>) -> PyResult<Gc<PyStr>> {
                this.digest_hex(vm)
            }
        }
    )*};
}

macro_rules! shake_types {
    ($($algorithm:ty: $part:ident, $name:literal, $signature:literal, $block:literal;)*) => {$(
        common_part!($algorithm, $part, $name, $block, 0, 0x1f);

        #[py_type(name = $name, module = "_sha3", layout = raw, drop, doc = "Return a new SHAKE hash object.", parts($part))]
        impl PyHash<$algorithm> {
            #[new($signature)]
            fn new(
                vm: &Vm,
                _class: Gc<PyType>,
                data: Option<Value>,
                usedforsecurity: bool,
                string: Option<Value>,
            ) -> PyResult<Gc<PyHash<$algorithm>>> {
                let _ = usedforsecurity;
                new_hash(vm, Shake(Sponge::new($block, 0x1f)), data, string)
            }

            #[method("digest($self, length)", doc = "Return the digest value as a bytes object.")]
            fn digest(vm: &Vm, this: Gc<PyHash<$algorithm>>, length: Value) -> PyResult<Gc<PyBytes>> {
                this.squeezed(vm, digest_length(vm, length)?)
            }

            #[method(
                "hexdigest($self, length)",
                doc = "Return the digest value as a string of hexadecimal digits."
            )]
            fn hexdigest(vm: &Vm, this: Gc<PyHash<$algorithm>>, length: Value) -> PyResult<Gc<PyStr>> {
                let digest = this.squeezed(vm, digest_length(vm, length)?)?;
                hex::hex(vm, digest.as_slice(), None, 1)
            }
        }
    )*};
}

sha3_types! {
    Sha3<28>: SHA3_224, "sha3_224", "sha3_224(data=b'', *, usedforsecurity=True, string=None)", 144, 28;
    Sha3<32>: SHA3_256, "sha3_256", "sha3_256(data=b'', *, usedforsecurity=True, string=None)", 136, 32;
    Sha3<48>: SHA3_384, "sha3_384", "sha3_384(data=b'', *, usedforsecurity=True, string=None)", 104, 48;
    Sha3<64>: SHA3_512, "sha3_512", "sha3_512(data=b'', *, usedforsecurity=True, string=None)", 72, 64;
}

shake_types! {
    Shake<168>: SHAKE_128, "shake_128", "shake_128(data=b'', *, usedforsecurity=True, string=None)", 168;
    Shake<136>: SHAKE_256, "shake_256", "shake_256(data=b'', *, usedforsecurity=True, string=None)", 136;
}

/// The module.
pub struct Sha3Module;

#[py_module(
    name = "_sha3",
    types(
        PyHash<Sha3<28>>,
        PyHash<Sha3<32>>,
        PyHash<Sha3<48>>,
        PyHash<Sha3<64>>,
        PyHash<Shake<168>>,
        PyHash<Shake<136>>
    )
)]
impl Sha3Module {
    #[constant]
    const _GIL_MINSIZE: i32 = LONG as i32;

    #[constant("implementation")]
    fn implementation() -> &'static str {
        "keccak"
    }
}
