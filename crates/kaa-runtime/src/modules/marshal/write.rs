//! Values to data of `marshal`, with what CPython shares shared.
//!
//! CPython flags what something else holds, too, so that a later occurrence can refer to it. There is
//! no count of holders here. A first walk counts how often each container is met; in the second one
//! those met twice are flagged, and the value itself and all that are no containers, which in CPython
//! nearly always have another holder (a variable, a constant, the table of interned strings).

use std::collections::HashMap;

use kaa_bytecode::marshal::{CodeHeader, Encoder, MAX_DEPTH, MarshalError};
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::complex::PyComplex;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::float::PyFloat;
use kaa_objects::types::list::PyList;
use kaa_objects::types::set::{PyFrozenSet, PySet};
use kaa_objects::types::slice::PySlice;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::raise;

/// Writes a value.
pub(super) fn value(vm: &Vm, value: Value, version: i32, allow_code: bool) -> PyResult<Vec<u8>> {
    let mut writer = Writer {
        vm,
        encoder: Encoder::new(version),
        version,
        allow_code,
        seen: HashMap::new(),
        references: 0,
        pinned: false,
        depth: 0,
    };
    if writer.encoder.has_references() {
        if writer.count(value).is_err() {
            // Something runs Python code or makes objects while it is written: objects must not
            // move meanwhile.
            writer.pinned = true;
            writer.seen.clear();
            let _ = writer.count(value);
        }
        writer.seen.entry(writer.key(value)).or_default().flagged = true;
    }
    writer.depth = 0;
    writer.object(value)?;
    Ok(writer.encoder.finish())
}

/// What is known of an object.
#[derive(Clone, Copy, Default)]
struct Seen {
    flagged: bool,
    reference: Option<u32>,
    /// It is being written, and could not be read with a reference to itself inside.
    open: bool,
}

struct Writer<'v> {
    vm: &'v Vm,
    encoder: Encoder,
    version: i32,
    allow_code: bool,
    seen: HashMap<u64, Seen>,
    references: u32,
    /// Whether objects that are met are kept where they are.
    pinned: bool,
    depth: usize,
}

/// The first walk met an object that may move others while it is written.
struct MayMove;

/// A value by its form.
enum Form {
    Tuple(Gc<PyTuple>),
    List(Gc<PyList>),
    Dict(Gc<PyDict>),
    /// Whether it is frozen.
    Set(Gc<PySet>, bool),
    Slice(Gc<PySlice>),
    Code(Gc<PyCode>),
    Leaf,
    /// Only its bytes can be written, if it has any.
    Other,
}

fn form(vm: &Vm, value: Value) -> Form {
    if let Some(tuple) = vm.cast_exact::<PyTuple>(value) {
        Form::Tuple(tuple)
    } else if let Some(list) = vm.cast_exact::<PyList>(value) {
        Form::List(list)
    } else if let Some(dict) = vm.cast_exact::<PyDict>(value) {
        Form::Dict(dict)
    } else if let Some(set) = vm.as_exact_set(value) {
        Form::Set(set, vm.cast_exact::<PyFrozenSet>(value).is_some())
    } else if let Some(slice) = vm.cast_exact::<PySlice>(value) {
        Form::Slice(slice)
    } else if let Some(code) = vm.cast_exact::<PyCode>(value) {
        Form::Code(code)
    } else if is_leaf(vm, value) {
        Form::Leaf
    } else {
        Form::Other
    }
}

fn is_leaf(vm: &Vm, value: Value) -> bool {
    vm.cast_exact::<PyStr>(value).is_some()
        || vm.cast_exact::<PyBytes>(value).is_some()
        || vm.cast_exact::<PyComplex>(value).is_some()
        || vm.class_of(value) == vm.class::<PyFloat>()
        || vm.is_exact_int(value)
}

