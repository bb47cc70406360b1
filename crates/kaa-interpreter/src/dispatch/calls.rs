//! Calls. A call of a Python function pushes a frame and stays in the interpreter.

use kaa_bytecode::Opcode;
use kaa_objects::class::PyType;
use kaa_objects::types::cell::PyCell;
use kaa_objects::types::code::PyCode;
use kaa_objects::types::descriptors::{PyBuiltinFunction, PyMethodDescriptor};
use kaa_objects::types::dict::PyDict;
use kaa_objects::types::function::PyFunction;
use kaa_objects::types::list::PyList;
use kaa_objects::types::method::PyMethod;
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{Args, Gc, PyResult, Value, Vm, ids};

use super::Driver;
use super::control::{is_exact, wrong_operand};
use super::state::{State, object, op, value, word};
use crate::frame::{Frame, special};
use crate::{call, specialize};

/// Cache units of `CALL` and `CALL_KW`.
const CACHES: usize = 3;

/// Room for a frame on the data stack, counted against the recursion limit; null when there is
/// none. Header fields are written, but for those that a frame needs only while it does not run.
///
/// # Safety
/// The code is the function's, or the caller sets `globals` and the like itself.
#[inline(always)]
pub unsafe fn push_frame(
    vm: &Vm,
    function: Gc<PyFunction>,
    code: Gc<PyCode>,
    previous: *mut Frame,
    bits: u64,
) -> *mut Frame {
    let thread = vm.thread();
    let top = thread.stack_top.get();
    let end = top + code.frame_words as usize * 8;
    let remaining = thread.recursion_remaining.get();
    if end > thread.stack_end.get() || remaining <= 0 {
        return std::ptr::null_mut();
    }
    thread.stack_top.set(end);
    thread.recursion_remaining.set(remaining - 1);
    let frame = top as *mut Frame;
    // SAFETY: the memory was just reserved.
    unsafe {
        frame.write(Frame {
            code,
            consts: code.consts.as_ptr().cast(),
            function: function.value().bits(),
            globals: function.globals.get_set(),
            builtins: function.builtins.get_set(),
            locals: 0,
            previous,
            pc: code.adaptive.as_ptr().cast(),
            sp: Frame::locals_ptr(frame),
            frame_object: 0,
            generator: 0,
            special: bits,
        });
    }
    frame
}

/// Raises `RecursionError`, or makes the data stack when there is none yet.
#[cold]
#[inline(never)]
pub fn no_room(vm: &Vm) {
    let _ = vm.recursion_error("maximum recursion depth exceeded");
}

/// Copies words upwards. Short rows are the rule: no call of `memcpy`.
///
/// # Safety
/// Both rows are valid for `count` words.
#[inline(always)]
pub unsafe fn copy_words(mut from: *const u64, mut to: *mut u64, count: usize) {
    // SAFETY: the caller's promise. Volatile keeps the loop a loop.
    unsafe {
        let end = from.add(count);
        while from < end {
            to.write_volatile(*from);
            (from, to) = (from.add(1), to.add(1));
        }
    }
}

/// Empties words.
///
/// # Safety
/// The row is valid for `count` words.
#[inline(always)]
pub unsafe fn clear_words(mut to: *mut u64, count: usize) {
    // SAFETY: as for `copy_words`.
    unsafe {
        let end = to.add(count);
        while to < end {
            to.write_volatile(0);
            to = to.add(1);
        }
    }
}

