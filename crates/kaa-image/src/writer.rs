//! Writing containers: plans become sections.

use crate::container::{Kind, Section, assemble};
use crate::table::{self, NewEntry};
use crate::tree::{IS_COMPRESSED, IS_NAMESPACE, IS_PACKAGE};
use crate::{File, ImageError, Kaa, Module, Plan, Start, settings};

/// What gets smaller by less than an eighth is stored as it is, and read in place.
const WORTHWHILE: usize = 8;

/// The sections of a plan.
pub(crate) fn sections(plan: &Plan) -> Result<Vec<Section>, ImageError> {
    check_start(plan)?;
    let settings = settings::write(&plan.start, &plan.settings)?;
    let mut sections = vec![Section { kind: Kind::Settings, checked: settings.len(), bytes: settings }];
    sections.extend(trees(&plan.modules, &plan.files)?);
    Ok(sections)
}

/// Refuses a plan whose start is not in it.
fn check_start(plan: &Plan) -> Result<(), ImageError> {
    let find = |name: &str| plan.modules.iter().find(|module| module.name == name);
    let (Start::Module(name) | Start::EntryPoint { module: name, .. }) = &plan.start;
    let missing = |name: &str| ImageError::Plan(format!("the module that runs is not in it: {name}"));
    let module = find(name).ok_or_else(|| missing(name))?;
    let main = format!("{name}.__main__");
    match plan.start {
        Start::Module(_) if module.is_package && find(&main).is_none() => Err(missing(&main)),
        _ => Ok(()),
    }
}

/// The container of a library alone. Which Kaa it is follows from the bytes of its sections.
pub fn library(modules: &[Module], files: &[File], kaa: impl FnOnce(&[u8]) -> Kaa) -> Result<Vec<u8>, ImageError> {
    let sections = trees(modules, files)?;
    let all: Vec<u8> = sections.iter().flat_map(|section| section.bytes.iter().copied()).collect();
    Ok(assemble(kaa(&all), &[], &sections))
}

/// The sections of modules and files: the program's, then the library's.
fn trees(modules: &[Module], files: &[File]) -> Result<Vec<Section>, ImageError> {
    let mut sections = Vec::new();
    for (from_library, modules_kind, files_kind) in
        [(false, Kind::ProgramModules, Kind::ProgramFiles), (true, Kind::LibraryModules, Kind::LibraryFiles)]
    {
        let modules: Vec<&Module> = modules.iter().filter(|module| module.from_library == from_library).collect();
        let files: Vec<&File> = files.iter().filter(|file| file.from_library == from_library).collect();
        if !modules.is_empty() {
            let compressed: Vec<Option<Vec<u8>>> = modules.iter().map(|module| compress_code(module)).collect();
            sections.push(section(modules_kind, module_entries(&modules, &compressed))?);
        }
        if !files.is_empty() {
            let compressed: Vec<Option<Vec<u8>>> = files.iter().map(|file| compress(&file.data)).collect();
            sections.push(section(files_kind, file_entries(&files, &compressed)?)?);
        }
    }
    Ok(sections)
}

fn section(kind: Kind, mut entries: Vec<NewEntry<'_>>) -> Result<Section, ImageError> {
    entries.sort_by_key(|entry| entry.name);
    if let Some(twice) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(ImageError::Plan(format!("{} is there twice", twice[0].name)));
    }
    let mut bytes = Vec::new();
    let checked = table::write(&entries, &mut bytes)?;
    Ok(Section { kind, bytes, checked })
}

fn module_entries<'m>(modules: &[&'m Module], compressed: &'m [Option<Vec<u8>>]) -> Vec<NewEntry<'m>> {
    let entry = |(module, compressed): (&&'m Module, &'m Option<Vec<u8>>)| {
        let is_package = if module.is_package || module.namespace { IS_PACKAGE } else { 0 };
        let is_namespace = if module.namespace { IS_NAMESPACE } else { 0 };
        let is_compressed = if compressed.is_some() { IS_COMPRESSED } else { 0 };
        let number = is_package | is_namespace | is_compressed;
        let data = compressed.as_deref().unwrap_or(&module.code);
        NewEntry { name: &module.name, text: &module.path, data, number }
    };
    modules.iter().zip(compressed).map(entry).collect()
}

fn file_entries<'f>(files: &[&'f File], compressed: &'f [Option<Vec<u8>>]) -> Result<Vec<NewEntry<'f>>, ImageError> {
    let entry = |(file, compressed): (&&'f File, &'f Option<Vec<u8>>)| {
        let parts = || file.path.split('/');
        if parts().any(|part| matches!(part, "" | "." | "..")) {
            return Err(ImageError::Plan(format!("{:?} is no path below the program's folder", file.path)));
        }
        let number = u32::try_from(file.data.len())
            .map_err(|_| ImageError::Plan(format!("{} has more than 4 GiB", file.path)))?;
        let data = compressed.as_deref().unwrap_or(&file.data);
        Ok(NewEntry { name: &file.path, text: "", data, number })
    };
    files.iter().zip(compressed).map(entry).collect()
}

/// The code of a module that is not run at every start, as its length and a zlib stream.
fn compress_code(module: &Module) -> Option<Vec<u8>> {
    if module.at_start {
        return None;
    }
    let len = u32::try_from(module.code.len()).ok()?.to_le_bytes();
    compress_behind(&len, &module.code)
}

/// The data as a zlib stream, when that is worthwhile.
fn compress(data: &[u8]) -> Option<Vec<u8>> {
    compress_behind(&[], data)
}

/// A zlib stream of the data behind something else.
fn compress_behind(before: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; before.len() + zlib_rs::compress_bound(data.len())];
    let (start, room) = out.split_at_mut(before.len());
    start.copy_from_slice(before);
    let (stream, code) = zlib_rs::compress_slice(room, data, zlib_rs::DeflateConfig::new(9));
    let len = before.len() + stream.len();
    let is_worthwhile = code == zlib_rs::ReturnCode::Ok && len < data.len() - data.len() / WORTHWHILE;
    is_worthwhile.then(|| {
        out.truncate(len);
        out
    })
}
