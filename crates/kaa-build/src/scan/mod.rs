//! What a module asks for, read from its bytecode: imports with their lines, whether they are sure to
//! happen, and calls that import, read data or metadata by a name that stands in the code.
//!
//! In: the code object of a module. Out: a [`Scan`].

mod calls;
mod flow;

use std::collections::{BTreeMap, BTreeSet};

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
    /// One with a name that is computed, of a module in this package.
    Inside { package: String, anchor: Anchor },
    /// `importlib.metadata` is asked for a distribution.
    Distribution { name: String },
    /// It is asked for entry points: groups that are meant, or may be, and whether the group is computed.
    EntryPoints { function: String, groups: Vec<String>, is_computed: bool },
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

/// A part of a module: its body, a class or a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub imports: Vec<Import>,
    /// Modules that the runtime imports for what stands there.
    pub needs: BTreeSet<&'static str>,
    /// Names of variables that are not of functions.
    pub globals: BTreeSet<String>,
    /// Names of attributes of variables, as `os.open` has them: the variable's and the attribute's.
    pub owned: BTreeSet<(String, String)>,
    /// Names of other attributes, and texts that may be such names.
    pub attributes: BTreeSet<String>,
    /// The parts that run with it: classes, and functions in functions.
    pub inner: Vec<usize>,
    /// The functions that it defines, which run when they are called: name and part.
    pub functions: Vec<(String, usize)>,
    pub is_class: bool,
}

/// What a module asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The body comes first.
    pub parts: Vec<Part>,
    /// Variables that imports make, and the modules that they stand for.
    pub aliases: BTreeMap<String, String>,
    /// The texts of `__all__`, as far as they stand in the code.
    pub all: Vec<String>,
    /// Whether it reads its own docstring.
    pub reads_own_doc: bool,
    /// Whether it reads docstrings of others: `x.__doc__`, `inspect.getdoc(x)`.
    pub reads_docs: bool,
    /// Whether it gives its package a longer `__path__`: `pkgutil.extend_path`.
    pub extends_path: bool,
    /// All names and attributes that it uses.
    pub names: BTreeSet<String>,
    /// Short texts in it, of which some may be names of codecs.
    pub texts: BTreeSet<String>,
}

/// Reads a module's code; `is_main` when it runs as `__main__`.
pub fn scan(code: &CodeObject, is_main: bool) -> Scan {
    let mut scan = Scan::default();
    unit(code, is_main, true, &mut scan);
    // A group that a variable names stands somewhere in the module.
    for part in &mut scan.parts {
        for import in &mut part.imports {
            if let What::EntryPoints { groups, is_computed: true, .. } = &mut import.what {
                texts(code, groups);
            }
        }
    }
    scan
}

impl Scan {
    /// The imports of all parts.
    pub fn imports(&self) -> impl Iterator<Item = &Import> {
        self.parts.iter().flat_map(|part| &part.imports)
    }
}

