//! The section of settings: lines `key=value` of text, in any order. Keys that are not known are
//! passed over.

use crate::{ImageError, Settings, Start};

pub(crate) fn write(start: &Start, settings: &Settings) -> Result<Vec<u8>, ImageError> {
    let flag = |flag: bool| u8::from(flag).to_string();
    let mut lines = match start {
        Start::Module(module) => vec![("module", module.clone())],
        Start::EntryPoint { module, function } => {
            vec![("module", module.clone()), ("function", function.clone())]
        }
    };
    lines.push(("name", settings.name.clone()));
    lines.push(("optimize", settings.optimize.to_string()));
    lines.push(("traceback-names", flag(settings.traceback_names)));
    lines.push(("inspectable", flag(settings.inspectable)));
    let mut out = String::new();
    for (key, value) in lines {
        if value.contains('\n') {
            return Err(ImageError::Plan(format!("a line break in {key}: {value:?}")));
        }
        out.push_str(&format!("{key}={value}\n"));
    }
    Ok(out.into_bytes())
}

pub(crate) fn read(bytes: &[u8]) -> Option<(Start, Settings)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let value = |wanted: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        lines.find(|(key, _)| *key == wanted).map(|(_, value)| value.to_owned())
    };
    let module = value("module")?;
    let start = match value("function") {
        Some(function) => Start::EntryPoint { module, function },
        None => Start::Module(module),
    };
    let settings = Settings {
        name: value("name")?,
        optimize: value("optimize")?.parse().ok()?,
        traceback_names: value("traceback-names")? == "1",
        inspectable: value("inspectable")? == "1",
    };
    Some((start, settings))
}
