//! The matcher: a backtracking machine over compiled patterns.
//!
//! In: the code of a pattern (checked by `validate`), and a row of code units, one for each
//! character, of whatever width. Out: where the match ends, and the groups' marks.
//!
//! The machine runs along the code; where it could go on in more than one way, it pushes a
//! [`Choice`] and goes one of them. When it fails, it undoes what was done since the last choice
//! and takes that up again. So its depth is bounded by memory, never by the native stack. What must
//! be undone: marks (a log of old values), and the loops that are running (nodes that never change,
//! each iteration makes a new one).

use std::sync::atomic::{AtomicU32, Ordering};

use super::chars::{
    is_in_category, is_in_set, is_locale_word, is_unicode_word, lower_ascii, lower_unicode, upper_ascii,
};
use super::codes::{MAXREPEAT, at, category, info, op};

/// A unit of text: one character.
pub trait Unit: Copy + PartialEq {
    /// Its code point.
    fn code(self) -> u32;
    /// The first place of a code point in a text.
    fn find(text: &[Self], code: u32) -> Option<usize>;
}

impl Unit for u8 {
    #[inline(always)]
    fn code(self) -> u32 {
        self.into()
    }
    fn find(text: &[u8], code: u32) -> Option<usize> {
        memchr::memchr(u8::try_from(code).ok()?, text)
    }
}

impl Unit for u16 {
    #[inline(always)]
    fn code(self) -> u32 {
        self.into()
    }
    fn find(text: &[u16], code: u32) -> Option<usize> {
        let unit = u16::try_from(code).ok()?;
        text.iter().position(|&u| u == unit)
    }
}

impl Unit for u32 {
    #[inline(always)]
    fn code(self) -> u32 {
        self
    }
    fn find(text: &[u32], code: u32) -> Option<usize> {
        text.iter().position(|&u| u == code)
    }
}

/// A mark that is not set.
pub const UNSET: usize = usize::MAX;
/// No loop, no inner match.
const NONE: u32 = u32::MAX;

/// An iteration of a `REPEAT` loop.
#[derive(Clone, Copy)]
struct Loop {
    /// The loop around it.
    outer: u32,
    /// Where the `REPEAT` instruction is.
    pc: u32,
    /// How often the body matched, as of this iteration's start.
    count: u32,
    /// Where the last iteration that was optional began: one that is empty is not repeated.
    last: usize,
}

/// What to do when the machine comes back to a choice.
#[derive(Clone, Copy)]
enum Kind {
    /// Go on at `pc`, `position`.
    Resume,
    /// Try the next alternative of the `BRANCH` whose row goes on at `pc`.
    Alternative,
    /// Let the `REPEAT_ONE` at `pc`, which began at `position`, take one less than `count`.
    TakeLess { count: usize },
    /// Let the `MIN_REPEAT_ONE` at `pc` take one more at `position`; it has taken `count`.
    TakeMore { count: u32 },
    /// Let the lazy loop of this node iterate once more.
    IterateLazily { node: u32 },
    /// The inner match of the `ASSERT` or `ATOMIC_GROUP` at `pc` failed.
    Inner { outer: u32 },
    /// The inner match of the `ASSERT_NOT` at `pc` failed: good.
    InnerNot { outer: u32 },
    /// The `POSSESSIVE_REPEAT` at `pc` can match no more; it did `count` times.
    Possessive { outer: u32, count: u32 },
}

#[derive(Clone, Copy)]
struct Choice {
    kind: Kind,
    pc: u32,
    position: usize,
    /// The loop that was running.
    node: u32,
    /// How many loop nodes and undo entries there were.
    nodes: u32,
    undos: u32,
    last_index: u32,
}

/// The machine's memory, kept from match to match.
#[derive(Default)]
pub struct Machine {
    choices: Vec<Choice>,
    nodes: Vec<Loop>,
    /// Marks that were changed, with their old values.
    undo: Vec<(u32, usize)>,
    /// Beginning and end of each group.
    pub marks: Vec<usize>,
    /// The group that was closed last; 0 for none.
    pub last_index: u32,
    /// Where the match begins and ends.
    pub start: usize,
    pub end: usize,
    /// How often it went back to a choice, all in all.
    steps: u32,
    /// It gave up because it was asked to: whether there is a match is not known.
    pub interrupted: bool,
}

/// How many steps back there are between two looks at [`Subject::stop`].
const STEPS_BETWEEN_LOOKS: u32 = 4096;

