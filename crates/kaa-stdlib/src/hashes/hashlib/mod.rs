//! `_hashlib`: hashes by name, HMAC, and keys from passwords. CPython: Modules/_hashopenssl.c.
//!
//! What OpenSSL does there is done here by the algorithms of the other hash modules; messages are
//! those of CPython with OpenSSL.

mod algorithms;
mod derive;
mod mac;
mod objects;

use kaa_objects::args::{Argument, FromValue};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::mapping_proxy::PyMappingProxy;
use kaa_objects::types::module::PyModule;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm, py_functions, py_module};

use self::algorithms::{Hash, KINDS, Kind};
use self::derive::{Cost, Refusal};
use self::mac::Mac;
use self::objects::{HashXof, UnsupportedDigestmodError};
use super::{Algorithm, LONG, PyHash, bytes_to_hash, first_data};
use crate::bytes_like::BytesLike;
use crate::operator::compare_digest;

/// The module.
pub struct Hashlib;

const UNSUPPORTED: &str = "[digital envelope routines] unsupported";

#[cold]
fn unsupported(vm: &Vm, message: &str) -> Raised {
    vm.raise_new(vm.native_class(UnsupportedDigestmodError::def()), message)
}

/// The algorithm of a name.
fn named(vm: &Vm, name: &str) -> PyResult<&'static Kind> {
    if name.contains('\0') {
        return Err(vm.value_error("embedded null character"));
    }
    Kind::named(name).ok_or_else(|| unsupported(vm, UNSUPPORTED))
}

/// The algorithm of an argument `digestmod`: a name, or one of the module's functions.
fn digestmod_kind(vm: &Vm, module: Gc<PyModule>, digestmod: Value) -> PyResult<&'static Kind> {
    let kind = match vm.cast::<PyStr>(digestmod) {
        Some(name) => named(vm, &vm.str_lossy(name.value()))?,
        None => match constructor_name(vm, module, digestmod)? {
            Some(name) => named(vm, &vm.str_lossy(name))?,
            None => return Err(unsupported(vm, &format!("Unsupported digestmod {}", vm.str_lossy(digestmod)))),
        },
    };
    match kind.is_extendable() {
        true => Err(vm.value_error("no reason supplied")),
        false => Ok(kind),
    }
}

fn constructor_name(vm: &Vm, module: Gc<PyModule>, function: Value) -> PyResult<Option<Value>> {
    let Some(constructors) = module.dict.get_set().get_str(vm, vm.intern("_constructors")) else { return Ok(None) };
    match vm.cast::<PyMappingProxy>(constructors).and_then(|proxy| vm.cast::<PyDict>(proxy.mapping.get_set())) {
        Some(names) if vm.hash(function).is_ok() => names.get(vm, function),
        _ => Ok(None),
    }
}

/// A new hash object, with the bytes to begin with.
fn new_object(vm: &Vm, kind: &'static Kind, data: Option<Value>, string: Option<Value>) -> PyResult<Gc<PyHash<Hash>>> {
    let data = first_data(vm, data, string)?;
    let hash = PyHash::object(vm, Hash::new(kind))?;
    if let Some(data) = data {
        hash.add(vm, bytes_to_hash(vm, data)?.as_slice());
    }
    Ok(hash)
}

fn set_up(vm: &Vm, module: Gc<PyModule>) -> PyResult<()> {
    let dict = module.dict.get_set();
    let names = vm.new_list(&[])?;
    for kind in KINDS {
        names.push(vm, vm.new_str(kind.name)?.value())?;
    }
    dict.set_str(vm, vm.intern("openssl_md_meth_names"), vm.new_frozenset_from(names.value())?)?;
    let constructors = vm.new_dict()?;
    for kind in KINDS {
        if let Some(function) = dict.get_str(vm, vm.intern(&format!("openssl_{}", kind.name))) {
            constructors.set(vm, function, vm.new_str(kind.name)?.value())?;
        }
    }
    let proxy = PyMappingProxy::of(vm, constructors.value())?;
    dict.set_str(vm, vm.intern("_constructors"), proxy)
}

#[py_module(
    name = "_hashlib",
    doc = "OpenSSL interface for hashlib module",
    types(PyHash<Hash>, PyHash<Mac>),
    setup = set_up,
    parts(CONSTRUCTORS)
)]
impl Hashlib {
    #[constant]
    const _GIL_MINSIZE: i32 = LONG as i32;

    #[constant("HASHXOF")]
    fn hash_xof(vm: &Vm) -> Value {
        vm.native_class(HashXof::def()).value()
    }

    #[constant("UnsupportedDigestmodError")]
    fn unsupported_digestmod_error(vm: &Vm) -> Value {
        vm.native_class(UnsupportedDigestmodError::def()).value()
    }

