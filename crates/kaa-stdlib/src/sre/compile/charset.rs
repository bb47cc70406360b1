//! The code of sets of characters: as a few ranges or as bits, whichever is shorter.

use super::super::codes::{category, flag, op};
use super::cases::Case;
use super::tree::SetItem;

/// The characters of the basic plane.
const PLANE: u32 = 1 << 16;
/// The words of the bits of 256 characters.
type Block = [u64; 4];

/// What the code of a set is.
#[derive(Debug, PartialEq)]
pub enum Shape {
    /// There is none: the set has no character.
    Nothing,
    /// There is none: the set has all characters.
    Everything,
    /// Instructions up to `FAILURE`. `is_cased`: the characters are in lower case, and so must the
    /// ones be that are looked for.
    Set { is_cased: bool },
}

/// The category that the code has for one of the tree.
fn category_code(kind: u32, flags: i32) -> u32 {
    let has_locale = matches!(kind, category::WORD | category::NOT_WORD);
    if flags & flag::LOCALE != 0 {
        if has_locale { kind - category::WORD + category::LOC_WORD } else { kind }
    } else if flags & flag::UNICODE != 0 {
        kind + category::UNI_DIGIT
    } else {
        kind
    }
}

/// Adds the code of a set to `code`. Ignoring case by the locale is left to the matcher.
pub fn compile_set(code: &mut Vec<u32>, set: &[SetItem], case: Case, flags: i32) -> Shape {
    let mut optimizer = Optimizer { case, ..Optimizer::default() };
    for &item in set {
        if optimizer.add(item).is_break() {
            return if optimizer.is_negated { Shape::Nothing } else { Shape::Everything };
        }
    }
    let Optimizer { is_negated, is_cased, rest, bits, .. } = optimizer;
    let runs = bits.runs();
    let negate = [SetItem::Negate].into_iter().filter(|_| is_negated);
    match runs {
        // As it was written, if that is as short.
        Some((_, count)) if !is_cased && usize::from(is_negated) + count + rest.len() >= set.len() => {
            set.iter().for_each(|item| emit(code, item, flags));
        }
        Some((runs, count)) => {
            negate.chain(runs.into_iter().take(count)).for_each(|item| emit(code, &item, flags));
            rest.iter().for_each(|item| item.emit(code, flags));
        }
        None => {
            negate.for_each(|item| emit(code, &item, flags));
            bits.emit(code);
            rest.iter().for_each(|item| item.emit(code, flags));
        }
    }
    code.push(op::FAILURE);
    Shape::Set { is_cased }
}

fn emit(code: &mut Vec<u32>, item: &SetItem, flags: i32) {
    match *item {
        SetItem::Negate => code.push(op::NEGATE),
        SetItem::Literal(literal) => code.extend([op::LITERAL, literal]),
        SetItem::Range(low, high) => code.extend([op::RANGE, low, high]),
        SetItem::Category(kind) => code.extend([op::CATEGORY, category_code(kind, flags)]),
    }
}

/// What stays beside the bits.
#[derive(Debug)]
enum Rest {
    As(SetItem),
    /// A range for which the matcher ignores case.
    CasedRange(u32, u32),
}

impl Rest {
    fn emit(&self, code: &mut Vec<u32>, flags: i32) {
        match self {
            Rest::As(item) => emit(code, item, flags),
            &Rest::CasedRange(low, high) => code.extend([op::RANGE_UNI_IGNORE, low, high]),
        }
    }
}

struct Optimizer {
    case: Case,
    is_negated: bool,
    is_cased: bool,
    /// Characters of the basic plane.
    bits: Bits,
    /// Categories, and characters and ranges beyond the plane.
    rest: Vec<Rest>,
    /// Bits by number of the categories in `rest`.
    categories: u32,
}

impl Default for Optimizer {
    fn default() -> Optimizer {
        Optimizer {
            case: Case::Exact,
            is_negated: false,
            is_cased: false,
            bits: Bits::default(),
            rest: Vec::new(),
            categories: 0,
        }
    }
}

impl Optimizer {
    /// Adds an item. Breaks when the set has a category and its opposite.
    fn add(&mut self, item: SetItem) -> std::ops::ControlFlow<()> {
        match item {
            SetItem::Negate => self.is_negated = true,
            SetItem::Literal(literal) => self.add_literal(literal),
            SetItem::Range(low, high) => match self.case {
                Case::Exact | Case::Locale => {
                    if self.bits.insert_range(low, high).is_err() {
                        self.rest.push(Rest::As(item));
                    }
                }
                Case::Ascii | Case::Unicode => self.add_range(low, high),
            },
            SetItem::Category(kind) => {
                // Opposites are neighbours.
                if self.categories >> (kind ^ 1) & 1 != 0 {
                    return std::ops::ControlFlow::Break(());
                }
                self.categories |= 1 << kind;
                self.rest.push(Rest::As(item));
            }
        }
        std::ops::ControlFlow::Continue(())
    }

