//! Random mutators against a shadow graph in plain Rust: the heap must agree with it in every mode, for every kind of
//! object, with weak references, finalizers, drop functions, pins, large objects and old allocation.

mod support;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kaa_gc::{ALL_VALUES, Header, KindInfo, RAW, Visitor, Word, is_pointer};
use support::*;

const PREFIX: u8 = 2;
const SUFFIX: u8 = 3;
const OWNER: u8 = 4;
const ROOTS: usize = 40;

thread_local! {
    /// Ids of dropped owners.
    static DROPPED: Cell<Vec<usize>> = const { Cell::new(Vec::new()) };
}

/// Layout of OWNER: header, id (raw), pointer to a boxed vector of value words (raw), one value word.
unsafe fn trace_owner(object: *mut u8, visitor: &mut Visitor<'_>) {
    // SAFETY: objects of this kind hold a valid box and one value field.
    unsafe {
        let owned = &mut *(read(object, 1) as usize as *mut Vec<Word>);
        visitor.slots(owned.as_mut_ptr(), owned.len());
        visitor.slot(&mut *field_address(object, 2));
    }
}

unsafe fn drop_owner(object: *mut u8) {
    // SAFETY: called once for each dead object of this kind.
    drop(unsafe { Box::from_raw(read(object, 1) as usize as *mut Vec<Word>) });
    let mut dropped = DROPPED.take();
    dropped.push(read(object, 0) as usize);
    DROPPED.set(dropped);
}

unsafe fn external_owner(object: *const u8) -> usize {
    // SAFETY: objects of this kind hold a valid box.
    unsafe { (*(read(object.cast_mut(), 1) as usize as *const Vec<Word>)).len() * 8 }
}

#[derive(Clone)]
struct Shadow {
    kind: u8,
    size: usize,
    /// Ids of referents; None is an immediate.
    slots: Vec<Option<usize>>,
    /// For a weak reference: its referent, unless cleared.
    weak: Option<usize>,
    pinned_at: Option<usize>,
}

struct Model {
    world: World,
    random: Random,
    shadows: HashMap<usize, Shadow>,
    roots: Vec<Option<usize>>,
    immortals: Vec<usize>,
    /// Registered and not yet queued, in order of registration.
    finalizable: BTreeMap<usize, usize>,
    owners: BTreeSet<usize>,
    /// Ids that were unreachable at some collection: weak references to them may be cleared although they were revived.
    ever_unreachable: HashSet<usize>,
    next_id: usize,
    registrations: usize,
    finalized: usize,
    cleared: usize,
}

/// Where the id of an object is stored, and its slots, as field numbers; slots of the owned vector come first.
fn slot_addresses(object: *mut u8, kind: u8, size: usize) -> Vec<*mut Word> {
    let words = size / 8 - 1;
    let fields = |range: std::ops::Range<usize>| range.map(|field| field_address(object, field)).collect();
    match kind {
        ALL_VALUES => fields(1..words),
        PREFIX => fields(1..3.min(words)),
        SUFFIX => fields(2..words),
        OWNER => {
            // SAFETY: live objects of this kind hold a valid box.
            let owned = unsafe { &mut *(read(object, 1) as usize as *mut Vec<Word>) };
            let mut all: Vec<*mut Word> = owned.iter_mut().map(|word| word as *mut Word).collect();
            all.push(field_address(object, 2));
            all
        }
        _ => Vec::new(),
    }
}

/// A raw word that looks like a pointer into nowhere.
fn raw_word(id: usize, field: usize) -> Word {
    ((id * 8191 + field) as Word) << 3
}

fn raw_fields(kind: u8, words: usize) -> std::ops::Range<usize> {
    match kind {
        RAW => 1..words,
        PREFIX => 3.min(words)..words,
        SUFFIX => 1..2.min(words),
        _ => 0..0,
    }
}

fn id_of(object: *mut u8, kind: u8) -> usize {
    let word = read(object, 0);
    if matches!(kind, ALL_VALUES | PREFIX) { number(word) } else { word as usize }
}

impl Model {
    fn new(config: &str, seed: u64) -> Model {
        let mut world = World::new(config);
        world.heap.define_kind(PREFIX, KindInfo::prefix("prefix", 3));
        world.heap.define_kind(SUFFIX, KindInfo::suffix("suffix", 2));
        let owner = KindInfo::custom("owner", trace_owner).with_drop(drop_owner).with_external(external_owner);
        world.heap.define_kind(OWNER, owner);
        world.roots().slots = vec![0; ROOTS];
        DROPPED.take();
        Model {
            world,
            random: Random(seed),
            shadows: HashMap::new(),
            roots: vec![None; ROOTS],
            immortals: Vec::new(),
            finalizable: BTreeMap::new(),
            owners: BTreeSet::new(),
            ever_unreachable: HashSet::new(),
            next_id: 1,
            registrations: 0,
            finalized: 0,
            cleared: 0,
        }
    }

