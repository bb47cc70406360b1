//! Interned strings: the table of all, and those that the runtime itself asks for.

use std::cell::{Cell, UnsafeCell};

use crate::hash::HashSecret;
use crate::object::{Trace, Visitor};
use crate::types::str::{PyStr, StrData};
use crate::{Gc, Vm};

/// The interned strings of an isolate: an open addressed set of strings that live as long as it
/// does and never move.
#[derive(Default)]
pub struct InternTable {
    slots: UnsafeCell<Vec<Entry>>,
    used: Cell<usize>,
}

/// The address of a string, and above it the upper bits of its [`quick_hash`]: other strings are
/// seldom looked at. 0: none.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Entry(u64);

const ADDRESS_BITS: u32 = 48;

impl Entry {
    fn new(hash: u64, string: Gc<PyStr>) -> Entry {
        debug_assert!(string.address() >> ADDRESS_BITS == 0);
        Entry(string.address() as u64 | hash >> ADDRESS_BITS << ADDRESS_BITS)
    }

    /// The string, if there is one.
    #[inline(always)]
    fn string(self) -> Option<Gc<PyStr>> {
        let address = self.0 & ((1 << ADDRESS_BITS) - 1);
        // SAFETY: the address of a string, which never moves and lives as long as the table.
        (address != 0).then(|| unsafe { Gc::from_ptr(address as *mut PyStr) })
    }

    /// Whether its string may have this hash.
    #[inline(always)]
    fn may_have(self, hash: u64) -> bool {
        (self.0 ^ hash) >> ADDRESS_BITS == 0
    }
}

/// Room for what most programs intern: 7,168 names.
const FIRST_SLOTS: usize = 8192;

/// The slots in the order in which a hash tries them: the distances are triangular numbers, which
/// reach every slot.
#[inline(always)]
fn probe_sequence(hash: u64, len: usize) -> impl Iterator<Item = usize> {
    let mut i = hash as usize;
    (1..).map(move |step| {
        let slot = i & (len - 1);
        i += step;
        slot
    })
}

impl InternTable {
    /// How many strings there are.
    pub(crate) fn len(&self) -> usize {
        self.used.get()
    }

    /// The interned string with the text of generalized UTF-8.
    pub(crate) fn intern_utf8(&self, vm: &Vm, text: &[u8]) -> Gc<PyStr> {
        let (hash, bits) = quick_hash(vm.hash_secret, text);
        if !is_ascii(bits) {
            return self.intern_beyond_ascii(vm, text);
        }
        // SAFETY: the slots are borrowed only within this statement, which calls nothing.
        if let slots @ [_, ..] = unsafe { &**self.slots.get() } {
            for i in probe_sequence(hash, slots.len()) {
                let Some(string) = slots[i].string() else { break };
                if slots[i].may_have(hash) && string.interned_ascii(text.len()).is_some_and(|own| is_same(own, text)) {
                    return string;
                }
            }
        }
        self.insert(vm, hash, StrData::Latin1(text))
    }

    #[cold]
    fn intern_beyond_ascii(&self, vm: &Vm, text: &[u8]) -> Gc<PyStr> {
        let string = vm.new_str_generalized(text).expect("memory for a name");
        self.intern_str(vm, string)
    }

    /// The interned string equal to a given one.
    pub(crate) fn intern_str(&self, vm: &Vm, string: Gc<PyStr>) -> Gc<PyStr> {
        let data = string.data();
        let (hash, _) = quick_hash(vm.hash_secret, data.as_bytes());
        // SAFETY: as in `intern_utf8`.
        if let slots @ [_, ..] = unsafe { &**self.slots.get() } {
            for i in probe_sequence(hash, slots.len()) {
                let Some(string) = slots[i].string() else { break };
                if slots[i].may_have(hash) && string.has_data(data) {
                    return string;
                }
            }
        }
        self.insert(vm, hash, data)
    }

    /// A new string, whose text is not among those of the table.
    #[inline(never)]
    fn insert(&self, vm: &Vm, hash: u64, data: StrData<'_>) -> Gc<PyStr> {
        let string = vm.new_interned(data);
        let used = self.used.get() + 1;
        self.used.set(used);
        // SAFETY: the slots are borrowed until the end of the function, which calls nothing that
        // interns.
        let slots = unsafe { &mut *self.slots.get() };
        if used * 8 > slots.len() * 7 {
            grow(vm, slots);
        }
        put(slots, hash, string);
        string
    }
}

