//! `pyproject.toml`: the table `[tool.kaa.build]`, and the names that a project gives its programs.

use std::fs;
use std::path::{Path, PathBuf};

use kaa_compile::{Level, os_error};
use toml::{Table, Value};

use crate::options::{Data, EntryPoint, Options};

/// What a project says of its build. Paths are relative to the project's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    pub folder: PathBuf,
    /// `[tool.kaa.build]`; keys that are not there are none.
    pub program: Option<PathBuf>,
    pub entry_point: Option<EntryPoint>,
    pub output: Option<PathBuf>,
    pub paths: Vec<PathBuf>,
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    pub collect: Vec<String>,
    pub data: Vec<Data>,
    pub optimize: Option<Level>,
    pub keep_docstrings: Option<bool>,
    pub debug: Option<bool>,
    pub traceback_names: Option<bool>,
    pub inspectable: Option<bool>,
    pub report: Option<PathBuf>,
    pub sbom: Option<PathBuf>,
    /// `[project.scripts]`: commands and what they call.
    pub scripts: Vec<(String, EntryPoint)>,
}

/// The project that a file or folder belongs to: the nearest `pyproject.toml` above it.
pub fn find(start: &Path) -> Result<Option<Project>, String> {
    let Ok(start) = std::path::absolute(start) else { return Ok(None) };
    for folder in start.ancestors() {
        let file = folder.join("pyproject.toml");
        match fs::read_to_string(&file) {
            Ok(text) => return parse(&text, folder).map(Some).map_err(|error| format!("{}: {error}", file.display())),
            Err(error) if file.is_file() => {
                let error = os_error(&error, &file);
                return Err(format!("{}: {}", error.class, error.message));
            }
            Err(_) => {}
        }
    }
    Ok(None)
}

const KEYS: &[&str] = &[
    "program",
    "entry-point",
    "output",
    "path",
    "include",
    "exclude",
    "collect",
    "add-data",
    "optimize",
    "keep-docstrings",
    "debug",
    "traceback-names",
    "inspectable",
    "report",
    "sbom",
];

/// Reads a `pyproject.toml` that is in a folder.
pub fn parse(text: &str, folder: &Path) -> Result<Project, String> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut project = Project { folder: folder.to_owned(), ..Project::default() };
    if let Some(scripts) = table.get("project").and_then(|project| project.get("scripts")).and_then(Value::as_table) {
        for (name, value) in scripts {
            let point = value.as_str().ok_or_else(|| format!("project.scripts.{name} is no text"))?;
            project.scripts.push((name.clone(), EntryPoint::parse(point)?));
        }
    }
    let build = table.get("tool").and_then(|tool| tool.get("kaa")).and_then(|kaa| kaa.get("build"));
    let Some(build) = build else { return Ok(project) };
    let build = build.as_table().ok_or("tool.kaa.build is no table")?;
    if let Some(unknown) = build.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("tool.kaa.build has no key {unknown:?}; there are {}", KEYS.join(", ")));
    }
    let fields = Fields { table: build, folder };
    project.program = fields.path("program")?;
    project.entry_point = match fields.text("entry-point")? {
        Some(text) => Some(EntryPoint::parse(text)?),
        None => None,
    };
    project.output = fields.path("output")?;
    project.paths = fields.list("path")?.iter().map(|path| folder.join(path)).collect();
    project.include = fields.list("include")?;
    project.exclude = fields.list("exclude")?;
    project.collect = fields.list("collect")?;
    for text in fields.list("add-data")? {
        let data = Data::parse(&text)?;
        project.data.push(Data { source: folder.join(&data.source), ..data });
    }
    project.optimize = match build.get("optimize") {
        None => None,
        Some(value) => {
            let level = value.as_integer().and_then(|number| u32::try_from(number).ok()).and_then(Level::new);
            Some(level.ok_or("tool.kaa.build.optimize is 0, 1 or 2")?)
        }
    };
    project.keep_docstrings = fields.flag("keep-docstrings")?;
    project.debug = fields.flag("debug")?;
    project.traceback_names = fields.flag("traceback-names")?;
    project.inspectable = fields.flag("inspectable")?;
    project.report = fields.path("report")?;
    project.sbom = fields.path("sbom")?;
    Ok(project)
}

struct Fields<'t> {
    table: &'t Table,
    folder: &'t Path,
}