    fn reachable(&self) -> HashSet<usize> {
        self.reachable_from(self.roots.iter().flatten().chain(&self.immortals).copied().collect())
    }

    fn reachable_from(&self, mut pending: Vec<usize>) -> HashSet<usize> {
        let mut seen: HashSet<usize> = pending.iter().copied().collect();
        while let Some(id) = pending.pop() {
            for &target in self.shadows[&id].slots.iter().flatten() {
                if seen.insert(target) {
                    pending.push(target);
                }
            }
        }
        seen
    }

    /// Walks the heap and the shadow in step and compares them.
    fn check(&mut self) {
        let mut pending: Vec<(*mut u8, usize)> = Vec::new();
        for index in 0..ROOTS {
            let word = self.world.roots().slots[index];
            match self.roots[index] {
                Some(id) => pending.push((word as usize as *mut u8, id)),
                None => assert_eq!(word, 0),
            }
        }
        let mut addresses: HashMap<usize, usize> = HashMap::new();
        while let Some((object, id)) = pending.pop() {
            if let Some(&known) = addresses.get(&id) {
                assert_eq!(known, object as usize, "object {id} is in two places");
                continue;
            }
            addresses.insert(id, object as usize);
            let shadow = &self.shadows[&id];
            assert_eq!(header(object).kind(), shadow.kind, "object {id} at {object:?}");
            assert_eq!(id_of(object, shadow.kind), id);
            assert_eq!(self.world.heap.size_of(object), shadow.size);
            assert_eq!(header(object).shape(), id as u32);
            if let Some(address) = shadow.pinned_at {
                assert_eq!(address, object as usize, "pinned object {id} moved");
            }
            for field in raw_fields(shadow.kind, shadow.size / 8 - 1) {
                assert_eq!(read(object, field), raw_word(id, field), "raw field {field} of object {id}");
            }
            let slots = slot_addresses(object, shadow.kind, shadow.size);
            assert_eq!(slots.len(), shadow.slots.len(), "object {id}");
            for (slot, &expected) in slots.into_iter().zip(&shadow.slots) {
                // SAFETY: slots of a live object.
                let word = unsafe { *slot };
                match expected {
                    Some(target) => {
                        assert!(is_pointer(word), "object {id} lost {target}");
                        pending.push((word as usize as *mut u8, target));
                    }
                    None => assert!(!is_pointer(word), "object {id} got a pointer"),
                }
            }
        }
        // Weak references that are reachable: cleared only if the referent was unreachable.
        for (&id, &address) in &addresses {
            let Some(target) = self.shadows[&id].weak else { continue };
            match read(address as *mut u8, 1) {
                0 => {
                    let may = self.ever_unreachable.contains(&target) || !addresses.contains_key(&target);
                    assert!(may, "weak reference {id} to {target} was cleared though its referent was reachable");
                    self.shadows.get_mut(&id).unwrap().weak = None;
                }
                word => {
                    assert_eq!(id_of(word as usize as *mut u8, self.shadows[&target].kind), target);
                    if let Some(&address) = addresses.get(&target) {
                        assert_eq!(word, address as Word, "weak reference {id}");
                    }
                }
            }
        }
    }

    /// Takes what the collector queued and compares it with the shadow.
    fn take_pending(&mut self) {
        if !self.world.heap.has_pending() {
            return;
        }
        let reachable = self.reachable();
        let unreachable: Vec<usize> = self.shadows.keys().copied().filter(|id| !reachable.contains(id)).collect();
        self.ever_unreachable.extend(unreachable);
        while let Some(weakref) = self.world.heap.take_cleared() {
            let id = id_of(weakref, WEAK);
            assert_eq!(read(weakref, 1), 0);
            if let Some(target) = self.shadows.get_mut(&id).unwrap().weak.take() {
                assert!(!reachable.contains(&target), "weak reference {id} cleared too early");
            }
            self.cleared += 1;
        }
        let mut queued = Vec::new();
        while let Some(object) = self.world.heap.take_finalizable() {
            let kind = header(object).kind();
            let id = id_of(object, kind);
            assert!(!reachable.contains(&id), "object {id} finalized while reachable");
            let registered = self.finalizable.iter().find(|(_, registered)| **registered == id);
            let key = *registered.expect("finalized once").0;
            self.finalizable.remove(&key);
            queued.push(id);
            self.finalized += 1;
            if self.random.one_in(4) {
                let index = self.random.below(ROOTS);
                self.world.roots().slots[index] = object as Word;
                self.roots[index] = Some(id);
            }
        }
        for (position, &id) in queued.iter().enumerate() {
            for &before in &queued[..position] {
                let owns = |a: usize, b: usize| self.reachable_from(vec![a]).contains(&b);
                assert!(!owns(id, before) || owns(before, id), "{before} was finalized before its owner {id}");
            }
        }
    }