/// Enters a function whose parameters are the `total` words below the top of the stack, of which
/// `taken` operands are taken.
///
/// # Safety
/// The registers are those of an instruction with its caches ahead; the code is simple for
/// `total`.
#[inline(always)]
pub unsafe fn enter_simple<D: Driver>(
    mut s: State<'_>,
    function: Gc<PyFunction>,
    total: usize,
    taken: usize,
    caches: usize,
) -> D::Out {
    // SAFETY: the caller's promise.
    unsafe {
        let code = function.code.get_set();
        let frame = push_frame(s.vm, function, code, s.fp, 0);
        if frame.is_null() {
            return s.goto::<D>(call_no_room::<D>, 0);
        }
        let locals = Frame::locals_ptr(frame);
        copy_words(s.sp.sub(total), locals, total);
        let all = code.nlocalsplus as usize;
        clear_words(locals.add(total), all - total);
        (*s.fp).pc = s.pc.add(caches);
        (*s.fp).sp = s.sp.sub(taken);
        s.vm.thread().frame.set(frame.cast());
        s.fp = frame;
        s.pc = code.adaptive.as_ptr().cast();
        s.sp = locals.add(all);
        // Most code begins with a poll.
        if *s.pc as u8 == Opcode::Resume as u8 && !s.polled() {
            s.pc = s.pc.add(1);
        }
        s.next::<D>()
    }
}