/// A text to be matched, and how.
#[derive(Clone, Copy)]
pub struct Subject<'a, U> {
    /// All of it, up to where it shall be taken to end.
    pub text: &'a [U],
    /// Where matching begins.
    pub start: usize,
    /// Whether the match must reach the end.
    pub full: bool,
    /// Whether it must not be empty at `start`.
    pub must_advance: bool,
    /// Asks the machine to give up, by any of these bits: patterns can take for ever.
    pub stop: (&'a AtomicU32, u32),
}

impl Machine {
    fn reset(&mut self, groups: usize) {
        self.choices.clear();
        self.nodes.clear();
        self.undo.clear();
        self.marks.clear();
        self.marks.resize(groups * 2, UNSET);
        self.last_index = 0;
    }

    /// Begin and end of a group that matched; group 0 is the whole match.
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        if group == 0 {
            return Some((self.start, self.end));
        }
        let (start, end) = (*self.marks.get(2 * group - 2)?, *self.marks.get(2 * group - 1)?);
        if start == UNSET || end == UNSET || end < start { None } else { Some((start, end)) }
    }

    /// Matches at the start.
    pub fn match_at<U: Unit>(&mut self, code: &[u32], groups: usize, subject: Subject<'_, U>) -> bool {
        let mut pc = 0;
        if code[0] == op::INFO {
            if subject.text.len().saturating_sub(subject.start) < code[3] as usize {
                return false;
            }
            pc = 1 + code[1] as usize;
        }
        self.run_at(code, pc, groups, subject, subject.start, subject.start)
    }

    /// Finds the first match from the start on.
    pub fn search<U: Unit>(&mut self, code: &[u32], groups: usize, mut subject: Subject<'_, U>) -> bool {
        let (text, mut position) = (subject.text, subject.start);
        if position > text.len() {
            return false;
        }
        let mut pc = 0;
        let mut last = text.len();
        if code[0] == op::INFO {
            let (flags, least) = (code[2], code[3] as usize);
            if text.len() - position < least {
                return false;
            }
            // A match can begin no later.
            last = text.len() - least;
            pc = 1 + code[1] as usize;
            if flags & info::PREFIX != 0 {
                let (len, skip) = (code[5] as usize, code[6] as usize);
                let prefix = &code[7..7 + len];
                let literal = flags & info::LITERAL != 0;
                return self.search_prefix(code, groups, subject, prefix, (pc, skip), literal, last);
            }
            if flags & info::CHARSET != 0 {
                let set = &code[5..];
                while position <= last {
                    match text[position..].iter().position(|unit| is_in_set(set, unit.code())) {
                        Some(offset) => position += offset,
                        None => return false,
                    }
                    if position > last {
                        return false;
                    }
                    if self.run_at(code, pc, groups, subject, position, position) {
                        return true;
                    }
                    if self.interrupted {
                        return false;
                    }
                    position += 1;
                }
                return false;
            }
        }
        while position <= last {
            if self.run_at(code, pc, groups, subject, position, position) {
                return true;
            }
            if self.interrupted {
                return false;
            }
            subject.must_advance = false;
            position += 1;
        }
        false
    }

    /// Searches a pattern that begins with literal characters; its first `skip` instructions match
    /// just the first of these.
    #[allow(clippy::too_many_arguments, reason = "the parts of one INFO block")]
    fn search_prefix<U: Unit>(
        &mut self,
        code: &[u32],
        groups: usize,
        subject: Subject<'_, U>,
        prefix: &[u32],
        (pc, skip): (usize, usize),
        literal: bool,
        last: usize,
    ) -> bool {
        let text = subject.text;
        let mut position = subject.start;
        while position <= last {
            let Some(offset) = U::find(&text[position..], prefix[0]) else { return false };
            position += offset;
            let Some(candidate) = text.get(position..position + prefix.len()) else { return false };
            if candidate.iter().zip(prefix).all(|(unit, &code)| unit.code() == code) {
                if literal && !subject.full {
                    self.reset(groups);
                    self.start = position;
                    self.end = position + prefix.len();
                    return true;
                }
                if self.run_at(code, pc + 2 * skip, groups, subject, position, position + skip) {
                    return true;
                }
                if self.interrupted {
                    return false;
                }
            }
            position += 1;
        }
        false
    }

    fn run_at<U: Unit>(
        &mut self,
        code: &[u32],
        pc: usize,
        groups: usize,
        subject: Subject<'_, U>,
        start: usize,
        position: usize,
    ) -> bool {
        self.reset(groups);
        self.start = start;
        match self.run(code, pc, subject, position) {
            Some(end) => {
                self.end = end;
                true
            }
            None => false,
        }
    }

    fn set_mark(&mut self, mark: u32, position: usize) {
        let slot = &mut self.marks[mark as usize];
        if !self.choices.is_empty() {
            self.undo.push((mark, *slot));
        }
        *slot = position;
        if mark & 1 != 0 {
            self.last_index = mark / 2 + 1;
        }
    }

    #[inline]
    fn push_choice(&mut self, kind: Kind, pc: usize, position: usize, node: u32) {
        self.choices.push(Choice {
            kind,
            pc: pc as u32,
            position,
            node,
            nodes: self.nodes.len() as u32,
            undos: self.undo.len() as u32,
            last_index: self.last_index,
        });
    }

    /// Undoes what was done to marks since a choice was made.
    fn undo_to(&mut self, choice: &Choice) {
        while self.undo.len() > choice.undos as usize {
            if let Some((mark, old)) = self.undo.pop() {
                self.marks[mark as usize] = old;
            }
        }
        self.last_index = choice.last_index;
    }

    fn new_node(&mut self, node: Loop) -> u32 {
        self.nodes.push(node);
        self.nodes.len() as u32 - 1
    }

    /// Text of a group that matched.
    fn group_text<'a, U>(&self, text: &'a [U], group: u32) -> Option<&'a [U]> {
        let (begin, end) = (self.marks[2 * group as usize], self.marks[2 * group as usize + 1]);
        if begin == UNSET || end == UNSET || end < begin { None } else { text.get(begin..end) }
    }

    /// Runs the code from `pc` with the text from `position` on; gives where the match ends.
    fn run<U: Unit>(
        &mut self,
        code: &[u32],
        mut pc: usize,
        subject: Subject<'_, U>,
        mut position: usize,
    ) -> Option<usize> {
        let text = subject.text;
        let mut node = NONE;
        // The choice that the innermost inner match ends at.
        let mut inner = NONE;
        loop {
            // Each arm gives whether the machine can go on from `pc` and `position`.
            let operation = code[pc];
            let going = match operation {
                op::SUCCESS if inner == NONE => {
                    if (subject.full && position != text.len()) || (subject.must_advance && position == subject.start) {
                        false
                    } else {
                        return Some(position);
                    }
                }
                op::SUCCESS => {
                    let choice = self.choices[inner as usize];
                    self.choices.truncate(inner as usize);
                    pc = choice.pc as usize;
                    node = choice.node;
                    match choice.kind {
                        Kind::Inner { outer } => {
                            inner = outer;
                            if code[pc] == op::ASSERT {
                                position = choice.position;
                            }
                            pc += 1 + code[pc + 1] as usize;
                            true
                        }
                        Kind::Possessive { outer, count } => {
                            inner = outer;
                            let (next_pc, next_inner) =
                                self.iterate_possessively(code, pc, position, node, inner, count + 1, choice.position);
                            pc = next_pc;
                            inner = next_inner;
                            true
                        }
                        Kind::InnerNot { outer } => {
                            inner = outer;
                            self.undo_to(&choice);
                            false
                        }
                        _ => unreachable!("an inner match ends at the choice that began it"),
                    }
                }
                op::LITERAL => {
                    let matches = text.get(position).is_some_and(|unit| unit.code() == code[pc + 1]);
                    pc += 2;
                    position += 1;
                    matches
                }
                op::MARK => {
                    self.set_mark(code[pc + 1], position);
                    pc += 2;
                    true
                }
                op::JUMP => {
                    pc += 1 + code[pc + 1] as usize;
                    true
                }
                op::AT => {
                    let matches = is_at(code[pc + 1], text, position);
                    pc += 2;
                    matches
                }
                op::BRANCH => match self.branch(code, pc + 1, text, position, node) {
                    Some(next) => {
                        pc = next;
                        true
                    }
                    None => false,
                },
                op::REPEAT_ONE => {
                    let (least, most) = (code[pc + 2] as usize, limit(code[pc + 3]));
                    let count = count_units(code, pc + 4, &text[position..], most);
                    count >= least && {
                        let start = position;
                        match self.take_and_go_on(code, pc, text, start, count, least, node) {
                            Some(count) => {
                                position = start + count;
                                pc += 1 + code[pc + 1] as usize;
                                true
                            }
                            None => false,
                        }
                    }
                }
                op::MIN_REPEAT_ONE => {
                    let least = code[pc + 2];
                    let count = count_units(code, pc + 4, &text[position..], least as usize);
                    position += count;
                    count >= least as usize && {
                        if least < code[pc + 3] {
                            self.push_choice(Kind::TakeMore { count: least }, pc, position, node);
                        }
                        pc += 1 + code[pc + 1] as usize;
                        true
                    }
                }
                op::POSSESSIVE_REPEAT_ONE => {
                    let count = count_units(code, pc + 4, &text[position..], limit(code[pc + 3]));
                    position += count;
                    let enough = count >= code[pc + 2] as usize;
                    pc += 1 + code[pc + 1] as usize;
                    enough
                }
                op::REPEAT => {
                    node = self.new_node(Loop { outer: node, pc: pc as u32, count: 0, last: UNSET });
                    let until = pc + 1 + code[pc + 1] as usize;
                    (pc, node) = self.until(code, until, position, node, 0);
                    true
                }
                op::MAX_UNTIL | op::MIN_UNTIL => {
                    let count = self.nodes[node as usize].count;
                    (pc, node) = self.until(code, pc, position, node, count);
                    true
                }
                op::ASSERT | op::ASSERT_NOT => {
                    let back = code[pc + 2] as usize;
                    let negated = operation == op::ASSERT_NOT;
                    if position < back {
                        pc += 1 + code[pc + 1] as usize;
                        negated
                    } else {
                        let kind = if negated { Kind::InnerNot { outer: inner } } else { Kind::Inner { outer: inner } };
                        self.push_choice(kind, pc, position, node);
                        inner = self.choices.len() as u32 - 1;
                        position -= back;
                        pc += 3;
                        true
                    }
                }
                op::ATOMIC_GROUP => {
                    self.push_choice(Kind::Inner { outer: inner }, pc, position, node);
                    inner = self.choices.len() as u32 - 1;
                    pc += 2;
                    true
                }
                op::POSSESSIVE_REPEAT => {
                    (pc, inner) = self.iterate_possessively(code, pc, position, node, inner, 0, UNSET);
                    true
                }
                op::GROUPREF => match self.group_text(text, code[pc + 1]) {
                    Some(group) if text[position..].starts_with(group) => {
                        position += group.len();
                        pc += 2;
                        true
                    }
                    _ => false,
                },
                op::GROUPREF_IGNORE | op::GROUPREF_LOC_IGNORE | op::GROUPREF_UNI_IGNORE => {
                    let lower = if operation == op::GROUPREF_UNI_IGNORE { lower_unicode } else { lower_ascii };
                    match self.group_text(text, code[pc + 1]) {
                        Some(group)
                            if text[position..].len() >= group.len()
                                && text[position..]
                                    .iter()
                                    .zip(group)
                                    .all(|(a, b)| lower(a.code()) == lower(b.code())) =>
                        {
                            position += group.len();
                            pc += 2;
                            true
                        }
                        _ => false,
                    }
                }
                op::GROUPREF_EXISTS => {
                    pc += if self.group_text(text, code[pc + 1]).is_some() { 3 } else { 1 + code[pc + 2] as usize };
                    true
                }
                op::FAILURE => false,
                _ => {
                    let matches = text.get(position).is_some_and(|unit| matches_unit(code, pc, unit.code()));
                    position += 1;
                    pc += unit_length(code, pc);
                    matches
                }
            };
            if going {
                continue;
            }
            // Back to the last choice that leads on.
            loop {
                self.steps = self.steps.wrapping_add(1);
                if self.steps.is_multiple_of(STEPS_BETWEEN_LOOKS)
                    && subject.stop.0.load(Ordering::Relaxed) & subject.stop.1 != 0
                {
                    self.interrupted = true;
                    return None;
                }
                let choice = self.choices.pop()?;
                self.undo_to(&choice);
                self.nodes.truncate(choice.nodes as usize);
                pc = choice.pc as usize;
                position = choice.position;
                node = choice.node;
                match choice.kind {
                    Kind::Resume => break,
                    Kind::Alternative => match self.branch(code, pc, text, position, node) {
                        Some(next) => {
                            pc = next;
                            break;
                        }
                        None => continue,
                    },
                    Kind::TakeLess { count } => {
                        let least = code[pc + 2] as usize;
                        match self.take_and_go_on(code, pc, text, position, count - 1, least, node) {
                            Some(count) => {
                                position += count;
                                pc += 1 + code[pc + 1] as usize;
                                break;
                            }
                            None => continue,
                        }
                    }
                    Kind::TakeMore { count } => {
                        if !text.get(position).is_some_and(|unit| matches_unit(code, pc + 4, unit.code())) {
                            continue;
                        }
                        position += 1;
                        let most = code[pc + 3];
                        if most == MAXREPEAT || count + 1 < most {
                            self.push_choice(Kind::TakeMore { count: count.saturating_add(1) }, pc, position, node);
                        }
                        pc += 1 + code[pc + 1] as usize;
                        break;
                    }
                    Kind::IterateLazily { node: lazy } => {
                        let Loop { outer, pc: repeat, count, last } = self.nodes[lazy as usize];
                        let most = code[repeat as usize + 3];
                        if (most != MAXREPEAT && count >= most) || position == last {
                            continue;
                        }
                        node =
                            self.new_node(Loop { outer, pc: repeat, count: count.saturating_add(1), last: position });
                        pc = repeat as usize + 4;
                        break;
                    }
                    Kind::Inner { outer } => inner = outer,
                    Kind::InnerNot { outer } => {
                        inner = outer;
                        pc += 1 + code[pc + 1] as usize;
                        break;
                    }
                    Kind::Possessive { outer, count } => {
                        inner = outer;
                        if count < code[pc + 2] {
                            continue;
                        }
                        pc += 2 + code[pc + 1] as usize;
                        break;
                    }
                }
            }
        }
    }

    /// The next alternative of a `BRANCH` that can match, from the one at `pc` on; the one after is
    /// remembered.
    fn branch<U: Unit>(
        &mut self,
        code: &[u32],
        mut pc: usize,
        text: &[U],
        position: usize,
        node: u32,
    ) -> Option<usize> {
        let next = text.get(position).map(|unit| unit.code());
        loop {
            let skip = code[pc] as usize;
            if skip == 0 {
                return None;
            }
            let possible = match code[pc + 1] {
                op::LITERAL => next == Some(code[pc + 2]),
                op::IN => next.is_some_and(|next| is_in_set(&code[pc + 3..], next)),
                _ => true,
            };
            if possible {
                if code[pc + skip] != 0 {
                    self.push_choice(Kind::Alternative, pc + skip, position, node);
                }
                return Some(pc + 1);
            }
            pc += skip;
        }
    }

    /// How many of `count` units the `REPEAT_ONE` at `pc` takes, so that what follows can begin:
    /// what is left to try is remembered.
    #[allow(clippy::too_many_arguments, reason = "the state of one loop")]
    fn take_and_go_on<U: Unit>(
        &mut self,
        code: &[u32],
        pc: usize,
        text: &[U],
        start: usize,
        mut count: usize,
        least: usize,
        node: u32,
    ) -> Option<usize> {
        let tail = pc + 1 + code[pc + 1] as usize;
        if code[tail] == op::LITERAL {
            let literal = code[tail + 1];
            while text.get(start + count).is_none_or(|unit| unit.code() != literal) {
                if count <= least {
                    return None;
                }
                count -= 1;
            }
        }
        if count > least {
            self.push_choice(Kind::TakeLess { count }, pc, start, node);
        }
        Some(count)
    }

    /// What an `UNTIL` instruction at `pc` does after `count` iterations: where to go on, in which loop.
    fn until(&mut self, code: &[u32], pc: usize, position: usize, node: u32, count: u32) -> (usize, u32) {
        let Loop { outer, pc: repeat, last, .. } = self.nodes[node as usize];
        let (least, most) = (code[repeat as usize + 2], code[repeat as usize + 3]);
        let body = repeat as usize + 4;
        if count < least {
            return (body, self.new_node(Loop { outer, pc: repeat, count: count + 1, last }));
        }
        if code[pc] == op::MIN_UNTIL {
            let lazy = self.new_node(Loop { outer, pc: repeat, count, last });
            self.push_choice(Kind::IterateLazily { node: lazy }, pc + 1, position, outer);
            return (pc + 1, outer);
        }
        if (most == MAXREPEAT || count < most) && position != last {
            self.push_choice(Kind::Resume, pc + 1, position, outer);
            let next = Loop { outer, pc: repeat, count: count.saturating_add(1), last: position };
            return (body, self.new_node(next));
        }
        (pc + 1, outer)
    }

    /// Begins the next iteration of a `POSSESSIVE_REPEAT`, or goes on behind it.
    #[allow(clippy::too_many_arguments, reason = "the state of one loop")]
    fn iterate_possessively(
        &mut self,
        code: &[u32],
        pc: usize,
        position: usize,
        node: u32,
        inner: u32,
        count: u32,
        last: usize,
    ) -> (usize, u32) {
        let (least, most) = (code[pc + 2], code[pc + 3]);
        if count >= least && ((most != MAXREPEAT && count >= most) || position == last) {
            return (pc + 2 + code[pc + 1] as usize, inner);
        }
        self.push_choice(Kind::Possessive { outer: inner, count }, pc, position, node);
        (pc + 4, self.choices.len() as u32 - 1)
    }
}

