//! Which instructions of a unit can run at all, and which are sure to.
//!
//! Conditions whose value is known in an executable (`TYPE_CHECKING`, `sys.platform == "win32"`,
//! `__name__ == "__main__"`, …) are taken as decided: what stands behind them is not reached.

use kaa_bytecode::{Constant, ExceptionEntry, ExceptionTable, Opcode};

use super::Unit;

/// The version that programs see.
const VERSION: [i64; 2] = [3, 14];

pub struct Flow {
    reached: Vec<bool>,
    /// Of each instruction the furthest instruction that a jump from before it goes to.
    jumped_over: Vec<usize>,
    /// The first instruction of a handler: from there on nothing is sure.
    handlers: usize,
    entries: Vec<ExceptionEntry>,
}

impl Flow {
    pub fn of(unit: &Unit<'_>, is_main: bool) -> Flow {
        let count = unit.list.len();
        let entries: Vec<ExceptionEntry> = ExceptionTable::new(&unit.code.exceptiontable).collect();
        let handlers = entries.iter().filter_map(|entry| index_of(unit, entry.target.into())).min().unwrap_or(count);
        let mut flow = Flow { reached: vec![false; count], jumped_over: vec![0; count], handlers, entries };
        let mut targets = vec![0; count];
        let mut open = vec![0];
        while let Some(start) = open.pop() {
            flow.walk(unit, start, is_main, &mut targets, &mut open);
        }
        let mut furthest = 0;
        for (index, target) in targets.into_iter().enumerate() {
            flow.jumped_over[index] = furthest;
            furthest = furthest.max(target);
        }
        flow
    }

    /// Marks what runs from an instruction on, and notes where else to go on.
    fn walk(&mut self, unit: &Unit<'_>, start: usize, is_main: bool, targets: &mut [usize], open: &mut Vec<usize>) {
        let mut index = start;
        while index < unit.list.len() && !self.reached[index] {
            self.reached[index] = true;
            let offset = unit.list[index].offset;
            open.extend(self.entry_at(offset).and_then(|entry| index_of(unit, entry.target.into())));
            let opcode = unit.opcode(index);
            let target = unit.list[index].jump_target().and_then(|target| index_of(unit, target));
            if let Some(target) = target {
                let decided = decided(unit, index, is_main);
                if decided != Some(false) {
                    open.push(target);
                    targets[index] = target;
                }
                if decided == Some(true) {
                    return;
                }
            }
            if opcode.is_some_and(ends_here) {
                return;
            }
            index += 1;
        }
    }

    /// The handler of an instruction; entries are in the order of their start and do not overlap.
    fn entry_at(&self, offset: u32) -> Option<ExceptionEntry> {
        let index = self.entries.partition_point(|entry| entry.end <= offset);
        self.entries.get(index).copied().filter(|entry| entry.start <= offset)
    }

    pub fn is_reached(&self, index: usize) -> bool {
        self.reached[index]
    }

    /// Whether an instruction runs whenever the unit does, and nobody catches what it raises.
    pub fn is_sure(&self, unit: &Unit<'_>, index: usize) -> bool {
        index < self.handlers
            && self.jumped_over[index] <= index
            && !self.is_caught(unit, unit.list[index].offset, self.entries.len().min(32))
    }

    /// Whether an exception at an offset may be caught.
    fn is_caught(&self, unit: &Unit<'_>, offset: u32, depth: usize) -> bool {
        let Some(entry) = self.entry_at(offset) else { return false };
        let Some(handler) = index_of(unit, entry.target.into()) else { return false };
        for index in handler..unit.list.len() {
            match unit.opcode(index) {
                Some(Opcode::CheckExcMatch | Opcode::CheckEgMatch) => return true,
                // `except:` takes the exception from the stack at once.
                Some(Opcode::PopTop) if index == handler + 1 => return true,
                // Who suppresses exceptions is known by the name.
                Some(Opcode::WithExceptStart) if unit.code.names.iter().any(|name| name == b"suppress") => {
                    return true;
                }
                Some(Opcode::Reraise) => {
                    return depth > 0 && self.is_caught(unit, unit.list[index].offset, depth - 1);
                }
                _ => {}
            }
        }
        false
    }
}

