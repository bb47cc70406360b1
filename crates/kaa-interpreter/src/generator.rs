//! `generator`, `coroutine` and `async_generator`: objects that own a frame. The frame lies inside
//! the object and runs there in place.
//!
//! While the generator is suspended the collector traces the frame precisely; while it runs the
//! frame's words are scanned like the data stack (`roots.rs`), and the object stays in place.

use std::cell::Cell;
use std::sync::atomic::AtomicU32;

use kaa_objects::class::{Layout, TraceKind, TypeDef, flags};
use kaa_objects::object::{Header, Native, Slot, Trace, Visitor};
use kaa_objects::types::exceptions::PyBaseException;
use kaa_objects::types::generic_alias::CLASS_GETITEM;
use kaa_objects::types::object::PyObject;
use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, PyResult, Value, Vm, ids};

use crate::frame::Frame;

/// Where a generator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// It was made and not started.
    Created,
    /// It yielded.
    Suspended,
    /// It runs.
    Running,
    /// It returned, raised or was closed.
    Finished,
}

/// The part of generators before their frame.
#[repr(C)]
pub struct PyGenerator {
    header: Header,
    /// Where it stands.
    pub state: Cell<State>,
    /// Async generators: whether the hooks were called for it.
    pub hooks_inited: Cell<bool>,
    /// Async generators: `aclose` was called, or the end was reached.
    pub closed: Cell<bool>,
    /// Async generators: `ag_running`: one of its awaitables is being awaited.
    pub awaited: Cell<bool>,
    /// It counts as running while what it delegates to runs, though its frame does not.
    pub delegating: Cell<bool>,
    /// How many words of the frame, from the first local on, hold values while it is suspended.
    words: Cell<u32>,
    /// `gi_name` and `gi_qualname`: `__name__`, `__qualname__`.
    pub name: Slot<Gc<PyStr>>,
    #[allow(missing_docs)]
    pub qualname: Slot<Gc<PyStr>>,
    /// The exception that it handles while suspended.
    pub handled: Slot<Gc<PyBaseException>>,
    /// What the thread handled when it was resumed: restored when it is suspended.
    pub outer_handled: Slot<Gc<PyBaseException>>,
    #[allow(missing_docs)]
    pub outer_outside: Slot<Gc<PyBaseException>>,
    #[allow(missing_docs)]
    pub outer_inside: Cell<bool>,
    /// Where the frame that resumed it goes on when it ends.
    pub goal: Cell<*const u16>,
    /// Coroutines: `cr_origin`. Async generators: the finalizer hook.
    pub origin: Slot,
    /// The frame; its locals and its stack follow.
    frame: Frame,
}

impl PyGenerator {
    /// The frame inside.
    #[inline(always)]
    pub fn frame(&self) -> *mut Frame {
        (&raw const self.frame).cast_mut()
    }

    /// Suspends it with the operand stack ending at `sp`.
    ///
    /// # Safety
    /// `sp` is the end of the frame's operand stack.
    #[inline(always)]
    pub unsafe fn suspend(&self, sp: *mut u64) {
        // SAFETY: the caller's promise.
        self.words.set(unsafe { sp.offset_from(Frame::locals_ptr(self.frame())) } as u32);
        self.state.set(State::Suspended);
    }

    /// Ends it; its frame is given up.
    pub fn end(&self) {
        self.state.set(State::Finished);
        self.words.set(0);
        self.handled.clear();
    }

    /// The end of the operand stack while it is suspended.
    #[inline(always)]
    pub fn stack_end(&self) -> *mut u64 {
        // SAFETY: the frame has at least that many words.
        unsafe { Frame::locals_ptr(self.frame()).add(self.words.get() as usize) }
    }
}

