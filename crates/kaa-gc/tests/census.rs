//! Counting what reference counts alone would not have freed.

mod support;

use kaa_gc::{Census, Word};
use support::{World, read, write};

const ALL: Census = Census { counts: |_| true, save: false };

/// `from.field = to`.
fn link(world: &mut World, from: *mut u8, field: usize, to: *mut u8) {
    world.store(from, field, to as Word);
}

#[test]
fn only_what_cycles_hold_is_counted() {
    for mode in ["verify,poison", "verify,poison,nogen", "verify,poison,nomove"] {
        for old in [false, true] {
            let mut world = World::new(mode);
            let objects: Vec<usize> = (0..8)
                .map(|_| {
                    let object = world.object(2);
                    world.root(object)
                })
                .collect();
            if old {
                world.full();
            }
            let at = |world: &mut World, index: usize| {
                let root = objects[index];
                world.get(root)
            };
            // 0 <-> 1 -> 2; 3 -> 4 -> 2; 5 -> 5; 6 -> 0; 7 lives and is referred to by 1.
            for (from, field, to) in
                [(0, 0, 1), (1, 0, 0), (1, 1, 2), (3, 0, 4), (4, 0, 2), (5, 0, 5), (6, 0, 0), (2, 0, 7)]
            {
                let (from, to) = (at(&mut world, from), at(&mut world, to));
                link(&mut world, from, field, to);
            }
            for &root in &objects[..7] {
                world.clear(root);
            }
            assert_eq!(world.heap.collect_with_census(ALL), 4, "{mode} {old}: 0, 1, 2 and 5");
            assert_eq!(world.objects(), 1);
            assert_eq!(world.heap.collect_with_census(ALL), 0);
        }
    }
}

#[test]
fn large_objects_and_finalizable_ones() {
    let mut world = World::new("verify,poison");
    let large = world.object(5000);
    write(large, 4999, large as Word);
    let mortal = world.object(1);
    write(mortal, 0, mortal as Word);
    // SAFETY: a live object.
    unsafe { world.heap.register_finalizable(mortal) };
    assert_eq!(world.heap.collect_with_census(ALL), 1, "the large one");
    assert!(world.heap.take_finalizable().is_some());
    assert_eq!(world.heap.collect_with_census(ALL), 1, "the finalized one");
    assert_eq!(world.objects(), 0);
}

#[test]
fn saved_garbage_lives_until_it_is_taken() {
    let mut world = World::new("verify,poison");
    let (a, b) = (world.object(2), world.object(2));
    write(a, 0, b as Word);
    write(b, 0, a as Word);
    write(b, 1, support::fixnum(17));
    assert_eq!(world.heap.collect_with_census(Census { save: true, ..ALL }), 2);
    world.young();
    world.full();
    let mut numbers = Vec::new();
    while let Some(object) = world.heap.take_saved() {
        numbers.push(read(object, 1));
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [0, support::fixnum(17)]);
    world.full();
    assert_eq!(world.objects(), 0);
}
