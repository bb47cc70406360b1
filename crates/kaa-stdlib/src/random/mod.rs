//! `_random`: the generator that `random` stands on. CPython: Modules/_randommodule.c.

mod mersenne_twister;

use std::cell::RefCell;

use kaa_macros::py_module;
use kaa_objects::class::PyType;
use kaa_objects::object::Header;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Trace, Value, Vm, py_type};

use self::mersenne_twister::{MersenneTwister, N};
use crate::host_call::{OrRaise, interruptible};

/// `_random.Random`.
#[repr(C)]
#[derive(Trace)]
pub struct PyRandom {
    header: Header,
    #[trace(skip)]
    generator: RefCell<Box<MersenneTwister>>,
}

/// A generator with the seed of a value: its magnitude, its hash, or random bits for `None`.
fn seeded(vm: &Vm, seed: Option<Value>) -> PyResult<Box<MersenneTwister>> {
    let from_words = |words: &[u64]| {
        let mut key: Vec<u32> = words.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]).collect();
        while key.len() > 1 && key.last() == Some(&0) {
            key.pop();
        }
        Box::new(MersenneTwister::from_seed(if key.is_empty() { &[0] } else { &key }))
    };
    let Some(seed) = seed.and_then(Value::not_none) else {
        let mut bytes = [0; N * 4];
        let mut filled = 0;
        while filled < bytes.len() {
            filled += interruptible(vm, || kaa_host::system::random(&mut bytes[filled..], 0))?.or_raise(vm)?;
        }
        let words: Vec<u32> = bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        return Ok(Box::new(MersenneTwister::from_seed(&words)));
    };
    match vm.with_int_words(seed, |_, words| from_words(words)) {
        Some(generator) => Ok(generator),
        None => Ok(from_words(&[vm.hash(seed)? as u64])),
    }
}

#[py_type(
    name = "Random",
    module = "_random",
    drop,
    flags(BASETYPE),
    doc = "Random() -> create a random number generator with its own internal state."
)]
impl PyRandom {
    #[new(raw)]
    fn new(vm: &Vm, class: Gc<PyType>, _args: Args<'_>) -> PyResult<Gc<PyRandom>> {
        let generator = Box::new(MersenneTwister::from_seed(&[0]));
        vm.alloc_instance(class, PyRandom { header: Header::EMPTY, generator: RefCell::new(generator) })
    }

    #[init("Random(seed=None, /)")]
    fn init(vm: &Vm, this: Gc<PyRandom>, seed: Option<Value>) -> PyResult<()> {
        let generator = seeded(vm, seed)?;
        *this.generator.borrow_mut() = generator;
        Ok(())
    }

    #[method(
        "seed($self, n=None, /)",
        doc = "seed([n]) -> None.\n\nDefaults to use urandom and falls back to a combination\nof the current time and the process identifier."
    )]
    fn seed(vm: &Vm, this: Gc<PyRandom>, n: Option<Value>) -> PyResult<()> {
        let generator = seeded(vm, n)?;
        *this.generator.borrow_mut() = generator;
        Ok(())
    }

    #[method("random($self, /)", doc = "random() -> x in the interval [0, 1).")]
    fn random(this: Gc<PyRandom>) -> f64 {
        this.generator.borrow_mut().next_f64()
    }

    #[method("getrandbits($self, k, /)", doc = "getrandbits(k) -> x.  Generates an int with k random bits.")]
    fn getrandbits(vm: &Vm, this: Gc<PyRandom>, k: Value) -> PyResult {
        let bits = vm.index(k)?;
        if vm.int_is_negative(bits) {
            return Err(vm.value_error("Cannot convert negative int"));
        }
        let Some(bits) = vm.int_to_i64(bits).map(|bits| bits as u64) else {
            return Err(vm.overflow_error("Python int too large for C uint64_t"));
        };
        let generator = &mut *this.generator.borrow_mut();
        match bits {
            0 => return Ok(Value::small_int(0)),
            1..=32 => return vm.new_int(i64::from(generator.next_u32() >> (32 - bits))),
            _ => {}
        }
        let count = bits.div_ceil(32);
        let mut words: Vec<u64> = Vec::new();
        let room = usize::try_from(count.div_ceil(2)).unwrap_or(usize::MAX);
        if words.try_reserve_exact(room).is_err() {
            return Err(vm.no_memory());
        }
        for index in 0..count {
            let mut word = generator.next_u32();
            let left = bits - index * 32;
            if left < 32 {
                // The highest bits of the last word are the ones that are used.
                word >>= 32 - left;
            }
            match words.last_mut() {
                Some(last) if index % 2 == 1 => *last |= u64::from(word) << 32,
                _ => words.push(word.into()),
            }
        }
        vm.new_int_from_words(false, &words)
    }

    #[method("getstate($self, /)", doc = "getstate() -> tuple containing the current state.")]
    fn getstate(vm: &Vm, this: Gc<PyRandom>) -> PyResult<Gc<PyTuple>> {
        let generator = this.generator.borrow();
        let number = |number: u32| Value::small_int(number.into());
        let state = generator.words.iter().map(|&word| number(word)).chain([number(generator.index as u32)]);
        vm.new_tuple_from(N + 1, state)
    }

    #[method("setstate($self, state, /)", doc = "setstate(state) -> None.  Restores generator state.")]
    fn setstate(vm: &Vm, this: Gc<PyRandom>, state: Value) -> PyResult<()> {
        let Some(state) = vm.cast::<PyTuple>(state) else {
            return Err(vm.type_error("state vector must be a tuple"));
        };
        if state.len() != N + 1 {
            return Err(vm.value_error("state vector is the wrong size"));
        }
        let mut numbers = [0; N + 1];
        for (number, &value) in numbers.iter_mut().zip(state.as_slice()) {
            *number = match vm.with_int_words(value, |negative, words| match words {
                _ if negative => Err("can't convert negative value to unsigned int"),
                [] => Ok(0),
                &[word] => Ok(word),
                _ => Err("Python int too large to convert to C unsigned long"),
            }) {
                Some(Ok(number)) => number,
                Some(Err(message)) => return Err(vm.overflow_error(message)),
                None => return Err(vm.type_error("an integer is required")),
            };
        }
        let index = numbers[N];
        if index > N as u64 {
            return Err(vm.value_error("invalid state"));
        }
        let generator = &mut *this.generator.borrow_mut();
        generator.index = index as usize;
        for (word, number) in generator.words.iter_mut().zip(numbers) {
            *word = number as u32;
        }
        Ok(())
    }
}

/// The module.
pub struct Random;

#[py_module(name = "_random", doc = "Module implements the Mersenne Twister random number generator.", types(PyRandom))]
impl Random {}