    /// After a full collection all that is unreachable is gone.
    fn check_after_full(&mut self) {
        let reachable = self.reachable();
        for (&id, shadow) in &self.shadows {
            if let Some(target) = shadow.weak
                && reachable.contains(&id)
            {
                assert!(reachable.contains(&target), "weak reference {id} to {target} was not cleared");
            }
        }
        assert!(self.finalizable.values().all(|id| reachable.contains(id)), "unreachable object not finalized");
        let mut dropped = DROPPED.take();
        for id in dropped.drain(..) {
            assert!(self.owners.remove(&id), "owner {id} dropped twice");
        }
        let live: BTreeSet<usize> = self.owners.iter().copied().filter(|id| !reachable.contains(id)).collect();
        assert!(live.is_empty(), "unreachable owners not dropped: {live:?}");
        self.shadows.retain(|id, _| reachable.contains(id));
        assert_eq!(self.world.objects(), reachable.len(), "objects in the heap after a full collection");
    }

    fn full(&mut self) {
        // Revived objects live one more cycle: collect until nothing is left to finalize.
        loop {
            self.world.full();
            if !self.world.heap.has_pending() {
                break;
            }
            self.take_pending();
        }
        self.check();
        self.check_after_full();
    }

    /// A random reachable object, with its id, by a walk from a random root.
    fn pick(&mut self) -> Option<(*mut u8, usize)> {
        let index = self.random.below(ROOTS);
        let mut id = self.roots[index]?;
        let mut object = self.world.get(index);
        for _ in 0..self.random.below(6) {
            let shadow = &self.shadows[&id];
            if shadow.slots.is_empty() {
                break;
            }
            let slot = self.random.below(shadow.slots.len());
            let Some(target) = shadow.slots[slot] else { break };
            let address = slot_addresses(object, shadow.kind, shadow.size)[slot];
            // SAFETY: a slot of a live object.
            object = unsafe { *address } as usize as *mut u8;
            id = target;
        }
        Some((object, id))
    }

    fn random_size(&mut self) -> usize {
        let words = match self.random.below(100) {
            0..70 => 2 + self.random.below(8),
            70..90 => 2 + self.random.below(200),
            90..98 => 2 + self.random.below(1022),
            _ => 1024 + self.random.below(20_000),
        };
        8 + words * 8
    }

    fn allocate(&mut self) {
        let id = self.next_id;
        self.next_id += 1;
        let kind = [ALL_VALUES, ALL_VALUES, ALL_VALUES, PREFIX, SUFFIX, RAW, OWNER, WEAK][self.random.below(8)];
        let size = match kind {
            OWNER => 32,
            WEAK => WEAK_SIZE,
            PREFIX => self.random_size().max(40),
            _ => self.random_size().max(32),
        };
        let header = Header::new(kind, size, id as u32);
        let heap = &mut self.world.heap;
        let object = match self.random.below(20) {
            0 => heap.alloc_old(size, header),
            1 if self.immortals.len() < 5 && kind == ALL_VALUES => {
                self.immortals.push(id);
                heap.alloc_immortal(size, header)
            }
            2..5 => heap.alloc_zeroed(size, header),
            _ => heap.alloc(size, header),
        };
        assert!(!object.is_null());
        let words = size / 8 - 1;
        let tagged = matches!(kind, ALL_VALUES | PREFIX);
        write(object, 0, if tagged { fixnum(id) } else { id as Word });
        for field in raw_fields(kind, words) {
            write(object, field, raw_word(id, field));
        }
        if kind == OWNER {
            let owned = vec![1 as Word; self.random.below(30)];
            self.world.heap.report_external(owned.len() as isize * 8);
            write(object, 1, Box::into_raw(Box::new(owned)) as usize as Word);
            self.world.heap.register_drop(object);
            self.owners.insert(id);
        }
        let mut slots = Vec::new();
        if kind == WEAK {
            write(object, 1, 0);
        } else {
            for slot in slot_addresses(object, kind, size) {
                // SAFETY: a slot of the new object.
                unsafe { *slot = 1 };
                slots.push(None);
            }
        }
        self.shadows.insert(id, Shadow { kind, size, slots, weak: None, pinned_at: None });
        self.take_pending();
        // Nothing was allocated since the object: the address is still good. Give it a few referents.
        for _ in 0..self.random.below(4) {
            if let Some((target, target_id)) = self.pick() {
                self.store(object, id, target, target_id);
            }
        }
        if kind == WEAK
            && let Some((target, target_id)) = self.pick()
        {
            write(object, 1, target as Word);
            // SAFETY: a new weak reference to a live object.
            unsafe { self.world.heap.weak_register(object) };
            self.shadows.get_mut(&id).unwrap().weak = Some(target_id);
        } else if self.random.one_in(12) {
            // SAFETY: a live object.
            unsafe { self.world.heap.register_finalizable(object) };
            self.finalizable.insert(self.registrations, id);
            self.registrations += 1;
        }
        if self.random.one_in(2) {
            let index = self.random.below(ROOTS);
            self.world.roots().slots[index] = object as Word;
            self.roots[index] = Some(id);
        } else if let Some((holder, holder_id)) = self.pick() {
            self.store(holder, holder_id, object, id);
        }
    }

