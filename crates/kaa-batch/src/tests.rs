use super::*;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).expect("a small size")
}

/// Makes a thing full of a byte.
fn make(size: usize, byte: u8) -> *mut u8 {
    // SAFETY: the size is not zero, and so many bytes are given.
    unsafe {
        let thing = Allocator.alloc(layout(size));
        thing.write_bytes(byte, size);
        thing
    }
}

fn throw_away(thing: *mut u8, size: usize) {
    // SAFETY: each test throws each thing away once, with its size.
    unsafe { Allocator.dealloc(thing, layout(size)) }
}

fn is_full_of(thing: *mut u8, size: usize, byte: u8) -> bool {
    // SAFETY: the thing has so many bytes.
    unsafe { std::slice::from_raw_parts(thing, size) }.iter().all(|&found| found == byte)
}

#[test]
fn things_of_a_batch_lie_together() {
    let outside = make(40, 1);
    assert!(chunk_of(outside).is_none());
    let memory = BatchMemory::of_this_thread();
    let before = make(40, 1);
    assert!(chunk_of(before).is_none());
    let batch = Batch::begin();
    let (first, second, large) = (make(40, 2), make(7, 3), make(LARGEST + 1, 4));
    assert_eq!(second as usize - first as usize, 48);
    assert!(chunk_of(large).is_none());
    drop(batch);
    let after = make(40, 1);
    assert!(chunk_of(after).is_none());
    assert!(is_full_of(first, 40, 2) && is_full_of(second, 7, 3));
    for (thing, size) in [(outside, 40), (before, 40), (first, 40), (second, 7), (large, LARGEST + 1), (after, 40)] {
        throw_away(thing, size);
    }
    // Its chunk is empty again.
    let batch = Batch::begin();
    let again = make(16, 5);
    assert_eq!(again, first);
    throw_away(again, 16);
    drop((batch, memory));
}

#[test]
fn nothing_is_given_twice() {
    let _memory = BatchMemory::of_this_thread();
    let mut random = 1_u32;
    let mut things: Vec<(*mut u8, usize, u8)> = Vec::new();
    for round in 0..200_000_u32 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let batch = Batch::begin();
        if random >> 31 == 0 || things.is_empty() {
            let (size, byte) = ((random >> 8) as usize % 600 + 1, round as u8);
            things.push((make(size, byte), size, byte));
        } else {
            let (thing, size, byte) = things.swap_remove(random as usize % things.len());
            assert!(is_full_of(thing, size, byte));
            throw_away(thing, size);
        }
        drop(batch);
    }
    for (thing, size, byte) in things {
        assert!(is_full_of(thing, size, byte));
        throw_away(thing, size);
    }
}

#[test]
fn things_grow() {
    let _memory = BatchMemory::of_this_thread();
    let _batch = Batch::begin();
    let mut thing = make(8, 6);
    let mut size = 8;
    let mut others = Vec::new();
    for new in [16, 17, 90, 60, 61, 500, LARGEST, LARGEST + 1, 5000, 20] {
        // SAFETY: the thing has the size of the round before.
        thing = unsafe { Allocator.realloc(thing, layout(size), new) };
        assert!(is_full_of(thing, size.min(new), 6));
        // SAFETY: so many bytes belong to it.
        unsafe { thing.write_bytes(6, new) };
        size = new;
        if new == 61 {
            others.push(make(30, 7));
        }
    }
    throw_away(thing, size);
    others.into_iter().for_each(|other| {
        assert!(is_full_of(other, 30, 7));
        throw_away(other, 30);
    });
}

#[test]
fn zeroed_things_are_zero() {
    let _memory = BatchMemory::of_this_thread();
    let _batch = Batch::begin();
    throw_away(make(64, 9), 64);
    // SAFETY: the size is not zero.
    let thing = unsafe { Allocator.alloc_zeroed(layout(64)) };
    assert!(is_full_of(thing, 64, 0));
    throw_away(thing, 64);
}

#[test]
fn any_thread_throws_away() {
    std::thread::scope(|scope| {
        let things = scope.spawn(|| {
            let _memory = BatchMemory::of_this_thread();
            let _batch = Batch::begin();
            (0..10_000).map(|number| make(100, number as u8) as usize).collect::<Vec<_>>()
        });
        for (thing, number) in things.join().expect("no panic").into_iter().zip(0..) {
            let thing = thing as *mut u8;
            assert!(is_full_of(thing, 100, number as u8));
            throw_away(thing, 100);
        }
    });
}
