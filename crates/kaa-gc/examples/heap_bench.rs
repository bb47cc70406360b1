//! What the heap alone costs: allocation-heavy programs without an interpreter, their objects held by the native stack.
//!
//! `cargo run -p kaa-gc --profile fast --example heap_bench -- bt 18` (or `churn`, `flat`, `mix`, `list`, `garbage`,
//! `deep`, `empty`; further numbers are sizes). `KAA_GC` gives the heap's options. Prints processor time, the largest
//! resident set and the collector's pauses.

use std::hint::black_box;
use std::time::Instant;

use kaa_gc::{ALL_VALUES, Config, Generation, Header, Heap, SMALL_MAX, Word};

const NODE: Header = Header::new(ALL_VALUES, 24, 0);

fn main() {
    let config = Config::parse(&std::env::var("KAA_GC").unwrap_or_default()).unwrap_or_else(|error| panic!("{error}"));
    let mark = 0usize;
    let mut heap = Heap::new(config).unwrap_or_else(|error| panic!("{error}"));
    // SAFETY: the stack below this frame's local stays readable while `main` runs.
    unsafe { heap.attach_thread((&raw const mark).cast()) };
    run(&mut heap);
    std::process::exit(0);
}

#[inline(never)]
fn run(heap: &mut Heap) {
    let arguments: Vec<String> = std::env::args().collect();
    let name = arguments.get(1).map_or("empty", String::as_str);
    let number = |index: usize, default: usize| arguments.get(index).and_then(|s| s.parse().ok()).unwrap_or(default);
    let start = Instant::now();
    let result = match name {
        "empty" => number_of(field(node(heap, fixnum(1), 0), 0)),
        "bt" => binary_trees(heap, number(2, 16) as u32),
        "churn" => churn(heap, number(2, 1 << 20), number(3, 10_000_000), false),
        "flat" => churn(heap, number(2, 1 << 20), number(3, 10_000_000), true),
        "mix" => mix(heap, number(2, 1 << 17), number(3, 10_000_000)),
        "list" => list(heap, number(2, 3_000_000), number(3, 8)),
        "garbage" => garbage(heap, number(2, 200_000_000)),
        "deep" => deep(heap, number(2, 50_000), 0x123_4567),
        _ => panic!("no benchmark '{name}'"),
    };
    report(heap, name, result, start);
}

fn report(heap: &Heap, name: &str, result: i64, start: Instant) {
    let wall = start.elapsed().as_secs_f64();
    // SAFETY: getrusage fills the zeroed struct.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    let stats = heap.stats();
    println!(
        "{name:<8} r={result} wall={wall:.3} user={:.3} sys={:.3} maxrss={:.1}MB young n={} {:.0}ms full n={} {:.0}ms \
         longest {:.1}ms copied {:.1}MB pinned {} scanned {}",
        seconds(usage.ru_utime),
        seconds(usage.ru_stime),
        usage.ru_maxrss as f64 / 1024.0,
        stats.young_collections,
        stats.young_nanoseconds as f64 / 1e6,
        stats.full_collections,
        stats.full_nanoseconds as f64 / 1e6,
        stats.longest_pause_nanoseconds as f64 / 1e6,
        stats.bytes_copied as f64 / 1e6,
        stats.pinned,
        stats.words_scanned,
    );
}

fn fixnum(number: i64) -> Word {
    (number << 1 | 1) as Word
}

fn number_of(word: Word) -> i64 {
    word as i64 >> 1
}

#[inline(always)]
fn node(heap: &mut Heap, first: Word, second: Word) -> Word {
    let object = heap.alloc(24, NODE).cast::<Word>();
    // SAFETY: a new object of three words.
    unsafe {
        *object.add(1) = first;
        *object.add(2) = second;
    }
    object as Word
}

fn array(heap: &mut Heap, fields: usize) -> Word {
    let size = 8 + fields * 8;
    debug_assert!(size <= SMALL_MAX || fields > 0);
    heap.alloc_zeroed(size, Header::new(ALL_VALUES, size, 1)) as Word
}

#[inline(always)]
fn field(object: Word, index: usize) -> Word {
    // SAFETY: the benchmarks read fields of objects that they hold.
    unsafe { *(object as *const Word).add(index + 1) }
}

#[inline(always)]
fn set(heap: &mut Heap, object: Word, index: usize, word: Word) {
    // SAFETY: the benchmarks write fields of objects that they hold.
    unsafe {
        let slot = (object as *mut Word).add(index + 1);
        *slot = word;
        heap.write_barrier(object as *mut u8, slot);
    }
}

/// xorshift64.
struct Random(u64);

impl Random {
    #[inline(always)]
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % limit
    }
}

#[inline(never)]
fn make_tree(heap: &mut Heap, depth: u32) -> Word {
    if depth == 0 {
        return node(heap, 0, 0);
    }
    let left = make_tree(heap, depth - 1);
    let right = make_tree(heap, depth - 1);
    node(heap, left, right)
}

