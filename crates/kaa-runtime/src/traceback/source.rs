//! The source lines of code objects: of files, of the embedded library, and of the text after
//! `-c`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use kaa_objects::types::str::PyStr;
use kaa_objects::{Gc, Vm};

use crate::state::{state, sys_attribute};

/// The lines of the files that were asked for.
#[derive(Default)]
pub(super) struct Sources {
    files: HashMap<Vec<u8>, Vec<String>>,
}

impl Sources {
    /// Some lines of the source by its name, blanks at their ends taken away; lines that are
    /// not there are empty.
    pub fn lines(&mut self, vm: &Vm, filename: Gc<PyStr>, first: i32, last: i32) -> Vec<String> {
        let name = filename.to_generalized_utf8();
        let lines = self.files.entry(name).or_insert_with_key(|name| {
            let is_file = !(name.starts_with(b"<") && name.ends_with(b">"));
            if !is_file {
                return command_lines(vm, name);
            }
            crate::importing::embedded::source(vm, name).map_or_else(|| read(vm, filename), |text| split(&text))
        });
        let line = |number: i32| usize::try_from(number - 1).ok().and_then(|number| lines.get(number));
        (first..=last).map(|number| line(number).map_or(String::new(), |line| line.trim_end().to_owned())).collect()
    }
}

/// The lines of the text after `-c`, if that is what the name stands for.
fn command_lines(vm: &Vm, filename: &[u8]) -> Vec<String> {
    match &*state(vm).command.borrow() {
        Some(text) if filename == b"<string>" => split(text),
        _ => Vec::new(),
    }
}

/// The lines of a file; a relative name is also looked for in the folders of `sys.path`.
fn read(vm: &Vm, filename: Gc<PyStr>) -> Vec<String> {
    let name = match kaa_stdlib::path::encode_name(vm, filename) {
        Ok(name) => OsString::from_vec(name),
        Err(raised) => {
            vm.take_exception(raised);
            return Vec::new();
        }
    };
    let bytes = std::fs::read(&name).ok().or_else(|| {
        if Path::new(&name).is_absolute() {
            return None;
        }
        let path = vm.cast::<kaa_objects::types::list::PyList>(sys_attribute(vm, "path")?)?;
        (0..path.len()).find_map(|index| {
            let folder = vm.str_lossy(path.get(index)?);
            std::fs::read(Path::new(&folder).join(&name)).ok()
        })
    });
    let Some(bytes) = bytes else { return Vec::new() };
    let mut codec = |name: &str, _: &[u8]| Err(format!("unknown encoding: {name}"));
    match kaa_parser::decode_source(&bytes, Some(&filename.to_string_lossy()), &mut codec) {
        Ok(decoded) => split(&decoded.text),
        Err(_) => Vec::new(),
    }
}

fn split(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n").split(['\n', '\r']).map(str::to_owned).collect()
}
