//! `_blake2`. CPython: Modules/blake2module.c.

use kaa_objects::class::PyType;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm, py_module, py_type};

use super::{Algorithm, LONG, PyHash, bytes_to_hash, new_hash};
use crate::bytes_like::BytesLike;

impl Algorithm for blake2b_simd::State {
    fn update(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    fn with_digest<R>(&self, with: impl FnOnce(&[u8]) -> R) -> R {
        with(self.finalize().as_bytes())
    }
}

impl Algorithm for blake2s_simd::State {
    fn update(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }

    fn with_digest<R>(&self, with: impl FnOnce(&[u8]) -> R) -> R {
        with(self.finalize().as_bytes())
    }
}

/// What the parameters of an algorithm are checked against.
struct Limits {
    name: &'static str,
    digest: usize,
    key: usize,
    salt: usize,
    person: usize,
    node_offset: u64,
}

/// The parameters of a hash, as they were given.
struct Given<'a> {
    digest_size: i32,
    key: &'a [u8],
    salt: &'a [u8],
    person: &'a [u8],
    fanout: i32,
    depth: i32,
    leaf_size: u64,
    node_offset: u64,
    node_depth: i32,
    inner_size: i32,
}

impl Given<'_> {
    fn check(&self, vm: &Vm, limits: &Limits) -> PyResult<()> {
        let Limits { name, digest, key, salt, person, .. } = limits;
        let within = |number: i32, most: usize| usize::try_from(number).is_ok_and(|number| number <= most);
        if self.digest_size == 0 || !within(self.digest_size, *digest) {
            let size = self.digest_size;
            return Err(vm.value_error(format_args!(
                "digest_size for {name} must be between 1 and {digest} bytes, here it is {size}"
            )));
        }
        if self.salt.len() > *salt {
            return Err(vm.value_error(format_args!("maximum salt length is {salt} bytes")));
        }
        if self.person.len() > *person {
            return Err(vm.value_error(format_args!("maximum person length is {person} bytes")));
        }
        if !within(self.fanout, 255) {
            return Err(vm.value_error("fanout must be between 0 and 255"));
        }
        if self.depth == 0 || !within(self.depth, 255) {
            return Err(vm.value_error("depth must be between 1 and 255"));
        }
        if u32::try_from(self.leaf_size).is_err() {
            return Err(vm.overflow_error("leaf_size is too large"));
        }
        if self.node_offset > limits.node_offset {
            return Err(vm.overflow_error("node_offset is too large"));
        }
        if !within(self.node_depth, 255) {
            return Err(vm.value_error("node_depth must be between 0 and 255"));
        }
        if !within(self.inner_size, *digest) {
            return Err(vm.value_error(format_args!("inner_size must be between 0 and is {digest}")));
        }
        if self.key.len() > *key {
            return Err(vm.value_error(format_args!("maximum key length is {key} bytes")));
        }
        Ok(())
    }
}

fn bytes(argument: &Option<BytesLike>) -> &[u8] {
    argument.as_ref().map_or(&[], BytesLike::as_slice)
}