op! {
    #[cold]
    fn call_no_room<D>(s, arg) {
        s.save();
        no_room(s.vm);
        s.raise::<D>()
    }

    /// Counts down to its specialization, and works without.
    fn call<D>(s, arg) {
        specialize::call::call(s.vm, s.pc, s.peek(arg + 2), s.peek(arg + 1), arg);
        s.goto::<D>(call_generic::<D>, arg)
    }

    /// A Python function called with as many arguments as it has parameters, on which nothing
    /// else depends.
    fn call_py<D>(s, arg) {
        let callable = s.peek(arg + 2);
        if !is_exact(callable, ids::FUNCTION) {
            return s.goto::<D>(call_miss::<D>, arg);
        }
        let function: Gc<PyFunction> = object(callable);
        let code = function.code.get_set();
        let total = arg + usize::from(s.peek(arg + 1) != 0);
        if code.simple_argcount as usize != total {
            return s.goto::<D>(call_generic::<D>, arg);
        }
        enter_simple::<D>(s, function, total, arg + 2, CACHES)
    }

    /// A bound method of a Python function.
    fn call_bound_method<D>(s, arg) {
        let callable = s.peek(arg + 2);
        if !is_exact(callable, ids::METHOD) || s.peek(arg + 1) != 0 {
            return s.goto::<D>(call_miss::<D>, arg);
        }
        let method: Gc<PyMethod> = object(callable);
        let function = method.function.get_set().bits();
        s.poke(arg + 1, method.this.get_set().bits());
        s.poke(arg + 2, function);
        s.goto::<D>(call_unbound::<D>, arg)
    }

    /// The second half of `call_bound_method`: the method's parts are on the stack.
    fn call_unbound<D>(s, arg) {
        let callable = s.peek(arg + 2);
        if !is_exact(callable, ids::FUNCTION) {
            return s.goto::<D>(call_generic::<D>, arg);
        }
        let function: Gc<PyFunction> = object(callable);
        let code = function.code.get_set();
        if code.simple_argcount as usize != arg + 1 {
            return s.goto::<D>(call_generic::<D>, arg);
        }
        enter_simple::<D>(s, function, arg + 1, arg + 2, CACHES)
    }

    /// A native function: `len`, `[].append`.
    fn call_native<D>(s, arg) {
        let callable = s.peek(arg + 2);
        if !is_exact(callable, ids::BUILTIN_FUNCTION) || s.peek(arg + 1) != 0 {
            return s.goto::<D>(call_miss::<D>, arg);
        }
        s.save();
        let result = native_function(s.vm, object(callable), s.sp.sub(arg).cast(), arg);
        s.finish::<D>(arg + 2, result, CACHES)
    }

    /// A native method loaded from a class: `list.append` with the list.
    fn call_method_descriptor<D>(s, arg) {
        let (callable, this) = (s.peek(arg + 2), s.peek(arg + 1));
        if !is_exact(callable, ids::METHOD_DESCRIPTOR) || this == 0 {
            return s.goto::<D>(call_miss::<D>, arg);
        }
        s.save();
        let result = method_descriptor(s.vm, object(callable), value(this), s.sp.sub(arg).cast(), arg);
        s.finish::<D>(arg + 2, result, CACHES)
    }

    /// `type(x)`.
    fn call_type_1<D>(s, arg) {
        let callable = s.peek(arg + 2);
        if callable != s.vm.class::<PyType>().value().bits() || s.peek(arg + 1) != 0 {
            return s.goto::<D>(call_miss::<D>, arg);
        }
        let class = s.vm.class_of(s.peek_value(1)).value().bits();
        s.replace(3, class);
        s.skip(CACHES);
        s.next::<D>()
    }

    /// `list.append(x)`.
    fn call_list_append<D>(s, arg) {
        let (callable, this) = (s.peek(3), s.peek(2));
        if !is_exact(callable, ids::METHOD_DESCRIPTOR) || !is_exact(this, ids::LIST) {
            return s.goto::<D>(call_miss::<D>, arg);
        }
        let descriptor: Gc<PyMethodDescriptor> = object(callable);
        if std::ptr::from_ref(descriptor.def) as usize & 0xffff_ffff != s.cache32(1) as usize {
            return s.goto::<D>(call_miss::<D>, arg);
        }
        s.save();
        let fine = list_append(s.vm, object(this), s.peek_value(1));
        let result = if fine { Value::NONE.bits() } else { 0 };
        s.finish::<D>(3, result, CACHES)
    }

    /// A Python class whose instances are made by `object.__new__` and a Python `__init__`.
    /// Cache: -, version of the class (2).
    fn call_class_init<D>(s, arg) {
        let callable = s.peek(arg + 2);
        if !is_exact(callable, ids::TYPE) || s.peek(arg + 1) != 0 {
            return s.goto::<D>(call_miss::<D>, arg);
        }
        let class: Gc<PyType> = object(callable);
        if class.version.get() != s.cache32(1) {
            return s.goto::<D>(call_miss::<D>, arg);
        }
        let init = s.vm.lookup(class, s.vm.names().__init__);
        let Some(init) = init.filter(|init| is_exact(init.bits(), ids::FUNCTION)) else {
            return s.goto::<D>(call_miss::<D>, arg);
        };
        let function: Gc<PyFunction> = object(init.bits());
        s.save();
        let instance = new_instance(s.vm, class);
        if instance == 0 {
            return s.raise::<D>();
        }
        // The instance takes the place of the class, so that it stays when the operands go, and
        // stands once more as the first argument.
        s.poke(arg + 2, instance);
        s.poke(arg + 1, instance);
        let code = function.code.get_set();
        let frame = push_frame(s.vm, function, code, s.fp, special::INIT);
        if frame.is_null() {
            return s.goto::<D>(call_no_room::<D>, arg);
        }
        let locals = Frame::locals_ptr(frame);
        let all = code.nlocalsplus as usize;
        if code.simple_argcount as usize == arg + 1 {
            copy_words(s.sp.sub(arg + 1), locals, arg + 1);
            clear_words(locals.add(arg + 1), all - arg - 1);
        } else {
            clear_words(locals, all);
            (*frame).sp = locals.add(all);
            s.vm.thread().frame.set(frame.cast());
            if !bind_words(s.vm, function, frame, s.sp.sub(arg + 1), arg + 1, 0) {
                abandon_frame(s.vm, frame);
                return s.raise::<D>();
            }
        }
        (*s.fp).pc = s.pc.add(CACHES);
        (*s.fp).sp = s.sp.sub(arg + 1);
        s.vm.thread().frame.set(frame.cast());
        s.fp = frame;
        s.pc = code.adaptive.as_ptr().cast();
        s.sp = locals.add(all);
        s.next::<D>()
    }

    #[cold]
    fn call_miss<D>(s, arg) {
        specialize::despecialize(s.pc, Opcode::Call);
        s.goto::<D>(call_generic::<D>, arg)
    }

    /// Any call without keywords.
    fn call_generic<D>(s, arg) {
        s.save();
        unpack_method(&mut s, arg + 2);
        let callable = s.peek(arg + 2);
        let total = arg + usize::from(s.peek(arg + 1) != 0);
        if is_exact(callable, ids::FUNCTION) {
            let frame = bound_frame(s.vm, s.fp, object(callable), s.sp.sub(total), total, 0);
            return enter_bound::<D>(s, frame, arg + 2, CACHES);
        }
        let result = call_words(s.vm, value(callable), s.sp.sub(total).cast(), total, 0);
        s.finish::<D>(arg + 2, result, CACHES)
    }

    fn call_kw<D>(s, arg) {
        s.save();
        let kwnames = s.peek(1);
        if !are_keywords(s.vm, s.peek_value(1), arg) {
            return s.raise::<D>();
        }
        unpack_method(&mut s, arg + 3);
        let callable = s.peek(arg + 3);
        let total = arg + usize::from(s.peek(arg + 2) != 0);
        let args = s.sp.sub(total + 1);
        if is_exact(callable, ids::FUNCTION) {
            let frame = bound_frame(s.vm, s.fp, object(callable), args, total, kwnames);
            return enter_bound::<D>(s, frame, arg + 3, CACHES);
        }
        let result = call_words(s.vm, value(callable), args.cast(), total, kwnames);
        s.finish::<D>(arg + 3, result, CACHES)
    }

    fn call_function_ex<D>(s, arg) {
        s.save();
        // The tuple and the row of keyword values replace what was on the stack.
        if !spread(s.vm, s.peek_value(4), s.sp.sub(2)) {
            return s.raise::<D>();
        }
        let callable = s.peek(4);
        let row: Gc<PyList> = object(s.peek(2));
        let (first, total) = (row.as_slice().as_ptr(), row.len());
        let kwnames = s.peek(1);
        if is_exact(callable, ids::FUNCTION) {
            let frame = bound_frame(s.vm, s.fp, object(callable), first.cast(), total, kwnames);
            return enter_bound::<D>(s, frame, 4, 0);
        }
        let result = call_words(s.vm, value(callable), first, total, kwnames);
        s.finish::<D>(4, result, 0)
    }

    fn make_function<D>(s, arg) {
        s.save();
        let result = new_function(s.vm, s.fp, s.peek_value(1));
        s.finish::<D>(1, result, 0)
    }

    fn set_function_attribute<D>(s, arg) {
        let function = s.peek(1);
        s.save();
        if !set_attribute_of_function(s.vm, s.peek_value(1), s.peek_value(2), arg) {
            wrong_operand(s.vm, "function, or no attribute of one");
            return s.raise::<D>();
        }
        s.replace(2, function);
        s.next::<D>()
    }
}

