//! Finalization and drop functions.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use kaa_gc::{FINALIZE, Generation, Header, KindInfo, Word};
use support::*;

/// Field 0 is the object's number, field 1 and 2 are referents.
fn finalizable(world: &mut World, number: usize) -> usize {
    let object = world.object(3);
    write(object, 0, fixnum(number));
    // SAFETY: a new object.
    unsafe { world.heap.register_finalizable(object) };
    world.root(object)
}

fn link(world: &mut World, from: usize, field: usize, to: usize) {
    let (from, to) = (world.get(from), world.get(to));
    world.store(from, field, to as Word);
}

fn taken(world: &mut World) -> Vec<usize> {
    std::iter::from_fn(|| world.heap.take_finalizable()).map(|object| number(read(object, 0))).collect()
}

/// Runs a test with the objects young or old, and a young or full collection.
fn in_each_generation(test: impl Fn(&mut World, Generation)) {
    for (age, generation) in [(false, Generation::Young), (false, Generation::Full), (true, Generation::Full)] {
        let mut world = World::new("verify,poison");
        if age {
            // Not part of the test: makes what follows start in a used heap.
            world.object(1);
            world.young();
        }
        test(&mut world, generation);
    }
}

#[test]
fn queued_once_when_unreached() {
    in_each_generation(|world, generation| {
        let root = finalizable(world, 7);
        world.heap.collect(generation);
        assert!(taken(world).is_empty() && !world.heap.has_pending());
        world.clear(root);
        world.full();
        assert!(world.heap.has_pending());
        assert_eq!(taken(world), [7]);
        world.full();
        assert!(taken(world).is_empty(), "each at most once");
        assert_eq!(world.objects(), 0, "gone in the collection after");
    });
}

#[test]
fn those_registered_later() {
    in_each_generation(|world, generation| {
        let roots: Vec<usize> = (0..3).map(|number| finalizable(world, number)).collect();
        world.heap.note_first_finalizable();
        assert!(!world.heap.has_later_finalizable());
        world.clear(roots[1]);
        world.heap.collect(generation);
        assert!(world.heap.has_later_finalizable(), "one is queued");
        assert_eq!(taken(world), [1]);
        assert!(!world.heap.has_later_finalizable());
        let later = finalizable(world, 3);
        assert!(world.heap.has_later_finalizable(), "as many as at first, but another one");
        world.clear(roots[0]);
        world.heap.collect(generation);
        taken(world);
        assert!(world.heap.has_later_finalizable());
        let object = world.get(later);
        // SAFETY: a live object.
        unsafe { world.heap.unregister_finalizable(object) };
        assert!(!world.heap.has_later_finalizable());
        world.clear(roots[2]);
        world.full();
        assert_eq!(taken(world).last(), Some(&2));
        assert!(!world.heap.has_later_finalizable());
    });
}

#[test]
fn owners_before_owned() {
    in_each_generation(|world, generation| {
        // A chain through plain objects, registered from the owned end.
        let roots: Vec<usize> = (0..10).map(|number| finalizable(world, number)).collect();
        for index in 1..10 {
            let plain = world.object(1);
            let plain = world.root(plain);
            link(world, plain, 0, roots[index - 1]);
            link(world, roots[index], 1, plain);
        }
        world.roots().slots.fill(0);
        world.heap.collect(generation);
        assert_eq!(taken(world), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    });
}

#[test]
fn cycles_and_strangers_by_registration() {
    in_each_generation(|world, generation| {
        let roots: Vec<usize> = (0..6).map(|number| finalizable(world, number)).collect();
        // 0 -> 1 -> 2 -> 0 is a cycle that 4 owns; 3 and 5 are alone.
        link(world, roots[0], 1, roots[1]);
        link(world, roots[1], 1, roots[2]);
        link(world, roots[2], 1, roots[0]);
        link(world, roots[4], 1, roots[1]);
        world.roots().slots.fill(0);
        world.heap.collect(generation);
        assert_eq!(taken(world), [3, 4, 0, 1, 2, 5]);
    });
}

#[test]
fn the_graph_is_intact_when_finalized() {
    in_each_generation(|world, generation| {
        let owner = finalizable(world, 1);
        let leaf = world.object(2000);
        write(leaf, 0, fixnum(99));
        let leaf = world.root(leaf);
        link(world, owner, 1, leaf);
        link(world, leaf, 1, owner);
        world.roots().slots.fill(0);
        world.heap.collect(generation);
        world.full();
        let object = world.heap.take_finalizable().unwrap();
        assert!(!header(object).has(FINALIZE));
        let leaf = read(object, 1) as usize as *mut u8;
        assert_eq!(number(read(leaf, 0)), 99);
        assert_eq!(read(leaf, 1), object as Word);
        // Revived: rooted again, it lives, and is not finalized a second time.
        let root = world.root(object);
        world.full();
        world.clear(root);
        world.full();
        assert!(taken(world).is_empty());
        assert_eq!(world.objects(), 0);
    });
}

#[test]
fn registering_again_after_finalization() {
    let mut world = World::new("verify");
    let root = finalizable(&mut world, 1);
    world.clear(root);
    world.young();
    let object = world.heap.take_finalizable().unwrap();
    // SAFETY: a live object.
    unsafe {
        world.heap.register_finalizable(object);
        world.heap.register_finalizable(object);
    }
    world.full();
    assert_eq!(taken(&mut world), [1]);
}

#[test]
fn a_long_chain_does_not_recurse() {
    let mut world = World::new("");
    let mut previous = finalizable(&mut world, 0);
    for number in 1..100_000 {
        let next = finalizable(&mut world, number);
        link(&mut world, next, 1, previous);
        world.clear(previous);
        previous = next;
    }
    world.roots().slots.clear();
    world.full();
    let order = taken(&mut world);
    assert!(order.iter().copied().eq((0..100_000).rev()));
}

#[test]
fn all_at_exit() {
    let mut world = World::new("verify");
    for number in 0..3 {
        finalizable(&mut world, number);
        world.young();
    }
    finalizable(&mut world, 3);
    world.heap.queue_all_finalizable();
    assert_eq!(taken(&mut world), [0, 1, 2, 3]);
    world.full();
    assert_eq!(world.objects(), 4);
}

static DROPPED: AtomicUsize = AtomicUsize::new(0);
const BOXED: u8 = 20;

unsafe fn drop_box(object: *mut u8) {
    // SAFETY: field 0 of these objects is a box.
    drop(unsafe { Box::from_raw(read(object, 0) as usize as *mut [u8; 1000]) });
    DROPPED.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn dropped_when_unreached_and_with_the_heap() {
    let mut world = World::new("verify,poison");
    let info = KindInfo::raw("boxed").with_drop(drop_box).with_external(|_| 1000);
    world.heap.define_kind(BOXED, info);
    let boxed = |world: &mut World| {
        let object = world.heap.alloc_with_drop(16, Header::new(BOXED, 16, 0));
        write(object, 0, Box::into_raw(Box::new([1u8; 1000])) as usize as Word);
        world.heap.report_external(1000);
        world.root(object)
    };
    let [first, second, _third] = [(); 3].map(|()| boxed(&mut world));
    let dropped = || DROPPED.load(Ordering::Relaxed);
    world.clear(first);
    world.young();
    assert_eq!((dropped(), world.heap.memory_use().external_bytes), (1, 2000));
    world.clear(second);
    world.young();
    assert_eq!(dropped(), 1, "old");
    world.full();
    assert_eq!((dropped(), world.heap.memory_use().external_bytes), (2, 1000));
    drop(world);
    assert_eq!(dropped(), 3);
}