fn put(slots: &mut [Entry], hash: u64, string: Gc<PyStr>) {
    let free = probe_sequence(hash, slots.len()).find(|&i| slots[i] == Entry::default());
    slots[free.expect("the sequence is endless")] = Entry::new(hash, string);
}

#[cold]
fn grow(vm: &Vm, slots: &mut Vec<Entry>) {
    let len = (slots.len() * 2).max(FIRST_SLOTS);
    // Memory of zeros need not be written.
    let new = vec![0; len].into_iter().map(Entry).collect();
    let old = std::mem::replace(slots, new);
    for string in old.into_iter().filter_map(Entry::string) {
        put(slots, quick_hash(vm.hash_secret, string.data().as_bytes()).0, string);
    }
}

/// A hash for the table alone, a fraction of the cost of the one that Python sees: 128-bit products
/// folded to their halves' difference, as wyhash does it, with the isolate's secret. And all bits
/// that any byte has, in some byte.
#[inline(always)]
fn quick_hash(secret: HashSecret, bytes: &[u8]) -> (u64, u64) {
    const FACTORS: [u64; 2] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];
    let mut hash = secret.0 ^ FACTORS[0] ^ bytes.len() as u64;
    let mut bits = 0;
    each_word(bytes, |word| {
        let product = u128::from(hash ^ word) * u128::from(secret.1 ^ FACTORS[1]);
        hash = product as u64 ^ (product >> 64) as u64;
        bits |= word;
    });
    (hash, bits)
}

/// Whether bytes are all ASCII that have these bits.
fn is_ascii(bits: u64) -> bool {
    bits & 0x8080_8080_8080_8080 == 0
}

/// Calls `see` with the bytes as words. The last word overlaps the one before: nothing is read byte
/// by byte.
#[inline(always)]
fn each_word(bytes: &[u8], mut see: impl FnMut(u64)) {
    let Some(last) = bytes.last_chunk::<8>() else {
        return see(short_word(bytes));
    };
    let mut rest = bytes;
    while let Some((word, behind @ [_, ..])) = rest.split_first_chunk::<8>() {
        see(u64::from_le_bytes(*word));
        rest = behind;
    }
    see(u64::from_le_bytes(*last));
}

/// Fewer than eight bytes, of which some may be there twice.
#[inline(always)]
fn short_word(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32,
        _ => match *bytes {
            [] => 0,
            [a] => u64::from(a),
            [a, b] => u64::from(a) | u64::from(b) << 8,
            [a, b, c, ..] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
        },
    }
}

/// Whether texts of one length are the same. Names are so short that calling `memcmp` costs more.
#[inline(always)]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    let (Some(last_a), Some(last_b)) = (a.last_chunk::<8>(), b.last_chunk::<8>()) else {
        return short_word(a) == short_word(b);
    };
    let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    last_a == last_b && words.into_iter().all(|(a, b)| a == b)
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

#[cfg(test)]
mod tests {
    use crate::thread::Thread;
    use crate::vm::{Vm, VmConfig};

    #[test]
    fn each_text_is_there_once() {
        let thread = Thread::new(0, 1000);
        let vm = Vm::new(VmConfig::default(), &thread).expect("an isolate");
        let long = "abcdefghijklmnopqrstuvwxyz".repeat(3);
        let mut texts: Vec<String> = (0..long.len()).map(|len| long[..len].to_owned()).collect();
        // Texts of one length that differ in one place.
        for at in 0..40 {
            texts.push(long[..at].to_owned() + "-" + &long[at + 1..40]);
        }
        texts.extend(["é", "éa", "aé", "日本", "abcdefgh日", "𝒳"].map(str::to_owned));
        // Enough for the table to grow.
        texts.extend((0..20_000).map(|number| format!("name_{number}")));
        let strings: Vec<_> = texts.iter().map(|text| vm.intern(text)).collect();
        for (text, string) in texts.iter().zip(&strings) {
            assert_eq!(string.to_string_lossy(), *text);
            assert!(vm.intern(text) == *string, "{text}");
            let other = vm.new_str(text).expect("a string");
            assert!(vm.intern_str(other) == *string, "{text}");
            assert_eq!(string.hash(&vm), other.hash(&vm));
        }
        let different: std::collections::HashSet<_> = strings.iter().map(|string| string.address()).collect();
        assert_eq!(different.len(), texts.len());
    }
}
