//! The isolate: everything that one Python has. Several can live in one process; nothing that
//! changes is global.

use std::any::{Any, TypeId};
use std::cell::{Cell, OnceCell, RefCell, UnsafeCell};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use kaa_gc::{Heap, Roots, RootsId};

use crate::args::Args;
use crate::class::{MethodCache, PyType};
use crate::gil::Gil;
use crate::hash::HashSecret;
use crate::names::{InternTable, Names};
use crate::object::{Header, Native, Slot, Trace, Visitor};
use crate::shape::ShapeTable;
use crate::thread::Thread;
use crate::types::bytes::PyBytes;
use crate::types::code::PyCode;
use crate::types::code::monitoring::CodeList;
use crate::types::dict::PyDict;
use crate::types::exceptions::{Exceptions, PyBaseException};
use crate::types::str::{PyStr, StrData};
use crate::types::tuple::PyTuple;
use crate::word_hash::WordMap;
use crate::{Gc, PyResult, Value};

/// An isolate. It is used by one native thread at a time (the one that holds the GIL).
pub struct Vm {
    heap: UnsafeCell<Box<Heap>>,
    /// All shapes.
    pub shapes: ShapeTable,
    pub(crate) interned: InternTable,
    /// The names of [`crate::class::special::SPECIAL_METHODS`].
    pub(crate) special_names: OnceCell<Box<[Gc<PyStr>]>>,
    /// The slots that names stand for, as bits, by the words of the names.
    pub(crate) slots_of_names: OnceCell<WordMap<u64, u128>>,
    /// Keys the hash of text and bytes.
    pub hash_secret: HashSecret,
    pub(crate) method_cache: MethodCache,
    /// What attribute instructions found for objects of many shapes.
    pub attribute_cache: crate::attributes::AttributeCache,
    names: OnceCell<Names>,
    exceptions: OnceCell<Exceptions>,
    pub(crate) empty_tuple: Slot<Gc<PyTuple>>,
    latin1_chars: UnsafeCell<Vec<Option<Gc<PyStr>>>>,
    empty_str: Slot<Gc<PyStr>>,
    empty_bytes: Slot<Gc<PyBytes>>,
    /// `bytes` of one byte each, by it.
    single_bytes: Slot<Gc<PyTuple>>,
    memory_error: Slot<Gc<PyBaseException>>,
    /// `all` and `any` as they were at the start: what `LOAD_COMMON_CONSTANT` means.
    pub all_and_any: [Slot; 2],
    /// The most digits of a decimal integer (`sys.get_int_max_str_digits()`); 0 for any.
    pub max_str_digits: Cell<usize>,
    /// `-X cpu_count`: how many processors the program is told of.
    pub cpu_count: Cell<Option<u32>>,
    /// Whether to warn where bytes are taken for text (`-b`).
    pub bytes_warning: Cell<bool>,
    thread: Cell<*const Thread>,
    pub(crate) main_thread: Cell<*const Thread>,
    pub(crate) threads: RefCell<Vec<*const Thread>>,
    /// Which thread runs.
    pub gil: Arc<Gil>,
    /// A thread that is not the main one saw that a signal came.
    pub(crate) signal_for_main: Cell<bool>,
    next_keys_version: Cell<u32>,
    /// Whether the core types are whole, so that further native types can be made in one go.
    pub(crate) core_types_made: Cell<bool>,
    trace_kinds: RefCell<TraceKinds>,
    /// The thread that runs the callbacks and finalizers that a collection left, while one does.
    pub(crate) running_collected: Cell<*const Thread>,
    /// What crates above this one provide.
    pub hooks: Hooks,
    /// Reasons for the interpreter to stop at its next poll: bits of [`poll`].
    pub poll: AtomicU32,
    /// Code objects keep no columns (`-X no_debug_ranges`).
    pub no_debug_ranges: Cell<bool>,
    /// All code objects.
    pub codes: Rc<CodeList>,
    /// The kinds of events that some tool watches everywhere (`sys.monitoring`), a bit for each.
    pub monitored: Cell<u32>,
    extensions: RefCell<WordMap<TypeId, Box<dyn Extension>>>,
}

