//! Reading pickles: the machine with its stack. `construct` has the instructions that make and
//! fill objects.

use kaa_objects::class::PyType;
use kaa_objects::codecs::{Encoding, Errors, escapes};
use kaa_objects::types::float::text::parse as parse_float;
use kaa_objects::types::memoryview::PyMemoryView;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::value_vec::ValueVec;
use kaa_objects::{Gc, PyResult, Raised, Value, Vm};

use super::input::{Input, truncated};
use super::opcodes::*;
use super::state::unpickling_error;
use super::unpickler::PyUnpickler;

/// One run of an unpickler. It stays on the native stack.
pub struct Loader<'a> {
    pub vm: &'a Vm,
    pub unpickler: Gc<PyUnpickler>,
    pub input: Input,
    pub stack: ValueVec,
    /// How high the stack was at each mark that is open.
    pub marks: Vec<usize>,
    /// The height below which the stack belongs to what is before the last mark.
    pub fence: usize,
    persistent_load: Option<Value>,
    /// Whether `find_class` is the class's own.
    has_own_find_class: bool,
}

impl<'a> Loader<'a> {
    /// Reads from an unpickler's file.
    pub fn from_file(vm: &'a Vm, unpickler: Gc<PyUnpickler>) -> PyResult<Loader<'a>> {
        let mut loader = Loader::new(vm, unpickler, Input::of_file(unpickler));
        loader.persistent_load = PyUnpickler::persistent_load_function(unpickler, vm)?;
        let name = vm.intern("find_class");
        let class = vm.class_of(unpickler.value());
        loader.has_own_find_class = vm.lookup(class, name) == vm.lookup(vm.class::<PyUnpickler>(), name)
            && !vm.has_instance_attributes(unpickler.value());
        Ok(loader)
    }

    /// Reads from elsewhere, by a plain unpickler.
    pub fn new(vm: &'a Vm, unpickler: Gc<PyUnpickler>, input: Input) -> Loader<'a> {
        Loader {
            vm,
            unpickler,
            input,
            stack: ValueVec::new(),
            marks: Vec::new(),
            fence: 0,
            persistent_load: None,
            has_own_find_class: true,
        }
    }

    /// Reads a pickle and leaves the file behind it.
    pub fn load_from_file(mut self) -> PyResult {
        let object = self.load()?;
        self.input.give_back(self.vm)?;
        Ok(object)
    }

    /// Reads a pickle.
    pub fn load(&mut self) -> PyResult {
        self.unpickler.protocol.set(0);
        loop {
            let op = match self.input.byte(self.vm) {
                Ok(op) => op,
                Err(raised) => return Err(self.out_of_input(raised)),
            };
            if op == STOP {
                return self.pop();
            }
            self.step(op)?;
        }
    }

    #[cold]
    fn out_of_input(&self, raised: Raised) -> Raised {
        let exception = self.vm.take_exception(raised);
        let error = super::state::state(self.vm).unpickling_error.get();
        if error.is_some_and(|class| self.vm.is_instance(exception.value(), class)) {
            return self.vm.eof_error("Ran out of input");
        }
        self.vm.raise_again(exception)
    }

    /// Executes one instruction.
    #[inline(always)]
    fn step(&mut self, op: u8) -> PyResult<()> {
        let vm = self.vm;
        match op {
            NONE => self.push(Value::NONE),
            NEWTRUE => self.push(Value::TRUE),
            NEWFALSE => self.push(Value::FALSE),
            BININT1 => {
                let int = self.input.byte(vm)?;
                self.push(Value::small_int(int.into()))
            }
            BININT2 => {
                let int = u16::from_le_bytes(self.input.array(vm)?);
                self.push(Value::small_int(int.into()))
            }
            BININT => {
                let int = i32::from_le_bytes(self.input.array(vm)?);
                self.push(Value::small_int(int.into()))
            }
            BINFLOAT => {
                let float = f64::from_be_bytes(self.input.array(vm)?);
                let float = vm.new_float(float)?;
                self.push(float)
            }
            SHORT_BINUNICODE => {
                let len = self.input.byte(vm)?;
                self.load_str(len.into())
            }
            BINUNICODE => {
                let len = u32::from_le_bytes(self.input.array(vm)?);
                self.load_str(len as usize)
            }
            MEMOIZE => self.memoize(self.unpickler.memo_len()),
            BINPUT => {
                let id = self.input.byte(vm)?;
                self.memoize(id.into())
            }
            LONG_BINPUT => {
                let id = u32::from_le_bytes(self.input.array(vm)?);
                self.memoize(id as usize)
            }
            BINGET => {
                let id = self.input.byte(vm)?;
                self.get(id.into())
            }
            LONG_BINGET => {
                let id = u32::from_le_bytes(self.input.array(vm)?);
                self.get(id as usize)
            }
            MARK => {
                self.fence = self.stack.len();
                self.marks.push(self.fence);
                Ok(())
            }
            EMPTY_TUPLE => self.make_tuple(0),
            TUPLE1 => self.make_tuple(1),
            TUPLE2 => self.make_tuple(2),
            TUPLE3 => self.make_tuple(3),
            TUPLE => {
                let mark = self.pop_mark()?;
                self.make_tuple(self.stack.len() - mark)
            }
            EMPTY_LIST => {
                let list = vm.new_list(&[])?;
                self.push(list.value())
            }
            EMPTY_DICT => {
                let dict = vm.new_dict()?;
                self.push(dict.value())
            }
            APPEND => self.append_one(),
            APPENDS => {
                let mark = self.pop_mark()?;
                self.append_from(mark)
            }
            SETITEM => match self.stack.len().checked_sub(2) {
                Some(start) => self.set_items_from(start),
                None => Err(self.underflow()),
            },
            SETITEMS => {
                let mark = self.pop_mark()?;
                self.set_items_from(mark)
            }
            BUILD => self.build(),
            NEWOBJ => self.new_object(false),
            REDUCE => self.reduce(),
            _ => self.rare_step(op),
        }
    }

    #[inline(never)]
    fn rare_step(&mut self, op: u8) -> PyResult<()> {
        let vm = self.vm;
        match op {
            PROTO => self.set_protocol(),
            FRAME => {
                let len = self.length(8, "FRAME length exceeds system's maximum of")?;
                self.input.begin_frame(vm, len)
            }
            LONG1 => {
                let len = self.input.byte(vm)?;
                self.load_long(len.into())
            }
            LONG4 => match i32::from_le_bytes(self.input.array(vm)?) {
                len @ 0.. => self.load_long(len as usize),
                _ => Err(unpickling_error(vm, "LONG pickle has negative byte count")),
            },
            INT => self.load_int_line(),
            LONG => self.load_long_line(),
            FLOAT => self.load_float_line(),
            SHORT_BINBYTES => self.load_bytes(1),
            BINBYTES => self.load_bytes(4),
            BINBYTES8 => self.load_bytes(8),
            BYTEARRAY8 => {
                let len = self.length(8, "BYTEARRAY8 exceeds system's maximum size of")?;
                let bytes = self.input.take_large(vm, len)?;
                let array = vm.new_bytearray(bytes.as_slice())?;
                self.push(array.value())
            }
            NEXT_BUFFER => self.load_next_buffer(),
            READONLY_BUFFER => self.load_readonly_buffer(),
            BINUNICODE8 => {
                let len = self.length(8, "BINUNICODE exceeds system's maximum size of")?;
                self.load_str(len)
            }
            UNICODE => {
                let line = self.input.line(vm)?;
                let (text, _) = escapes::decode_raw_unicode(vm, &line[..line.len() - 1], &Errors::Strict, true)?;
                self.push(text.value())
            }
            SHORT_BINSTRING => self.load_old_string(1),
            BINSTRING => self.load_old_string(4),
            STRING => self.load_quoted_string(),
            EMPTY_SET => {
                let set = vm.new_set_empty()?;
                self.push(set)
            }
            ADDITEMS => self.add_items(),
            FROZENSET => {
                let items = self.pop_to_mark_as_tuple()?;
                let set = vm.new_frozenset_from(items.value())?;
                self.push(set)
            }
            LIST => {
                let mark = self.pop_mark()?;
                let list = vm.new_list(&self.stack.as_slice()[mark..])?;
                self.stack.truncate(mark);
                self.push(list.value())
            }
            DICT => self.make_dict(),
            OBJ => self.make_instance(),
            INST => self.make_named_instance(),
            NEWOBJ_EX => self.new_object(true),
            GLOBAL => {
                let (module, name) = (self.name_line()?, self.name_line()?);
                let found = self.find_class(module, name)?;
                self.push(found)
            }
            STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                if vm.cast_exact::<PyStr>(name).is_none() || vm.cast_exact::<PyStr>(module).is_none() {
                    return Err(unpickling_error(vm, "STACK_GLOBAL requires str"));
                }
                let found = self.find_class(module, name)?;
                self.push(found)
            }
            DUP => {
                let top = self.top()?;
                self.push(top)
            }
            POP => self.discard(),
            POP_MARK => {
                let mark = self.pop_mark()?;
                self.stack.truncate(mark);
                Ok(())
            }
            GET => {
                let id = self.number_line()?;
                match usize::try_from(id) {
                    Ok(id) => self.get(id),
                    Err(_) => Err(self.not_in_memo(id)),
                }
            }
            PUT => {
                let id = self.number_line()?;
                self.top()?;
                match usize::try_from(id) {
                    Ok(id) => self.memoize(id),
                    Err(_) => Err(vm.value_error("negative PUT argument")),
                }
            }
            PERSID => {
                let line = self.input.line(vm)?;
                let line = &line[..line.len() - 1];
                if !line.is_ascii() {
                    return Err(unpickling_error(vm, "persistent IDs in protocol 0 must be ASCII strings"));
                }
                let id = vm.new_str_latin1(line)?;
                self.load_persistent(id.value())
            }
            BINPERSID => {
                let id = self.pop()?;
                self.load_persistent(id)
            }
            EXT1 => {
                let code = self.input.byte(vm)?;
                self.load_extension(code.into())
            }
            EXT2 => {
                let code = u16::from_le_bytes(self.input.array(vm)?);
                self.load_extension(code.into())
            }
            EXT4 => {
                let code = i32::from_le_bytes(self.input.array(vm)?);
                self.load_extension(code)
            }
            0x20..=0x7e if op != b'\'' && op != b'\\' => {
                Err(unpickling_error(vm, format_args!("invalid load key, '{}'.", char::from(op))))
            }
            _ => Err(unpickling_error(vm, format_args!("invalid load key, '\\x{op:02x}'."))),
        }
    }

    /// Puts an object on the stack.
    #[inline(always)]
    pub fn push(&mut self, object: Value) -> PyResult<()> {
        self.stack.push(self.vm, object)
    }

    /// Takes the object on top of the stack.
    #[inline]
    pub fn pop(&mut self) -> PyResult {
        if self.stack.len() <= self.fence {
            return Err(self.underflow());
        }
        self.stack.pop().ok_or_else(|| self.underflow())
    }

    /// The object on top of the stack.
    #[inline]
    pub fn top(&self) -> PyResult {
        match self.stack.as_slice().last() {
            Some(&top) if self.stack.len() > self.fence => Ok(top),
            _ => Err(self.underflow()),
        }
    }

    /// The error of an instruction that finds too little on the stack.
    #[cold]
    pub fn underflow(&self) -> Raised {
        let text = if self.marks.is_empty() { "unpickling stack underflow" } else { "unexpected MARK found" };
        unpickling_error(self.vm, text)
    }

    /// Takes the last mark; gives how high the stack was.
    #[inline]
    pub fn pop_mark(&mut self) -> PyResult<usize> {
        let Some(mark) = self.marks.pop() else { return Err(unpickling_error(self.vm, "could not find MARK")) };
        self.fence = self.marks.last().copied().unwrap_or(0);
        Ok(mark)
    }

    fn discard(&mut self) -> PyResult<()> {
        if self.marks.last() == Some(&self.stack.len()) {
            return self.pop_mark().map(drop);
        }
        self.pop().map(drop)
    }

    #[inline]
    fn memoize(&mut self, id: usize) -> PyResult<()> {
        let top = self.top()?;
        PyUnpickler::memo_put(self.unpickler, self.vm, id, top)
    }

    #[inline]
    fn get(&mut self, id: usize) -> PyResult<()> {
        match self.unpickler.memo_get(self.vm, id) {
            Some(object) => self.push(object),
            None => Err(self.not_in_memo(id as i64)),
        }
    }

    #[cold]
    fn not_in_memo(&self, id: i64) -> Raised {
        unpickling_error(self.vm, format_args!("Memo value not found at index {id}"))
    }

    fn set_protocol(&mut self) -> PyResult<()> {
        let protocol = i32::from(self.input.byte(self.vm)?);
        if protocol > HIGHEST_PROTOCOL {
            return Err(self.vm.value_error(format_args!("unsupported pickle protocol: {protocol}")));
        }
        self.unpickler.protocol.set(protocol);
        Ok(())
    }

    /// A length of so many bytes.
    fn length(&mut self, width: usize, too_large: &str) -> PyResult<usize> {
        let mut bytes = [0; 8];
        bytes[..width].copy_from_slice(self.input.take(self.vm, width)?);
        match u64::from_le_bytes(bytes) {
            len if len > isize::MAX as u64 => {
                let max = isize::MAX;
                Err(self.vm.overflow_error(format_args!("{too_large} {max} bytes")))
            }
            len => Ok(len as usize),
        }
    }

    #[inline]
    fn load_str(&mut self, len: usize) -> PyResult<()> {
        let vm = self.vm;
        let bytes = self.input.take(vm, len)?;
        let text = match bytes.is_ascii() {
            true => vm.new_str_latin1(bytes)?,
            false => vm.decode_as(bytes, Encoding::Utf8, &Errors::SurrogatePass)?,
        };
        self.push(text.value())
    }

    fn load_bytes(&mut self, width: usize) -> PyResult<()> {
        let len = self.length(width, "BINBYTES exceeds system's maximum size of")?;
        let bytes = self.input.take_large(self.vm, len)?;
        self.push(bytes.value())
    }

    /// An integer in two's complement.
    fn load_long(&mut self, len: usize) -> PyResult<()> {
        let vm = self.vm;
        let bytes = self.input.take(vm, len)?;
        let int = match bytes {
            [] => Value::small_int(0),
            [.., last] if len <= 8 => {
                let mut word = [if last & 0x80 != 0 { 0xff } else { 0 }; 8];
                word[..len].copy_from_slice(bytes);
                vm.new_int(i64::from_le_bytes(word))?
            }
            _ => vm.new_int_big(&num_bigint::BigInt::from_signed_bytes_le(bytes))?,
        };
        self.push(int)
    }

    /// A line without its end, which holds something.
    fn filled_line(&mut self) -> PyResult<Vec<u8>> {
        let mut line = self.input.line(self.vm)?;
        if line.len() < 2 {
            return Err(truncated(self.vm));
        }
        line.pop();
        Ok(line)
    }

    fn int_of_text(&self, text: &[u8]) -> PyResult {
        // A text ends at a 0 byte.
        let text = text.split(|&byte| byte == 0).next().unwrap_or(&[]);
        let original = self.vm.decode_as(text, Encoding::Utf8, &Errors::Strict)?;
        self.vm.int_from_bytes_text(original.value(), text, 10)
    }

    fn load_int_line(&mut self) -> PyResult<()> {
        let line = self.filled_line()?;
        match line.as_slice() {
            b"00" => return self.push(Value::FALSE),
            b"01" => return self.push(Value::TRUE),
            _ => {}
        }
        let int = match self.vm.catch(self.int_of_text(&line), self.vm.exceptions().ValueError)? {
            Ok(int) => int,
            Err(_) => return Err(self.vm.value_error("could not convert string to int")),
        };
        self.push(int)
    }

    fn load_long_line(&mut self) -> PyResult<()> {
        let mut line = self.filled_line()?;
        if line.last() == Some(&b'L') {
            line.pop();
        }
        let int = self.int_of_text(&line)?;
        self.push(int)
    }

    fn load_float_line(&mut self) -> PyResult<()> {
        let line = self.filled_line()?;
        let is_plain = line.first().is_some_and(|byte| !byte.is_ascii_whitespace()) && !line.contains(&b'_');
        match parse_float(&line).filter(|_| is_plain) {
            Some(float) => {
                let float = self.vm.new_float(float)?;
                self.push(float)
            }
            None if (1..line.len()).any(|end| is_plain_start(&line[..end])) => {
                Err(self.vm.value_error("could not convert string to float"))
            }
            None => {
                let text = String::from_utf8_lossy(&line).into_owned();
                Err(self.vm.value_error(format_args!("could not convert string to float: '{text}\n'")))
            }
        }
    }

    /// The number of a memo's object in a line.
    fn number_line(&mut self) -> PyResult<i64> {
        let mut line = self.filled_line()?;
        // What is no number is shown as it was read.
        line.push(b'\n');
        let int = self.int_of_text(&line)?;
        Ok(crate::parse_tuple::size(self.vm, int)? as i64)
    }

    fn name_line(&mut self) -> PyResult {
        let line = self.filled_line()?;
        Ok(self.vm.decode_as(&line, Encoding::Utf8, &Errors::Strict)?.value())
    }

    /// A line of ASCII characters, of the instruction for instances of Python 2.
    pub fn ascii_line(&mut self) -> PyResult {
        let line = self.filled_line()?;
        Ok(self.vm.decode_as(&line, Encoding::Ascii, &Errors::Strict)?.value())
    }

    fn load_old_string(&mut self, width: usize) -> PyResult<()> {
        let vm = self.vm;
        let len = match width {
            1 => self.input.byte(vm)?.into(),
            _ => usize::try_from(i32::from_le_bytes(self.input.array(vm)?))
                .map_err(|_| unpickling_error(vm, "BINSTRING pickle has negative byte count"))?,
        };
        let bytes = self.input.take_large(vm, len)?;
        self.push_old_string(bytes)
    }

    fn load_quoted_string(&mut self) -> PyResult<()> {
        let line = self.input.line(self.vm)?;
        let text = match &line[..line.len() - 1] {
            [first @ (b'\'' | b'"'), text @ .., last] if first == last => text,
            _ => return Err(unpickling_error(self.vm, "the STRING opcode argument must be quoted")),
        };
        let bytes = escapes::decode_bytes(self.vm, text, None)?;
        self.push_old_string(bytes)
    }

    /// A string of Python 2, by the encoding that was asked for.
    fn push_old_string(&mut self, bytes: Gc<kaa_objects::types::bytes::PyBytes>) -> PyResult<()> {
        let (encoding, errors) = (self.unpickler.encoding.get(), self.unpickler.errors.get());
        if encoding.is_some_and(|encoding| encoding.equals_str("bytes")) {
            return self.push(bytes.value());
        }
        let text = self.vm.decode(bytes.value(), bytes.as_slice(), encoding, errors)?;
        self.push(text.value())
    }

    fn load_next_buffer(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let Some(buffers) = self.unpickler.buffers.get() else {
            return Err(unpickling_error(
                vm,
                "pickle stream refers to out-of-band data but no *buffers* argument was given",
            ));
        };
        match vm.next(buffers)? {
            Some(buffer) => self.push(buffer),
            None => Err(unpickling_error(vm, "not enough out-of-band buffers")),
        }
    }

    fn load_readonly_buffer(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let top = self.top()?;
        let view = vm.new_memoryview(top)?;
        let readonly = vm.get_attr_str(view.value(), "readonly")?;
        if vm.truth(readonly)? {
            return Ok(());
        }
        let view = vm.call_method_str(view.value(), "toreadonly", &[])?;
        debug_assert!(vm.cast::<PyMemoryView>(view).is_some());
        self.stack.set(vm, self.stack.len() - 1, view);
        Ok(())
    }

    fn load_persistent(&mut self, id: Value) -> PyResult<()> {
        let Some(load) = self.persistent_load else {
            return Err(unpickling_error(
                self.vm,
                "A load persistent id instruction was encountered, but no persistent_load function was specified.",
            ));
        };
        let object = self.vm.call(load, &[id])?;
        self.push(object)
    }

    /// What a module has under a name, as the unpickler finds it.
    pub fn find_class(&self, module: Value, name: Value) -> PyResult {
        if self.has_own_find_class {
            return PyUnpickler::find_class_of(self.unpickler, self.vm, module, name);
        }
        self.vm.call_method(self.unpickler.value(), self.vm.intern("find_class"), &[module, name])
    }
}

/// Whether a text begins with a number.
fn is_plain_start(text: &[u8]) -> bool {
    !text[0].is_ascii_whitespace() && parse_float(text).is_some()
}

/// Whether a value is a class.
pub fn is_class(vm: &Vm, value: Value) -> bool {
    vm.cast::<PyType>(value).is_some()
}
