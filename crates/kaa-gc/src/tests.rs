//! Unit tests of the heap's parts; the tests of whole collections are in the crate's `tests` folder.

use crate::{Config, Header, Heap, RAW, SMALL_MAX};

#[test]
fn config_text() {
    let config = Config::parse("stress=3, verify,nursery=8m").unwrap();
    assert_eq!((config.stress, config.verify, config.nursery), (3, true, 8 << 20));
    assert_eq!(Config::parse("").unwrap(), Config::default());
    for bad in ["strss", "growth=0.5", "nursery", "nursery=x", "verify=maybe", "nomove,evacuate-always"] {
        assert!(Config::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn header_fields() {
    let header = Header::new(7, 24, 0xdead_beef).with_flags(crate::PINNED);
    assert_eq!((header.kind(), header.small_size(), header.shape()), (7, 24, 0xdead_beef));
    assert!(header.has(crate::PINNED) && !header.has(crate::UNLOG));
    assert_eq!(Header::new(1, SMALL_MAX, 0).small_size(), SMALL_MAX);
    assert_eq!(Header::new(1, SMALL_MAX + 8, 0).small_size(), 0);
}

#[test]
fn allocation_sizes() {
    let mut heap = Heap::new(Config::default()).unwrap();
    for size in [8, 16, 128, 136, 4096, SMALL_MAX, SMALL_MAX + 8, 1 << 20] {
        let object = heap.alloc_zeroed(size, Header::new(RAW, size, 5));
        assert!(!object.is_null());
        assert_eq!(heap.size_of(object), size);
    }
    for size in [1usize << 40, 1 << 46, usize::MAX - 7] {
        assert!(heap.alloc(size, Header::new(RAW, size, 5)).is_null());
    }
}