/// Turns a bound method without a separate first argument, `depth` below the top, into the
/// function and that argument.
///
/// # Safety
/// The operand at that depth is a callable, that above it 0 or the first argument.
#[inline(always)]
pub unsafe fn unpack_method(s: &mut State<'_>, depth: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let callable = s.peek(depth);
        if s.peek(depth - 1) == 0 && is_exact(callable, ids::METHOD) {
            let method: Gc<PyMethod> = object(callable);
            s.poke(depth - 1, method.this.get_set().bits());
            s.poke(depth, method.function.get_set().bits());
        }
    }
}

/// Enters a frame whose parameters are bound, or raises when there is none.
///
/// # Safety
/// The registers are those of a call that takes `taken` operands and has `caches` units.
#[inline(always)]
pub unsafe fn enter_bound<D: Driver>(mut s: State<'_>, frame: *mut Frame, taken: usize, caches: usize) -> D::Out {
    // SAFETY: the caller's promise.
    unsafe {
        if frame.is_null() {
            return s.raise::<D>();
        }
        (*s.fp).pc = s.pc.add(caches);
        (*s.fp).sp = s.sp.sub(taken);
        s.vm.thread().frame.set(frame.cast());
        s.fp = frame;
        s.pc = (*frame).pc;
        s.sp = (*frame).sp;
        s.next::<D>()
    }
}

