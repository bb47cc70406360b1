//! Large objects: cards, growth in place, reuse of pages, exhaustion.

mod support;

use kaa_gc::{ALL_VALUES, Header, RAW, Word};
use support::*;

#[test]
fn stores_into_old_large_objects_are_seen() {
    let mut world = World::new("verify,poison");
    let fields = 100_000;
    let large = world.object(fields);
    let root = world.root(large);
    world.young();
    let mut random = Random(5);
    let mut expected = vec![None; fields];
    for round in 0..50 {
        for _ in 0..20 {
            let field = match random.below(10) {
                0 => 0,
                1 => fields - 1,
                _ => random.below(fields),
            };
            let object = world.object(1);
            write(object, 0, fixnum(round * 1000 + field));
            let large = world.get(root);
            world.store(large, field, object as Word);
            expected[field] = Some(round * 1000 + field);
        }
        world.young();
        if round % 10 == 0 {
            world.full();
        }
    }
    let large = world.get(root);
    for (field, expected) in expected.into_iter().enumerate() {
        let word = read(large, field);
        match expected {
            Some(value) => assert_eq!(number(read(word as usize as *mut u8, 0)), value),
            None => assert_eq!(word, 0),
        }
    }
}

#[test]
fn only_dirty_cards_are_visited_again() {
    let mut world = World::new("");
    let large = world.object(1 << 20);
    let root = world.root(large);
    world.young();
    let before = world.heap.stats().young_nanoseconds;
    for _ in 0..100 {
        let object = world.object(1);
        let large = world.get(root);
        world.store(large, 12345, object as Word);
        world.young();
    }
    let each = (world.heap.stats().young_nanoseconds - before) / 100;
    assert!(each < 3_000_000, "{each} ns for a store into one card of 8 MB");
}

#[test]
fn grows_and_shrinks_in_place() {
    let mut world = World::new("verify,poison");
    let large = world.object(2000);
    let root = world.root(large);
    let element = world.object(1);
    world.store(large, 1999, element as Word);
    assert!(world.heap.resize_large(large, 8 + 8 * 100_000));
    assert_eq!(read(large, 50_000), 0);
    world.young();
    let element = world.object(1);
    write(element, 0, fixnum(8));
    world.store(large, 99_999, element as Word);
    world.full();
    let element = read(large, 99_999) as usize as *mut u8;
    assert_eq!(number(read(element, 0)), 8);
    assert!(world.heap.resize_large(large, 8 + 8 * 2000));
    world.full();
    assert_eq!(world.heap.size_of(large), 8 + 8 * 2000);
    assert_eq!(world.objects(), 2);
    // Something else sits behind it now: no growth.
    let other = world.object(5000);
    world.root(other);
    assert!(other as usize > large as usize);
    assert!(!world.heap.resize_large(large, 8 + 8 * 500_000));
    assert!(!world.heap.resize_large(large, 64), "would not be large");
    assert!(!world.heap.resize_large(large, 1 << 45));
    assert_eq!(world.get(root), large);
}

#[test]
fn new_words_are_zero_after_growth_into_used_pages() {
    for _ in 0..20 {
        let mut world = World::new("");
        let large = world.object(2000);
        let behind = world.heap.alloc(400_000, Header::new(RAW, 400_000, 0));
        (0..49_999).for_each(|field| write(behind, field, Word::MAX));
        world.root(large);
        world.young();
        // Shrunk and grown inside its pages, then into those of the dead object behind.
        (0..2000).for_each(|field| write(large, field, fixnum(field)));
        assert!(world.heap.resize_large(large, 8 + 8 * 1900));
        assert!(world.heap.resize_large(large, 8 + 8 * 40_000));
        assert!((0..1900).all(|field| read(large, field) == fixnum(field)));
        assert!((1900..40_000).all(|field| read(large, field) == 0));
        world.full();
    }
}

#[test]
fn pages_are_reused_and_zero_when_asked() {
    let mut world = World::new("poison");
    for round in 0..2000 {
        let size = (9000 + round * 977 % 3_000_000) / 8 * 8;
        let object = world.heap.alloc_zeroed(size, Header::new(RAW, size, 0));
        for field in [0, 1, 500, size / 16, size / 8 - 2] {
            assert_eq!(read(object, field), 0);
        }
        for field in (0..size / 8 - 1).step_by(100) {
            write(object, field, Word::MAX);
        }
    }
    world.full();
    assert_eq!(world.heap.memory_use().large_bytes, 0);
    assert!(world.heap.stats().young_collections > 20, "large objects count toward the nursery");
}

#[test]
fn absurd_requests_are_refused_at_once() {
    let mut world = World::new("");
    for size in [1usize << 42, 1 << 50, 1 << 62, usize::MAX - 7] {
        assert!(world.heap.alloc(size, Header::new(RAW, size, 0)).is_null());
        assert!(world.heap.alloc_zeroed(size, Header::new(RAW, size, 0)).is_null());
        assert!(world.heap.alloc_old(size, Header::new(RAW, size, 0)).is_null());
    }
    assert_eq!(world.heap.stats().full_collections, 0, "no collection can help");
}

#[test]
fn a_full_heap_gives_null_and_recovers() {
    for config in ["max=16m,verify", "reserve=8m", "max=16m,nomove", "reserve=4m,nursery=1m"] {
        for fields in [2, 100, 3000] {
            let mut world = World::new(config);
            let root = world.root(std::ptr::null_mut());
            let size = 8 + fields * 8;
            let mut count = 0;
            loop {
                let object = world.heap.alloc_zeroed(size, Header::new(ALL_VALUES, size, 0));
                if object.is_null() {
                    break;
                }
                write(object, 0, world.get(root) as Word);
                world.roots().slots[root] = object as Word;
                count += 1;
                assert!(count * size < 300 << 20, "{config}: the limit holds");
            }
            assert!(count * size > 2 << 20, "{config} {fields}: only {count} objects");
            let mut walked = 0;
            let mut object = world.get(root);
            while !object.is_null() {
                walked += 1;
                object = read(object, 0) as usize as *mut u8;
            }
            assert_eq!(walked, count);
            world.clear(root);
            for _ in 0..count * 2 {
                let object = world.heap.alloc_zeroed(size, Header::new(ALL_VALUES, size, 0));
                assert!(!object.is_null(), "{config} {fields}");
            }
        }
    }
}
