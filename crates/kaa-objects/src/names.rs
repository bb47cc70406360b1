//! Interned strings: the table of all, and those that the runtime itself asks for.

use std::cell::UnsafeCell;

use crate::object::{Trace, Visitor};
use crate::types::str::{PyStr, StrData};
use crate::{Gc, Vm};

/// The interned strings of an isolate: an open addressed set of strings that live as long as it
/// does and never move.
#[derive(Default)]
pub struct InternTable {
    slots: UnsafeCell<Vec<Entry>>,
    used: std::cell::Cell<usize>,
    /// Strings by the address of the text that they were last made from.
    recent: UnsafeCell<Vec<Option<Gc<PyStr>>>>,
}

/// The address of a string, and above it the upper bits of what [`quick_hash`] gives for it: other
/// strings are seldom looked at. 0: none.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Entry(u64);

const ADDRESS_BITS: u32 = 48;

impl Entry {
    fn new(hash: u64, string: Gc<PyStr>) -> Entry {
        debug_assert!(string.address() >> ADDRESS_BITS == 0);
        Entry(string.address() as u64 | Entry::tag(hash))
    }

    /// The bits of the hash.
    fn tag(hash: u64) -> u64 {
        hash >> ADDRESS_BITS << ADDRESS_BITS
    }

    /// The string, if there is one.
    fn string(self) -> Option<Gc<PyStr>> {
        let address = self.0 & ((1 << ADDRESS_BITS) - 1);
        // SAFETY: the address of a string, which never moves and lives as long as the table.
        (address != 0).then(|| unsafe { Gc::from_ptr(address as *mut PyStr) })
    }
}

/// Texts of code are shared: the same name comes again and again at the same address.
const RECENT: usize = 1024;

/// Room for what starting interns: about 3,200 names.
const FIRST_SLOTS: usize = 8192;

impl InternTable {
    /// How many strings there are.
    pub(crate) fn len(&self) -> usize {
        self.used.get()
    }

    /// The interned string with the text of generalized UTF-8.
    pub(crate) fn intern_utf8(&self, vm: &Vm, text: &[u8]) -> Gc<PyStr> {
        if text.is_ascii() {
            return self.intern_data(vm, StrData::Latin1(text));
        }
        let string = vm.new_str_generalized(text).expect("memory for a name");
        self.intern_data(vm, string.data())
    }

    /// As [`InternTable::intern_utf8`], for a text that is likely to come again.
    pub(crate) fn intern_shared(&self, vm: &Vm, text: &[u8]) -> Gc<PyStr> {
        // Names lie one behind the other.
        let address = text.as_ptr() as usize;
        let at = (address ^ address >> 10) & (RECENT - 1);
        // SAFETY: the vector is borrowed only within statements that call nothing that interns.
        if let Some(Some(string)) = unsafe { &*self.recent.get() }.get(at)
            && string.as_ascii().is_some_and(|ascii| ascii.as_bytes() == text)
        {
            return *string;
        }
        let string = self.intern_utf8(vm, text);
        // SAFETY: as above.
        let recent = unsafe { &mut *self.recent.get() };
        recent.resize(RECENT, None);
        recent[at] = Some(string);
        string
    }

    /// The interned string equal to a given one.
    pub(crate) fn intern_str(&self, vm: &Vm, string: Gc<PyStr>) -> Gc<PyStr> {
        self.intern_data(vm, string.data())
    }

    fn intern_data(&self, vm: &Vm, data: StrData<'_>) -> Gc<PyStr> {
        let hash = quick_hash(vm, data.as_bytes());
        // SAFETY: the vector is borrowed only within this function, which calls nothing that
        // interns.
        let slots = unsafe { &mut *self.slots.get() };
        if slots.is_empty() {
            slots.resize(FIRST_SLOTS, Entry::default());
        }
        let mask = slots.len() - 1;
        let mut i = hash as usize & mask;
        while let Some(string) = slots[i].string() {
            if Entry::tag(hash ^ slots[i].0) == 0 && string.has_data(data) {
                return string;
            }
            i = (i + 1) & mask;
        }
        let string = vm.new_interned(data);
        string.hash(vm);
        slots[i] = Entry::new(hash, string);
        self.used.set(self.used.get() + 1);
        if self.used.get() * 3 > slots.len() * 2 {
            grow(vm, slots);
        }
        string
    }
}

#[cold]
fn grow(vm: &Vm, slots: &mut Vec<Entry>) {
    let len = slots.len() * 2;
    let old = std::mem::replace(slots, vec![Entry::default(); len]);
    for string in old.into_iter().filter_map(Entry::string) {
        let hash = quick_hash(vm, string.data().as_bytes());
        let mut i = hash as usize & (len - 1);
        while slots[i] != Entry::default() {
            i = (i + 1) & (len - 1);
        }
        slots[i] = Entry::new(hash, string);
    }
}