/// A frame for a call with any arguments; null when that raised. `kwnames` is a tuple or 0.
#[inline(never)]
pub(crate) fn bound_frame(
    vm: &Vm,
    previous: *mut Frame,
    function: Gc<PyFunction>,
    args: *const u64,
    total: usize,
    kwnames: u64,
) -> *mut Frame {
    let code = function.code.get_set();
    // SAFETY: the frame is filled before anything looks at it; the collector sees its locals from
    // when it is the thread's frame.
    unsafe {
        let frame = push_frame(vm, function, code, previous, 0);
        if frame.is_null() {
            no_room(vm);
            return frame;
        }
        let locals = Frame::locals_ptr(frame);
        let all = code.nlocalsplus as usize;
        clear_words(locals, all);
        (*frame).sp = locals.add(all);
        if kwnames == 0 && code.simple_argcount as usize == total {
            copy_words(args, locals, total);
            return frame;
        }
        if kwnames == 0 && fill_simple_defaults(function, &code, args, total, locals) {
            return frame;
        }
        if !code.has_flag(kaa_bytecode::flags::OPTIMIZED) {
            // A function made of a module's or class's code works in its globals.
            (*frame).locals = (*frame).globals.value().bits();
        }
        vm.thread().frame.set(frame.cast());
        if !bind_words(vm, function, frame, args, total, kwnames) {
            abandon_frame(vm, frame);
            return std::ptr::null_mut();
        }
        frame
    }
}

/// Binds positional arguments that lack only some at the end, which have defaults; false when it
/// is not that simple.
///
/// # Safety
/// As for [`bind_words`]; the locals are those of a new frame of the code.
#[inline(always)]
unsafe fn fill_simple_defaults(
    function: Gc<PyFunction>,
    code: &PyCode,
    args: *const u64,
    total: usize,
    locals: *mut u64,
) -> bool {
    let argcount = code.argcount as usize;
    let Some(defaults) = function.defaults.get() else { return false };
    let defaults = defaults.as_slice();
    // `simple_argcount` is set for code without other kinds of parameters.
    let simple = code.simple_argcount != kaa_objects::types::code::NOT_SIMPLE;
    if !simple || total > argcount || total + defaults.len() < argcount || defaults.len() > argcount {
        return false;
    }
    // SAFETY: the caller's promise; values and words are the same.
    unsafe {
        copy_words(args, locals, total);
        let missing = argcount - total;
        let from = defaults.as_ptr().add(defaults.len() - missing).cast();
        copy_words(from, locals.add(total), missing);
    }
    true
}

/// Binds a row of argument words; false when that raised.
///
/// # Safety
/// The row holds `total` values, those of the keywords last; `kwnames` is a tuple or 0.
#[inline(never)]
unsafe fn bind_words(
    vm: &Vm,
    function: Gc<PyFunction>,
    frame: *mut Frame,
    args: *const u64,
    total: usize,
    kwnames: u64,
) -> bool {
    // SAFETY: the caller's promise.
    let args = unsafe { words_as_args(args.cast(), total, kwnames) };
    call::bind(vm, function, frame, args).is_ok()
}

/// Gives up a frame whose parameters could not be bound.
///
/// # Safety
/// The frame is the last on the data stack, and did not start.
unsafe fn abandon_frame(vm: &Vm, frame: *mut Frame) {
    let thread = vm.thread();
    // SAFETY: the caller's promise.
    thread.frame.set(unsafe { (*frame).previous }.cast());
    thread.stack_top.set(frame as usize);
    thread.recursion_remaining.set(thread.recursion_remaining.get() + 1);
}

/// A row of argument words as arguments.
///
/// # Safety
/// The row holds `total` values and stays while the arguments are used; `kwnames` is a tuple or 0.
#[inline(always)]
unsafe fn words_as_args<'a>(args: *const Value, total: usize, kwnames: u64) -> Args<'a> {
    // SAFETY: the caller's promise.
    unsafe {
        let values = std::slice::from_raw_parts(args, total);
        let kwnames = (kwnames != 0).then(|| object::<PyTuple>(kwnames));
        Args::with_keywords(values, kwnames)
    }
}

