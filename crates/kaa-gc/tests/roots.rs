//! Conservative roots, pins, stacks of several threads, and what survives where.

mod support;

use std::hint::black_box;

use kaa_gc::{Generation, Header, Heap, PINNED, RAW, UNLOG, Word, with_spilled_registers};
use support::*;

/// A world with a scratch area that is scanned like a stack.
fn scratch_world(config: &str) -> (World, Vec<usize>) {
    let mut world = World::new(config);
    let scratch = vec![0usize; 8];
    let start = scratch.as_ptr() as usize;
    world.roots().ranges.push(start..start + 64);
    (world, scratch)
}

#[test]
fn survivors_move_once() {
    let mut world = World::new("verify,poison");
    let object = world.object(3);
    let root = world.root(object);
    let young = world.get(root);
    world.young();
    let old = world.get(root);
    assert_ne!(young, old);
    assert!(header(old).has(UNLOG));
    for generation in [Generation::Young, Generation::Full, Generation::Young] {
        world.heap.collect(generation);
        assert_eq!(world.get(root), old);
    }
}

#[test]
fn pinned_objects_stay() {
    let mut world = World::new("verify,poison");
    let object = world.object(3);
    // SAFETY: a new object.
    unsafe { world.heap.pin(object) };
    let root = world.root(object);
    world.young();
    assert_eq!(world.get(root), object);
    assert!(header(object).has(PINNED));
    world.full();
    assert_eq!(world.get(root), object);
}

#[test]
fn any_word_into_or_behind_an_object_keeps_it() {
    for size in [16, 24, 64, 200, 4096, 8192, 8200, 40_960, 100_000] {
        let size = size / 8 * 8;
        let mut offsets = vec![0, 1, 7, 8, size / 2, size - 8, size - 1, size];
        offsets.sort_unstable();
        offsets.dedup();
        for offset in offsets {
            for collections in [&[Generation::Young][..], &[Generation::Full], &[Generation::Young, Generation::Full]] {
                let (mut world, mut scratch) = scratch_world("verify,poison");
                // Neighbours on both sides, so that the object is neither first nor last in its block.
                world.object(2);
                let object = world.heap.alloc_zeroed(size, Header::new(RAW, size, 42));
                world.object(2);
                write(object, 0, 0x5555);
                scratch[3] = object as usize + offset;
                black_box(&mut scratch);
                for &generation in collections {
                    world.heap.collect(generation);
                    assert_eq!(header(object).shape(), 42, "size {size} offset {offset}");
                    assert_eq!(read(object, 0), 0x5555);
                    assert_eq!(world.heap.size_of(object), size);
                    let mut found = false;
                    world.heap.for_each_object(|other| found |= other == object);
                    assert!(found, "size {size} offset {offset}");
                }
                scratch[3] = 0;
                black_box(&mut scratch);
                world.full();
                assert_eq!(world.objects(), 0);
            }
        }
    }
}

#[test]
fn in_value_ranges_only_exact_addresses_count() {
    for size in [24, 8192, 100_000] {
        for old in [false, true] {
            for offset in [0, 1, 8, size / 2, size] {
                let mut world = World::new("verify,poison");
                let mut scratch = vec![0usize; 4];
                let start = scratch.as_ptr() as usize;
                world.roots().value_ranges.push(start..start + 32);
                let object = world.heap.alloc_zeroed(size, Header::new(RAW, size, 42));
                let root = world.root(object);
                if old {
                    world.young();
                }
                scratch[1] = world.get(root) as usize + offset;
                scratch[2] = scratch[1];
                black_box(&mut scratch);
                world.clear(root);
                world.young();
                world.full();
                assert_eq!(world.objects(), (offset == 0) as usize, "size {size} offset {offset}");
            }
        }
    }
}

