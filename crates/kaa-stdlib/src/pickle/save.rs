//! Writing objects: the builtin types. `reduce` writes all others, `globals` what is written by
//! its name.

use std::collections::HashSet;

use kaa_objects::class::PyType;
use kaa_objects::types::bytearray::PyByteArray;
use kaa_objects::types::bytes::PyBytes;
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::float::PyFloat;
use kaa_objects::types::int::big::Int;
use kaa_objects::types::list::PyList;
use kaa_objects::types::set::{PyFrozenSet, PySet};
use kaa_objects::types::str::{PyStr, StrData};
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Gc, Native, PyResult, Value, Vm, ids};

use super::buffer::PyPickleBuffer;
use super::instances::PlainClass;
use super::opcodes::*;
use super::output::{Output, TARGET};
use super::pickler::PyPickler;
use super::state::{pickling_error, with_note};

/// Containers nested deeper than this are looked at for cycles in fast mode, which has no memo.
const FAST_NESTING_LIMIT: usize = 50;

/// One run of a pickler. It stays on the native stack.
pub struct Saver<'a> {
    pub vm: &'a Vm,
    pub pickler: Gc<PyPickler>,
    pub out: Output,
    pub protocol: i32,
    pub binary: bool,
    pub fix_imports: bool,
    fast: bool,
    fast_nesting: usize,
    fast_seen: HashSet<u64>,
    write: Option<Value>,
    persistent_id: Option<Value>,
    pub reducer_override: Option<Value>,
    pub dispatch_table: Option<Value>,
    pub plain_class: PlainClass,
}