macro_rules! blake2_type {
    ($algorithm:ident, $name:literal, $signature:literal, $limits:ident, $doc:literal, $set_up:ident, $node_offset:expr) => {
        const $limits: Limits = Limits {
            name: $doc,
            digest: $algorithm::OUTBYTES,
            key: $algorithm::KEYBYTES,
            salt: $algorithm::SALTBYTES,
            person: $algorithm::PERSONALBYTES,
            node_offset: $node_offset,
        };

        fn $set_up(vm: &Vm, class: Gc<PyType>) -> PyResult<()> {
            let Limits { digest, key, salt, person, .. } = $limits;
            let dict = class.dict.get_set();
            for (name, size) in
                [("SALT_SIZE", salt), ("PERSON_SIZE", person), ("MAX_KEY_SIZE", key), ("MAX_DIGEST_SIZE", digest)]
            {
                dict.set(vm, vm.intern(name).value(), Value::small_int(size as i64))?;
            }
            Ok(())
        }

        #[py_type(
                                            name = $name, module = "_blake2", layout = raw, drop, setup = $set_up,
                                            doc = "Return a new BLAKE2 hash object."
                                        )]
        impl PyHash<$algorithm::State> {
            #[new($signature)]
            #[allow(clippy::too_many_arguments, reason = "as many as the function has")]
            fn new(
                vm: &Vm,
                _class: Gc<PyType>,
                data: Option<Value>,
                digest_size: Option<i32>,
                key: Option<BytesLike>,
                salt: Option<BytesLike>,
                person: Option<BytesLike>,
                fanout: i32,
                depth: i32,
                leaf_size: u64,
                node_offset: u64,
                node_depth: i32,
                inner_size: i32,
                last_node: bool,
                usedforsecurity: bool,
                string: Option<Value>,
            ) -> PyResult<Gc<PyHash<$algorithm::State>>> {
                let _ = usedforsecurity;
                let digest_size = digest_size.unwrap_or($algorithm::OUTBYTES as i32);
                let (key, salt, person) = (bytes(&key), bytes(&salt), bytes(&person));
                let given = Given {
                    digest_size,
                    key,
                    salt,
                    person,
                    fanout,
                    depth,
                    leaf_size,
                    node_offset,
                    node_depth,
                    inner_size,
                };
                given.check(vm, &$limits)?;
                let state = $algorithm::Params::new()
                    .hash_length(digest_size as usize)
                    .key(key)
                    .salt(salt)
                    .personal(person)
                    .fanout(fanout as u8)
                    .max_depth(depth as u8)
                    .max_leaf_length(leaf_size as u32)
                    .node_offset(node_offset)
                    .node_depth(node_depth as u8)
                    .inner_hash_length(inner_size as usize)
                    .last_node(last_node)
                    .to_state();
                new_hash(vm, state, data, string)
            }

            #[method("copy($self, /)", doc = "Return a copy of the hash object.")]
            fn copy(vm: &Vm, this: Gc<PyHash<$algorithm::State>>) -> PyResult<Gc<PyHash<$algorithm::State>>> {
                vm.alloc(PyHash::of(this.snapshot(vm)))
            }

            #[method("digest($self, /)", doc = "Return the digest value as a bytes object.")]
            fn digest(vm: &Vm, this: Gc<PyHash<$algorithm::State>>) -> PyResult<Gc<PyBytes>> {
                this.digest_bytes(vm)
            }

            #[method("hexdigest($self, /)", doc = "Return the digest value as a string of hexadecimal digits.")]
            fn hexdigest(vm: &Vm, this: Gc<PyHash<$algorithm::State>>) -> PyResult<Gc<PyStr>> {
                this.digest_hex(vm)
            }

            #[method(
                "update($self, data, /)",
                doc = "Update this hash object's state with the provided bytes-like object."
            )]
            fn update(vm: &Vm, this: Gc<PyHash<$algorithm::State>>, data: Value) -> PyResult<()> {
                this.add(vm, bytes_to_hash(vm, data)?.as_slice());
                Ok(())
            }

            #[getter("name")]
            fn name(_this: Gc<PyHash<$algorithm::State>>) -> &'static str {
                $name
            }

            #[getter("block_size")]
            fn block_size(_this: Gc<PyHash<$algorithm::State>>) -> usize {
                $algorithm::BLOCKBYTES
            }

            #[getter("digest_size")]
            fn digest_size(vm: &Vm, this: Gc<PyHash<$algorithm::State>>) -> usize {
                this.snapshot(vm).with_digest(<[u8]>::len)
            }
        }
    };
}

blake2_type!(
    blake2b_simd,
    "blake2b",
    "blake2b(data=b'', *, digest_size=_blake2.blake2b.MAX_DIGEST_SIZE, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)",
    BLAKE2B,
    "Blake2b",
    set_up_blake2b,
    u64::MAX
);

blake2_type!(
    blake2s_simd,
    "blake2s",
    "blake2s(data=b'', *, digest_size=_blake2.blake2s.MAX_DIGEST_SIZE, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)",
    BLAKE2S,
    "Blake2s",
    set_up_blake2s,
    (1 << 48) - 1
);

/// The module.
pub struct Blake2Module;

#[py_module(
    name = "_blake2",
    doc = "_blake2b provides BLAKE2b for hashlib\n",
    types(PyHash<blake2b_simd::State>, PyHash<blake2s_simd::State>)
)]
impl Blake2Module {
    #[constant]
    const _GIL_MINSIZE: i32 = LONG as i32;
    #[constant]
    const BLAKE2B_MAX_DIGEST_SIZE: i32 = BLAKE2B.digest as i32;
    #[constant]
    const BLAKE2B_MAX_KEY_SIZE: i32 = BLAKE2B.key as i32;
    #[constant]
    const BLAKE2B_PERSON_SIZE: i32 = BLAKE2B.person as i32;
    #[constant]
    const BLAKE2B_SALT_SIZE: i32 = BLAKE2B.salt as i32;
    #[constant]
    const BLAKE2S_MAX_DIGEST_SIZE: i32 = BLAKE2S.digest as i32;
    #[constant]
    const BLAKE2S_MAX_KEY_SIZE: i32 = BLAKE2S.key as i32;
    #[constant]
    const BLAKE2S_PERSON_SIZE: i32 = BLAKE2S.person as i32;
    #[constant]
    const BLAKE2S_SALT_SIZE: i32 = BLAKE2S.salt as i32;
}