#[test]
fn words_that_are_no_pointers_are_harmless() {
    let (mut world, mut scratch) = scratch_world("verify,poison");
    let mut random = Random(77);
    let object = world.object(3);
    let root = world.root(object);
    for _ in 0..2000 {
        let near = world.get(root) as usize;
        for word in &mut scratch {
            *word = match random.below(6) {
                0 => random.next() as usize,
                1 => near.wrapping_add(random.below(1 << 20)).wrapping_sub(1 << 19),
                2 => near.wrapping_add(random.below(1 << 40)),
                3 => near & !0xffff_ffff,
                4 => usize::MAX - random.below(100),
                _ => random.below(1 << 16),
            };
        }
        black_box(&mut scratch);
        world.object(random.below(2000));
        world.object(random.below(20));
        world.heap.collect(if random.one_in(10) { Generation::Full } else { Generation::Young });
        let object = world.get(root);
        assert_eq!(header(object).shape(), 3);
    }
}

#[test]
fn other_heaps_and_foreign_pointers_are_left_alone() {
    let mut world = World::new("verify,poison");
    let mut other = World::new("verify,poison");
    let foreign = other.object(1);
    let foreign = other.root(foreign);
    other.young();
    let object = world.object(2);
    let root = world.root(object);
    let boxed = Box::new([7u64; 2]);
    let object = world.get(root);
    world.store(object, 0, other.get(foreign) as Word);
    world.store(object, 1, boxed.as_ptr() as usize as Word);
    world.young();
    world.full();
    assert_eq!(read(world.get(root), 0), other.get(foreign) as Word);
    assert_eq!(read(world.get(root), 1), boxed.as_ptr() as usize as Word);
}

/// A list of `length` nodes held by this frame only, while the heap collects all the time.
#[inline(never)]
fn stack_only_list(heap: &mut Heap, length: usize) {
    let header = Header::new(kaa_gc::ALL_VALUES, 24, 1);
    let mut list: Word = 0;
    for index in 0..length {
        let node = heap.alloc(24, header);
        assert!(!node.is_null());
        write(node, 0, fixnum(index));
        write(node, 1, list);
        list = node as Word;
        heap.alloc_zeroed(64, Header::new(RAW, 64, 0));
    }
    for index in (0..length).rev() {
        let node = list as usize as *mut u8;
        assert_eq!(number(read(node, 0)), index);
        list = read(node, 1);
    }
    assert_eq!(list, 0);
}

#[test]
fn the_stack_is_enough() {
    for (config, length) in [("", 300_000), ("stress,verify,poison", 600), ("evacuate-always", 100_000)] {
        let mut world = World::new(config);
        let base = kaa_gc::current_stack_base().unwrap();
        // SAFETY: the base of this thread's stack, which outlives the heap.
        unsafe { world.heap.attach_thread(base) };
        stack_only_list(&mut world.heap, length);
    }
}

#[test]
fn stacks_of_parked_threads() {
    struct Shared(*mut Heap);
    // SAFETY: the threads use the heap one at a time: they wait for each other.
    unsafe impl Send for Shared {}

    let mut world = World::new("verify,poison");
    let base = kaa_gc::current_stack_base().unwrap();
    // SAFETY: the base of this thread's stack.
    let main = unsafe { world.heap.attach_thread(base) };
    let heap = Shared(&raw mut *world.heap);
    let (to_main, from_thread) = std::sync::mpsc::channel();
    let (to_thread, from_main) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        with_spilled_registers(|stack_pointer| {
            world.heap.park_thread(main, stack_pointer);
            scope.spawn(move || {
                let heap = heap;
                // SAFETY: the main thread waits until the heap is handed back.
                let heap = unsafe { &mut *heap.0 };
                let base = kaa_gc::current_stack_base().unwrap();
                // SAFETY: the base of this thread's stack; detached before the thread ends.
                let id = unsafe { heap.attach_thread(base) };
                let object = heap.alloc_zeroed(32, Header::new(RAW, 32, 4711));
                with_spilled_registers(|stack_pointer| {
                    heap.park_thread(id, stack_pointer);
                    to_main.send(()).unwrap();
                    from_main.recv().unwrap();
                });
                heap.resume_thread(id);
                assert_eq!(header(black_box(object)).shape(), 4711);
                heap.detach_thread(id);
                to_main.send(()).unwrap();
            });
            from_thread.recv().unwrap();
        });
        world.heap.resume_thread(main);
        for _ in 0..3 {
            world.full();
            world.young();
        }
        let mut found = 0;
        world.heap.for_each_object(|object| found += (header(object).shape() == 4711) as usize);
        assert_eq!(found, 1);
        with_spilled_registers(|stack_pointer| {
            world.heap.park_thread(main, stack_pointer);
            to_thread.send(()).unwrap();
            from_thread.recv().unwrap();
        });
        world.heap.resume_thread(main);
    });
    world.full();
}

