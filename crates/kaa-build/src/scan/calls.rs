//! Calls that import by a name: `importlib.import_module("x")`, `__import__("x")` and their like.

use kaa_bytecode::{CodeObject, Constant, Opcode};

use super::{Anchor, Unit, What};
use crate::options::is_identifier;

/// What a function does with its first argument.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// Imports a module; the second argument may be what a relative name is relative to.
    Import,
    /// Reads what belongs to a module.
    Module,
    /// Asks for a distribution.
    Distribution,
    /// Asks for entry points.
    EntryPoints,
}

/// The functions, and the module that each has to be an attribute of when it is one; those with `true`
/// may also stand for themselves.
const FUNCTIONS: &[(&str, &[&str], bool, Role)] = &[
    ("import_module", &["importlib"], true, Role::Import),
    ("__import__", &["builtins"], true, Role::Import),
    ("find_spec", &["util"], false, Role::Module),
    ("run_module", &["runpy"], true, Role::Module),
    ("get_data", &["pkgutil"], false, Role::Module),
    ("resolve_name", &["pkgutil"], false, Role::Module),
    ("files", &["resources", "importlib_resources"], true, Role::Module),
    ("read_text", &["resources", "importlib_resources"], false, Role::Module),
    ("read_binary", &["resources", "importlib_resources"], false, Role::Module),
    ("open_text", &["resources", "importlib_resources"], false, Role::Module),
    ("open_binary", &["resources", "importlib_resources"], false, Role::Module),
    ("path", &["resources", "importlib_resources"], false, Role::Module),
    ("contents", &["resources", "importlib_resources"], false, Role::Module),
    ("version", &["metadata", "importlib_metadata"], true, Role::Distribution),
    ("metadata", &["metadata", "importlib", "importlib_metadata"], true, Role::Distribution),
    ("distribution", &["metadata", "importlib_metadata"], true, Role::Distribution),
    ("requires", &["metadata", "importlib_metadata"], true, Role::Distribution),
    ("get_distribution", &["pkg_resources"], true, Role::Distribution),
    ("entry_points", &["metadata", "importlib", "importlib_metadata"], true, Role::EntryPoints),
    ("iter_entry_points", &["pkg_resources"], true, Role::EntryPoints),
];

/// The call of a function that an instruction loads.
pub fn call(unit: &Unit<'_>, index: usize) -> Option<What> {
    let function = unit.name(index)?;
    let &(_, owners, alone, role) = FUNCTIONS.iter().find(|(name, ..)| *name == function)?;
    let owned = unit.opcode(index) == Some(Opcode::LoadAttr);
    let fits = match owned {
        true => owners.contains(&unit.name(index.checked_sub(1)?)?),
        false => alone,
    };
    if !fits {
        return None;
    }
    let arguments = arguments(unit, index)?;
    if role == Role::EntryPoints {
        return Some(entry_points(unit, function, &arguments));
    }
    let arguments = arguments.values;
    let first = arguments.first()?;
    let Argument::Text(name) = first else {
        if role != Role::Import || matches!(first, Argument::Own(_)) {
            return None;
        }
        // `import_module(name, "package")`, `import_module(f"package.{name}")`
        return Some(match (arguments.get(1), prefix(unit, index + 1)) {
            (Some(Argument::Text(package)), None) if function == "import_module" => {
                What::Inside { package: (*package).to_owned(), anchor: Anchor::None }
            }
            (second, Some(package)) => What::Inside { package: package.to_owned(), anchor: anchor(second) },
            _ => match any_prefix(unit) {
                Some(package) => What::Inside { package: package.to_owned(), anchor: Anchor::None },
                None => What::Computed { function: function.to_owned() },
            },
        });
    };
    let name = (*name).to_owned();
    let looks_like_module = name.split('.').all(|part| part.chars().all(|char| char.is_alphanumeric() || char == '_'));
    let function = function.to_owned();
    match role {
        Role::Distribution => Some(What::Distribution { name }),
        _ if !looks_like_module || name.is_empty() => None,
        Role::Module => {
            // `module:attribute`
            let name = name.split(':').next().unwrap_or_default().to_owned();
            Some(What::Named { function, name, anchor: Anchor::None })
        }
        Role::EntryPoints => None,
        Role::Import => Some(What::Named { function, name, anchor: anchor(arguments.get(1)) }),
    }
}

/// The texts in some code that may name a group of entry points.
pub fn texts(code: &CodeObject, out: &mut Vec<String>) {
    for constant in &code.consts {
        if let Constant::Str(text) = constant
            && let Ok(text) = std::str::from_utf8(text)
            && !text.is_empty()
            && !text.contains(char::is_whitespace)
        {
            out.push(text.to_owned());
        }
    }
}

