//! Which words of an object are visited, and the modes that catch mistakes of the heap's user.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use kaa_gc::{ALL_VALUES, Generation, Header, KindInfo, RAW, Visitor, Word};
use support::*;

const PREFIX: u8 = 2;
const SUFFIX: u8 = 3;
const CUSTOM: u8 = 4;
const UNTRACED: u8 = 5;

unsafe fn trace_third(object: *mut u8, visitor: &mut Visitor<'_>) {
    // SAFETY: objects of this kind have six fields.
    visitor.slot(unsafe { &mut *field_address(object, 2) });
}

fn world(config: &str) -> World {
    let mut world = World::new(config);
    world.heap.define_kind(PREFIX, KindInfo::prefix("prefix", 2));
    world.heap.define_kind(SUFFIX, KindInfo::suffix("suffix", 2));
    world.heap.define_kind(CUSTOM, KindInfo::custom("custom", trace_third));
    world.heap.define_kind(UNTRACED, KindInfo::custom("untraced", |_, _| ()).with_drop(|_| ()));
    world
}

#[test]
fn exactly_the_value_words_are_updated() {
    let traced: [(u8, &[usize]); 5] =
        [(ALL_VALUES, &[0, 1, 2, 3, 4, 5]), (RAW, &[]), (PREFIX, &[0, 1]), (SUFFIX, &[2, 3, 4, 5]), (CUSTOM, &[2])];
    for (kind, values) in traced {
        let mut world = world("");
        let other = world.object(1);
        let other = world.root(other);
        let object = world.heap.alloc(56, Header::new(kind, 56, 0));
        let before = world.get(other);
        (0..6).for_each(|field| write(object, field, before as Word));
        let object = world.root(object);
        world.young();
        let (object, after) = (world.get(object), world.get(other));
        assert_ne!(before, after);
        for field in 0..6 {
            let expected = if values.contains(&field) { after } else { before };
            assert_eq!(read(object, field), expected as Word, "kind {kind} field {field}");
        }
        let mut referents = Vec::new();
        // SAFETY: a rooted object.
        unsafe { world.heap.for_each_referent(object, |word| referents.push(word)) };
        assert_eq!(referents, vec![after as Word; values.len()], "kind {kind}");
    }
}

#[test]
fn exactly_the_value_words_are_marked() {
    for (kind, alive) in [(ALL_VALUES, 6), (RAW, 0), (PREFIX, 2), (SUFFIX, 4), (CUSTOM, 1)] {
        let mut world = world("");
        let object = world.heap.alloc_zeroed(56, Header::new(kind, 56, 0));
        let object = world.root(object);
        world.young();
        let others = world.roots().slots.len();
        for _ in 0..6 {
            let other = world.object(1);
            world.root(other);
        }
        world.young();
        let object = world.get(object);
        for field in 0..6 {
            write(object, field, world.get(others + field) as Word);
        }
        world.roots().slots.truncate(others);
        world.full();
        assert_eq!(world.objects(), 1 + alive, "kind {kind}");
    }
}

#[test]
fn nothing_moves_without_moving() {
    let mut world = world("nomove,verify,poison");
    let addresses: Vec<*mut u8> = (0..1000)
        .map(|index| {
            let object = world.object(1 + index % 100);
            world.root(object);
            object
        })
        .collect();
    for generation in [Generation::Young, Generation::Full, Generation::Young] {
        world.heap.collect(generation);
        for (root, &address) in addresses.iter().enumerate() {
            assert_eq!(world.get(root), address);
        }
    }
    assert_eq!(world.heap.stats().bytes_copied, 0);
}

/// The message of the panic of `f`.
fn panic_of(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("must panic");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().map_or(String::new(), |text| text.to_string()),
    }
}

#[test]
fn verify_finds_a_missing_write_barrier() {
    for fields in [3, 5000] {
        let mut world = world("verify");
        let old = world.object(fields);
        let old = world.root(old);
        world.young();
        let young = world.object(1);
        write(world.get(old), 2, young as Word);
        let message = panic_of(|| world.young());
        assert!(message.contains("missing write barrier: values"), "{message}");
    }
}

#[test]
fn verify_finds_an_unregistered_drop_function() {
    let mut world = world("verify");
    let object = world.heap.alloc_zeroed(16, Header::new(UNTRACED, 16, 0));
    world.root(object);
    let message = panic_of(|| world.young());
    assert!(message.contains("untraced at") && message.contains("not registered"), "{message}");
}

#[test]
fn verify_finds_a_pointer_to_freed_memory() {
    let mut world = world("verify,poison");
    let object = world.object(2);
    let dead = world.object(1);
    let root = world.root(object);
    world.young();
    // A raw copy of an address that the collector did not know of: its object is gone.
    let object = world.get(root);
    world.store(object, 0, dead as Word);
    let message = panic_of(|| world.full());
    assert!(message.contains("gc verify") || message.contains("heap corrupted"), "{message}");
}

#[test]
fn an_undefined_kind_is_reported() {
    let mut world = world("");
    let object = world.heap.alloc_zeroed(16, Header::new(77, 16, 0));
    world.root(object);
    let message = panic_of(|| world.young());
    assert!(message.contains("undefined kind"), "{message}");
}

#[test]
fn trace_functions_must_not_allocate() {
    thread_local!(static HEAP: std::cell::Cell<*mut kaa_gc::Heap> = const { std::cell::Cell::new(std::ptr::null_mut()) });
    let mut world = world("");
    HEAP.set(&raw mut *world.heap);
    let info = KindInfo::custom("allocating", |_, _| {
        // SAFETY: not sound in general; the heap panics before it does anything.
        unsafe { (*HEAP.get()).collect(Generation::Young) }
    });
    world.heap.define_kind(9, info);
    let object = world.heap.alloc_zeroed(16, Header::new(9, 16, 0));
    world.root(object);
    let message = panic_of(|| world.young());
    assert!(message.contains("allocated or collected"), "{message}");
}