/// Calls anything but a Python function.
#[inline(never)]
pub(crate) fn call_words(vm: &Vm, callable: Value, args: *const Value, total: usize, kwnames: u64) -> u64 {
    // SAFETY: the row lies on the operand stack of the caller's frame, or in a list on it.
    let args = unsafe { words_as_args(args, total, kwnames) };
    word(match vm.cast_exact::<PyBuiltinFunction>(callable) {
        Some(function) => (function.def.function)(vm, function.this_value(), args),
        None => vm.call_args(callable, args),
    })
}

#[inline(never)]
fn native_function(vm: &Vm, function: Gc<PyBuiltinFunction>, args: *const Value, total: usize) -> u64 {
    // SAFETY: as for `call_words`.
    let args = unsafe { words_as_args(args, total, 0) };
    word((function.def.function)(vm, function.this_value(), args))
}

#[inline(never)]
fn method_descriptor(
    vm: &Vm,
    descriptor: Gc<PyMethodDescriptor>,
    this: Value,
    args: *const Value,
    total: usize,
) -> u64 {
    let class = descriptor.class.get_set();
    let own = vm.class_of(this);
    if own != class && !own.is_subclass(class) {
        // SAFETY: as for `call_words`; the first argument stands before the others.
        let args = unsafe { words_as_args(args.sub(1), total + 1, 0) };
        return word(vm.call_args(descriptor.value(), args));
    }
    // SAFETY: as for `call_words`.
    let args = unsafe { words_as_args(args, total, 0) };
    word((descriptor.def.function)(vm, this, args))
}

#[inline(never)]
fn list_append(vm: &Vm, list: Gc<PyList>, item: Value) -> bool {
    list.push(vm, item).is_ok()
}

/// An instance of a class that is known to use `object.__new__`.
#[inline(never)]
fn new_instance(vm: &Vm, class: Gc<PyType>) -> u64 {
    match class.slots().new {
        Some(new) => word(new(vm, class, Args::EMPTY)),
        None => 0,
    }
}

/// Prepares `f(*args, **kwargs)`: at `operands`, the iterable becomes a list of all argument
/// values, the mapping (or 0) a tuple of the keywords' names (or 0).
#[inline(never)]
pub(crate) fn spread(vm: &Vm, callable: Value, operands: *mut u64) -> bool {
    let fill = || -> PyResult<()> {
        // SAFETY: the two operands are on the running frame's stack.
        let (positional, keywords) = unsafe { (value(*operands), Value::from_bits(*operands.add(1))) };
        let row = match vm.cast_exact::<PyTuple>(positional) {
            Some(tuple) => vm.new_list(tuple.as_slice())?,
            None => {
                let class = vm.class_of(positional);
                if class.slots().iter.is_none() && !vm.is_sequence(positional) {
                    let (function, class) = (function_text(vm, callable), class.name_text());
                    let message = format!("{function} argument after * must be an iterable, not {class}");
                    return Err(vm.type_error(message));
                }
                vm.list_from(positional)?
            }
        };
        // SAFETY: as above.
        unsafe { *operands = row.value().bits() };
        let Some(keywords) = keywords else { return Ok(()) };
        let dict: Gc<PyDict> = match vm.cast(keywords) {
            Some(dict) => dict,
            None => return Err(vm.system_error("the keyword arguments of a call are no dict")),
        };
        let names = vm.new_list(&[])?;
        for position in 0..dict.filled() {
            if let Some(entry) = dict.entry(position) {
                if vm.cast::<PyStr>(entry.key).is_none() {
                    return Err(vm.type_error("keywords must be strings"));
                }
                names.push(vm, entry.key)?;
                row.push(vm, entry.value)?;
            }
        }
        let names = vm.new_tuple(names.as_slice())?;
        // SAFETY: as above.
        unsafe { *operands.add(1) = if names.is_empty() { 0 } else { names.value().bits() } };
        Ok(())
    };
    fill().is_ok()
}

