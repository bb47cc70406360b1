//! Owners of shapes: what lives as long as any object of its shape.

mod support;

use kaa_gc::{ALL_VALUES, Header, Sweep, WeakTable, Word};
use support::World;

const SIZE: usize = 16;

fn owner(world: &mut World, shape: u32) -> *mut u8 {
    let owner = world.heap.alloc_old(SIZE, Header::new(ALL_VALUES, SIZE, 1));
    support::write(owner, 0, support::fixnum(42));
    // SAFETY: just allocated, old.
    unsafe { world.heap.set_shape_owner(shape, owner) };
    owner
}

fn object(world: &mut World, shape: u32) -> *mut u8 {
    world.heap.alloc_zeroed(SIZE, Header::new(ALL_VALUES, SIZE, shape))
}

/// What a weak table sees of one word.
struct Watch {
    word: Word,
    alive: bool,
}

impl WeakTable for Watch {
    fn sweep(&mut self, sweep: &Sweep<'_>) {
        if sweep.is_full() && self.word != 0 {
            self.alive = sweep.alive(self.word).is_some();
            self.word *= Word::from(self.alive);
            sweep.release_external(if self.alive { 0 } else { 1000 });
        }
    }
}

#[test]
fn an_owner_lives_as_long_as_an_object_of_its_shape() {
    for mode in ["verify,poison", "verify,poison,nogen", "verify,poison,nomove"] {
        let mut world = World::new(mode);
        let class = owner(&mut world, 100);
        let watch = Box::into_raw(Box::new(Watch { word: class as Word, alive: true }));
        // SAFETY: freed after the heap's last collection.
        unsafe { world.heap.add_weak_table(watch) };
        world.heap.report_external(1000);
        let instance = object(&mut world, 100);
        let root = world.root(instance);
        for _ in 0..3 {
            world.young();
            world.full();
        }
        assert_eq!(support::read(class, 0), support::fixnum(42), "{mode}");
        assert_eq!(world.heap.memory_use().external_bytes, 1000);
        // Another object, reached from the first one only, takes over.
        let second = object(&mut world, 100);
        let holder = object(&mut world, 0);
        support::write(holder, 0, second as Word);
        let holder_root = world.root(holder);
        world.clear(root);
        world.full();
        // SAFETY: not borrowed by the heap now.
        assert!(unsafe { (*watch).alive }, "{mode}");
        world.clear(holder_root);
        world.full();
        // SAFETY: as above.
        assert!(unsafe { !(*watch).alive }, "{mode}");
        assert_eq!(world.objects(), 0, "{mode}: the owner died with the last object");
        assert_eq!(world.heap.memory_use().external_bytes, 0);
        // SAFETY: made by Box::into_raw; the heap does not collect any more.
        drop(unsafe { Box::from_raw(watch) });
    }
}

#[test]
fn an_owner_of_owners_lives_too() {
    let mut world = World::new("verify,poison");
    let meta = owner(&mut world, 200);
    let class = world.heap.alloc_old(SIZE, Header::new(ALL_VALUES, SIZE, 200));
    support::write(class, 0, support::fixnum(7));
    // SAFETY: just allocated, old.
    unsafe { world.heap.set_shape_owner(201, class) };
    let instance = object(&mut world, 201);
    let root = world.root(instance);
    world.full();
    world.full();
    assert_eq!((support::read(class, 0), support::read(meta, 0)), (support::fixnum(7), support::fixnum(42)));
    world.clear(root);
    world.full();
    assert_eq!(world.objects(), 0);
}

#[test]
fn what_is_finalized_keeps_its_owner() {
    let mut world = World::new("verify,poison");
    let class = owner(&mut world, 300);
    let instance = object(&mut world, 300);
    // SAFETY: a live object.
    unsafe { world.heap.register_finalizable(instance) };
    world.full();
    let queued = world.heap.take_finalizable().expect("it was not reached");
    assert_eq!(support::header(queued).shape(), 300);
    assert_eq!(support::read(class, 0), support::fixnum(42));
    world.full();
    assert_eq!(world.objects(), 0);
}
