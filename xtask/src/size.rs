//! How large executables of `kaa build` are, and what they consist of.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

use crate::arguments::{Argument, Arguments, Failure, unknown};
use crate::repository;

pub const HELP: &str = "\
Usage: cargo xtask size [OPTION]…

Builds two programs with a command `kaa`, says in bytes what their executables and the command
consist of, and fails when the second, a small tool with argparse, dataclasses, json and re, is not
below 12,000,000.

Options:
  --kaa PATH   the command; without it target/release/kaa, which must be there";

const LIMIT: u64 = 12_000_000;

const PROGRAMS: [(&str, &str); 2] = [
    ("hello", "print('hello')\n"),
    (
        "tool",
        "import argparse, dataclasses, json, re\n\
         @dataclasses.dataclass\n\
         class Item:\n    name: str\n    count: int = 0\n\
         parser = argparse.ArgumentParser(description='counts words')\n\
         parser.add_argument('text', nargs='?', default='one two one')\n\
         items = {}\n\
         for word in re.findall(r'\\w+', parser.parse_args().text):\n    \
         items.setdefault(word, Item(word)).count += 1\n\
         print(json.dumps([dataclasses.asdict(item) for item in items.values()]))\n",
    ),
];

pub fn run(mut arguments: Arguments) -> Result<bool, Failure> {
    let mut kaa = repository::root().join("target/release/kaa");
    while let Some(argument) = arguments.take() {
        match argument {
            Argument::Option(name) if name == "--kaa" => kaa = PathBuf::from(arguments.value(&name)?),
            Argument::Option(name) | Argument::Plain(name) => return Err(unknown(&name)),
        }
    }
    let kaa = fs::canonicalize(&kaa).map_err(|error| format!("{}: {error}", kaa.display()))?;
    let file = fs::read(&kaa).map_err(|error| format!("{}: {error}", kaa.display()))?;
    println!("{}", kaa.display());
    for (name, size) in loaded_sections(&file).ok_or("the command is no ELF file with sections")? {
        println!("{size:>12}  {name}");
    }
    let folder = env::temp_dir().join(format!("kaa-size-{}", std::process::id()));
    fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let sizes = PROGRAMS.map(|(name, source)| print_parts(&kaa, &folder, name, source));
    let _ = fs::remove_dir_all(&folder);
    let mut last = 0;
    for size in sizes {
        last = size?;
    }
    if last >= LIMIT {
        println!("the tool is to have less than {LIMIT} bytes");
    }
    Ok(last < LIMIT)
}

/// Builds a program and prints what its executable consists of; how large that is.
fn print_parts(kaa: &Path, folder: &Path, name: &str, source: &str) -> Result<u64, Failure> {
    fs::write(folder.join(format!("{name}.py")), source).map_err(|error| error.to_string())?;
    let run = |arguments: &[&str]| -> Result<Vec<u8>, Failure> {
        let output = Command::new(kaa).args(arguments).current_dir(folder).output();
        let output = output.map_err(|error| format!("{}: {error}", kaa.display()))?;
        let failed = || format!("kaa {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        if output.status.success() { Ok(output.stdout) } else { Err(failed()) }
    };
    run(&["build", &format!("{name}.py")])?;
    let listed: Value =
        serde_json::from_slice(&run(&["inspect", "--json", name])?).map_err(|error| error.to_string())?;
    let number = |value: &Value| value.as_u64().unwrap_or_default();
    let empty = Vec::new();
    let modules: Vec<&Value> =
        ["program", "library"].iter().flat_map(|whose| listed[whose]["modules"].as_array().unwrap_or(&empty)).collect();
    // What is run in place, then what is unpacked when it is imported.
    let parts = [false, true].map(|compressed| {
        let is_part = |module: &&&Value| (number(&module["stored_bytes"]) < number(&module["bytes"])) == compressed;
        let part: Vec<u64> = modules.iter().filter(is_part).map(|module| number(&module["stored_bytes"])).collect();
        (part.len(), part.iter().sum::<u64>())
    });
    let (all, runtime) = (number(&listed["bytes"]), number(&listed["runtime_bytes"]));
    println!("{name}");
    println!("{all:>12}  all");
    println!("{runtime:>12}  runtime");
    println!("{:>12}  {} modules as they are run", parts[0].1, parts[0].0);
    println!("{:>12}  {} modules compressed", parts[1].1, parts[1].0);
    println!("{:>12}  files, indexes", all - runtime - parts[0].1 - parts[1].1);
    Ok(all)
}

/// Names and sizes of the sections of an ELF file that are loaded from it and larger than a page,
/// largest first.
fn loaded_sections(file: &[u8]) -> Option<Vec<(String, u64)>> {
    const PROGRAM_DATA: u32 = 1;
    const IS_LOADED: u64 = 2;
    let number = |at: usize, len: usize| -> Option<u64> {
        let bytes = file.get(at..at.checked_add(len)?)?;
        Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    };
    file.starts_with(b"\x7fELF\x02\x01").then_some(())?;
    let table = number(40, 8)? as usize;
    let header = |index: u64| table + 64 * index as usize;
    let names = number(header(number(62, 2)?) + 24, 8)?;
    let mut sections = Vec::new();
    for at in (0..number(60, 2)?).map(header) {
        let size = number(at + 32, 8)?;
        if number(at + 4, 4)? as u32 == PROGRAM_DATA && number(at + 8, 8)? & IS_LOADED != 0 && size > 4096 {
            let name = file.get((names + number(at, 4)?) as usize..)?.split(|&byte| byte == 0).next()?;
            sections.push((String::from_utf8_lossy(name).into_owned(), size));
        }
    }
    sections.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    Some(sections)
}