/// The texts in some code and in all code in it that may name a group of entry points.
fn texts(code: &CodeObject, out: &mut Vec<String>) {
    calls::texts(code, out);
    code.consts.iter().for_each(|constant| {
        if let Constant::Code(inner) = constant {
            texts(inner, out);
        }
    });
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

/// Reads a code object and those in it; gives the index of its part.
fn unit(code: &CodeObject, is_main: bool, is_module: bool, scan: &mut Scan) -> usize {
    let list: Vec<Instruction> =
        instructions(&code.code).filter(|each| each.opcode != Some(Opcode::ExtendedArg)).collect();
    let unit = Unit { code, list };
    let flow = Flow::of(&unit, is_main);
    let is_function = code.flags & kaa_bytecode::flags::OPTIMIZED != 0;
    let at = scan.parts.len();
    scan.parts.push(Part { is_class: !is_function && at > 0, ..Part::default() });
    for name in code.names.iter() {
        let name = String::from_utf8_lossy(name);
        scan.reads_docs |= name == "getdoc";
        scan.extends_path |= name == "extend_path";
        scan.names.insert(name.into_owned());
    }
    for index in (0..unit.list.len()).filter(|&index| flow.is_reached(index)) {
        let when = match is_module {
            true if flow.is_sure(&unit, index) => When::Always,
            true => When::Perhaps,
            false => When::InFunction,
        };
        if let Some(Constant::Code(inner)) = unit.constant(index) {
            // Classes run with their module.
            let is_class = inner.flags & kaa_bytecode::flags::OPTIMIZED == 0;
            let part = self::unit(inner, is_main, is_module && is_class && when == When::Always, scan);
            let name = String::from_utf8_lossy(&inner.name).into_owned();
            // What has no name, or only this one, is called without it.
            let is_called_by_name = !is_class && !is_function && !name.starts_with('<') && name != "_";
            let outer = &mut scan.parts[at];
            match is_called_by_name && !is_special(&name) {
                true => outer.functions.push((name, part)),
                false => outer.inner.push(part),
            }
        }
        instruction(&unit, index, is_module, at, scan);
        let part = &mut scan.parts[at];
        if unit.opcode(index) == Some(Opcode::ImportName) {
            if let Some(what) = statement(&unit, index) {
                part.imports.push(Import { line: unit.line(index), when, what });
            }
        } else if let Some(what) = calls::call(&unit, index) {
            part.imports.push(Import { line: unit.line(index), when, what });
        }
    }
    at
}

/// Whether Python calls a method by itself.
fn is_special(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// What an instruction says of its part and of the module.
fn instruction(unit: &Unit<'_>, index: usize, is_module: bool, at: usize, scan: &mut Scan) {
    let part = &mut scan.parts[at];
    let name = || unit.name(index).map(str::to_owned);
    let in_names = |shift: u32| {
        let arg = usize::try_from(unit.list[index].arg).ok()? >> shift;
        unit.code.names.get(arg).map(|name| String::from_utf8_lossy(name).into_owned())
    };
    match unit.opcode(index) {
        Some(Opcode::LoadName | Opcode::LoadGlobal | Opcode::LoadFromDictOrGlobals) => {
            scan.reads_own_doc |= unit.name(index) == Some("__doc__");
            part.globals.extend(name());
        }
        Some(Opcode::LoadAttr) => {
            scan.reads_docs |= unit.name(index) == Some("__doc__");
            let is_owned = index > 0 && matches!(unit.opcode(index - 1), Some(Opcode::LoadName | Opcode::LoadGlobal));
            match (is_owned, index.checked_sub(1).and_then(|owner| unit.name(owner)), name()) {
                (true, Some(owner), Some(name)) => drop(part.owned.insert((owner.to_owned(), name))),
                (_, _, name) => part.attributes.extend(name),
            }
        }
        Some(Opcode::StoreName) if index > 0 && unit.opcode(index - 1) == Some(Opcode::ImportName) => {
            if let (Some(variable), Some(What::Statement { level: 0, name, .. })) =
                (in_names(0), statement(unit, index - 1))
            {
                // `import a.b` makes `a`.
                let is_top = name.split('.').next() == Some(variable.as_str());
                scan.aliases.insert(variable.clone(), if is_top { variable } else { name });
            }
        }
        Some(Opcode::LoadSuperAttr) => part.attributes.extend(in_names(2)),
        // Classes and functions with type parameters.
        Some(Opcode::CallIntrinsic1) if (7..=11).contains(&unit.list[index].arg) => {
            part.needs.insert("typing");
        }
        Some(Opcode::BuildTemplate) => {
            part.needs.insert("string.templatelib");
        }
        Some(Opcode::StoreName) if is_module && in_names(0).as_deref() == Some("__all__") => {
            scan.all.extend(texts_before(unit, index));
        }
        Some(Opcode::LoadConst) => match unit.constant(index) {
            Some(Constant::Str(_)) => {
                let Some(text) = unit.text(index).filter(|_| !is_for_all(unit, index)) else { return };
                scan.reads_docs |= text == "__doc__";
                if text.len() <= LONGEST_CODEC && !text.is_empty() {
                    scan.texts.insert(text.to_owned());
                    part.attributes.insert(text.to_owned());
                }
            }
            // Neither the names of keyword arguments nor those of an import, nor a list of all names.
            Some(Constant::Tuple(items)) => {
                let follows = |opcode| unit.opcode(index + 1) == Some(opcode);
                if !follows(Opcode::CallKw) && !follows(Opcode::ImportName) && !is_for_all(unit, index) {
                    part.attributes.extend(items.iter().filter_map(text));
                }
            }
            _ => {}
        },
        _ => {}
    }
}

/// Whether a constant goes into `__all__`: `__all__ = […]`, `__all__.extend([…])`.
fn is_for_all(unit: &Unit<'_>, index: usize) -> bool {
    let is_all = |at: usize| {
        let stores = matches!(unit.opcode(at), Some(Opcode::StoreName | Opcode::LoadName));
        let arg = unit.list.get(at).and_then(|each| usize::try_from(each.arg).ok());
        stores && arg.and_then(|arg| unit.code.names.get(arg)).is_some_and(|name| name == b"__all__")
    };
    let is_item = |at: usize| unit.opcode(at).is_some_and(|opcode| opcode == Opcode::LoadConst || makes_list(opcode));
    let is_before = |at: usize| is_item(at) || matches!(unit.opcode(at), Some(Opcode::LoadAttr | Opcode::PushNull));
    let after = (index + 1..unit.list.len()).find(|&at| !is_item(at));
    let before = (0..index).rev().find(|&at| !is_before(at));
    after.is_some_and(is_all) || before.is_some_and(|at| unit.opcode(at) == Some(Opcode::LoadName) && is_all(at))
}

/// Whether an instruction puts items into a list or tuple.
fn makes_list(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::BuildList | Opcode::BuildTuple | Opcode::ListExtend | Opcode::ListAppend)
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
            Some(opcode) if makes_list(opcode) || opcode == Opcode::BinaryOp => {}
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
