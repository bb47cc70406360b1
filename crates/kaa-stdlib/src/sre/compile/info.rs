//! The block of hints at the start of the code: how much a match takes, and what it begins with.

use std::borrow::Cow;

use super::super::codes::{info, op};
use super::cases::Case;
use super::charset::{Shape, compile_set};
use super::emit::combine_flags;
use super::tree::{Item, Sequence, SetItem, Width};

/// The literal text that a match begins with.
#[derive(Default)]
struct Prefix {
    text: Vec<u32>,
    /// How much of it is before the first group, if there is one.
    before_group: Option<usize>,
}

/// Adds the hints to the code.
pub fn compile_info(code: &mut Vec<u32>, pattern: &Sequence, flags: i32) {
    let word = |width: u64| u32::try_from(width.min(Width::MANY - 1)).expect("a word holds it");
    let (least, most) = (word(pattern.width.least), word(pattern.width.most));
    code.extend([op::INFO, 4, 0, least, most]);
    if least == 0 || Case::of(flags) == Case::Locale {
        return;
    }
    let mut prefix = Prefix::default();
    let is_literal = find_prefix(&mut prefix, pattern, flags);
    if !prefix.text.is_empty() {
        let is_literal = is_literal && prefix.before_group.is_none();
        code[2] = info::PREFIX | if is_literal { info::LITERAL } else { 0 };
        let len = prefix.text.len();
        code.extend([len as u32, prefix.before_group.unwrap_or(len) as u32]);
        code.extend(&prefix.text);
        add_overlaps(code, &prefix.text);
    } else if let Some(set) = first_characters(pattern, flags)
        && let Shape::Set { .. } = compile_set(code, &set, Case::Exact, flags)
    {
        code[2] = info::CHARSET;
    }
    code[1] = code.len() as u32 - 1;
}

/// Collects literals from the start of a sequence on. Gives whether there is nothing else.
fn find_prefix(prefix: &mut Prefix, sequence: &Sequence, flags: i32) -> bool {
    let case = Case::of(flags);
    sequence.items.iter().all(|item| match item {
        Item::Literal(literal) if !case.is_cased(*literal) => {
            prefix.text.push(*literal);
            true
        }
        Item::Group(group) => {
            let flags = combine_flags(flags, group.add_flags, group.del_flags);
            if Case::of(flags) == Case::Locale {
                return false;
            }
            if group.number.is_some() {
                let len = prefix.text.len();
                prefix.before_group.get_or_insert(len);
            }
            find_prefix(prefix, &group.body, flags)
        }
        _ => false,
    })
}

/// The set of the characters that a match begins with, if it is easily seen.
fn first_characters(mut sequence: &Sequence, mut flags: i32) -> Option<Cow<'_, [SetItem]>> {
    let item = loop {
        match sequence.items.first()? {
            Item::Group(group) => {
                flags = combine_flags(flags, group.add_flags, group.del_flags);
                if Case::of(flags) == Case::Locale {
                    return None;
                }
                sequence = &group.body;
            }
            item => break item,
        }
    };
    let case = Case::of(flags);
    let literal = |item: &Item| match item {
        Item::Literal(literal) if !case.is_cased(*literal) => Some(SetItem::Literal(*literal)),
        _ => None,
    };
    match item {
        Item::Literal(_) => Some(vec![literal(item)?].into()),
        Item::Branch(alternatives) => {
            alternatives.iter().map(|alternative| literal(alternative.items.first()?)).collect()
        }
        Item::Set(set) if set.iter().all(|item| is_uncased(case, item)) => Some(set.into()),
        _ => None,
    }
}

/// Whether a part of a set is the same when case is ignored. Ranges beyond the basic plane are not
/// looked at.
fn is_uncased(case: Case, item: &SetItem) -> bool {
    match *item {
        _ if case == Case::Exact => true,
        SetItem::Literal(literal) => !case.is_cased(literal),
        SetItem::Range(low, high) => high <= 0xffff && !(low..=high).any(|code| case.is_cased(code)),
        SetItem::Negate | SetItem::Category(_) => true,
    }
}

/// For each place of a text adds how long a start of the text ends there, as Knuth, Morris and
/// Pratt search by it.
fn add_overlaps(code: &mut Vec<u32>, text: &[u32]) {
    let start = code.len();
    code.push(0);
    for place in 1..text.len() {
        let mut len = code[start + place - 1] as usize;
        while len > 0 && text[place] != text[len] {
            len = code[start + len - 1] as usize;
        }
        code.push(if text[place] == text[len] { len as u32 + 1 } else { 0 });
    }
}
