//! Writes the tables of `kaa-text` from what a live CPython knows of characters.

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::{python, repository};

pub const HELP: &str = "\
Usage: cargo xtask unicode-tables [--check] [--python PATH]

Writes the files tables.rs below crates/kaa-text/src.

Options:
  --check         only say whether the files are as they would be written
  --python PATH   the CPython 3.14 to ask; without it python3.14 on PATH,
                  in $KAA_PEERS/bin or in ~/.cache/kaa/peers/bin";

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let (mut given, mut check) = (None, false);
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Option(name) if name == "--python" => given = Some(arguments.value(&name)?),
            Argument::Option(name) if name == "--check" => check = true,
            Argument::Option(name) | Argument::Plain(name) => return Err(unknown(&name)),
        }
    }
    let python = python::find(given)?;
    let mut good = true;
    for (script, folder) in [
        (include_str!("python/unicode_tables.py"), "characters"),
        (include_str!("python/unicode_properties.py"), "properties"),
        (include_str!("python/unicode_normal_forms.py"), "normal_forms"),
    ] {
        let tables = python::run(&python, script, &[])?;
        let path = repository::root().join("crates/kaa-text/src").join(folder).join("tables.rs");
        if check {
            let same = std::fs::read_to_string(&path).is_ok_and(|text| text == tables);
            println!("{} is {}", path.display(), if same { "up to date" } else { "not what CPython says" });
            good &= same;
        } else {
            std::fs::write(&path, tables).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(good)
}