    fn store(&mut self, holder: *mut u8, holder_id: usize, target: *mut u8, target_id: usize) {
        let shadow = &self.shadows[&holder_id];
        if shadow.slots.is_empty() {
            return;
        }
        let slot = self.random.below(shadow.slots.len());
        let address = slot_addresses(holder, shadow.kind, shadow.size)[slot];
        let empty = self.random.one_in(6);
        // SAFETY: a slot of a live object.
        unsafe {
            *address = if empty { 1 } else { target as Word };
            if self.random.one_in(10) {
                self.world.heap.write_barrier_object(holder);
            } else {
                self.world.heap.write_barrier(holder, address);
            }
        }
        self.shadows.get_mut(&holder_id).unwrap().slots[slot] = (!empty).then_some(target_id);
    }

    fn resize(&mut self) {
        let Some((object, id)) = self.pick() else { return };
        if !header(object).is_large() || header(object).kind() != ALL_VALUES {
            return;
        }
        let size = self.random_size().max(16 << 10);
        let old_slots = self.shadows[&id].slots.len();
        if self.world.heap.resize_large(object, size) {
            let shadow = self.shadows.get_mut(&id).unwrap();
            shadow.size = size;
            shadow.slots.resize(size / 8 - 2, None);
            for field in old_slots..size / 8 - 2 {
                assert_eq!(read(object, field + 1), 0, "new words of a resized object are zero");
            }
        }
    }

    fn step(&mut self) {
        match self.random.below(1000) {
            0..500 => self.allocate(),
            500..850 => {
                if let (Some((holder, holder_id)), Some((target, target_id))) = (self.pick(), self.pick()) {
                    self.store(holder, holder_id, target, target_id);
                }
            }
            850..960 => {
                let index = self.random.below(ROOTS);
                self.world.clear(index);
                self.roots[index] = None;
            }
            960..975 => {
                if let Some((object, id)) = self.pick() {
                    // SAFETY: a live object.
                    unsafe { self.world.heap.pin(object) };
                    self.shadows.get_mut(&id).unwrap().pinned_at = Some(object as usize);
                }
            }
            975..985 => self.resize(),
            985..997 => {
                self.world.young();
                self.take_pending();
                self.check();
            }
            _ => self.full(),
        }
    }
}

fn run(config: &str, steps: usize) {
    for seed in [0x9e37_79b9_7f4a_7c15, 0x1234_5678_90ab_cdef, 0x0dd0_1dea_5eed_5eed] {
        let mut model = Model::new(config, seed);
        for _ in 0..steps {
            model.step();
        }
        model.full();
        let stats = *model.world.heap.stats();
        assert!(stats.full_collections > 0 && stats.young_collections + stats.full_collections > 1);
        assert!(model.cleared > 0 && model.finalized > 0, "{config}: nothing was cleared or finalized");
        model.roots.fill(None);
        model.world.roots().slots.fill(0);
        model.full();
        assert_eq!(model.world.objects(), model.reachable().len());
    }
}

#[test]
fn default_mode() {
    run("", 20_000);
}

#[test]
fn verified() {
    run("verify,poison,nursery=64k", 8_000);
}

#[test]
fn stressed() {
    run("stress,verify,poison", 1_500);
}

#[test]
fn stressed_every_seventh() {
    run("stress=7,verify,poison,evacuate-always", 4_000);
}

#[test]
fn evacuating() {
    run("evacuate-always,verify", 8_000);
}

#[test]
fn without_moving() {
    run("nomove,verify,poison,nursery=64k", 8_000);
}

#[test]
fn without_generations() {
    run("nogen,verify,poison,nursery=256k", 4_000);
}

#[test]
fn small_reservation() {
    run("reserve=16m,nursery=1m", 10_000);
}