#[inline(never)]
fn check_tree(tree: Word) -> i64 {
    match field(tree, 0) {
        0 => 1,
        left => 1 + check_tree(left) + check_tree(field(tree, 1)),
    }
}

fn binary_trees(heap: &mut Heap, depth: u32) -> i64 {
    let (minimum, maximum) = (4, depth.max(6));
    let stretch = make_tree(heap, maximum + 1);
    let mut sum = check_tree(stretch);
    let long_lived = make_tree(heap, maximum);
    for depth in (minimum..=maximum).step_by(2) {
        for _ in 0..1u64 << (maximum - depth + minimum) {
            let tree = make_tree(heap, depth);
            sum += check_tree(tree);
        }
    }
    sum + check_tree(long_lived)
}

/// A cache of `slots` entries of two nodes each, young garbage, look-ups and replacements. `flat` keeps all entries in
/// one large array instead of a tree of two levels.
fn churn(heap: &mut Heap, slots: usize, iterations: usize, flat: bool) -> i64 {
    const LEAF: usize = 64;
    let place = |root: Word, index: usize| {
        if flat { (root, index) } else { (field(root, index / LEAF), index % LEAF) }
    };
    let entry = |heap: &mut Heap, key: usize, payload: usize| {
        let payload = node(heap, fixnum(payload as i64), 0);
        node(heap, fixnum(key as i64), payload)
    };
    let root = array(heap, if flat { slots } else { slots / LEAF });
    for index in 0..slots {
        if !flat && index % LEAF == 0 {
            let leaf = array(heap, LEAF);
            set(heap, root, index / LEAF, leaf);
        }
        let new = entry(heap, index, index);
        let (holder, at) = place(root, index);
        set(heap, holder, at, new);
    }
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut sum = 0;
    for iteration in 0..iterations {
        let mut list = 0;
        for item in 0..8 {
            list = node(heap, fixnum(item), list);
        }
        while list != 0 {
            sum += number_of(field(list, 0));
            list = field(list, 1);
        }
        let (holder, at) = place(root, random.below(slots));
        sum += number_of(field(field(holder, at), 0));
        if iteration & 7 == 0 {
            let index = random.below(slots);
            let new = entry(heap, index, iteration);
            let (holder, at) = place(root, index);
            set(heap, holder, at, new);
        }
    }
    for index in 0..slots {
        let (holder, at) = place(root, index);
        let found = field(holder, at);
        assert_eq!(number_of(field(found, 0)), index as i64);
        sum ^= number_of(field(field(found, 1), 0));
    }
    sum
}

/// A cache of `slots` arrays of 1 to 63 fields, random replacement and garbage arrays: external fragmentation.
fn mix(heap: &mut Heap, slots: usize, iterations: usize) -> i64 {
    const LEAF: usize = 64;
    let mut random = Random(0x1234_5678_90AB_CDEF);
    let new = |heap: &mut Heap, random: &mut Random| {
        let fields = 1 + random.below(63);
        let new = array(heap, fields);
        set(heap, new, 0, fixnum(fields as i64));
        new
    };
    let root = array(heap, slots / LEAF);
    for index in 0..slots {
        if index % LEAF == 0 {
            let leaf = array(heap, LEAF);
            set(heap, root, index / LEAF, leaf);
        }
        let item = new(heap, &mut random);
        set(heap, field(root, index / LEAF), index % LEAF, item);
    }
    let mut sum = 0;
    for iteration in 0..iterations {
        let garbage = new(heap, &mut random);
        sum += number_of(field(garbage, 0));
        if iteration & 3 == 0 {
            let item = new(heap, &mut random);
            let index = random.below(slots);
            set(heap, field(root, index / LEAF), index % LEAF, item);
        }
    }
    sum
}

fn list(heap: &mut Heap, length: usize, rounds: usize) -> i64 {
    let mut sum = 0;
    for _ in 0..rounds {
        let mut list = 0;
        for item in 0..length {
            list = node(heap, fixnum(item as i64), list);
        }
        while list != 0 {
            sum += number_of(field(list, 0)) & 1;
            list = field(list, 1);
        }
    }
    sum
}

fn garbage(heap: &mut Heap, count: usize) -> i64 {
    let mut last = 0;
    for item in 0..count {
        last = black_box(node(heap, fixnum(item as i64), 0));
    }
    number_of(field(last, 0))
}

/// Live values in every frame of a deep native recursion, then garbage at its bottom.
#[inline(never)]
fn deep(heap: &mut Heap, depth: usize, pad: u64) -> i64 {
    let first = node(heap, fixnum(depth as i64), 0);
    let second = node(heap, first, first);
    let keep = black_box([first, second, pad, pad ^ 1]);
    if depth == 0 {
        let sum = garbage(heap, 20_000_000);
        heap.collect(Generation::Full);
        return sum;
    }
    let result = deep(heap, depth - 1, pad.wrapping_mul(3));
    assert_eq!(number_of(field(keep[0], 0)), depth as i64);
    assert_eq!(field(keep[1], 0), keep[0]);
    result + 1
}