/// The index of the instruction at an offset, or of the `EXTENDED_ARG` before it.
fn index_of(unit: &Unit<'_>, offset: i64) -> Option<usize> {
    let offset = u32::try_from(offset).ok()?;
    let index = unit.list.partition_point(|each| each.offset < offset);
    (index < unit.list.len()).then_some(index)
}

/// Whether nothing goes on behind an instruction.
fn ends_here(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::ReturnValue
            | Opcode::RaiseVarargs
            | Opcode::Reraise
            | Opcode::JumpForward
            | Opcode::JumpBackward
            | Opcode::JumpBackwardNoInterrupt
    )
}

/// Whether a jump is known to be taken, or known not to be.
fn decided(unit: &Unit<'_>, jump: usize, is_main: bool) -> Option<bool> {
    let if_true = match unit.opcode(jump)? {
        Opcode::PopJumpIfTrue => true,
        Opcode::PopJumpIfFalse => false,
        _ => return None,
    };
    let mut end = jump;
    if unit.opcode(end.checked_sub(1)?) == Some(Opcode::ToBool) {
        end -= 1;
    }
    condition(unit, end, is_main).map(|value| value == if_true)
}

/// The value of the expression that ends before an instruction, where it is known.
fn condition(unit: &Unit<'_>, end: usize, is_main: bool) -> Option<bool> {
    let last = end.checked_sub(1)?;
    match unit.opcode(last)? {
        Opcode::LoadName | Opcode::LoadGlobal | Opcode::LoadAttr if unit.name(last) == Some("TYPE_CHECKING") => {
            Some(false)
        }
        Opcode::CompareOp => comparison(unit, last, is_main),
        // sys.platform.startswith("win")
        Opcode::Call if unit.name(last.checked_sub(2)?) == Some("startswith") && is_platform(unit, last - 3) => {
            unit.text(last - 1).map(|prefix| "linux".starts_with(prefix))
        }
        _ => None,
    }
}

fn comparison(unit: &Unit<'_>, at: usize, is_main: bool) -> Option<bool> {
    let (left, right) = (at.checked_sub(2)?, at - 1);
    // `<`, `<=`, `==`, `!=`, `>`, `>=` in the bits above the flags.
    let operator = unit.list[at].arg >> 5;
    let equal = |equal: bool| match operator {
        2 => Some(equal),
        3 => Some(!equal),
        _ => None,
    };
    if is_platform(unit, left) {
        return equal(unit.text(right)? == "linux");
    }
    match unit.name(left)? {
        "name" if left > 0 && unit.name(left - 1) == Some("os") => equal(unit.text(right)? == "posix"),
        "__name__" => (unit.text(right)? == "__main__").then_some(is_main).and_then(equal),
        "version_info" => {
            let Constant::Tuple(items) = unit.constant(right)? else { return None };
            let numbers: Vec<i64> = items.iter().map_while(int).take(2).collect();
            // More than two numbers may differ in what is not looked at here.
            if items.len() != numbers.len() || numbers.is_empty() {
                return None;
            }
            // (3, 14, …) is greater than (3, 14).
            let order = VERSION.as_slice().cmp(numbers.as_slice()).then(std::cmp::Ordering::Greater);
            match operator {
                0 | 1 => Some(order.is_lt()),
                4 | 5 => Some(order.is_gt()),
                _ => None,
            }
        }
        _ => None,
    }
}

fn int(constant: &Constant) -> Option<i64> {
    match constant {
        Constant::Int(number) => Some(*number),
        _ => None,
    }
}

/// Whether `sys.platform` is loaded there.
fn is_platform(unit: &Unit<'_>, index: usize) -> bool {
    unit.name(index) == Some("platform") && index > 0 && unit.name(index - 1) == Some("sys")
}