/// `entry_points(group="tool.plugins")`; or `entry_points()`, from which a group is taken by a text that
/// stands nearby.
fn entry_points(unit: &Unit<'_>, function: &str, arguments: &Arguments<'_>) -> What {
    let positional = arguments.values.len() - arguments.names.len().min(arguments.values.len());
    let of_name = arguments.names.iter().position(|&name| name == "group").map(|position| positional + position);
    let at = of_name.or((positional > 0).then_some(0));
    let mut groups = Vec::new();
    match at.and_then(|at| arguments.values.get(at)) {
        Some(Argument::Text(group)) => groups.push((*group).to_owned()),
        Some(_) => {}
        None => texts(unit.code, &mut groups),
    }
    let is_computed = at.is_some() && groups.is_empty();
    What::EntryPoints { function: function.to_owned(), groups, is_computed }
}

/// What a relative name is relative to.
fn anchor(argument: Option<&Argument<'_>>) -> Anchor {
    match argument {
        Some(Argument::Text(text)) => Anchor::Text((*text).to_owned()),
        Some(Argument::Own("__package__")) => Anchor::Package,
        Some(Argument::Own(_)) => Anchor::Name,
        Some(Argument::Other) | None => Anchor::None,
    }
}

/// The package at the start of a text that is put together there: what stands before the last dot of its
/// first part.
fn prefix<'c>(unit: &Unit<'c>, start: usize) -> Option<&'c str> {
    let start = start + usize::from(unit.opcode(start) == Some(Opcode::PushNull));
    let (package, rest) = unit.text(start)?.rsplit_once('.')?;
    // `{name}` or `%s` may follow in the same part.
    let is_whole = !rest.contains(' ') && package.chars().any(char::is_alphanumeric);
    let is_part = !matches!(unit.opcode(start + 1), Some(Opcode::Call | Opcode::CallKw));
    (is_whole && is_part).then_some(package)
}

/// A package at the start of names that are put together anywhere in a function: a text such as
/// `package.inner.`.
fn any_prefix<'c>(unit: &Unit<'c>) -> Option<&'c str> {
    let texts = unit.code.consts.iter().filter_map(|constant| match constant {
        Constant::Str(text) => std::str::from_utf8(text).ok()?.strip_suffix('.'),
        _ => None,
    });
    let mut packages = texts.filter(|text| text.split('.').all(is_identifier));
    packages.next()
}

/// The arguments of a call, keyword ones last, and their names.
struct Arguments<'c> {
    values: Vec<Argument<'c>>,
    names: Vec<&'c str>,
}

enum Argument<'c> {
    Text(&'c str),
    /// `__name__` or `__package__`.
    Own(&'c str),
    Other,
}

/// The arguments of the call of the function that an instruction loads; nothing when it is not called
/// there. Follows the stack up to the call.
fn arguments<'c>(unit: &Unit<'c>, function: usize) -> Option<Arguments<'c>> {
    let of = |values, names| Some(Arguments { values, names });
    let mut stack = Vec::new();
    for index in function + 1..unit.list.len() {
        let (opcode, arg) = (unit.opcode(index)?, usize::try_from(unit.list[index].arg).ok()?);
        match opcode {
            Opcode::PushNull if index == function + 1 => continue,
            Opcode::Call if stack.len() == arg => return of(stack, Vec::new()),
            Opcode::CallKw if stack.len() == arg + 1 => {
                stack.pop();
                return of(stack, keywords(unit, index));
            }
            // Which of several values it is depends on a condition.
            _ if opcode.has_jump() => return of(vec![Argument::Other], Vec::new()),
            _ => {}
        }
        let argument = match (unit.text(index), unit.name(index)) {
            (Some(text), _) => Argument::Text(text),
            (None, Some(name @ ("__name__" | "__package__"))) => Argument::Own(name),
            (None, _) => Argument::Other,
        };
        let (popped, pushed) = (opcode.pops(arg as u32), opcode.pushes(arg as u32));
        stack.truncate(stack.len().checked_sub(usize::try_from(popped).ok()?)?);
        if pushed > 0 {
            stack.push(argument);
            stack.extend((1..pushed).map(|_| Argument::Other));
        }
    }
    None
}

/// The names of the keyword arguments of a call, a constant loaded before it.
fn keywords<'c>(unit: &Unit<'c>, call: usize) -> Vec<&'c str> {
    let Some(Constant::Tuple(names)) = call.checked_sub(1).and_then(|index| unit.constant(index)) else {
        return Vec::new();
    };
    let text = |name: &'c Constant| match name {
        Constant::Str(text) => std::str::from_utf8(text).unwrap_or_default(),
        _ => "",
    };
    names.iter().map(text).collect()
}
