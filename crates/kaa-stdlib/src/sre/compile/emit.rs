//! Makes code of a pattern's tree.

use super::super::codes::{at, flag, op};
use super::cases::Case;
use super::charset::{Shape, compile_set};
use super::info::compile_info;
use super::parse::TYPE_FLAGS;
use super::tree::{Conditional, Greed, Item, Look, Repeat, Sequence, Width};
use super::{NotHandled, StackFloor};

/// The code of a pattern.
pub fn code(pattern: &Sequence, flags: i32, floor: StackFloor) -> Result<Vec<u32>, NotHandled> {
    let mut emitter = Emitter { code: Vec::with_capacity(2 * pattern.items.len() + 8), floor };
    compile_info(&mut emitter.code, pattern, flags);
    emitter.sequence(pattern, flags)?;
    emitter.code.push(op::SUCCESS);
    // Lengths and jumps are words.
    if u32::try_from(emitter.code.len()).is_ok() { Ok(emitter.code) } else { Err(NotHandled) }
}

/// The flags in a group that turns some on and off.
pub fn combine_flags(flags: i32, add: i32, del: i32) -> i32 {
    let flags = if add & TYPE_FLAGS != 0 { flags & !TYPE_FLAGS } else { flags };
    (flags | add) & !del
}

/// What an instruction is when case is ignored.
fn ignoring(case: Case, [exact, ascii, unicode, locale]: [u32; 4]) -> u32 {
    match case {
        Case::Exact => exact,
        Case::Ascii => ascii,
        Case::Unicode => unicode,
        Case::Locale => locale,
    }
}

/// Whether something matches one character, so that there is a faster instruction to repeat it.
fn is_simple(body: &Sequence) -> bool {
    match &body.items[..] {
        [Item::Literal(_) | Item::NotLiteral(_) | Item::Any | Item::Set(_)] => true,
        [Item::Group(group)] => group.number.is_none() && is_simple(&group.body),
        _ => false,
    }
}

/// The position that is tested.
fn position(position: u32, flags: i32) -> u32 {
    let has = |flag| flags & flag != 0;
    match position {
        at::BEGINNING if has(flag::MULTILINE) => at::BEGINNING_LINE,
        at::END if has(flag::MULTILINE) => at::END_LINE,
        at::BOUNDARY if has(flag::LOCALE) => at::LOC_BOUNDARY,
        at::NON_BOUNDARY if has(flag::LOCALE) => at::LOC_NON_BOUNDARY,
        at::BOUNDARY if has(flag::UNICODE) => at::UNI_BOUNDARY,
        at::NON_BOUNDARY if has(flag::UNICODE) => at::UNI_NON_BOUNDARY,
        other => other,
    }
}

struct Emitter {
    code: Vec<u32>,
    floor: StackFloor,
}

impl Emitter {
    /// Leaves a word for the distance to a later place.
    fn reserve(&mut self) -> usize {
        self.code.push(0);
        self.code.len() - 1
    }

    /// Writes the distance from a word to the end of the code into it.
    fn land(&mut self, word: usize) {
        self.code[word] = (self.code.len() - word) as u32;
    }

    fn sequence(&mut self, sequence: &Sequence, flags: i32) -> Result<(), NotHandled> {
        self.floor.check()?;
        sequence.items.iter().try_for_each(|item| self.item(item, flags))
    }

    fn item(&mut self, item: &Item, flags: i32) -> Result<(), NotHandled> {
        match item {
            Item::Literal(code) => self.literal(*code, false, Case::of(flags)),
            Item::NotLiteral(code) => self.literal(*code, true, Case::of(flags)),
            Item::Any => self.code.push(if flags & flag::DOTALL != 0 { op::ANY_ALL } else { op::ANY }),
            Item::Set(_) => self.set(item, flags),
            Item::At(place) => self.code.extend([op::AT, position(*place, flags)]),
            Item::Failure => self.code.push(op::FAILURE),
            Item::GroupReference(group) => {
                let ops = [op::GROUPREF, op::GROUPREF_IGNORE, op::GROUPREF_UNI_IGNORE, op::GROUPREF_LOC_IGNORE];
                self.code.extend([ignoring(Case::of(flags), ops), group - 1]);
            }
            Item::Branch(alternatives) => self.branch(alternatives, flags)?,
            Item::Group(group) => {
                let flags = combine_flags(flags, group.add_flags, group.del_flags);
                let Some(number) = group.number else { return self.sequence(&group.body, flags) };
                let mark = (number - 1) * 2;
                self.code.extend([op::MARK, mark]);
                self.sequence(&group.body, flags)?;
                self.code.extend([op::MARK, mark + 1]);
            }
            Item::Atomic(body) => {
                self.code.push(op::ATOMIC_GROUP);
                let skip = self.reserve();
                self.sequence(body, flags)?;
                self.code.push(op::SUCCESS);
                self.land(skip);
            }
            Item::Repeat(repeat) => self.repeat(repeat, flags)?,
            Item::Look(look) => self.look(look, flags)?,
            Item::Conditional(conditional) => self.conditional(conditional, flags)?,
        }
        Ok(())
    }