/// A hash for the table alone, a fraction of the cost of the one that Python sees: 128-bit products
/// folded to their halves' difference, as wyhash does it, with the isolate's secret.
fn quick_hash(vm: &Vm, bytes: &[u8]) -> u64 {
    const FACTORS: [u64; 2] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let secret = vm.hash_secret;
    let mix = |hash: u64, word: u64| fold(hash ^ word ^ FACTORS[0], secret.1 ^ FACTORS[1]);
    let hash = secret.0 ^ bytes.len() as u64;
    // The last word overlaps the one before: nothing is read byte by byte.
    if let Some((rest, last)) = bytes.split_last_chunk::<8>() {
        let (words, partial) = rest.as_chunks::<8>();
        let mut hash = words.iter().fold(hash, |hash, word| mix(hash, u64::from_le_bytes(*word)));
        if !partial.is_empty()
            && let Some(word) = bytes[words.len() * 8..].first_chunk::<8>()
        {
            hash = mix(hash, u64::from_le_bytes(*word));
        }
        return mix(hash, u64::from_le_bytes(*last));
    }
    let word = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32,
        _ => match *bytes {
            [] => 0,
            [a] => u64::from(a),
            [a, b] => u64::from(a) | u64::from(b) << 8,
            [a, b, c, ..] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
        },
    };
    mix(hash, word)
}

impl Trace for InternTable {
    fn trace(&mut self, visitor: &mut Visitor<'_>) {
        // Interned strings are old from the start.
        if visitor.is_young_only() {
            return;
        }
        for string in self.slots.get_mut().iter().filter_map(|entry| entry.string()) {
            let mut word = string.value().bits();
            visitor.slot(&mut word);
        }
    }
}

macro_rules! names {
    ($($name:ident)*) => {
        /// The names that the runtime asks for, as interned strings.
        #[allow(missing_docs, non_snake_case, reason = "each field is the name itself")]
        #[derive(Clone, Copy)]
        pub struct Names { $(pub $name: Gc<PyStr>,)* }

        impl Names {
            pub(crate) fn new(vm: &Vm) -> Names {
                Names { $($name: vm.intern(stringify!($name).trim_start_matches("r#")),)* }
            }
        }
    };
}

names! {
    __abs__ __abstractmethods__ __add__ __aenter__ __aexit__ __aiter__ __all__ __and__ __anext__ __annotate__
    __annotate_func__ __annotations__ __annotations_cache__ __args__ __await__ __bases__ __bool__ __buffer__ __build_class__
    __builtins__ __bytes__ __cached__ __call__ __cause__ __ceil__ __class__ __class_getitem__ __classcell__ __classdict__
    __classdictcell__ __closure__ __code__ __complex__ __contains__ __context__ __debug__ __defaults__ __del__ __delattr__
    __delete__ __delitem__ __dict__ __dir__ __divmod__ __doc__ __enter__ __eq__ __exit__ __file__ __firstlineno__
    __float__ __floor__ __floordiv__ __format__ __func__ __ge__ __get__ __getattr__ __getattribute__ __getitem__
    __getnewargs__ __getnewargs_ex__ __getstate__ __globals__ __gt__ __hash__ __iadd__ __iand__ __ifloordiv__
    __ilshift__ __imatmul__ __imod__ __import__ __imul__ __index__ __init__ __init_subclass__ __instancecheck__
    __int__ __invert__ __ior__ __ipow__ __irshift__ __isabstractmethod__ __isub__ __iter__ __itruediv__ __ixor__
    __kwdefaults__ __le__ __len__ __length_hint__ __loader__ __lshift__ __lt__ __main__ __match_args__ __matmul__
    __missing__ __mod__ __module__ __mro__ __mro_entries__ __mul__ __name__ __ne__ __neg__ __new__ __next__ __notes__
    __objclass__ __or__ __orig_bases__ __orig_class__ __origin__ __package__ __parameters__ __path__ __pos__ __pow__
    __prepare__ __qualname__ __radd__ __rand__ __rdivmod__ __reduce__ __reduce_ex__ __release_buffer__ __repr__
    __reversed__ __rfloordiv__ __rlshift__ __rmatmul__ __rmod__ __rmul__ __ror__ __round__ __rpow__ __rrshift__
    __rshift__ __rsub__ __rtruediv__ __rxor__ __self__ __set__ __set_name__ __setattr__ __setitem__ __setstate__
    __sizeof__ __slotnames__ __slots__ __spec__ __static_attributes__ __str__ __sub__ __subclasscheck__
    __subclasshook__ __suppress_context__ __text_signature__ __traceback__ __truediv__ __trunc__ __type_params__
    __typing_is_unpacked_typevartuple__ __typing_subst__ __typing_prepare_subst__ __unpacked__ __weakref__ __wrapped__ __xor__
    _initializing _is_coroutine_marker _uninitialized_submodules
    args big builtins close copy copyreg decode default defaultdict displayhook encode encoding end errors
    excepthook exec extend fileno flush get isatty items iter join keys len little main mode module modules mro msg
    name newlines obj open path print_file_and_line read readline readlines replace send sep setdefault sort
    stderr stdin stdout strict string sys text throw update utf_8 value values warn warnings write
    _feature_version lineno offset end_lineno end_offset filename fget fset fdel
}