    #[function(
        "new(name, data=b'', *, usedforsecurity=True, string=None)",
        doc = "Return a new hash object using the named algorithm.\n\nAn optional string argument may be provided and will be\nautomatically hashed.\n\nThe MD5 and SHA1 algorithms are always supported."
    )]
    fn named_hash(
        vm: &Vm,
        name: Gc<PyStr>,
        data: Option<Value>,
        usedforsecurity: bool,
        string: Option<Value>,
    ) -> PyResult<Gc<PyHash<Hash>>> {
        let _ = usedforsecurity;
        let data = first_data(vm, data, string)?;
        let kind = named(vm, &vm.str_lossy(name.value()))?;
        new_object(vm, kind, data, None)
    }

    #[function(
        "hmac_new(key, msg=b'', digestmod=<unrepresentable>)",
        signature = "($module, /, key, msg=b'', digestmod=None)",
        doc = "Return a new hmac object."
    )]
    fn hmac_new(
        vm: &Vm,
        module: Gc<PyModule>,
        key: BytesLike,
        msg: Option<Value>,
        digestmod: Option<Value>,
    ) -> PyResult<Gc<PyHash<Mac>>> {
        let Some(digestmod) = digestmod else {
            return Err(vm.type_error("Missing required parameter 'digestmod'."));
        };
        let kind = digestmod_kind(vm, module, digestmod)?;
        let mac = PyHash::of(Mac::new(kind, key.as_slice()));
        if let Some(msg) = msg.and_then(Value::not_none) {
            mac.add(vm, bytes_to_hash(vm, msg)?.as_slice());
        }
        vm.alloc(mac)
    }

    #[function("hmac_digest(key, msg, digest)", doc = "Single-shot HMAC.")]
    fn hmac_digest(
        vm: &Vm,
        module: Gc<PyModule>,
        key: BytesLike,
        msg: BytesLike,
        digest: Value,
    ) -> PyResult<Gc<PyBytes>> {
        let kind = digestmod_kind(vm, module, digest)?;
        let most = i32::MAX as usize;
        if key.as_slice().len() > most {
            return Err(vm.overflow_error("key is too long."));
        }
        if msg.as_slice().len() > most {
            return Err(vm.overflow_error("msg is too long."));
        }
        let mut mac = Mac::new(kind, key.as_slice());
        vm.without_gil(|| mac.update(msg.as_slice()));
        mac.with_digest(|digest| vm.new_bytes(digest))
    }

    #[function(
        "pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None)",
        signature = "($module, /, hash_name, password, salt, iterations,\n            dklen=None)",
        doc = "Password based key derivation function 2 (PKCS #5 v2.0) with HMAC as pseudorandom function."
    )]
    fn pbkdf2_hmac(
        vm: &Vm,
        hash_name: Gc<PyStr>,
        password: BytesLike,
        salt: BytesLike,
        iterations: i64,
        dklen: Option<Value>,
    ) -> PyResult<Gc<PyBytes>> {
        const MOST: i64 = i32::MAX as i64;
        let kind = named(vm, &vm.str_lossy(hash_name.value()))?;
        if iterations < 1 {
            return Err(vm.value_error("iteration value must be greater than 0."));
        }
        if iterations > MOST {
            return Err(vm.overflow_error("iteration value is too great."));
        }
        let length = match dklen.and_then(Value::not_none) {
            None => kind.digest_size as i64,
            Some(length) => {
                let length = vm.index(length)?;
                vm.int_to_i64(length).ok_or_else(|| vm.overflow_error("Python int too large to convert to C long"))?
            }
        };
        if length < 1 {
            return Err(vm.value_error("key length must be greater than 0."));
        }
        if length > MOST {
            return Err(vm.overflow_error("key length is too great."));
        }
        if kind.is_extendable() {
            return Err(vm.value_error("[Provider routines] xof digests not allowed"));
        }
        let mut key = buffer(vm, length)?;
        vm.without_gil(|| derive::pbkdf2(kind, password.as_slice(), salt.as_slice(), iterations as u64, &mut key));
        vm.new_bytes(&key)
    }

    #[function(
        "scrypt(password, *, salt, n, r, p, maxmem=0, dklen=64)",
        doc = "scrypt password-based key derivation function."
    )]
    #[allow(clippy::too_many_arguments, reason = "they are Python's")]
    fn scrypt(
        vm: &Vm,
        password: BytesLike,
        salt: BytesLike,
        UnsignedLong(n): UnsignedLong,
        UnsignedLong(r): UnsignedLong,
        UnsignedLong(p): UnsignedLong,
        maxmem: i64,
        dklen: i64,
    ) -> PyResult<Gc<PyBytes>> {
        const MOST: i64 = i32::MAX as i64;
        if n < 2 || !n.is_power_of_two() {
            return Err(vm.value_error("n must be a power of 2."));
        }
        if !(0..=MOST).contains(&maxmem) {
            return Err(vm.value_error(format_args!("maxmem must be positive and smaller than {MOST}")));
        }
        if !(1..=MOST).contains(&dklen) {
            return Err(vm.value_error(format_args!("dklen must be greater than 0 and smaller than {MOST}")));
        }
        let cost = Cost::new(n, r, p, maxmem as u64).map_err(|refusal| {
            vm.value_error(match refusal {
                Refusal::Parameters => "Invalid parameter combination for n, r, p, maxmem.",
                Refusal::Memory => "[digital envelope routines] memory limit exceeded",
            })
        })?;
        let (Some(kind), mut key) = (Kind::named("sha256"), buffer(vm, dklen)?) else {
            return Err(unsupported(vm, UNSUPPORTED));
        };
        match vm.without_gil(|| derive::scrypt(kind, password.as_slice(), salt.as_slice(), cost, &mut key)) {
            true => vm.new_bytes(&key),
            false => Err(vm.no_memory()),
        }
    }

    #[function(
        "get_fips_mode()",
        doc = "Determine the OpenSSL FIPS mode of operation.\n\nFor OpenSSL 3.0.0 and newer it returns the state of the default provider\nin the default OSSL context. It's not quite the same as FIPS_mode() but\ngood enough for unittests.\n\nEffectively any non-zero return value indicates FIPS mode;\nvalues other than 1 may have additional significance."
    )]
    fn get_fips_mode() -> i32 {
        0
    }

    #[function(
        "compare_digest(a, b, /)",
        doc = "Return 'a == b'.\n\nThis function uses an approach designed to prevent\ntiming analysis, making it appropriate for cryptography.\n\na and b must both be of the same type: either str (ASCII only),\nor any bytes-like object.\n\nNote: If a and b are of different lengths, or if an error occurs,\na timing attack could theoretically reveal information about the\ntypes and lengths of a and b--but not their values."
    )]
    fn compare_digest(vm: &Vm, a: Value, b: Value) -> PyResult<bool> {
        compare_digest(vm, a, b)
    }
}

