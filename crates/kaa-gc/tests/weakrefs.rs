//! Weak references and weak tables.

mod support;

use kaa_gc::{Generation, HAS_WEAKREF, Sweep, WeakTable, Word};
use support::*;

fn cleared(world: &mut World) -> Vec<*mut u8> {
    std::iter::from_fn(|| world.heap.take_cleared()).collect()
}

#[test]
fn cleared_when_the_referent_dies_young_or_old() {
    for old in [false, true] {
        for full in [false, true] {
            let mut world = World::new("verify,poison");
            let object = world.object(2);
            let referent = world.root(object);
            let weakref = world.weakref(referent);
            let holder = world.root(weakref);
            if old {
                world.young();
                assert_eq!(read(world.get(holder), 1), world.get(referent) as Word, "updated when the referent moved");
            }
            assert!(header(world.get(referent)).has(HAS_WEAKREF));
            world.clear(referent);
            world.heap.collect(if full { Generation::Full } else { Generation::Young });
            if old && !full {
                assert_ne!(read(world.get(holder), 1), 0, "old objects die in full collections only");
                assert!(cleared(&mut world).is_empty());
                continue;
            }
            assert_eq!(read(world.get(holder), 1), 0);
            assert_eq!(cleared(&mut world), [world.get(holder)]);
            assert!(cleared(&mut world).is_empty(), "queued once");
        }
    }
}

#[test]
fn a_dead_weak_reference_is_not_queued() {
    let mut world = World::new("verify,poison");
    let object = world.object(2);
    let referent = world.root(object);
    world.weakref(referent);
    world.young();
    let object = world.get(referent);
    // SAFETY: a rooted object.
    assert_eq!(unsafe { world.heap.weakrefs_of(object).count() }, 0);
    assert!(!header(object).has(HAS_WEAKREF), "the flag goes with the last weak reference");
    world.weakref(referent);
    world.clear(referent);
    world.full();
    assert!(cleared(&mut world).is_empty());
    assert_eq!(world.objects(), 0);
}

#[test]
fn youngest_first_and_listed_oldest_first() {
    let mut world = World::new("verify");
    let object = world.object(1);
    let referent = world.root(object);
    let mut holders = Vec::new();
    for round in 0..5 {
        let weakref = world.weakref(referent);
        holders.push(world.root(weakref));
        if round == 2 {
            world.young();
        }
    }
    world.young();
    let expected: Vec<*mut u8> = holders.iter().map(|&holder| world.get(holder)).collect();
    let object = world.get(referent);
    // SAFETY: a rooted object.
    let listed: Vec<*mut u8> = unsafe { world.heap.weakrefs_of(object).collect() };
    assert_eq!(listed, expected);
    world.clear(referent);
    world.full();
    let mut queued = cleared(&mut world);
    queued.reverse();
    assert_eq!(queued, expected);
}

#[test]
fn cleared_by_the_user() {
    let mut world = World::new("verify");
    let object = world.object(1);
    let referent = world.root(object);
    let weakref = world.weakref(referent);
    world.root(weakref);
    write(weakref, 1, 0);
    let object = world.get(referent);
    // SAFETY: a rooted object.
    assert_eq!(unsafe { world.heap.weakrefs_of(object).count() }, 0);
    world.clear(referent);
    world.full();
    assert!(cleared(&mut world).is_empty());
}

#[test]
fn queued_weak_references_stay_alive_and_move_along() {
    let mut world = World::new("verify,poison");
    let object = world.object(1);
    let referent = world.root(object);
    let weakref = world.weakref(referent);
    let holder = world.root(weakref);
    world.clear(referent);
    world.young();
    world.clear(holder);
    world.full();
    let queued = cleared(&mut world);
    assert_eq!(queued.len(), 1);
    assert_eq!(header(queued[0]).kind(), WEAK);
}

#[test]
fn a_finalizer_cannot_revive_what_a_weak_reference_saw_die() {
    for full in [false, true] {
        let mut world = World::new("verify,poison");
        let object = world.object(1);
        let referent = world.root(object);
        let outside = world.weakref(referent);
        let outside = world.root(outside);
        // This one is garbage itself and comes back with its referent.
        let inside = world.weakref(referent);
        let object = world.get(referent);
        world.store(object, 0, inside as Word);
        // SAFETY: a live object.
        unsafe { world.heap.register_finalizable(object) };
        world.clear(referent);
        world.heap.collect(if full { Generation::Full } else { Generation::Young });
        assert_eq!(read(world.get(outside), 1), 0);
        assert_eq!(cleared(&mut world), [world.get(outside)]);
        let revived = world.heap.take_finalizable().unwrap();
        let inside = read(revived, 0) as usize as *mut u8;
        assert_eq!(read(inside, 1), 0, "the revived weak reference is cleared");
        world.root(revived);
        world.full();
    }
}

#[test]
fn many_weak_references() {
    let mut world = World::new("nursery=64k");
    let table = world.object(1000);
    let table = world.root(table);
    for index in 0..20_000 {
        let object = world.object(1);
        let holder = world.get(table);
        world.store(holder, index % 1000, object as Word);
        let root = world.root(object);
        let weakref = world.weakref(root);
        world.roots().slots.pop();
        world.root(weakref);
    }
    world.full();
    let alive = world.roots().slots[1..].iter().filter(|&&weakref| read(weakref as usize as *mut u8, 1) != 0).count();
    assert_eq!(alive, 1000);
    assert_eq!(cleared(&mut world).len(), 19_000);
}

#[derive(Default)]
struct Table {
    words: Vec<Word>,
    young_sweeps: usize,
    full_sweeps: usize,
}

impl WeakTable for Table {
    fn sweep(&mut self, sweep: &Sweep<'_>) {
        *(if sweep.is_full() { &mut self.full_sweeps } else { &mut self.young_sweeps }) += 1;
        self.words.retain_mut(|word| match sweep.alive(*word) {
            Some(new) => {
                *word = new;
                true
            }
            None => false,
        });
    }
}

#[test]
fn weak_tables_are_swept() {
    let mut world = World::new("verify,poison");
    let table = Box::into_raw(Box::<Table>::default());
    // SAFETY: freed at the end, after its removal.
    let id = unsafe { world.heap.add_weak_table(table) };
    let keep = world.object(1);
    let keep = world.root(keep);
    let lose = world.object(1);
    let large = world.object(4000);
    let large = world.root(large);
    // SAFETY: no collection runs while the table is borrowed.
    unsafe { &mut *table }.words = vec![world.get(keep) as Word, lose as Word, world.get(large) as Word, fixnum(3)];
    world.young();
    let expected = [world.get(keep) as Word, world.get(large) as Word, fixnum(3)];
    // SAFETY: as above.
    assert_eq!(unsafe { &*table }.words, expected);
    world.clear(large);
    world.full();
    // SAFETY: as above.
    let swept = unsafe { &*table };
    assert_eq!(swept.words, [world.get(keep) as Word, fixnum(3)]);
    assert_eq!((swept.young_sweeps, swept.full_sweeps), (2, 1));
    world.heap.remove_weak_table(id);
    // SAFETY: the heap does not know it any more.
    drop(unsafe { Box::from_raw(table) });
    world.full();
}