impl<'a> Saver<'a> {
    /// For a pickler, whose class may be a subclass that overrides hooks when `has_hooks` is said.
    pub fn new(vm: &'a Vm, pickler: Gc<PyPickler>, has_hooks: bool) -> PyResult<Saver<'a>> {
        let mut saver = Saver {
            vm,
            pickler,
            out: Output::default(),
            protocol: pickler.protocol.get(),
            binary: pickler.binary.get() != 0,
            fix_imports: pickler.fix_imports.get(),
            fast: pickler.fast.get() != 0,
            fast_nesting: 0,
            fast_seen: HashSet::default(),
            write: pickler.write.get(),
            persistent_id: None,
            reducer_override: None,
            dispatch_table: pickler.dispatch_table.get(),
            plain_class: PlainClass::default(),
        };
        if has_hooks {
            saver.persistent_id = PyPickler::persistent_id_function(pickler, vm)?;
            saver.reducer_override = vm.get_attr_optional(pickler.value(), vm.intern("reducer_override"))?;
        }
        Ok(saver)
    }

    /// Writes a whole pickle.
    pub fn dump(&mut self, object: Value) -> PyResult<()> {
        if self.protocol >= 2 {
            self.out.write(&[PROTO, self.protocol as u8]);
            self.out.set_framing(self.protocol >= 4);
        }
        self.save(object)?;
        self.out.op(STOP);
        self.out.commit_frame();
        self.out.set_framing(false);
        Ok(())
    }

    /// Gives the file what was written.
    pub fn flush(&mut self) -> PyResult<()> {
        let Some(write) = self.write else { return Ok(()) };
        let bytes = self.vm.new_bytes(&self.out.take())?;
        self.vm.call(write, &[bytes.value()]).map(drop)
    }

    /// Whether no hook is to be asked about objects, and the memo is kept.
    pub fn reduces_as_usual(&self) -> bool {
        self.persistent_id.is_none() && self.reducer_override.is_none() && self.dispatch_table.is_none() && !self.fast
    }

    /// Ends the frame if it is long enough; between instructions.
    #[inline(always)]
    pub fn end_full_frame(&mut self) -> PyResult<()> {
        if self.out.is_frame_full() { self.end_frame() } else { Ok(()) }
    }

    #[cold]
    fn end_frame(&mut self) -> PyResult<()> {
        self.out.commit_frame();
        self.flush()
    }

    /// Writes an object.
    #[inline]
    pub fn save(&mut self, object: Value) -> PyResult<()> {
        if self.persistent_id.is_some() {
            self.end_full_frame()?;
            if self.save_persistent(object)? {
                return Ok(());
            }
        }
        self.save_by_value(object)
    }

    /// Writes an object, its persistent id not asked for.
    pub fn save_by_value(&mut self, object: Value) -> PyResult<()> {
        self.end_full_frame()?;
        if let Some(int) = object.as_small_int() {
            self.save_int(int);
            return Ok(());
        }
        if let Some(float) = object.as_small_float() {
            return self.save_float(object, float);
        }
        match object {
            Value::NONE => self.out.op(NONE),
            Value::TRUE if self.protocol >= 2 => self.out.op(NEWTRUE),
            Value::FALSE if self.protocol >= 2 => self.out.op(NEWFALSE),
            Value::TRUE => self.out.write(b"I01\n"),
            Value::FALSE => self.out.write(b"I00\n"),
            _ => return self.save_object(object),
        }
        Ok(())
    }

    fn save_object(&mut self, object: Value) -> PyResult<()> {
        let shape = object.shape_id();
        match shape {
            ids::INT => return self.save_big_int(object),
            ids::FLOAT => {
                if let Some(float) = self.vm.cast_exact::<PyFloat>(object) {
                    return self.save_float(object, float.value);
                }
            }
            _ => {}
        }
        if let Some(id) = self.pickler.memo_get(self.vm, object) {
            self.write_get(id);
            return Ok(());
        }
        let vm = self.vm;
        match shape {
            ids::STR => {
                if let Some(text) = vm.cast_exact::<PyStr>(object) {
                    return self.save_str(text);
                }
            }
            ids::BYTES => {
                if let Some(bytes) = vm.cast_exact::<PyBytes>(object) {
                    return self.save_bytes(bytes);
                }
            }
            _ => {}
        }
        vm.check_stack(" while pickling an object")?;
        match shape {
            ids::DICT => match vm.cast_exact::<PyDict>(object) {
                Some(dict) => self.in_container(object, |saver| saver.save_dict(dict)),
                None => Ok(()),
            },
            ids::LIST => match vm.cast_exact::<PyList>(object) {
                Some(list) => self.in_container(object, |saver| saver.save_list(list)),
                None => Ok(()),
            },
            ids::TUPLE => match vm.cast_exact::<PyTuple>(object) {
                Some(tuple) => self.save_tuple(tuple),
                None => Ok(()),
            },
            ids::SET => self.save_set(object),
            ids::FROZENSET => self.in_container(object, |saver| saver.save_frozenset(object)),
            ids::BYTEARRAY => match vm.cast_exact::<PyByteArray>(object) {
                Some(bytes) => self.save_bytearray(bytes),
                None => Ok(()),
            },
            _ => match vm.cast::<PyPickleBuffer>(object) {
                Some(buffer) if shape == PyPickleBuffer::shape_id() => self.save_buffer(buffer),
                _ => self.save_other(object),
            },
        }
    }

    /// Asks for a persistent id and writes it; `false` when there is none.
    fn save_persistent(&mut self, object: Value) -> PyResult<bool> {
        let Some(function) = self.persistent_id else { return Ok(false) };
        let id = self.vm.call(function, &[object])?;
        if id.is_none() {
            return Ok(false);
        }
        if self.binary {
            self.save_by_value(id)?;
            self.out.op(BINPERSID);
            return Ok(true);
        }
        let text = self.vm.str(id)?;
        let Some(ascii) = text.as_ascii() else {
            return Err(pickling_error(self.vm, "persistent IDs in protocol 0 must be ASCII strings"));
        };
        self.out.op(PERSID);
        self.out.write(ascii.as_bytes());
        self.out.write(b"\n");
        Ok(true)
    }

    /// Writes that the object of a number comes again.
    pub fn write_get(&mut self, id: u32) {
        if !self.binary {
            self.out.write(format!("g{id}\n").as_bytes());
        } else if let Ok(id) = u8::try_from(id) {
            self.out.op_with(BINGET, [id]);
        } else {
            self.out.op_with(LONG_BINGET, id.to_le_bytes());
        }
    }

    /// Numbers an object that was just written.
    pub fn memoize(&mut self, object: Value) -> PyResult<()> {
        if self.fast {
            return Ok(());
        }
        let id = PyPickler::memo_add(self.pickler, self.vm, object)?;
        if self.protocol >= 4 {
            self.out.op(MEMOIZE);
        } else if !self.binary {
            self.out.write(format!("p{id}\n").as_bytes());
        } else if let Ok(id) = u8::try_from(id) {
            self.out.op_with(BINPUT, [id]);
        } else {
            self.out.op_with(LONG_BINPUT, id.to_le_bytes());
        }
        Ok(())
    }

    /// Writes what a container holds; in fast mode deep cycles are found out.
    fn in_container(&mut self, object: Value, save: impl FnOnce(&mut Self) -> PyResult<()>) -> PyResult<()> {
        if !self.fast {
            return save(self);
        }
        self.fast_nesting += 1;
        let is_deep = self.fast_nesting >= FAST_NESTING_LIMIT;
        if is_deep && !self.fast_seen.insert(object.bits()) {
            let (class, address) = (self.vm.class_name(object), self.vm.identity(object));
            return Err(self.vm.value_error(format_args!(
                "fast mode: can't pickle cyclic objects including object type {class} at {address:#x}"
            )));
        }
        save(self)?;
        if is_deep {
            self.fast_seen.remove(&object.bits());
        }
        self.fast_nesting -= 1;
        Ok(())
    }

    fn save_int(&mut self, int: i64) {
        let Ok(small) = i32::try_from(int) else {
            return self.save_long_bytes(int < 0, &int.to_le_bytes(), || int.to_string());
        };
        if !self.binary {
            return self.out.write(format!("I{small}\n").as_bytes());
        }
        match small {
            0..=0xff => self.out.op_with(BININT1, [small as u8]),
            0x100..=0xffff => self.out.op_with(BININT2, (small as u16).to_le_bytes()),
            _ => self.out.op_with(BININT, small.to_le_bytes()),
        }
    }

    fn save_big_int(&mut self, object: Value) -> PyResult<()> {
        match self.vm.as_int(object) {
            Some(Int::Small(int)) => {
                self.save_int(int);
                Ok(())
            }
            Some(big @ Int::Big(_)) => {
                if self.protocol < 2 {
                    let text = self.vm.repr(object)?;
                    self.out.write(format!("L{}L\n", text.to_string_lossy()).as_bytes());
                    return Ok(());
                }
                let bytes = big.to_big().to_signed_bytes_le();
                if bytes.len() > i32::MAX as usize {
                    return Err(self.vm.overflow_error("int too large to pickle"));
                }
                self.save_long_bytes(big.is_negative(), &bytes, String::new);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// An integer beyond 32 bits by its two's complement, of which no more bytes are written than
    /// needed, or before protocol 2 by its digits.
    fn save_long_bytes(&mut self, negative: bool, bytes: &[u8], digits: impl FnOnce() -> String) {
        if self.protocol < 2 {
            return self.out.write(format!("L{}L\n", digits()).as_bytes());
        }
        let sign = if negative { 0xff } else { 0 };
        let mut len = bytes.len();
        while len > 1 && bytes[len - 1] == sign && (bytes[len - 2] ^ sign) & 0x80 == 0 {
            len -= 1;
        }
        match u8::try_from(len) {
            Ok(len) => self.out.op_with(LONG1, [len]),
            Err(_) => self.out.op_with(LONG4, (len as u32).to_le_bytes()),
        }
        self.out.write(&bytes[..len]);
    }

    fn save_float(&mut self, object: Value, float: f64) -> PyResult<()> {
        if self.binary {
            self.out.op_with(BINFLOAT, float.to_be_bytes());
            return Ok(());
        }
        let text = self.vm.repr(object)?;
        self.out.write(format!("F{}\n", text.to_string_lossy()).as_bytes());
        Ok(())
    }

    /// Writes an instruction with its data, large data outside of frames and past the buffer.
    /// `payload` is a bytes-like object with the data, if there is one.
    fn write_data(&mut self, header: &[u8], data: &[u8], payload: Option<Value>) -> PyResult<()> {
        if data.len() < TARGET {
            self.out.write(header);
            self.out.write(data);
            return Ok(());
        }
        self.out.commit_frame();
        let framing = self.out.set_framing(false);
        self.out.write(header);
        match self.write {
            None => self.out.write(data),
            Some(write) => {
                let payload = match payload {
                    Some(payload) => payload,
                    None => self.vm.new_bytes(data)?.value(),
                };
                self.flush()?;
                self.vm.call(write, &[payload])?;
            }
        }
        self.out.set_framing(framing);
        Ok(())
    }

    /// Writes data behind the first instruction whose length field is wide enough.
    fn write_counted(&mut self, ops: [Option<u8>; 3], data: &[u8], payload: Option<Value>, what: &str) -> PyResult<()> {
        let len = data.len() as u64;
        let mut header = [0; 9];
        let widths = [1, 4, 8];
        for (op, width) in ops.into_iter().zip(widths) {
            let Some(op) = op else { continue };
            if width == 8 || len >> (8 * width) == 0 {
                header[0] = op;
                header[1..=width].copy_from_slice(&len.to_le_bytes()[..width]);
                return self.write_data(&header[..=width], data, payload);
            }
        }
        Err(self.vm.overflow_error(format_args!(
            "serializing a {what} larger than 4 GiB requires pickle protocol 4 or higher"
        )))
    }

    fn save_str(&mut self, text: Gc<PyStr>) -> PyResult<()> {
        if !self.binary {
            let escaped = raw_unicode_escape(text.data());
            self.out.op(UNICODE);
            self.out.write(&escaped);
            self.out.write(b"\n");
            return self.memoize(text.value());
        }
        let late = self.protocol >= 4;
        let ops = [late.then_some(SHORT_BINUNICODE), Some(BINUNICODE), late.then_some(BINUNICODE8)];
        match text.as_ascii() {
            Some(ascii) if ascii.len() < 256 && late => {
                self.out.op_with(SHORT_BINUNICODE, [ascii.len() as u8]);
                self.out.write(ascii.as_bytes());
            }
            Some(ascii) => self.write_counted(ops, ascii.as_bytes(), None, "string")?,
            None => self.write_counted(ops, &text.to_generalized_utf8(), None, "string")?,
        }
        self.memoize(text.value())
    }

    fn save_bytes(&mut self, bytes: Gc<PyBytes>) -> PyResult<()> {
        if self.protocol >= 3 {
            return self.write_bytes_data(bytes.as_slice(), bytes.value());
        }
        // Python 2 had no such type: a function makes it of a text.
        let vm = self.vm;
        let reduced = if bytes.is_empty() {
            [vm.class::<PyBytes>().value(), vm.new_tuple(&[])?.value()]
        } else {
            let encode = vm.get_attr_str(super::state::import(vm, "codecs")?, "encode")?;
            let text = vm.new_str_latin1(bytes.as_slice())?;
            [encode, vm.new_tuple(&[text.value(), vm.intern("latin1").value()])?.value()]
        };
        let reduced = vm.new_tuple(&reduced)?;
        self.save_reduced(reduced, Some(bytes.value()))
    }

    fn write_bytes_data(&mut self, data: &[u8], object: Value) -> PyResult<()> {
        let ops = [Some(SHORT_BINBYTES), Some(BINBYTES), (self.protocol >= 4).then_some(BINBYTES8)];
        self.write_counted(ops, data, Some(object), "bytes object")?;
        self.memoize(object)
    }

    fn write_bytearray_data(&mut self, data: &[u8], object: Value) -> PyResult<()> {
        self.write_counted([None, None, Some(BYTEARRAY8)], data, Some(object), "bytearray")?;
        self.memoize(object)
    }

    fn save_bytearray(&mut self, bytes: Gc<PyByteArray>) -> PyResult<()> {
        let vm = self.vm;
        if self.protocol >= 5 {
            // A copy, as writing to a file may run Python code that changes the bytes.
            let copy = bytes.as_slice().to_vec();
            return self.write_bytearray_data(&copy, bytes.value());
        }
        let args = match bytes.is_empty() {
            true => vm.new_tuple(&[])?,
            false => vm.new_tuple(&[vm.new_bytes(bytes.as_slice())?.value()])?,
        };
        let reduced = vm.new_tuple(&[vm.class::<PyByteArray>().value(), args.value()])?;
        self.save_reduced(reduced, Some(bytes.value()))
    }

    fn save_buffer(&mut self, buffer: Gc<PyPickleBuffer>) -> PyResult<()> {
        let vm = self.vm;
        if self.protocol < 5 {
            return Err(pickling_error(vm, "PickleBuffer can only be pickled with protocol >= 5"));
        }
        let Some(memory) = buffer.raw_buffer(vm)? else {
            return Err(pickling_error(vm, "PickleBuffer can not be pickled when pointing to a non-contiguous buffer"));
        };
        let in_band = match self.pickler.buffer_callback.get() {
            Some(callback) => vm.truth(vm.call(callback, &[buffer.value()])?)?,
            None => true,
        };
        if in_band && memory.readonly {
            return self.write_bytes_data(memory.as_slice(), buffer.value());
        }
        if in_band {
            return self.write_bytearray_data(memory.as_slice(), buffer.value());
        }
        self.out.op(NEXT_BUFFER);
        if memory.readonly {
            self.out.op(READONLY_BUFFER);
        }
        Ok(())
    }

    fn save_tuple(&mut self, tuple: Gc<PyTuple>) -> PyResult<()> {
        let (vm, len) = (self.vm, tuple.len());
        if len == 0 {
            self.out.write(if self.protocol > 0 { b")" } else { b"(t" });
            return Ok(());
        }
        let is_short = len <= 3 && self.protocol >= 2;
        if !is_short {
            self.out.op(MARK);
        }
        for index in 0..len {
            self.save(tuple.as_slice()[index])
                .map_err(|raised| with_note(vm, raised, format_args!("tuple item {index}")))?;
        }
        // One that holds itself has been written meanwhile: what was put on the stack goes.
        if let Some(id) = self.pickler.memo_get(vm, tuple.value()) {
            if is_short {
                (0..len).for_each(|_| self.out.op(POP));
            } else if self.binary {
                self.out.op(POP_MARK);
            } else {
                (0..=len).for_each(|_| self.out.op(POP));
            }
            self.write_get(id);
            return Ok(());
        }
        self.out.op(match len {
            1 if is_short => TUPLE1,
            2 if is_short => TUPLE2,
            3 if is_short => TUPLE3,
            _ => TUPLE,
        });
        self.memoize(tuple.value())
    }

    fn save_list(&mut self, list: Gc<PyList>) -> PyResult<()> {
        let vm = self.vm;
        self.out.write(if self.binary { b"]" } else { b"(l" });
        self.memoize(list.value())?;
        if list.is_empty() {
            return Ok(());
        }
        if self.protocol == 0 {
            let items = vm.iter(list.value())?;
            return self.save_items(items, list.value());
        }
        let item = |saver: &mut Self, index: usize, item: Value| {
            saver.save(item).map_err(|raised| with_note(vm, raised, format_args!("list item {index}")))
        };
        if let &[only] = list.as_slice() {
            item(self, 0, only)?;
            self.out.op(APPEND);
            return Ok(());
        }
        let mut index = 0;
        loop {
            let end = index + BATCH;
            self.out.op(MARK);
            while index < end
                && let Some(value) = list.get(index)
            {
                item(self, index, value)?;
                index += 1;
            }
            self.out.op(APPENDS);
            if index >= list.len() {
                return Ok(());
            }
        }
    }

    /// Writes the items that an iterator gives, to be appended to what is on the stack.
    pub fn save_items(&mut self, items: Value, object: Value) -> PyResult<()> {
        let vm = self.vm;
        let mut index = 0;
        let mut save = |saver: &mut Self, item: Value| {
            saver
                .save(item)
                .map_err(|raised| with_note(vm, raised, format_args!("{} item {index}", vm.full_class_name(object))))?;
            index += 1;
            Ok(())
        };
        if self.protocol == 0 {
            while let Some(item) = vm.next(items)? {
                save(self, item)?;
                self.out.op(APPEND);
            }
            return Ok(());
        }
        loop {
            let Some(first) = vm.next(items)? else { return Ok(()) };
            let mut next = vm.next(items)?;
            if next.is_none() {
                save(self, first)?;
                self.out.op(APPEND);
                return Ok(());
            }
            self.out.op(MARK);
            save(self, first)?;
            let mut count = 1;
            while let Some(item) = next {
                save(self, item)?;
                count += 1;
                next = if count == BATCH { None } else { vm.next(items)? };
            }
            self.out.op(APPENDS);
            if count != BATCH {
                return Ok(());
            }
        }
    }

    fn save_dict(&mut self, dict: Gc<PyDict>) -> PyResult<()> {
        let vm = self.vm;
        self.out.write(if self.binary { b"}" } else { b"(d" });
        self.memoize(dict.value())?;
        let len = dict.len();
        if len == 0 {
            return Ok(());
        }
        if self.protocol == 0 {
            let items = vm.call_method(dict.value(), vm.names().items, &[])?;
            let items = vm.iter(items)?;
            return self.save_pairs(items, dict.value());
        }
        let mut position = 0;
        loop {
            let mut count = 0;
            if len > 1 {
                self.out.op(MARK);
            }
            while position < dict.filled() && count < BATCH {
                position += 1;
                let Some(entry) = dict.entry(position - 1) else { continue };
                self.save_pair(entry.key, entry.value, dict.value())?;
                count += 1;
                if len == 1 {
                    self.out.op(SETITEM);
                    return Ok(());
                }
            }
            self.out.op(SETITEMS);
            if dict.len() != len {
                return Err(vm.runtime_error("dictionary changed size during iteration"));
            }
            if count != BATCH {
                return Ok(());
            }
        }
    }

    fn save_pair(&mut self, key: Value, value: Value, object: Value) -> PyResult<()> {
        self.save(key)?;
        let vm = self.vm;
        self.save(value).map_err(|raised| {
            // The exception is put aside while the key is written.
            let exception = vm.take_exception(raised);
            let note = format!("{} item {}", vm.full_class_name(object), vm.repr_lossy(key));
            with_note(vm, vm.raise_again(exception), note)
        })
    }

    /// Writes the pairs that an iterator gives, to be set in what is on the stack.
    pub fn save_pairs(&mut self, pairs: Value, object: Value) -> PyResult<()> {
        let vm = self.vm;
        let pair = |pair: Value| match vm.cast::<PyTuple>(pair) {
            Some(tuple) if tuple.len() == 2 => Ok((tuple.as_slice()[0], tuple.as_slice()[1])),
            _ => Err(vm.type_error("dict items iterator must return 2-tuples")),
        };
        if self.protocol == 0 {
            while let Some(next) = vm.next(pairs)? {
                let (key, value) = pair(next)?;
                self.save_pair(key, value, object)?;
                self.out.op(SETITEM);
            }
            return Ok(());
        }
        loop {
            let Some(first) = vm.next(pairs)? else { return Ok(()) };
            let (key, value) = pair(first)?;
            let mut next = vm.next(pairs)?;
            if next.is_none() {
                self.save_pair(key, value, object)?;
                self.out.op(SETITEM);
                return Ok(());
            }
            self.out.op(MARK);
            self.save_pair(key, value, object)?;
            let mut count = 1;
            while let Some(item) = next {
                let (key, value) = pair(item)?;
                self.save_pair(key, value, object)?;
                count += 1;
                next = if count == BATCH { None } else { vm.next(pairs)? };
            }
            self.out.op(SETITEMS);
            if count != BATCH {
                return Ok(());
            }
        }
    }

    /// A set or frozenset before protocol 4: the class and a list.
    fn save_set_by_list(&mut self, class: Gc<PyType>, set: Value) -> PyResult<()> {
        let vm = self.vm;
        let args = vm.new_tuple(&[vm.list_from(set)?.value()])?;
        let reduced = vm.new_tuple(&[class.value(), args.value()])?;
        self.save_reduced(reduced, Some(set))
    }

    fn save_set(&mut self, object: Value) -> PyResult<()> {
        let vm = self.vm;
        if self.protocol < 4 {
            return self.save_set_by_list(vm.class::<PySet>(), object);
        }
        let Some(set) = vm.cast_exact::<PySet>(object) else { return Ok(()) };
        self.out.op(EMPTY_SET);
        self.memoize(object)?;
        let len = set.len();
        if len == 0 {
            return Ok(());
        }
        let mut place = 0;
        loop {
            let mut count = 0;
            self.out.op(MARK);
            while place < set.slots() && count < BATCH {
                place += 1;
                let Some((_, item)) = set.at(place - 1) else { continue };
                self.save(item).map_err(|raised| with_note(vm, raised, "set element"))?;
                count += 1;
            }
            self.out.op(ADDITEMS);
            if set.len() != len {
                return Err(vm.runtime_error("set changed size during iteration"));
            }
            if count != BATCH {
                return Ok(());
            }
        }
    }

    fn save_frozenset(&mut self, object: Value) -> PyResult<()> {
        let vm = self.vm;
        if self.protocol < 4 {
            return self.save_set_by_list(vm.class::<PyFrozenSet>(), object);
        }
        self.out.op(MARK);
        let items = vm.iter(object)?;
        while let Some(item) = vm.next(items)? {
            self.save(item).map_err(|raised| with_note(vm, raised, "frozenset element"))?;
        }
        if let Some(id) = self.pickler.memo_get(vm, object) {
            self.out.op(POP_MARK);
            self.write_get(id);
            return Ok(());
        }
        self.out.op(FROZENSET);
        self.memoize(object)
    }
}

/// A text in one line: what Python's `raw-unicode-escape` gives, and escapes for what would be taken
/// for its end or for an escape.
fn raw_unicode_escape(text: StrData<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for code_point in text.iter() {
        match code_point {
            0x1_0000.. => out.extend_from_slice(format!("\\U{code_point:08x}").as_bytes()),
            0x100.. | 0x5c | 0 | 0x0a | 0x0d | 0x1a => {
                out.extend_from_slice(format!("\\u{code_point:04x}").as_bytes());
            }
            byte => out.push(byte as u8),
        }
    }
    out
}
