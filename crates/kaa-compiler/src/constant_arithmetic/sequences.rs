//! Operators on strings, bytes and tuples.

use super::integers;
use kaa_bytecode::Constant;
use num_traits::Signed;
use std::sync::Arc;

/// Strings and bytes that would get longer by repetition are not folded.
const MAX_TEXT: i64 = 4096;
/// Nor are tuples that would get more items,
const MAX_ITEMS: i64 = 256;
/// or more items in all with those of tuples inside.
const MAX_NESTED_ITEMS: i64 = 1024;

pub(super) fn concatenate(left: &Constant, right: &Constant) -> Option<Constant> {
    match (left, right) {
        (Constant::Str(a), Constant::Str(b)) => Some(Constant::Str(join(a, b))),
        (Constant::Bytes(a), Constant::Bytes(b)) => Some(Constant::Bytes(join(a, b))),
        (Constant::Tuple(a), Constant::Tuple(b)) => Some(Constant::Tuple(join(a, b))),
        _ => None,
    }
}

fn join<T: Clone>(a: &[T], b: &[T]) -> Arc<[T]> {
    a.iter().chain(b).cloned().collect()
}

pub(super) fn repeat(sequence: &Constant, count: i64) -> Option<Constant> {
    let fits = |length: usize, limit: i64| length == 0 || (0..=limit / length as i64).contains(&count);
    let times = count.max(0) as usize;
    match sequence {
        Constant::Str(text) => fits(character_count(text), MAX_TEXT).then(|| Constant::Str(repeated(text, times))),
        Constant::Bytes(bytes) => fits(bytes.len(), MAX_TEXT).then(|| Constant::Bytes(repeated(bytes, times))),
        Constant::Tuple(items) => {
            let folds = fits(items.len(), MAX_ITEMS)
                && (items.is_empty() || count == 0 || remaining_items(sequence, MAX_NESTED_ITEMS / count) >= 0);
            folds.then(|| Constant::Tuple(repeated(items, times)))
        }
        _ => None,
    }
}

fn repeated<T: Clone>(items: &[T], times: usize) -> Arc<[T]> {
    if items.is_empty() { Arc::new([]) } else { (0..times).flat_map(|_| items).cloned().collect() }
}

/// What is left of `limit` when all items of a tuple and of tuples inside are taken off; below zero
/// if it does not suffice.
fn remaining_items(constant: &Constant, mut limit: i64) -> i64 {
    if let Constant::Tuple(items) = constant {
        limit -= items.len() as i64;
        for item in items.iter() {
            if limit < 0 {
                break;
            }
            limit = remaining_items(item, limit);
        }
    }
    limit
}

/// How many characters a text has.
fn character_count(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| !is_continuation(byte)).count()
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

pub(super) fn subscript(sequence: &Constant, index: &Constant) -> Option<Constant> {
    match sequence {
        Constant::Str(text) if text.is_ascii() => Some(Constant::Str(match pick(text, index)? {
            Picked::One(byte) => Arc::new([byte]),
            Picked::Many(bytes) => bytes,
        })),
        Constant::Str(text) => {
            let characters: Vec<&[u8]> = text.chunk_by(|_, &next| is_continuation(next)).collect();
            Some(Constant::Str(match pick(&characters, index)? {
                Picked::One(character) => character.into(),
                Picked::Many(characters) => characters.concat().into(),
            }))
        }
        Constant::Bytes(bytes) => Some(match pick(bytes, index)? {
            Picked::One(byte) => Constant::Int(i64::from(byte)),
            Picked::Many(bytes) => Constant::Bytes(bytes),
        }),
        Constant::Tuple(items) => Some(match pick(items, index)? {
            Picked::One(item) => item,
            Picked::Many(items) => Constant::Tuple(items),
        }),
        _ => None,
    }
}

/// What a subscript takes out of a sequence.
enum Picked<T> {
    One(T),
    Many(Arc<[T]>),
}

fn pick<T: Clone>(items: &[T], index: &Constant) -> Option<Picked<T>> {
    if let Constant::Slice(parts) = index {
        let positions = slice_positions(parts, items.len() as i64)?;
        return Some(Picked::Many(positions.map(|position| items[position as usize].clone()).collect()));
    }
    let index = integers::small(index)?;
    let length = items.len() as i64;
    let position = if index < 0 { index + length } else { index };
    (0..length).contains(&position).then(|| Picked::One(items[position as usize].clone()))
}

/// The positions that a slice of a sequence of some length names.
fn slice_positions(parts: &[Constant; 3], length: i64) -> Option<impl Iterator<Item = i64>> {
    let [start, stop, step] = parts;
    let step = bound(step)?.unwrap_or(1);
    if step == 0 {
        return None;
    }
    // For a step back the positions run from the last item to before the first.
    let (lowest, highest) = if step < 0 { (-1, length - 1) } else { (0, length) };
    let clip = |value: i64| if value < 0 { (value.saturating_add(length)).max(lowest) } else { value.min(highest) };
    let start = bound(start)?.map_or(if step < 0 { highest } else { lowest }, clip);
    let stop = bound(stop)?.map_or(if step < 0 { lowest } else { highest }, clip);
    let distance = if step < 0 { start - stop } else { stop - start };
    let stride = step.unsigned_abs();
    let count = if distance <= 0 { 0 } else { (distance as u64 - 1) / stride + 1 };
    // One position more would overflow; the count says when to stop.
    Some((0..count as i64).map(move |number| start + number * step))
}

/// A part of a slice, `None` where there is none; beyond 64 bits any number will do.
fn bound(part: &Constant) -> Option<Option<i64>> {
    match part {
        Constant::None => Some(None),
        Constant::BigInt(_) => {
            let value = integers::large(part)?;
            Some(Some(if value.is_negative() { -i64::MAX } else { i64::MAX }))
        }
        _ => integers::small(part).map(Some),
    }
}