    fn literal(&mut self, literal: u32, is_negated: bool, case: Case) {
        let ops = if is_negated {
            [op::NOT_LITERAL, op::NOT_LITERAL_IGNORE, op::NOT_LITERAL_UNI_IGNORE, op::NOT_LITERAL_LOC_IGNORE]
        } else {
            [op::LITERAL, op::LITERAL_IGNORE, op::LITERAL_UNI_IGNORE, op::LITERAL_LOC_IGNORE]
        };
        // The matcher asks the locale.
        if case == Case::Locale {
            self.code.extend([ignoring(case, ops), literal]);
            return;
        }
        if !case.is_cased(literal) {
            self.code.extend([ops[0], literal]);
            return;
        }
        let lower = case.lower(literal);
        let mut others = case.others(lower).peekable();
        if others.peek().is_none() {
            self.code.extend([ignoring(case, ops), lower]);
            return;
        }
        self.code.push(op::IN_UNI_IGNORE);
        let skip = self.reserve();
        if is_negated {
            self.code.push(op::NEGATE);
        }
        for same in [lower].into_iter().chain(others) {
            self.code.extend([op::LITERAL, same]);
        }
        self.code.push(op::FAILURE);
        self.land(skip);
    }

    fn set(&mut self, item: &Item, flags: i32) {
        let Item::Set(set) = item else { return };
        let case = Case::of(flags);
        let start = self.code.len();
        self.code.push(op::IN);
        let skip = self.reserve();
        match compile_set(&mut self.code, set, case, flags) {
            Shape::Set { is_cased } => {
                if is_cased || case == Case::Locale {
                    self.code[start] = ignoring(case, [op::IN, op::IN_IGNORE, op::IN_UNI_IGNORE, op::IN_LOC_IGNORE]);
                }
                self.land(skip);
            }
            Shape::Nothing => {
                self.code.truncate(start);
                self.code.push(op::FAILURE);
            }
            Shape::Everything => {
                self.code.truncate(start);
                self.code.push(op::ANY_ALL);
            }
        }
    }

    fn branch(&mut self, alternatives: &[Sequence], flags: i32) -> Result<(), NotHandled> {
        self.code.push(op::BRANCH);
        let mut jumps = Vec::with_capacity(alternatives.len());
        for alternative in alternatives {
            let skip = self.reserve();
            self.sequence(alternative, flags)?;
            self.code.push(op::JUMP);
            jumps.push(self.reserve());
            self.land(skip);
        }
        self.code.push(op::FAILURE);
        jumps.into_iter().for_each(|jump| self.land(jump));
        Ok(())
    }

    fn repeat(&mut self, repeat: &Repeat, flags: i32) -> Result<(), NotHandled> {
        let (of_one, of_many, end) = match repeat.greed {
            Greed::Most => (op::REPEAT_ONE, op::REPEAT, op::MAX_UNTIL),
            Greed::Least => (op::MIN_REPEAT_ONE, op::REPEAT, op::MIN_UNTIL),
            Greed::Possessive => (op::POSSESSIVE_REPEAT_ONE, op::POSSESSIVE_REPEAT, op::SUCCESS),
        };
        let is_simple = is_simple(&repeat.body);
        self.code.push(if is_simple { of_one } else { of_many });
        let skip = self.reserve();
        self.code.extend([repeat.least, repeat.most]);
        self.sequence(&repeat.body, flags)?;
        if is_simple {
            self.code.push(op::SUCCESS);
            self.land(skip);
        } else {
            self.land(skip);
            self.code.push(end);
        }
        Ok(())
    }

    fn look(&mut self, look: &Look, flags: i32) -> Result<(), NotHandled> {
        self.code.push(if look.is_negative { op::ASSERT_NOT } else { op::ASSERT });
        let skip = self.reserve();
        self.code.push(if look.is_behind {
            let Width { least, most } = look.body.width;
            u32::try_from(least).ok().filter(|_| least == most).ok_or(NotHandled)?
        } else {
            0
        });
        self.sequence(&look.body, flags)?;
        self.code.push(op::SUCCESS);
        self.land(skip);
        Ok(())
    }

    fn conditional(&mut self, conditional: &Conditional, flags: i32) -> Result<(), NotHandled> {
        self.code.extend([op::GROUPREF_EXISTS, conditional.group - 1]);
        let to_no = self.reserve();
        self.sequence(&conditional.yes, flags)?;
        if conditional.no.items.is_empty() {
            // The distance counts from the group on.
            self.code[to_no] = (self.code.len() - to_no + 1) as u32;
            return Ok(());
        }
        self.code.push(op::JUMP);
        let to_end = self.reserve();
        self.code[to_no] = (self.code.len() - to_no + 1) as u32;
        self.sequence(&conditional.no, flags)?;
        self.land(to_end);
        Ok(())
    }
}
