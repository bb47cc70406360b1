//! What a module asks for, read from its bytecode: imports with their lines, whether they are sure to
//! happen, and calls that import, read data or metadata by a name that stands in the code.
//!
//! In: the code object of a module. Out: a [`Scan`].

mod calls;
mod flow;

use std::collections::BTreeSet;

use kaa_bytecode::decode::{Instruction, instructions};
use kaa_bytecode::{CodeObject, Constant, LocationTable, Opcode};

use flow::Flow;

/// How sure it is that an import happens when its module is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// It happens, and when it fails so does the module.
    Always,
    /// It depends on a condition, or its failure is caught.
    Perhaps,
    /// It is in a function.
    InFunction,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub line: u32,
    pub when: When,
    pub what: What,
}

/// What is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// `import name`, `from name import names`; for a relative one the level and what follows it.
    Statement { level: u32, name: String, names: Vec<String> },
    /// A call of `importlib.import_module`, `__import__` or the like with a name that stands there.
    Named { function: String, name: String, anchor: Anchor },
    /// One with a name that is computed.
    Computed { function: String },
    /// `importlib.metadata` is asked for a distribution.
    Distribution { name: String },
}

/// What the dots of a relative name in a call are relative to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    None,
    /// `__package__`
    Package,
    /// `__name__`
    Name,
    Text(String),
}

/// What a module asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    pub imports: Vec<Import>,
    /// The texts of `__all__`, as far as they stand in the code.
    pub all: Vec<String>,
    /// Whether it reads its own docstring.
    pub reads_own_doc: bool,
    /// Whether it reads docstrings of others: `x.__doc__`, `inspect.getdoc(x)`.
    pub reads_docs: bool,
    /// Whether it gives its package a longer `__path__`: `pkgutil.extend_path`.
    pub extends_path: bool,
    /// Modules that the runtime imports for what stands in the code.
    pub needs: BTreeSet<&'static str>,
    /// All names and attributes that it uses.
    pub names: BTreeSet<String>,
    /// Short texts in it, of which some may be names of codecs.
    pub texts: BTreeSet<String>,
}

/// Reads a module's code; `is_main` when it runs as `__main__`.
pub fn scan(code: &CodeObject, is_main: bool) -> Scan {
    let mut scan = Scan::default();
    unit(code, is_main, true, &mut scan);
    scan
}

/// The longest name of a codec that is looked for.
const LONGEST_CODEC: usize = 24;

/// A code unit as the parts of a scan see it.
struct Unit<'c> {
    code: &'c CodeObject,
    list: Vec<Instruction>,
}

impl<'c> Unit<'c> {
    fn constant(&self, index: usize) -> Option<&'c Constant> {
        let instruction = self.list.get(index)?;
        match instruction.opcode? {
            Opcode::LoadConst => self.code.consts.get(usize::try_from(instruction.arg).ok()?),
            _ => None,
        }
    }

    fn text(&self, index: usize) -> Option<&'c str> {
        match self.constant(index)? {
            Constant::Str(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    /// The name that an instruction loads: of a variable or an attribute.
    fn name(&self, index: usize) -> Option<&'c str> {
        let instruction = self.list.get(index)?;
        let arg = usize::try_from(instruction.arg).ok()?;
        let text = match instruction.opcode? {
            Opcode::LoadName | Opcode::LoadFromDictOrGlobals => self.code.names.get(arg),
            Opcode::LoadGlobal | Opcode::LoadAttr => self.code.names.get(arg >> 1),
            Opcode::LoadFast
            | Opcode::LoadFastBorrow
            | Opcode::LoadFastCheck
            | Opcode::LoadDeref
            | Opcode::LoadFromDictOrDeref => self.code.localsplusnames.get(arg),
            _ => None,
        }?;
        std::str::from_utf8(text).ok()
    }

    fn opcode(&self, index: usize) -> Option<Opcode> {
        self.list.get(index)?.opcode
    }

    fn line(&self, index: usize) -> u32 {
        let table = LocationTable::new(&self.code.linetable, self.code.firstlineno);
        let line = table.line_at(self.list[index].offset).unwrap_or(self.code.firstlineno);
        u32::try_from(line).unwrap_or(0)
    }
}