impl Fields<'_> {
    fn text(&self, key: &str) -> Result<Option<&str>, String> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("tool.kaa.build.{key} is no text")),
        }
    }

    fn path(&self, key: &str) -> Result<Option<PathBuf>, String> {
        Ok(self.text(key)?.map(|text| self.folder.join(text)))
    }

    fn flag(&self, key: &str) -> Result<Option<bool>, String> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::Boolean(flag)) => Ok(Some(*flag)),
            Some(_) => Err(format!("tool.kaa.build.{key} is neither true nor false")),
        }
    }

    /// A list of texts, or one alone.
    fn list(&self, key: &str) -> Result<Vec<String>, String> {
        let wrong = || format!("tool.kaa.build.{key} is no list of texts");
        match self.table.get(key) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text.clone()]),
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }
}

impl Project {
    /// Fills in what the command line does not say; lists come before those of the command line.
    pub fn complete(self, options: &mut Options) {
        if options.program.is_none() && options.entry_point.is_none() {
            (options.program, options.entry_point) = (self.program, self.entry_point);
            // A project with one command has no need to say more.
            if let ([(name, point)], None, None) = (self.scripts.as_slice(), &options.program, &options.entry_point) {
                options.entry_point = Some(point.clone());
                options.name = Some(name.clone());
            }
            // The project's modules are found from anywhere.
            if let (None, Some(point)) = (&options.program, &options.entry_point) {
                let top = point.module.split('.').next().unwrap_or_default();
                let has = |folder: &Path| folder.join(top).is_dir() || folder.join(format!("{top}.py")).is_file();
                let source = self.folder.join("src");
                options.program = Some(if !has(&self.folder) && has(&source) { source } else { self.folder });
            }
        }
        let before = |list: &mut Vec<String>, mut own: Vec<String>| {
            own.append(list);
            *list = own;
        };
        before(&mut options.include, self.include);
        before(&mut options.exclude, self.exclude);
        before(&mut options.collect, self.collect);
        options.paths.splice(0..0, self.paths);
        options.data.splice(0..0, self.data);
        options.output = options.output.take().or(self.output);
        options.report = options.report.take().or(self.report);
        options.sbom = options.sbom.take().or(self.sbom);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables() {
        let text = "\
[project.scripts]\ntool = \"pkg.cli:main\"\n
[tool.kaa.build]\nprogram = \"app.py\"\ninclude = \"one\"\nexclude = [\"two\", \"three\"]\nadd-data = [\"a:b\"]
optimize = 1\nkeep-docstrings = false\npath = [\"vendor\"]\n";
        let project = parse(text, Path::new("/p")).expect("it is right");
        assert_eq!(project.program, Some("/p/app.py".into()));
        assert_eq!((project.include.as_slice(), project.exclude.len()), (&["one".to_owned()][..], 2));
        assert_eq!(project.data, [Data { source: "/p/a".into(), destination: "b".to_owned() }]);
        assert_eq!((project.optimize, project.keep_docstrings), (Level::new(1), Some(false)));
        assert_eq!(project.scripts, [("tool".to_owned(), EntryPoint::parse("pkg.cli:main").unwrap())]);
        let mut options = Options { include: vec!["last".to_owned()], ..Options::default() };
        project.complete(&mut options);
        assert_eq!(options.include, ["one", "last"]);
        assert_eq!((options.program, options.paths), (Some("/p/app.py".into()), vec!["/p/vendor".into()]));
    }

    #[test]
    fn one_command_is_what_is_built() {
        let project = parse("[project.scripts]\ntool = \"pkg:main\"\n", Path::new("/p")).unwrap();
        let mut options = Options::default();
        project.complete(&mut options);
        assert_eq!((options.entry_point, options.name), (EntryPoint::parse("pkg:main").ok(), Some("tool".to_owned())));
        assert_eq!(options.program, Some("/p".into()));
    }

    #[test]
    fn mistakes() {
        let error = |text: &str| parse(text, Path::new("/p")).unwrap_err();
        assert!(
            error("[tool.kaa.build]\nincluded = []\n")
                .starts_with("tool.kaa.build has no key \"included\"; there are program,")
        );
        assert_eq!(error("[tool.kaa.build]\ninclude = [1]\n"), "tool.kaa.build.include is no list of texts");
        assert_eq!(error("[tool.kaa.build]\noptimize = 3\n"), "tool.kaa.build.optimize is 0, 1 or 2");
        assert_eq!(error("[tool.kaa.build]\ndebug = 1\n"), "tool.kaa.build.debug is neither true nor false");
        assert!(error("[tool.kaa.build\n").contains("line 1"));
    }
}
