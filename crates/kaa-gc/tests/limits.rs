//! A process with little address space. Alone in its file: the limit holds for the whole process.

mod support;

use support::*;

#[test]
fn the_reservation_shrinks_to_what_the_system_grants() {
    let limit = libc::rlimit { rlim_cur: 4 << 30, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: a valid rlimit structure.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
    let mut worlds: Vec<World> = (0..2).map(|_| World::new("")).collect();
    for world in &mut worlds {
        let object = world.object(1000);
        let root = world.root(object);
        for _ in 0..100_000 {
            assert!(!world.object(20).is_null());
        }
        world.full();
        assert_eq!(header(world.get(root)).shape(), 1000);
    }
    assert!(std::thread::Builder::new().stack_size(64 << 20).spawn(|| ()).is_ok(), "room is left for others");
    // Less than a heap needs is an error, not a panic.
    let limit = libc::rlimit { rlim_cur: 1 << 20, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: a valid rlimit structure.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
    let error = kaa_gc::Heap::new(kaa_gc::Config::default()).err().expect("no heap fits");
    assert!(error.to_string().starts_with("cannot reserve address space"));
    let limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: a valid rlimit structure.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
}