/// Bits of [`Vm::poll`].
pub mod poll {
    /// The collector has finalizers or callbacks of weak references to run.
    pub const COLLECTED: u32 = 1;
    /// A signal came.
    pub const SIGNAL: u32 = 2;
    /// Another thread wants to run.
    pub const GIL: u32 = 4;
    /// Something else that the runtime wants to be called for.
    pub const PENDING_CALL: u32 = 8;
}

/// Functions that the interpreter and the runtime put in: this crate does not know them.
#[derive(Default)]
pub struct Hooks {
    /// Calls a Python function object.
    pub call_function: Cell<Option<fn(&Vm, Value, Args<'_>) -> PyResult>>,
    /// The `builtins` module's dict.
    pub builtins: Cell<Option<fn(&Vm) -> PyResult<Gc<crate::types::dict::PyDict>>>>,
    /// The globals of the Python code that is running.
    pub caller_globals: Cell<Option<fn(&Vm) -> Option<Gc<PyDict>>>>,
    /// What `super()` without arguments stands for in the Python code that is running: the class
    /// and the first argument; or the error that CPython raises.
    pub super_arguments: Cell<Option<fn(&Vm) -> PyResult<(Value, Value)>>>,
    /// Imports a module by its absolute name and gives the module itself.
    pub import: Cell<Option<fn(&Vm, &str) -> PyResult>>,
    /// Issues a warning of a category with the text, at a stack level.
    pub warn: Cell<Option<fn(&Vm, category: Value, text: &str, level: i32) -> PyResult<()>>>,
    /// Adds the interpreter's roots: frames and stacks.
    pub trace: Cell<Option<fn(&Vm, &mut Visitor<'_>)>>,
    /// Adds memory whose words are values, perhaps stale: the interpreter's frames.
    pub value_ranges: Cell<Option<fn(&Vm, &mut Vec<Range<usize>>)>>,
    /// Gives what `from module import name` asks for when the module has no such attribute.
    pub import_from: Cell<Option<fn(&Vm, module: Value, name: Gc<PyStr>) -> PyResult>>,
    /// Whether a module of this file and name may stand in the way of one that was meant.
    pub shadowing: Cell<Option<fn(&Vm, origin: &str, module: Value) -> PyResult<Shadowing>>>,
    /// Makes type parameters, type aliases and generic bases: the intrinsic functions that
    /// `typing` stands behind, by number (from 0x100 on those with two operands).
    pub typing: Cell<Option<fn(&Vm, function: u32, Value, Option<Value>) -> PyResult>>,
    /// Calls `sys.displayhook`.
    pub display: Cell<Option<fn(&Vm, Value) -> PyResult>>,
    /// The builtins of the running frame, if one runs.
    pub running_builtins: Cell<Option<fn(&Vm) -> Option<Value>>>,
    /// Turns specialized attribute instructions back that a change concerns: they rely on shapes
    /// alone for attributes of instances.
    pub forget_attribute_caches: Cell<Option<fn(&Vm, AccessChange)>>,
    /// At the end of a full collection, turns instructions back whose caches hold values that died,
    /// and, when the last argument says so, those that name a shape that does not exist any more.
    pub sweep_code: Cell<Option<fn(&Vm, &kaa_gc::Sweep<'_>, bool)>>,
    /// Encodes an object with a codec of the registry: `codecs.encode(object, encoding, errors)`.
    pub codec_encode: Cell<Option<CodecFn>>,
    /// Decodes an object with a codec of the registry, likewise.
    pub codec_decode: Cell<Option<CodecFn>>,
    /// Raises `LookupError` for an encoding or an error handler that is not there. Set in
    /// development mode, where names are looked up even if they are not needed.
    pub codec_check: Cell<Option<CodecCheckFn>>,
    /// The error handler that was registered under a name: `codecs.lookup_error(name)`.
    pub codec_error_handler: Cell<Option<fn(&Vm, name: Gc<PyStr>) -> PyResult>>,
    /// Called in the main thread with the bits of [`poll`] that were set, when signals came or
    /// something else is to be done.
    pub poll: Cell<Option<fn(&Vm, u32) -> PyResult<()>>>,
    /// Called with each new code object, while tools watch what runs.
    pub code_made: Cell<Option<fn(&Vm, Gc<PyCode>)>>,
    /// Tells of what a program does (`sys.audit`), once something wants to know.
    pub audit: Cell<Option<fn(&Vm, &str, &[Value]) -> PyResult<()>>>,
    /// Called in the child of a fork, where only the running thread is left.
    pub forked: Cell<Option<fn(&Vm)>>,
    /// Reports an exception that cannot be raised (`sys.unraisablehook`), with what went wrong.
    pub unraisable: Cell<Option<fn(&Vm, Gc<PyBaseException>, &str, Option<Value>)>>,
}

/// What may mean something else although neither shapes nor versions of classes changed.
#[derive(Clone, Copy, Debug)]
pub enum AccessChange {
    /// The attributes of instances of this class and of those that derive from it.
    Instances(Gc<PyType>),
    /// Objects of this class, or of one that derives from it, among the attributes of any class.
    Descriptors(Gc<PyType>),
}

/// What a module that is found first on `sys.path` may hide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shadowing {
    /// Nothing: it is not in the program's own folder.
    Nothing,
    /// A module that is found elsewhere.
    Perhaps,
    /// A module of the library of this name.
    Library,
}

/// A function of the codec registry: an object, the encoding, and the name of the error handler.
pub type CodecFn = fn(&Vm, Value, Gc<PyStr>, Option<Gc<PyStr>>) -> PyResult;

/// A function that looks up an encoding and an error handler.
pub type CodecCheckFn = fn(&Vm, encoding: Option<Gc<PyStr>>, errors: Option<Gc<PyStr>>) -> PyResult<()>;

/// State that a crate above keeps in the isolate, one of each type: [`Vm::extension`].
pub trait Extension: Any {
    /// Visits the references that it holds.
    fn trace(&mut self, _visitor: &mut Visitor<'_>) {}
    /// As [`Any`], for downcasting.
    fn as_any(&self) -> &dyn Any;
}

/// Trace kinds given to native types.
#[derive(Default)]
pub(crate) struct TraceKinds {
    pub given: WordMap<crate::class::KindKey, u8>,
    pub next: u8,
}

/// The root set that the heap asks: it refers back to the isolate, which owns the heap.
struct VmRoots(*mut Vm);

impl Roots for VmRoots {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        // SAFETY: the isolate outlives its heap. Only fields that are not borrowed across an
        // allocation are touched here.
        let vm = unsafe { &mut *self.0 };
        vm.shapes.trace(visitor);
        vm.interned.trace(visitor);
        vm.method_cache.trace(visitor);
        vm.attribute_cache.trace(visitor);
        vm.poll.fetch_or(poll::COLLECTED, std::sync::atomic::Ordering::Relaxed);
        vm.empty_tuple.trace(visitor);
        vm.empty_str.trace(visitor);
        vm.empty_bytes.trace(visitor);
        vm.single_bytes.trace(visitor);
        vm.memory_error.trace(visitor);
        if let Some(exceptions) = vm.exceptions.get() {
            // The one that is no native class.
            visitor.slot(&mut exceptions.ExceptionGroup.value().bits());
        }
        for slot in &mut vm.all_and_any {
            slot.trace(visitor);
        }
        // (The strings of one character are interned: the table of names has them.)
        for extension in vm.extensions.get_mut().values_mut() {
            extension.trace(visitor);
        }
        for &thread in vm.threads.get_mut().iter() {
            // SAFETY: threads are removed before their state goes; while one collects, no other
            // runs.
            unsafe { &mut *thread.cast_mut() }.trace(visitor);
        }
        if let Some(trace) = vm.hooks.trace.get() {
            trace(vm, visitor);
        }
    }

    fn value_ranges(&mut self, ranges: &mut Vec<Range<usize>>) {
        // SAFETY: as above.
        let vm = unsafe { &*self.0 };
        if let Some(add) = vm.hooks.value_ranges.get() {
            add(vm, ranges);
        }
    }
}

/// What an isolate is made with.
#[derive(Default)]
pub struct VmConfig {
    /// Switches of the heap.
    pub heap: kaa_gc::Config,
    /// Keys the hash of text.
    pub hash_secret: HashSecret,
}

impl Vm {
    /// A new isolate with the builtin types. `thread` is the state of the calling thread and must
    /// outlive its use of the isolate.
    pub fn new(config: VmConfig, thread: &Thread) -> Result<Box<Vm>, kaa_gc::Error> {
        let heap = Heap::new(config.heap)?;
        let vm = Box::new(Vm {
            heap: UnsafeCell::new(heap),
            shapes: ShapeTable::default(),
            interned: InternTable::default(),
            special_names: OnceCell::new(),
            slots_of_names: OnceCell::new(),
            hash_secret: config.hash_secret,
            method_cache: MethodCache::default(),
            attribute_cache: Default::default(),
            names: OnceCell::new(),
            exceptions: OnceCell::new(),
            empty_tuple: Slot::empty(),
            latin1_chars: UnsafeCell::new(vec![None; 256]),
            empty_str: Slot::empty(),
            empty_bytes: Slot::empty(),
            single_bytes: Slot::empty(),
            memory_error: Slot::empty(),
            all_and_any: [Slot::empty(), Slot::empty()],
            max_str_digits: Cell::new(crate::types::int::DEFAULT_MAX_DIGITS),
            cpu_count: Cell::new(None),
            bytes_warning: Cell::new(false),
            thread: Cell::new(thread),
            main_thread: Cell::new(thread),
            threads: RefCell::new(vec![std::ptr::from_ref(thread)]),
            gil: Arc::default(),
            signal_for_main: Cell::new(false),
            next_keys_version: Cell::new(1),
            core_types_made: Cell::new(false),
            trace_kinds: RefCell::new(TraceKinds { given: WordMap::default(), next: kaa_gc::FIRST_USER_KIND }),
            running_collected: Cell::new(std::ptr::null()),
            hooks: Hooks::default(),
            poll: AtomicU32::new(0),
            no_debug_ranges: Cell::new(false),
            codes: Rc::default(),
            monitored: Cell::new(0),
            extensions: RefCell::default(),
        });
        let roots: *mut dyn Roots = Box::into_raw(Box::new(VmRoots(std::ptr::from_ref(&*vm).cast_mut())));
        // SAFETY: roots and weak table are leaked with the isolate, which owns the heap; the
        // thread's stack base is the system's.
        let _: RootsId = unsafe {
            if let Ok(base) = kaa_gc::current_stack_base() {
                thread.on_heap.set(Some(vm.heap().attach_thread(base)));
            }
            let classes = crate::class::ClassSweep(std::ptr::from_ref(&*vm));
            vm.heap().add_weak_table(Box::into_raw(Box::new(classes)));
            vm.heap().add_roots(roots)
        };
        vm.heap().define_kind(crate::types::str::SHARED_STR_KIND, crate::types::str::shared_str_kind());
        vm.start();
        Ok(vm)
    }

    fn start(&self) {
        let _ = self.names.set(Names::new(self));
        let empty = self.new_tuple(&[]).expect("memory for the empty tuple");
        self.empty_tuple.set_root(Some(empty));
        self.make_core_types();
        let _ = self.exceptions.set(Exceptions::new(self));
        let class = self.exceptions().MemoryError;
        self.empty_bytes.set_root(self.new_bytes(&[]).ok());
        self.single_bytes.set_root(self.make_single_bytes().ok());
        self.memory_error.set_root(self.new_exception(class, &[]).ok());
        self.empty_str.set_root(Some(self.intern("")));
        for code_point in 0..=255u8 {
            let interned = self.intern(char::from(code_point).encode_utf8(&mut [0; 2]));
            // SAFETY: no reference to the vector is held.
            unsafe { (&mut *self.latin1_chars.get())[usize::from(code_point)] = Some(interned) };
        }
    }

    /// The heap. The reference must not be kept across anything that may allocate.
    #[inline(always)]
    #[allow(clippy::mut_from_ref, reason = "the isolate is used by one thread at a time")]
    pub fn heap(&self) -> &mut Heap {
        // SAFETY: one thread uses the isolate at a time, and callers keep no reference.
        unsafe { &mut *self.heap.get() }
    }

    /// The state of the running thread.
    #[inline(always)]
    pub fn thread(&self) -> &Thread {
        // SAFETY: set by `new` and `set_thread` to a state that outlives its use.
        unsafe { &*self.thread.get() }
    }

    /// Makes another thread the running one.
    ///
    /// # Safety
    /// The calling native thread holds the GIL, `thread` is its state and outlives its use.
    pub unsafe fn set_thread(&self, thread: *const Thread) {
        self.thread.set(thread);
    }

    /// Well-known names.
    #[inline(always)]
    pub fn names(&self) -> &Names {
        // SAFETY: set when the isolate starts, before anything asks.
        unsafe { self.names.get().unwrap_unchecked() }
    }

    /// The builtin exception classes.
    #[inline(always)]
    pub fn exceptions(&self) -> &Exceptions {
        self.exceptions.get().expect("exceptions are made when the isolate starts")
    }

    /// How many strings are interned.
    pub fn interned_count(&self) -> usize {
        self.interned.len()
    }

    /// A new `MemoryError`, if there is room for it.
    pub(crate) fn try_new_memory_error(&self) -> Option<Gc<PyBaseException>> {
        let args = self.memory_error.get()?.args.get()?;
        let class = self.exceptions().MemoryError;
        let size = class.instance_size.get() as usize;
        let header = Header::new(class.trace_kind.get(), size, class.root_shape.get());
        let ptr = self.heap().alloc_zeroed(size, header);
        if ptr.is_null() {
            return None;
        }
        // SAFETY: fresh memory that begins with a PyBaseException.
        unsafe { self.init(ptr, PyBaseException::with_args(args)) }.ok()
    }

    /// The one `MemoryError` that can be raised without memory.
    pub(crate) fn memory_error_instance(&self) -> Option<Gc<PyBaseException>> {
        self.memory_error.get()
    }

    pub(crate) fn trace_kinds(&self) -> &RefCell<TraceKinds> {
        &self.trace_kinds
    }

    pub(crate) fn next_keys_version(&self) -> u32 {
        let version = self.next_keys_version.get();
        if version != 0 {
            self.next_keys_version.set(version.wrapping_add(1));
        }
        version
    }

    /// The string of a code point below 256, made once.
    #[inline(always)]
    pub fn latin1_char(&self, code_point: u32) -> Option<Gc<PyStr>> {
        // SAFETY: read at once.
        unsafe { (&*self.latin1_chars.get()).get(code_point as usize).copied().flatten() }
    }

    /// The empty string; `None` while the isolate starts.
    #[inline(always)]
    pub fn empty_str(&self) -> Option<Gc<PyStr>> {
        self.empty_str.get()
    }

    /// The empty `bytes`; `None` while the isolate starts.
    #[inline(always)]
    pub(crate) fn empty_bytes(&self) -> Option<Gc<PyBytes>> {
        self.empty_bytes.get()
    }

    /// The `bytes` of one byte, made once; `None` while the isolate starts.
    #[inline(always)]
    pub(crate) fn single_byte(&self, byte: u8) -> Option<Gc<PyBytes>> {
        let value = self.single_bytes.get()?.as_slice()[usize::from(byte)];
        self.cast_exact::<PyBytes>(value)
    }

    fn make_single_bytes(&self) -> PyResult<Gc<PyTuple>> {
        let row = self.new_list(&[])?;
        for byte in 0..=u8::MAX {
            row.push(self, self.new_bytes(&[byte])?.value())?;
        }
        self.new_tuple(row.as_slice())
    }

    /// A string that is never moved, marked as interned.
    pub(crate) fn new_interned(&self, data: StrData<'_>) -> Gc<PyStr> {
        PyStr::new_immovable(self, data)
    }

    /// The state that a crate above keeps here; made by `make` when first asked for.
    ///
    /// The reference stays valid as long as the isolate: extensions are never removed.
    pub fn extension<T: Extension>(&self, make: impl FnOnce(&Vm) -> T) -> &T {
        if let Some(extension) = self.find_extension() {
            return extension;
        }
        let made = Box::new(make(self));
        self.extensions.borrow_mut().entry(TypeId::of::<T>()).or_insert(made);
        self.find_extension().expect("just inserted")
    }

    fn find_extension<T: Extension>(&self) -> Option<&T> {
        let extensions = self.extensions.borrow();
        let pointer: *const dyn Extension = &**extensions.get(&TypeId::of::<T>())?;
        // SAFETY: boxes stay in place, and are never removed.
        unsafe { &*pointer }.as_any().downcast_ref()
    }
}

impl Vm {
    /// Tells audit hooks of something that the program is about to do; they may refuse it.
    #[inline]
    pub fn audit(&self, event: &str, args: &[Value]) -> PyResult<()> {
        match self.hooks.audit.get() {
            None => Ok(()),
            Some(audit) => audit(self, event, args),
        }
    }
}

/// Allocation.
impl Vm {
    /// An object from a Rust struct, of the struct's own type.
    #[inline]
    pub fn alloc<T: Native>(&self, value: T) -> PyResult<Gc<T>> {
        self.alloc_native(value, T::shape_id())
    }

    #[inline]
    fn alloc_native<T: Native>(&self, value: T, shape: u32) -> PyResult<Gc<T>> {
        let class = if self.shapes.exists(shape) { self.shapes.class(shape) } else { self.class::<T>() };
        if T::def().flags & crate::class::flags::MANAGED_DICT != 0 {
            return self.alloc_instance(class, value);
        }
        let kind = class.trace_kind.get();
        let header = Header::new(kind, size_of::<T>(), shape);
        let ptr = match T::def().layout.drop {
            None => self.heap().alloc(size_of::<T>(), header),
            Some(_) => self.heap().alloc_with_drop(size_of::<T>(), header),
        };
        // SAFETY: fresh memory for a T, written before anything else is allocated.
        unsafe { self.init(ptr, value) }
    }

    /// As [`Vm::alloc`], for an object that never moves.
    pub fn alloc_immovable<T: Native>(&self, value: T) -> PyResult<Gc<T>> {
        let header = Header::new(self.class::<T>().trace_kind.get(), size_of::<T>(), T::shape_id());
        let ptr = self.heap().alloc_old(size_of::<T>(), header);
        // SAFETY: fresh memory for a T, written before anything else is allocated.
        let object = unsafe { self.init(ptr, value) }?;
        if T::def().layout.drop.is_some() {
            self.heap().register_drop(object.as_ptr().cast());
        }
        Ok(object)
    }

    /// Writes a struct behind a header that the heap wrote.
    ///
    /// # Safety
    /// `ptr` is null or fresh memory for a `T`.
    #[inline(always)]
    unsafe fn init<T: Native>(&self, ptr: *mut u8, value: T) -> PyResult<Gc<T>> {
        const { assert!(align_of::<T>() <= 8, "the heap aligns objects to 8 bytes") };
        if ptr.is_null() {
            return Err(self.no_memory());
        }
        // SAFETY: the caller's promise.
        unsafe {
            let header = *ptr.cast::<Header>();
            ptr.cast::<T>().write(value);
            *ptr.cast::<Header>() = header;
            Ok(Gc::from_ptr(ptr.cast()))
        }
    }

    /// An object of a class whose instances begin with `T`: the class itself or a Python subclass.
    /// Attribute words are empty. Not for variable layouts.
    #[inline]
    pub fn alloc_instance<T: Native>(&self, class: Gc<crate::class::PyType>, value: T) -> PyResult<Gc<T>> {
        let size = class.instance_size.get() as usize;
        debug_assert!(
            size >= size_of::<T>() && (class.has_layout(T::def()) || class.native.get().layout.size == size_of::<T>()),
            "{} as {}",
            class.name_text(),
            T::def().name
        );
        let header = Header::new(class.trace_kind.get(), size, class.root_shape.get());
        let ptr = match T::def().layout.drop {
            None => self.heap().alloc_zeroed(size, header),
            Some(_) => {
                let ptr = self.heap().alloc_with_drop(size, header);
                if !ptr.is_null() {
                    // SAFETY: fresh memory of `size` bytes; the header stays.
                    unsafe { ptr.add(8).write_bytes(0, size - 8) };
                }
                ptr
            }
        };
        // SAFETY: fresh memory that begins with a T.
        let object = unsafe { self.init(ptr, value) }?;
        self.register_finalizer(class, object);
        Ok(object)
    }

    /// Lets a new object be finalized when it dies, if its class asks for that (`__del__`).
    #[inline(always)]
    pub(crate) fn register_finalizer<T>(&self, class: Gc<crate::class::PyType>, object: Gc<T>) {
        if class.slots().finalize.is_some() {
            // SAFETY: a Gc is a live object of this isolate's heap.
            unsafe { self.heap().register_finalizable(object.as_ptr().cast()) };
        }
    }

    /// Lets an object die without being finalized, although its class asks for that.
    pub fn forget_finalizer<T>(&self, object: Gc<T>) {
        // SAFETY: a Gc is a live object of this isolate's heap.
        unsafe { self.heap().unregister_finalizable(object.as_ptr().cast()) };
    }

    /// Lets an object be finalized after all, after [`Vm::forget_finalizer`].
    pub fn ask_for_finalizer<T>(&self, object: Gc<T>) {
        // SAFETY: a Gc is a live object of this isolate's heap.
        unsafe { self.heap().register_finalizable(object.as_ptr().cast()) };
    }

    /// Memory for an object of a variable layout; all but the header is yet to be written.
    #[inline]
    pub fn alloc_raw<T>(&self, size: usize, kind: u8, shape: u32) -> PyResult<Gc<T>> {
        let size = size.checked_next_multiple_of(8).ok_or_else(|| self.no_memory())?;
        let ptr = self.heap().alloc(size, Header::new(kind, size, shape));
        // SAFETY: fresh memory of at least `size` bytes.
        if ptr.is_null() { Err(self.no_memory()) } else { Ok(unsafe { Gc::from_ptr(ptr.cast()) }) }
    }

    /// As [`Vm::alloc_raw`], all zero but the header.
    #[inline]
    pub fn alloc_zeroed<T>(&self, size: usize, kind: u8, shape: u32) -> PyResult<Gc<T>> {
        let size = size.checked_next_multiple_of(8).ok_or_else(|| self.no_memory())?;
        let ptr = self.heap().alloc_zeroed(size, Header::new(kind, size, shape));
        // SAFETY: fresh memory of at least `size` bytes.
        if ptr.is_null() { Err(self.no_memory()) } else { Ok(unsafe { Gc::from_ptr(ptr.cast()) }) }
    }

    /// Remembers that an old object may now refer to a young one.
    #[inline(always)]
    #[allow(clippy::not_unsafe_ptr_arg_deref, reason = "callers pass slots of the object")]
    pub fn write_barrier<T>(&self, owner: Gc<T>, slot: *const u64) {
        // SAFETY: a Gc is a live object of this isolate's heap.
        unsafe { self.heap().write_barrier(owner.as_ptr().cast(), slot) };
    }

    /// The address of an object as its identity: it will not move from now on.
    pub fn pin<T>(&self, object: Gc<T>) -> usize {
        // SAFETY: a Gc is a live object of this isolate's heap.
        unsafe { self.heap().pin(object.as_ptr().cast()) };
        object.address()
    }
}

impl<T: crate::object::Word> Slot<T> {
    /// Stores into a slot that is no part of a heap object but is traced as a root.
    #[inline(always)]
    pub fn set_root(&self, value: Option<T>) {
        // SAFETY: a root needs no barrier; the word is one that the slot's type makes.
        unsafe { *self.as_ptr() = value.map_or(0, T::to_word) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_isolate_starts_and_makes_objects() {
        let thread = Thread::new(0, 1000);
        let vm = Vm::new(VmConfig::default(), &thread).unwrap();
        let dict = vm.new_dict().unwrap();
        for i in 0..1000 {
            let key = vm.new_str(&format!("key {i}")).unwrap();
            dict.set(&vm, key.value(), Value::small_int(i)).unwrap();
        }
        for i in (0..1000).step_by(3) {
            let key = vm.new_str(&format!("key {i}")).unwrap();
            assert_eq!(dict.remove(&vm, key.value()).unwrap(), Some(Value::small_int(i)));
        }
        for i in 0..1000 {
            let key = vm.new_str(&format!("key {i}")).unwrap();
            let expected = (i % 3 != 0).then(|| Value::small_int(i));
            assert_eq!(dict.get(&vm, key.value()).unwrap(), expected);
        }
        assert_eq!(vm.class_name(dict.value()), "dict");
        let error = vm.type_error("wrong");
        let exception = vm.take_exception(error);
        assert_eq!(vm.class_name(exception.value()), "TypeError");
    }
}
