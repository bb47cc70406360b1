//! `_md5`, `_sha1` and `_sha2`. CPython: Modules/md5module.c, sha1module.c, sha2module.c.

use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm, py_module, py_type};
use sha2::Digest;

use super::{Algorithm, LONG, PyHash, bytes_to_hash, new_hash};

/// `hash_types! { algorithm of the crate: type, module, name, block size, digest size; … }`
macro_rules! hash_types {
    ($($algorithm:ty: $module:literal, $name:literal, $block:literal, $digest:literal;)*) => {$(
        impl Algorithm for $algorithm {
            fn update(&mut self, bytes: &[u8]) {
                Digest::update(self, bytes);
            }

            fn with_digest<R>(&self, with: impl FnOnce(&[u8]) -> R) -> R {
                with(&self.clone().finalize())
            }
        }

        #[py_type(name = $name, module = $module, layout = raw, drop, flags(DISALLOW_INSTANTIATION))]
        impl PyHash<$algorithm> {
            #[method("copy($self, /)", doc = "Return a copy of the hash object.")]
            fn copy(vm: &Vm, this: Gc<PyHash<$algorithm>>) -> PyResult<Gc<PyHash<$algorithm>>> {
                vm.alloc(PyHash::of(this.snapshot(vm)))
            }

            #[method("digest($self, /)", doc = "Return the digest value as a bytes object.")]
            fn digest(vm: &Vm, this: Gc<PyHash<$algorithm>>) -> PyResult<Gc<PyBytes>> {
                this.digest_bytes(vm)
            }

            #[method("hexdigest($self, /)", doc = "Return the digest value as a string of hexadecimal digits.")]
            fn hexdigest(vm: &Vm, this: Gc<PyHash<$algorithm>>) -> PyResult<Gc<PyStr>> {
                this.digest_hex(vm)
            }

            #[method("update($self, obj, /)", doc = "Update this hash object's state with the provided string.")]
            fn update(vm: &Vm, this: Gc<PyHash<$algorithm>>, obj: Value) -> PyResult<()> {
                this.add(vm, bytes_to_hash(vm, obj)?.as_slice());
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
                $digest
            }
        }
    )*};
}

hash_types! {
    md5::Md5: "_md5", "md5", 64, 16;
    sha1::Sha1: "_sha1", "sha1", 64, 20;
    sha2::Sha224: "_sha2", "sha224", 64, 28;
    sha2::Sha256: "_sha2", "sha256", 64, 32;
    sha2::Sha384: "_sha2", "sha384", 128, 48;
    sha2::Sha512: "_sha2", "sha512", 128, 64;
}

// Each module is in a namespace of its own, as each has the static `MODULE`.

pub mod md5_module {
    //! `_md5`.
    use super::*;

    /// The module.
    pub struct Md5Module;

    #[py_module(name = "_md5")]
    impl Md5Module {
        #[constant]
        const _GIL_MINSIZE: i32 = LONG as i32;

        #[constant("MD5Type")]
        fn md5_type(vm: &Vm) -> Value {
            vm.class::<PyHash<md5::Md5>>().value()
        }

        #[function(
            "md5(data=b'', *, usedforsecurity=True, string=None)",
            doc = "Return a new MD5 hash object; optionally initialized with a string."
        )]
        fn md5(
            vm: &Vm,
            data: Option<Value>,
            usedforsecurity: bool,
            string: Option<Value>,
        ) -> PyResult<Gc<PyHash<md5::Md5>>> {
            let _ = usedforsecurity;
            new_hash(vm, md5::Md5::new(), data, string)
        }
    }
}

pub mod sha1_module {
    //! `_sha1`.
    use super::*;

    /// The module.
    pub struct Sha1Module;

    #[py_module(name = "_sha1")]
    impl Sha1Module {
        #[constant]
        const _GIL_MINSIZE: i32 = LONG as i32;

        #[constant("SHA1Type")]
        fn sha1_type(vm: &Vm) -> Value {
            vm.class::<PyHash<sha1::Sha1>>().value()
        }

        #[function(
            "sha1(data=b'', *, usedforsecurity=True, string=None)",
            doc = "Return a new SHA1 hash object; optionally initialized with a string."
        )]
        fn sha1(
            vm: &Vm,
            data: Option<Value>,
            usedforsecurity: bool,
            string: Option<Value>,
        ) -> PyResult<Gc<PyHash<sha1::Sha1>>> {
            let _ = usedforsecurity;
            new_hash(vm, sha1::Sha1::new(), data, string)
        }
    }
}

pub mod sha2_module {
    //! `_sha2`.
    use sha2::{Sha224, Sha256, Sha384, Sha512};

    use super::*;

    /// The module.
    pub struct Sha2Module;

    #[py_module(name = "_sha2")]
    impl Sha2Module {
        #[constant]
        const _GIL_MINSIZE: i32 = LONG as i32;

        #[constant("SHA224Type")]
        fn sha224_type(vm: &Vm) -> Value {
            vm.class::<PyHash<Sha224>>().value()
        }

        #[constant("SHA256Type")]
        fn sha256_type(vm: &Vm) -> Value {
            vm.class::<PyHash<Sha256>>().value()
        }

        #[constant("SHA384Type")]
        fn sha384_type(vm: &Vm) -> Value {
            vm.class::<PyHash<Sha384>>().value()
        }

        #[constant("SHA512Type")]
        fn sha512_type(vm: &Vm) -> Value {
            vm.class::<PyHash<Sha512>>().value()
        }

        #[function(
            "sha224(data=b'', *, usedforsecurity=True, string=None)",
            doc = "Return a new SHA-224 hash object; optionally initialized with a string."
        )]
        fn sha224(
            vm: &Vm,
            data: Option<Value>,
            usedforsecurity: bool,
            string: Option<Value>,
        ) -> PyResult<Gc<PyHash<Sha224>>> {
            let _ = usedforsecurity;
            new_hash(vm, Sha224::new(), data, string)
        }

        #[function(
            "sha256(data=b'', *, usedforsecurity=True, string=None)",
            doc = "Return a new SHA-256 hash object; optionally initialized with a string."
        )]
        fn sha256(
            vm: &Vm,
            data: Option<Value>,
            usedforsecurity: bool,
            string: Option<Value>,
        ) -> PyResult<Gc<PyHash<Sha256>>> {
            let _ = usedforsecurity;
            new_hash(vm, Sha256::new(), data, string)
        }

        #[function(
            "sha384(data=b'', *, usedforsecurity=True, string=None)",
            doc = "Return a new SHA-384 hash object; optionally initialized with a string."
        )]
        fn sha384(
            vm: &Vm,
            data: Option<Value>,
            usedforsecurity: bool,
            string: Option<Value>,
        ) -> PyResult<Gc<PyHash<Sha384>>> {
            let _ = usedforsecurity;
            new_hash(vm, Sha384::new(), data, string)
        }

        #[function(
            "sha512(data=b'', *, usedforsecurity=True, string=None)",
            doc = "Return a new SHA-512 hash object; optionally initialized with a string."
        )]
        fn sha512(
            vm: &Vm,
            data: Option<Value>,
            usedforsecurity: bool,
            string: Option<Value>,
        ) -> PyResult<Gc<PyHash<Sha512>>> {
            let _ = usedforsecurity;
            new_hash(vm, Sha512::new(), data, string)
        }
    }
}