/// The trace function of all three types.
///
/// # Safety
/// `object` is a generator, being visited.
unsafe fn trace_generator(object: *mut u8, visitor: &mut Visitor<'_>) {
    // SAFETY: the caller's promise; a frame that does not run holds values up to its stack's end.
    unsafe {
        let generator = &mut *object.cast::<PyGenerator>();
        generator.name.trace(visitor);
        generator.qualname.trace(visitor);
        generator.handled.trace(visitor);
        generator.outer_handled.trace(visitor);
        generator.outer_outside.trace(visitor);
        generator.origin.trace(visitor);
        let frame = generator.frame();
        visitor.slot(&mut *(&raw mut (*frame).code).cast());
        visitor.slot(&mut (*frame).function);
        visitor.slot(&mut *(&raw mut (*frame).globals).cast());
        visitor.slot(&mut *(&raw mut (*frame).builtins).cast());
        visitor.slot(&mut (*frame).locals);
        visitor.slot(&mut (*frame).frame_object);
        visitor.slot(&mut (*frame).generator);
        if generator.delegating.get() || matches!(generator.state.get(), State::Created | State::Suspended) {
            visitor.slots(Frame::locals_ptr(frame), generator.words.get() as usize);
        }
    }
}

macro_rules! generator_types {
    ($($(#[$meta:meta])* $type:ident $name:literal $id:ident $slots:path, $part:path;)*) => {
        $(
            $(#[$meta])*
            #[repr(transparent)]
            pub struct $type(pub PyGenerator);

            // SAFETY: the struct is repr(C) and begins with its header.
            unsafe impl Native for $type {
                fn def() -> &'static TypeDef {
                    static DEF: TypeDef = TypeDef {
                        name: $name,
                        module: "builtins",
                        doc: None,
                        base: Some(<PyObject as Native>::def),
                        flags: flags::DISALLOW_INSTANTIATION | flags::MANAGED_WEAKREF,
                        layout: Layout {
                            size: size_of::<PyGenerator>(),
                            variable: true,
                            trace: TraceKind::Custom(trace_generator),
                            drop: None,
                            weak_slot: None,
                        },
                        slots: $slots,
                        methods: &[$part.methods, CLASS_GETITEM.methods],
                        getset: &[$part.getset],
                        setup: None,
                        index: AtomicU32::new(ids::$id),
                    };
                    &DEF
                }
                const SHAPE: u32 = ids::$id;
            }
        )*
    };
}

generator_types! {
    /// `generator`.
    PyPlainGenerator "generator" GENERATOR crate::generator_methods::GENERATOR_SLOTS, crate::generator_methods::GENERATOR_PART;
    /// `coroutine`.
    PyCoroutine "coroutine" COROUTINE crate::generator_methods::COROUTINE_SLOTS, crate::generator_methods::COROUTINE_PART;
    /// `async_generator`.
    PyAsyncGenerator "async_generator" ASYNC_GENERATOR crate::async_generator::SLOTS, crate::async_generator::PART;
}

/// Moves a frame into a new generator object; the frame itself stays as it is, to be dropped.
///
/// # Safety
/// The frame is the running one, its registers are saved and its operand stack is empty.
pub unsafe fn from_frame(vm: &Vm, fp: *mut Frame) -> PyResult<Gc<PyGenerator>> {
    // SAFETY: the caller's promise; all fields are written before anything else is allocated.
    unsafe {
        let code = (*fp).code;
        let (shape, class) = if code.has_flag(kaa_bytecode::flags::COROUTINE) {
            (ids::COROUTINE, vm.class::<PyCoroutine>())
        } else if code.has_flag(kaa_bytecode::flags::ASYNC_GENERATOR) {
            (ids::ASYNC_GENERATOR, vm.class::<PyAsyncGenerator>())
        } else {
            (ids::GENERATOR, vm.class::<PyPlainGenerator>())
        };
        let (name, qualname) = match Value::from_bits((*fp).function) {
            Some(function) => {
                let function: Gc<kaa_objects::types::function::PyFunction> = function.as_gc_unchecked();
                (function.name(vm), function.qualname(vm))
            }
            None => (code.name(vm), code.qualname(vm)),
        };
        let words = code.frame_words as usize - size_of::<Frame>() / 8;
        let size = size_of::<PyGenerator>() + words * 8;
        let generator: Gc<PyGenerator> = vm.alloc_raw(size, class.trace_kind.get(), shape)?;
        let header = generator.header();
        generator.as_ptr().write(PyGenerator {
            header,
            state: Cell::new(State::Created),
            hooks_inited: Cell::new(false),
            closed: Cell::new(false),
            awaited: Cell::new(false),
            delegating: Cell::new(false),
            words: Cell::new(code.nlocalsplus),
            name: Slot::new(name),
            qualname: Slot::new(qualname),
            handled: Slot::empty(),
            outer_handled: Slot::empty(),
            outer_outside: Slot::empty(),
            outer_inside: Cell::new(false),
            goal: Cell::new(std::ptr::null()),
            origin: Slot::empty(),
            frame: std::ptr::read(fp),
        });
        let frame = generator.frame();
        let locals = code.nlocalsplus as usize;
        std::ptr::copy_nonoverlapping(Frame::locals_ptr(fp), Frame::locals_ptr(frame), locals);
        (*frame).previous = std::ptr::null_mut();
        (*frame).generator = generator.value().bits();
        (*frame).special = crate::frame::special::GENERATOR;
        (*frame).frame_object = 0;
        crate::frame_object::move_to_generator(vm, fp, generator);
        if shape == ids::COROUTINE {
            // It warns when it was never awaited.
            vm.heap().register_finalizable(generator.as_ptr().cast());
            let depth = vm.thread().coroutine_origin_depth.get();
            if depth > 0 {
                let origin = crate::introspect::origin(vm, (*fp).previous, depth)?;
                generator.origin.set(vm, generator, origin);
            }
        }
        Ok(generator)
    }
}

/// Whether an object that was registered to be finalized still is to be, once it is unreached:
/// [`kaa_gc::FinalizationFilter`]. Closing does nothing to a generator that ended, or that is
/// suspended where neither it nor what it delegates to could notice.
///
/// # Safety
/// The address is that of an object of the heap, which need not be reached.
pub unsafe fn needs_finalization(object: *const u8) -> bool {
    use kaa_bytecode::operands::resume;
    // SAFETY: the caller's promise; the shape tells what the object is. A suspended frame stands
    // before a `RESUME` of its code, which is not freed before what refers to it.
    unsafe {
        let shape = (*object.cast::<Header>()).shape();
        if shape != ids::GENERATOR && shape != ids::COROUTINE {
            return true;
        }
        let generator: Gc<PyGenerator> = Gc::from_ptr(object.cast_mut().cast());
        match generator.state.get() {
            State::Created => shape == ids::COROUTINE,
            State::Suspended => {
                let argument = u32::from(*(*generator.frame()).pc >> 8);
                argument & resume::DEPTH1_MASK == 0 || argument & resume::LOCATION_MASK >= resume::AFTER_YIELD_FROM
            }
            State::Running => true,
            State::Finished => false,
        }
    }
}

/// What a suspended generator delegates to (`yield from`, `await`), if it does.
pub fn awaited_by(vm: &Vm, generator: Value) -> Option<Value> {
    let _ = vm;
    // SAFETY: the caller checked that it is a generator.
    let generator: Gc<PyGenerator> = unsafe { generator.as_gc_unchecked() };
    if generator.state.get() != State::Suspended {
        return None;
    }
    // SAFETY: a suspended frame; its `pc` is behind a `YIELD_VALUE`, which a `RESUME` follows that
    // says what was yielded.
    unsafe {
        use kaa_bytecode::{Opcode, operands::resume};
        let frame = generator.frame();
        // As compiled: tools may watch the `RESUME`.
        let code = Frame::code_of(frame);
        let at = ((*frame).pc as usize - code.adaptive.as_ptr() as usize) / 2;
        let location = u32::from(code.code()[at * 2 + 1]) & resume::LOCATION_MASK;
        if code.code()[at * 2] == Opcode::Resume as u8 && location >= resume::AFTER_YIELD_FROM {
            Value::from_bits(*generator.stack_end().sub(1))
        } else {
            None
        }
    }
}