fn unit(code: &CodeObject, is_main: bool, is_module: bool, scan: &mut Scan) {
    let list: Vec<Instruction> =
        instructions(&code.code).filter(|each| each.opcode != Some(Opcode::ExtendedArg)).collect();
    let unit = Unit { code, list };
    let flow = Flow::of(&unit, is_main);
    for name in &code.names {
        let name = String::from_utf8_lossy(name);
        scan.reads_docs |= name == "getdoc";
        scan.extends_path |= name == "extend_path";
        scan.names.insert(name.into_owned());
    }
    for index in 0..unit.list.len() {
        if !flow.is_reached(index) {
            continue;
        }
        let when = match is_module {
            true if flow.is_sure(&unit, index) => When::Always,
            true => When::Perhaps,
            false => When::InFunction,
        };
        match unit.opcode(index) {
            Some(Opcode::ImportName) => {
                if let Some(what) = statement(&unit, index) {
                    scan.imports.push(Import { line: unit.line(index), when, what });
                }
            }
            Some(Opcode::LoadConst) => match unit.constant(index) {
                // Functions and classes; classes run with their module.
                Some(Constant::Code(inner)) => {
                    let is_class = inner.flags & kaa_bytecode::flags::OPTIMIZED == 0;
                    self::unit(inner, is_main, is_module && is_class && when == When::Always, scan);
                }
                Some(Constant::Str(_)) => {
                    if let Some(text) = unit.text(index) {
                        scan.reads_docs |= text == "__doc__";
                        if text.len() <= LONGEST_CODEC && !text.is_empty() {
                            scan.texts.insert(text.to_owned());
                        }
                    }
                }
                _ => {}
            },
            Some(Opcode::LoadName | Opcode::LoadGlobal) if unit.name(index) == Some("__doc__") => {
                scan.reads_own_doc = true;
            }
            Some(Opcode::LoadAttr) if unit.name(index) == Some("__doc__") => scan.reads_docs = true,
            // Classes and functions with type parameters.
            Some(Opcode::CallIntrinsic1) if (7..=11).contains(&unit.list[index].arg) => {
                scan.needs.insert("typing");
            }
            Some(Opcode::BuildTemplate) => {
                scan.needs.insert("string.templatelib");
            }
            Some(Opcode::StoreName) if is_module => {
                let name = usize::try_from(unit.list[index].arg).ok().and_then(|arg| code.names.get(arg));
                if name.is_some_and(|name| **name == *b"__all__") {
                    scan.all.extend(texts_before(&unit, index));
                }
            }
            _ => {}
        }
        if let Some(what) = calls::call(&unit, index) {
            scan.imports.push(Import { line: unit.line(index), when, what });
        }
    }
}

/// The statement of an `IMPORT_NAME`: before it the level and the names are loaded.
fn statement(unit: &Unit<'_>, index: usize) -> Option<What> {
    let name = unit.code.names.get(usize::try_from(unit.list[index].arg).ok()?)?;
    let names = match unit.constant(index.checked_sub(1)?)? {
        Constant::Tuple(names) => names.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    let level = &unit.list[index.checked_sub(2)?];
    let level = match level.opcode? {
        Opcode::LoadSmallInt => u32::try_from(level.arg).ok()?,
        _ => match unit.constant(index - 2)? {
            Constant::Int(level) => u32::try_from(*level).ok()?,
            _ => return None,
        },
    };
    Some(What::Statement { level, name: String::from_utf8_lossy(name).into_owned(), names })
}

fn text(constant: &Constant) -> Option<String> {
    match constant {
        Constant::Str(text) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    }
}

/// The texts of the list or tuple that is stored by an instruction.
fn texts_before(unit: &Unit<'_>, store: usize) -> Vec<String> {
    let mut out = Vec::new();
    for index in (0..store).rev() {
        match unit.opcode(index) {
            // `__all__ += […]` stores, too.
            Some(Opcode::BuildList | Opcode::BuildTuple | Opcode::ListExtend | Opcode::BinaryOp) => {}
            Some(Opcode::LoadConst) => match unit.constant(index) {
                Some(Constant::Tuple(items) | Constant::List(items)) => {
                    out.extend(items.iter().filter_map(text));
                    break;
                }
                Some(constant @ Constant::Str(_)) => out.extend(text(constant)),
                _ => break,
            },
            _ => break,
        }
    }
    out
}

#[cfg(test)]
mod tests;