#[test]
fn two_heaps_on_two_threads() {
    let threads: Vec<_> = (0..2)
        .map(|_| {
            std::thread::spawn(|| {
                let mut world = World::new("nursery=256k,first-full=1m");
                let base = kaa_gc::current_stack_base().unwrap();
                // SAFETY: the base of this thread's stack, which outlives the heap.
                unsafe { world.heap.attach_thread(base) };
                stack_only_list(&mut world.heap, 100_000);
                let stats = *world.heap.stats();
                assert!(stats.young_collections > 5 && stats.full_collections > 0, "{stats:?}");
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn many_heaps_in_one_process() {
    let mut worlds: Vec<World> = (0..20).map(|_| World::new("verify")).collect();
    for (index, world) in worlds.iter_mut().enumerate() {
        let object = world.object(2);
        write(object, 0, fixnum(index));
        world.root(object);
    }
    worlds.iter_mut().for_each(World::full);
    worlds.drain(5..15);
    for world in &mut worlds {
        world.young();
        let object = world.get(0);
        assert!(number(read(object, 0)) < 20);
    }
}

#[test]
fn deep_lists_do_not_recurse() {
    let mut world = World::new("");
    let root = world.root(std::ptr::null_mut());
    for index in 0..1_000_000 {
        let node = world.object(2);
        write(node, 0, fixnum(index));
        write(node, 1, world.get(root) as Word);
        world.roots().slots[root] = node as Word;
    }
    world.young();
    world.full();
    assert_eq!(world.objects(), 1_000_000);
    world.clear(root);
    world.full();
    assert_eq!(world.objects(), 0);
}

#[test]
fn removed_roots_hold_nothing() {
    let mut world = World::new("verify");
    let extra = Box::into_raw(Box::<RootSlots>::default());
    // SAFETY: freed at the end, after its removal.
    let id = unsafe { world.heap.add_roots(extra) };
    let object = world.object(1);
    // SAFETY: no collection runs while the root set is borrowed.
    unsafe { &mut *extra }.slots.push(object as Word);
    world.full();
    assert_eq!(world.objects(), 1);
    world.heap.remove_roots(id);
    world.full();
    assert_eq!(world.objects(), 0);
    // SAFETY: the heap does not know it any more.
    drop(unsafe { Box::from_raw(extra) });
}

#[test]
fn immortal_and_old_objects() {
    let mut world = World::new("verify,poison");
    let header = Header::new(kaa_gc::ALL_VALUES, 24, 9);
    let immortal = world.heap.alloc_immortal(24, header);
    write(immortal, 0, fixnum(1));
    let child = world.object(1);
    write(immortal, 1, child as Word);
    let old = world.heap.alloc_old(24, header);
    write(old, 0, fixnum(2));
    let child = world.object(1);
    write(old, 1, child as Word);
    let root = world.root(old);
    world.young();
    assert_eq!(world.get(root), old, "old objects do not move");
    world.full();
    assert_eq!(world.objects(), 4);
    world.clear(root);
    world.full();
    assert_eq!(world.objects(), 2);
    assert_eq!(read(immortal, 0), fixnum(1));
    let large = world.heap.alloc_old(100_000, Header::new(RAW, 100_000, 1));
    world.root(large);
    world.full();
    assert_eq!(world.objects(), 3);
}