/// A C `unsigned long`.
struct UnsignedLong(u64);

impl FromValue for UnsignedLong {
    fn from_value(vm: &Vm, value: Value, _: Argument) -> PyResult<UnsignedLong> {
        vm.argument_u64(value, "unsigned long").map(UnsignedLong)
    }
}

/// Room for a key.
fn buffer(vm: &Vm, length: i64) -> PyResult<Vec<u8>> {
    let mut key = Vec::new();
    key.try_reserve_exact(length as usize).map_err(|_| vm.no_memory())?;
    key.resize(length as usize, 0);
    Ok(key)
}

macro_rules! constructors {
    ($($function:ident: $name:literal, $python:literal, $signature:literal, $doc:literal;)*) => {
        #[py_functions(CONSTRUCTORS, of = "_hashlib")]
        impl Hashlib {$(
            #[function($python, signature = $signature, doc = $doc)]
            fn $function(
                vm: &Vm,
                data: Option<Value>,
                usedforsecurity: bool,
                string: Option<Value>,
            ) -> PyResult<Gc<PyHash<Hash>>> {
                let _ = usedforsecurity;
                new_object(vm, named(vm, $name)?, data, string)
            }
        )*}
    };
}

constructors! {
    openssl_md5: "md5", "openssl_md5(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True, string=None)",
        "Returns a md5 hash object; optionally initialized with a string";
    openssl_sha1: "sha1", "openssl_sha1(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True, string=None)",
        "Returns a sha1 hash object; optionally initialized with a string";
    openssl_sha224: "sha224", "openssl_sha224(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)",
        "Returns a sha224 hash object; optionally initialized with a string";
    openssl_sha256: "sha256", "openssl_sha256(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)",
        "Returns a sha256 hash object; optionally initialized with a string";
    openssl_sha384: "sha384", "openssl_sha384(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)",
        "Returns a sha384 hash object; optionally initialized with a string";
    openssl_sha512: "sha512", "openssl_sha512(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True,\n               string=None)",
        "Returns a sha512 hash object; optionally initialized with a string";
    openssl_sha3_224: "sha3_224", "openssl_sha3_224(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)",
        "Returns a sha3-224 hash object; optionally initialized with a string";
    openssl_sha3_256: "sha3_256", "openssl_sha3_256(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)",
        "Returns a sha3-256 hash object; optionally initialized with a string";
    openssl_sha3_384: "sha3_384", "openssl_sha3_384(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)",
        "Returns a sha3-384 hash object; optionally initialized with a string";
    openssl_sha3_512: "sha3_512", "openssl_sha3_512(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True,\n                 string=None)",
        "Returns a sha3-512 hash object; optionally initialized with a string";
    openssl_shake_128: "shake_128", "openssl_shake_128(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True,\n                  string=None)",
        "Returns a shake-128 variable hash object; optionally initialized with a string";
    openssl_shake_256: "shake_256", "openssl_shake_256(data=b'', *, usedforsecurity=True, string=None)",
        "($module, /, data=b'', *, usedforsecurity=True,\n                  string=None)",
        "Returns a shake-256 variable hash object; optionally initialized with a string";
}