    fn add_literal(&mut self, literal: u32) {
        let lower = self.case.lower(literal);
        if self.add_folded(lower).is_err() {
            self.rest.push(Rest::As(SetItem::Literal(lower)));
        }
        self.is_cased = self.is_cased || self.case.is_cased(lower);
    }

    /// Adds a character in lower case and those with the same upper case.
    fn add_folded(&mut self, lower: u32) -> Result<(), BeyondPlane> {
        self.bits.insert_range(lower, lower)?;
        self.case.others(lower).try_for_each(|other| self.bits.insert_range(other, other))
    }

    /// Adds a range without regard to case.
    fn add_range(&mut self, low: u32, high: u32) {
        if (low..=high).try_for_each(|code| self.add_folded(self.case.lower(code))).is_err() {
            // As far as it is in the plane it was added.
            let is_unicode = self.case == Case::Unicode;
            self.rest.push(if is_unicode { Rest::CasedRange(low, high) } else { Rest::As(SetItem::Range(low, high)) });
            self.is_cased = true;
        }
        self.is_cased = self.is_cased || (low..=high).any(|code| self.case.is_cased(code));
    }
}

/// A character is beyond the basic plane.
struct BeyondPlane;

/// A bit for each character of Latin-1, or of the basic plane once there is one beyond Latin-1.
#[derive(Default)]
struct Bits {
    latin1: Block,
    /// Empty, or all of the plane.
    plane: Vec<Block>,
}

impl Bits {
    fn blocks(&self) -> &[Block] {
        if self.plane.is_empty() { std::slice::from_ref(&self.latin1) } else { &self.plane }
    }

    /// Adds the characters of a range that are in the plane; an error when some are not.
    fn insert_range(&mut self, low: u32, high: u32) -> Result<(), BeyondPlane> {
        if high > 0xff && self.plane.is_empty() {
            self.plane = vec![Block::default(); PLANE as usize / 256];
            self.plane[0] = self.latin1;
        }
        let words = if self.plane.is_empty() { &mut self.latin1 } else { self.plane.as_flattened_mut() };
        let last = high.min(PLANE - 1);
        let mut from = low;
        while from <= last {
            let to = last.min(from | 63);
            words[from as usize / 64] |= (u64::MAX >> (63 - (to - from))) << (from % 64);
            from = to + 1;
        }
        if high < PLANE { Ok(()) } else { Err(BeyondPlane) }
    }

    /// The first character from one on that is in the set, or is not.
    fn find(&self, from: u32, is_in: bool) -> Option<u32> {
        let words = self.blocks().as_flattened();
        let word = |index: usize| if is_in { words[index] } else { !words[index] };
        let first = from as usize / 64;
        if first >= words.len() {
            return None;
        }
        let head = word(first) & u64::MAX << (from % 64);
        if head != 0 {
            return Some(first as u32 * 64 + head.trailing_zeros());
        }
        let index = (first + 1..words.len()).find(|&index| word(index) != 0)?;
        Some(index as u32 * 64 + word(index).trailing_zeros())
    }

    /// The set as literals and ranges and their number, if they are two at most.
    fn runs(&self) -> Option<([SetItem; 2], usize)> {
        let mut runs = [SetItem::Negate; 2];
        let (mut count, mut from) = (0, 0);
        while let Some(start) = self.find(from, true) {
            let run = runs.get_mut(count)?;
            from = self.find(start, false).unwrap_or(self.blocks().len() as u32 * 256);
            *run = if from == start + 1 { SetItem::Literal(start) } else { SetItem::Range(start, from - 1) };
            count += 1;
        }
        Some((runs, count))
    }

    fn emit(&self, code: &mut Vec<u32>) {
        let words = |block: &Block| block.map(|word| [word as u32, (word >> 32) as u32]);
        if self.plane.is_empty() {
            code.push(op::CHARSET);
            code.extend(words(&self.latin1).as_flattened());
            return;
        }
        // Each block that differs from those before, and which one each 256 characters have.
        let mut distinct: Vec<&Block> = Vec::new();
        let mut numbers = [0u8; PLANE as usize / 256];
        for (number, block) in numbers.iter_mut().zip(&self.plane) {
            let index = distinct.iter().position(|&known| known == block).unwrap_or_else(|| {
                distinct.push(block);
                distinct.len() - 1
            });
            *number = u8::try_from(index).expect("there are 256 blocks");
        }
        code.extend([op::BIGCHARSET, distinct.len() as u32]);
        code.extend(numbers.as_chunks().0.iter().map(|&chunk| u32::from_le_bytes(chunk)));
        distinct.iter().for_each(|block| code.extend(words(block).as_flattened()));
    }
}
