//! The constants of a code unit: ordered, and one entry for constants that are of equal type and
//! value (floats by their bits, so that `0.0` and `-0.0` stay apart; nested tuples likewise).

use kaa_ast::FxHasher;
use kaa_bytecode::Constant;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Constants in order of first insertion.
#[derive(Clone, Debug, Default)]
pub struct ConstantTable {
    order: Vec<Constant>,
    /// Last position by hash, kept only when a search of `order` would be slow; `chain` leads on.
    index: HashMap<u64, u32, BuildHasherDefault<FxHasher>>,
    /// For each constant the previous position with the same hash, or `u32::MAX`.
    chain: Vec<u32>,
}

/// Fewer constants than this are compared one by one.
const SMALL_TABLE: usize = 12;

impl ConstantTable {
    /// The position of a constant, which is appended if it is new. What is not equal to itself in
    /// Python always is.
    pub fn insert(&mut self, constant: Constant) -> u32 {
        if self.order.len() < SMALL_TABLE {
            if let Some(position) = self.order.iter().position(|other| *other == constant)
                && !has_nan(&constant)
            {
                return position as u32;
            }
            self.order.push(constant);
            return self.order.len() as u32 - 1;
        }
        if self.chain.is_empty() {
            for position in 0..self.order.len() {
                self.link(hash_of(&self.order[position]));
            }
        }
        let hash = hash_of(&constant);
        let mut candidate = self.index.get(&hash).copied().unwrap_or(u32::MAX);
        while candidate != u32::MAX {
            if self.order[candidate as usize] == constant && !has_nan(&constant) {
                return candidate;
            }
            candidate = self.chain[candidate as usize];
        }
        self.order.push(constant);
        self.link(hash);
        self.order.len() as u32 - 1
    }

    /// A table with room for so many constants.
    pub fn with_capacity(capacity: usize) -> ConstantTable {
        ConstantTable { order: Vec::with_capacity(capacity), ..ConstantTable::default() }
    }

    /// A table of constants, of which some may be equal.
    pub fn from_vec(order: Vec<Constant>) -> ConstantTable {
        ConstantTable { order, ..ConstantTable::default() }
    }

    /// Enters the next constant that is not in the index yet.
    fn link(&mut self, hash: u64) {
        let position = self.chain.len() as u32;
        self.chain.push(self.index.insert(hash, position).unwrap_or(u32::MAX));
    }

    /// Keeps the constants at the positions that `keep` accepts; those behind move up. Nothing may
    /// be inserted afterwards: the index is not kept up.
    pub fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let mut position = 0;
        self.order.retain(|_| {
            position += 1;
            keep(position - 1)
        });
        self.index.clear();
        self.chain.clear();
    }

    /// The constant at a position.
    pub fn get(&self, position: u32) -> &Constant {
        &self.order[position as usize]
    }

    /// The constants in order.
    pub fn as_slice(&self) -> &[Constant] {
        &self.order
    }

    /// Takes the constants out, in order.
    pub fn take(&mut self) -> Box<[Constant]> {
        self.index.clear();
        self.chain.clear();
        self.order.drain(..).collect()
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

/// Whether a constant is or contains a float that is not a number.
pub(crate) fn has_nan(constant: &Constant) -> bool {
    match constant {
        Constant::Float(value) => value.is_nan(),
        Constant::Complex { real, imag } => real.is_nan() || imag.is_nan(),
        Constant::Tuple(items) | Constant::FrozenSet(items) => items.iter().any(has_nan),
        _ => false,
    }
}

/// A hash that agrees with the equality of [`Constant`].
fn hash_of(constant: &Constant) -> u64 {
    let mut hasher = FxHasher::default();
    hash_into(constant, &mut hasher);
    hasher.finish()
}

fn hash_into(constant: &Constant, hasher: &mut FxHasher) {
    std::mem::discriminant(constant).hash(hasher);
    match constant {
        Constant::None | Constant::Ellipsis | Constant::StopIteration => {}
        Constant::Bool(value) => value.hash(hasher),
        Constant::Int(value) => value.hash(hasher),
        Constant::BigInt(value) => value.hash(hasher),
        Constant::Float(value) => value.to_bits().hash(hasher),
        Constant::Complex { real, imag } => (real.to_bits(), imag.to_bits()).hash(hasher),
        Constant::Str(bytes) | Constant::Bytes(bytes) => bytes.hash(hasher),
        Constant::Tuple(items) | Constant::List(items) | Constant::Set(items) | Constant::FrozenSet(items) => {
            items.len().hash(hasher);
            for item in items.iter() {
                hash_into(item, hasher);
            }
        }
        Constant::Dict(items) => items.len().hash(hasher),
        Constant::Slice(parts) => {
            for part in parts.iter() {
                hash_into(part, hasher);
            }
        }
        Constant::Code(code) => {
            code.firstlineno.hash(hasher);
            code.name.hash(hasher);
            code.linetable.hash(hasher);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ConstantTable;
    use kaa_bytecode::Constant;

    #[test]
    fn equal_constants_are_one() {
        let mut table = ConstantTable::default();
        let tuple = |value: f64| Constant::Tuple([Constant::Float(value)].into());
        let constants = [
            Constant::Int(0),
            Constant::Bool(false),
            Constant::Float(0.0),
            Constant::Float(-0.0),
            tuple(0.0),
            tuple(-0.0),
            Constant::Str(b"a"[..].into()),
            Constant::Bytes(b"a"[..].into()),
        ];
        let many = (1..50).map(Constant::Int);
        let all: Vec<Constant> = constants.into_iter().chain(many).collect();
        for (position, constant) in all.iter().enumerate() {
            assert_eq!(table.insert(constant.clone()), position as u32);
        }
        for (position, constant) in all.iter().enumerate() {
            assert_eq!(table.insert(constant.clone()), position as u32);
        }
    }

    #[test]
    fn not_a_number_is_never_equal() {
        let mut table = ConstantTable::default();
        assert_eq!(table.insert(Constant::Float(f64::NAN)), 0);
        assert_eq!(table.insert(Constant::Float(f64::NAN)), 1);
        for value in 0..20 {
            table.insert(Constant::Int(value));
        }
        assert_eq!(table.insert(Constant::Float(f64::NAN)), 22);
        assert_eq!(table.insert(Constant::Int(19)), 21);
    }
}