impl Writer<'_> {
    /// By what objects are told apart.
    fn key(&self, value: Value) -> u64 {
        if self.pinned { self.vm.identity(value) as u64 } else { value.bits() }
    }

    /// The first walk. Depth is the second one's to report.
    fn count(&mut self, value: Value) -> Result<(), MayMove> {
        let form = form(self.vm, value);
        if matches!(form, Form::Leaf) || self.depth > MAX_DEPTH {
            return Ok(());
        }
        if matches!(form, Form::Other | Form::Code(_)) && !self.pinned && value.as_object().is_some() {
            return Err(MayMove);
        }
        let key = self.key(value);
        let mut is_new = false;
        let seen = self.seen.entry(key).or_insert_with(|| {
            is_new = true;
            Seen::default()
        });
        if !is_new {
            seen.flagged = true;
            return Ok(());
        }
        if self.vm.check_stack("").is_err() {
            let raised = self.vm.still_raised();
            self.vm.take_exception(raised);
            return Ok(());
        }
        self.depth += 1;
        let done = match form {
            Form::Tuple(tuple) => tuple.as_slice().iter().try_for_each(|&item| self.count(item)),
            Form::List(list) => {
                (0..list.len()).filter_map(|index| list.get(index)).try_for_each(|item| self.count(item))
            }
            Form::Dict(dict) => (0..dict.filled())
                .filter_map(|position| dict.entry(position))
                .try_for_each(|entry| self.count(entry.key).and_then(|()| self.count(entry.value))),
            Form::Set(set, _) => set.iter().try_for_each(|(_, item)| self.count(item)),
            Form::Slice(slice) => slice.parts().into_iter().try_for_each(|part| self.count(part)),
            Form::Code(_) | Form::Leaf | Form::Other => Ok(()),
        };
        self.depth -= 1;
        done
    }

    fn fail(&self, error: &MarshalError) -> Raised {
        raise(self.vm, error)
    }

    fn put(&self, result: Result<(), MarshalError>) -> PyResult<()> {
        result.map_err(|error| self.fail(&error))
    }

    /// The second walk.
    fn object(&mut self, value: Value) -> PyResult<()> {
        if self.depth >= MAX_DEPTH || self.vm.check_stack("").is_err() {
            if self.depth < MAX_DEPTH {
                let raised = self.vm.still_raised();
                self.vm.take_exception(raised);
            }
            return Err(self.fail(&MarshalError::TooDeeplyNested));
        }
        match value {
            Value::NONE => self.encoder.none(),
            Value::ELLIPSIS => self.encoder.ellipsis(),
            Value::TRUE => self.encoder.bool(true),
            Value::FALSE => self.encoder.bool(false),
            _ if value == self.vm.exceptions().StopIteration.value() => self.encoder.stop_iteration(),
            _ => {
                self.depth += 1;
                let form = form(self.vm, value);
                let written = self.shared(value, form);
                self.depth -= 1;
                written?;
            }
        }
        Ok(())
    }

    /// Writes an object, or a reference to it.
    fn shared(&mut self, value: Value, form: Form) -> PyResult<()> {
        if !self.encoder.has_references() {
            return self.contents(value, form, 0);
        }
        let key = self.key(value);
        let leaf = matches!(form, Form::Leaf);
        let closed_only = matches!(form, Form::Slice(_) | Form::Code(_) | Form::Set(_, true));
        let seen = self.seen.entry(key).or_default();
        if let Some(reference) = seen.reference {
            if seen.open {
                return Err(self.fail(&MarshalError::Unmarshallable));
            }
            let written = self.encoder.reference(reference);
            return self.put(written);
        }
        let mut flag = 0;
        if seen.flagged || leaf {
            seen.reference = Some(self.references);
            self.references += 1;
            flag = Encoder::FLAG_REF;
        }
        seen.open = closed_only;
        self.contents(value, form, flag)?;
        if let Some(seen) = self.seen.get_mut(&key) {
            seen.open = false;
        }
        Ok(())
    }

    fn contents(&mut self, value: Value, form: Form, flag: u8) -> PyResult<()> {
        match form {
            Form::Leaf => self.leaf(value, flag),
            Form::Tuple(tuple) => {
                let head = self.encoder.tuple(tuple.len(), flag);
                self.put(head)?;
                tuple.as_slice().iter().try_for_each(|&item| self.object(item))
            }
            Form::List(list) => {
                let length = list.len();
                let head = self.encoder.list(length, flag);
                self.put(head)?;
                for index in 0..length {
                    match list.get(index) {
                        Some(item) => self.object(item)?,
                        None => return Err(self.vm.runtime_error("list changed size during iteration")),
                    }
                }
                Ok(())
            }
            Form::Dict(dict) => {
                self.encoder.dict(flag);
                let mut position = 0;
                while position < dict.filled() {
                    if let Some(entry) = dict.entry(position) {
                        self.object(entry.key)?;
                        self.object(entry.value)?;
                    }
                    position += 1;
                }
                self.encoder.null();
                Ok(())
            }
            Form::Set(set, frozen) => self.set(set, frozen, flag),
            Form::Slice(slice) => {
                let head = self.encoder.slice(flag);
                self.put(head)?;
                slice.parts().into_iter().try_for_each(|part| self.object(part))
            }
            Form::Code(code) => self.code(code, flag),
            Form::Other => {
                if !self.vm.is_bytes_like(value) {
                    return Err(self.fail(&MarshalError::Unmarshallable));
                }
                let Some(bytes) = self.vm.bytes_like_text(value) else {
                    return Err(self.fail(&MarshalError::Unmarshallable));
                };
                let written = self.encoder.bytes(&bytes, flag);
                self.put(written)
            }
        }
    }

    fn leaf(&mut self, value: Value, flag: u8) -> PyResult<()> {
        let vm = self.vm;
        let written = if let Some(string) = vm.cast_exact::<PyStr>(value) {
            self.encoder.str(&string.to_generalized_utf8(), string.is_interned(), flag)
        } else if let Some(bytes) = vm.cast_exact::<PyBytes>(value) {
            self.encoder.bytes(bytes.as_slice(), flag)
        } else if let Some(float) = vm.as_float(value) {
            self.encoder.float(float, flag);
            Ok(())
        } else if let Some(complex) = vm.cast_exact::<PyComplex>(value) {
            self.encoder.complex(complex.real, complex.imag, flag);
            Ok(())
        } else if let Some(int) = vm.int_to_i64(value) {
            self.encoder.int(int, flag);
            Ok(())
        } else {
            let words = vm.with_int_words(value, |negative, words| {
                let halves = words.iter().flat_map(|&word| [word as u32, (word >> 32) as u32]).collect::<Vec<u32>>();
                (negative, halves)
            });
            match words {
                Some((negative, words)) => self.encoder.big_int(negative, &words, flag),
                None => Err(MarshalError::Unmarshallable),
            }
        };
        self.put(written)
    }

    /// Items go in the order of what they give when each is written alone, which does not depend on
    /// their hashes.
    fn set(&mut self, set: Gc<PySet>, frozen: bool, flag: u8) -> PyResult<()> {
        let vm = self.vm;
        let length = set.len();
        let head = if frozen { self.encoder.frozenset(length, flag) } else { self.encoder.set(length, flag) };
        self.put(head)?;
        let items = vm.new_list(&[])?;
        for slot in 0..set.slots() {
            if let Some((_, item)) = set.at(slot) {
                items.push(vm, item)?;
            }
        }
        let mut order = Vec::with_capacity(length);
        for (index, &item) in items.as_slice().iter().enumerate() {
            order.push((self::value(vm, item, self.version, self.allow_code)?, index));
            if set.len() != length {
                return Err(vm.runtime_error("set changed size during iteration"));
            }
        }
        order.sort();
        for (_, index) in order {
            self.object(items.get(index).unwrap_or(Value::NONE))?;
        }
        Ok(())
    }

    fn code(&mut self, code: Gc<PyCode>, flag: u8) -> PyResult<()> {
        if !self.allow_code {
            return Err(self.vm.value_error("marshalling code objects is disallowed"));
        }
        code.load(self.vm)?;
        let header = CodeHeader {
            argcount: code.argcount as i32,
            posonlyargcount: code.posonlyargcount as i32,
            kwonlyargcount: code.kwonlyargcount as i32,
            stacksize: code.stacksize as i32,
            flags: code.flags as i32,
            firstlineno: code.firstlineno,
        };
        self.encoder.code(&header, flag);
        let put = |this: &mut Self, bytes: &[u8]| {
            let written = this.encoder.bytes(bytes, 0);
            this.put(written)
        };
        put(self, code.code())?;
        let head = self.encoder.tuple(code.consts.len(), 0);
        self.put(head)?;
        code.consts.iter().try_for_each(|constant| self.object(constant.get_set()))?;
        for names in [&*code.names, code.localsplusnames(self.vm)] {
            let head = self.encoder.tuple(names.len(), 0);
            self.put(head)?;
            names.iter().try_for_each(|name| self.object(name.value()))?;
        }
        put(self, code.localspluskinds())?;
        for name in [code.filename.get_set(), code.name(self.vm), code.qualname(self.vm)] {
            self.object(name.value())?;
        }
        self.encoder.first_line(code.firstlineno);
        put(self, code.linetable())?;
        put(self, code.exceptiontable())
    }
}