fn limit(most: u32) -> usize {
    if most == MAXREPEAT { usize::MAX } else { most as usize }
}

/// Whether a position is what an `AT` instruction asks for.
fn is_at<U: Unit>(what: u32, text: &[U], position: usize) -> bool {
    let before = position.checked_sub(1).map(|index| text[index].code());
    let after = text.get(position).map(|unit| unit.code());
    let boundary = |is_word: fn(u32) -> bool| before.is_some_and(is_word) != after.is_some_and(is_word);
    let is_word = |code| is_in_category(category::WORD, code);
    match what {
        at::BEGINNING | at::BEGINNING_STRING => position == 0,
        at::BEGINNING_LINE => before.is_none_or(|code| code == 10),
        at::END => position == text.len() || (position + 1 == text.len() && after == Some(10)),
        at::END_LINE => after.is_none_or(|code| code == 10),
        at::END_STRING => position == text.len(),
        at::BOUNDARY => boundary(is_word),
        at::NON_BOUNDARY => !boundary(is_word),
        at::LOC_BOUNDARY => boundary(is_locale_word),
        at::LOC_NON_BOUNDARY => !boundary(is_locale_word),
        at::UNI_BOUNDARY => boundary(is_unicode_word),
        _ => !boundary(is_unicode_word),
    }
}