/// How messages about a call's arguments name the callable: `f()`, `module.f()`.
pub fn function_text(vm: &Vm, callable: Value) -> String {
    let name = |attribute| {
        let found = vm.get_attr_optional(callable, attribute);
        found.ok().flatten().filter(|&name| vm.cast::<PyStr>(name).is_some())
    };
    let Some(qualname) = name(vm.names().__qualname__) else { return vm.str_lossy(callable) };
    let qualname = vm.str_lossy(qualname);
    match name(vm.names().__module__).map(|module| vm.str_lossy(module)) {
        Some(module) if module != "builtins" => format!("{module}.{qualname}()"),
        _ => format!("{qualname}()"),
    }
}

/// `SET_FUNCTION_ATTRIBUTE`; false when an operand is not of the class that it must be.
#[inline(never)]
fn set_attribute_of_function(vm: &Vm, function: Value, attribute: Value, which: usize) -> bool {
    use kaa_bytecode::operands::function_attribute as attributes;
    let set = || {
        let function = vm.cast_exact::<PyFunction>(function)?;
        match which as u32 {
            attributes::DEFAULTS => function.defaults.set(vm, function, vm.cast_exact(attribute)?),
            attributes::KWDEFAULTS => function.kwdefaults.set(vm, function, vm.cast_exact(attribute)?),
            attributes::ANNOTATIONS => function.annotations.set(vm, function, attribute),
            attributes::CLOSURE => {
                let cells = vm.cast_exact::<PyTuple>(attribute)?;
                let all = cells.as_slice().iter().all(|&cell| vm.cast_exact::<PyCell>(cell).is_some());
                let fits = all && cells.len() == function.code.get_set().nfree as usize;
                function.closure.set(vm, function, fits.then_some(cells)?);
            }
            _ => {
                if let Some(annotate) = vm.cast_exact::<PyFunction>(attribute) {
                    let qualname = vm.concat_str(function.qualname(vm), vm.intern(".__annotate__")).ok()?;
                    annotate.rename(vm, qualname);
                }
                function.annotate.set(vm, function, attribute);
            }
        }
        Some(())
    };
    set().is_some()
}

/// Whether the operand of `CALL_KW` names the last of so many arguments; raises otherwise.
#[inline(always)]
fn are_keywords(vm: &Vm, kwnames: Value, total: usize) -> bool {
    match vm.cast_exact::<PyTuple>(kwnames) {
        Some(names)
            if names.len() <= total && names.as_slice().iter().all(|&name| vm.cast_exact::<PyStr>(name).is_some()) =>
        {
            true
        }
        _ => {
            wrong_operand(vm, "tuple of keywords");
            false
        }
    }
}

/// `MAKE_FUNCTION`.
#[inline(never)]
fn new_function(vm: &Vm, fp: *mut Frame, code: Value) -> u64 {
    let Some(code) = vm.cast_exact::<PyCode>(code) else {
        wrong_operand(vm, "code");
        return 0;
    };
    // SAFETY: the running frame.
    let (globals, builtins) = unsafe { ((*fp).globals, (*fp).builtins) };
    vm.new_function(code, globals, builtins).map_or(0, |function| function.value().bits())
}

/// Runs a Python function for native code: [`kaa_objects::vm::Hooks::call_function`].
pub fn call_function(vm: &Vm, callable: Value, args: Args<'_>) -> PyResult {
    vm.check_stack("")?;
    // SAFETY: the hook is called with function objects only; the arguments stay for the call.
    unsafe {
        let function: Gc<PyFunction> = object(callable.bits());
        if vm.thread().stack_base.get() == 0 && !crate::stack::make(vm) {
            return Err(vm.no_memory());
        }
        let kwnames = args.kwnames().map_or(0, |names| names.value().bits());
        let previous = vm.thread().frame.get().cast();
        let frame = bound_frame(vm, previous, function, args.all().as_ptr().cast(), args.all().len(), kwnames);
        if frame.is_null() {
            return Err(vm.still_raised());
        }
        crate::run::run_frame(vm, frame)
    }
}