/// Whether an instruction that matches one character matches this one.
#[inline]
fn matches_unit(code: &[u32], pc: usize, unit: u32) -> bool {
    let operand = || code[pc + 1];
    match code[pc] {
        op::ANY => unit != 10,
        op::ANY_ALL => true,
        op::LITERAL => unit == operand(),
        op::NOT_LITERAL => unit != operand(),
        op::IN => is_in_set(&code[pc + 2..], unit),
        op::CATEGORY => is_in_category(operand(), unit),
        op::LITERAL_IGNORE => lower_ascii(unit) == operand(),
        op::NOT_LITERAL_IGNORE => lower_ascii(unit) != operand(),
        op::LITERAL_UNI_IGNORE => lower_unicode(unit) == operand(),
        op::NOT_LITERAL_UNI_IGNORE => lower_unicode(unit) != operand(),
        op::IN_IGNORE => is_in_set(&code[pc + 2..], lower_ascii(unit)),
        op::IN_UNI_IGNORE => is_in_set(&code[pc + 2..], lower_unicode(unit)),
        op::LITERAL_LOC_IGNORE => lower_ascii(unit) == lower_ascii(operand()),
        op::NOT_LITERAL_LOC_IGNORE => lower_ascii(unit) != lower_ascii(operand()),
        op::IN_LOC_IGNORE => {
            let set = &code[pc + 2..];
            is_in_set(set, lower_ascii(unit)) || is_in_set(set, upper_ascii(unit))
        }
        _ => false,
    }
}

/// How long such an instruction is.
fn unit_length(code: &[u32], pc: usize) -> usize {
    match code[pc] {
        op::ANY | op::ANY_ALL => 1,
        op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => 1 + code[pc + 1] as usize,
        _ => 2,
    }
}

/// How many characters from the start of a text the instruction at `pc` matches, at most `most`.
fn count_units<U: Unit>(code: &[u32], pc: usize, text: &[U], most: usize) -> usize {
    let text = &text[..most.min(text.len())];
    let end = match code[pc] {
        op::ANY => U::find(text, 10),
        op::ANY_ALL => None,
        op::NOT_LITERAL => U::find(text, code[pc + 1]),
        op::LITERAL => {
            let literal = code[pc + 1];
            text.iter().position(|unit| unit.code() != literal)
        }
        op::IN => {
            let set = &code[pc + 2..];
            text.iter().position(|unit| !is_in_set(set, unit.code()))
        }
        _ => text.iter().position(|unit| !matches_unit(code, pc, unit.code())),
    };
    end.unwrap_or(text.len())
}
