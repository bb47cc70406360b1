//! The report of a build: what went in, why, how large it is, and its hash.

use kaa_text::json::Json;
use sha2::{Digest, Sha256};

use crate::build::Built;
use crate::chains::Link;
use crate::find::Kind;
use crate::graph::{By, Why};
use crate::scan::When;

/// The report as JSON.
pub fn report(built: &Built) -> String {
    let output = Json::Object(vec![
        ("path", built.output.display().to_string().into()),
        ("size", built.executable.len().into()),
        ("sha256", hash(&built.executable).into()),
    ]);
    Json::Object(vec![
        ("kaa", env!("CARGO_PKG_VERSION").into()),
        ("output", output),
        ("start", start(&built.plan.start)),
        ("modules", built.plan.modules.iter().map(|each| module(built, each)).collect()),
        ("native_modules", native(built)),
        ("files", built.files.iter().map(file).collect()),
        ("missing", missing(built)),
        ("computed_imports", computed(built)),
        ("distributions", distributions(built)),
    ])
    .pretty()
}

/// A hash in hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn start(start: &kaa_image::Start) -> Json {
    match start {
        kaa_image::Start::Module(module) => Json::Object(vec![("module", module.as_str().into())]),
        kaa_image::Start::EntryPoint { module, function } => {
            Json::Object(vec![("module", module.as_str().into()), ("function", function.as_str().into())])
        }
    }
}

fn module(built: &Built, module: &kaa_image::Module) -> Json {
    let node = &built.graph.modules[&module.name];
    let kind = match (node.found.kind, module.is_package) {
        (Kind::Namespace, _) => "namespace",
        (_, true) => "package",
        (_, false) => "module",
    };
    let distribution = built.distributions.owner(node.found.root, &node.found.path);
    Json::Object(vec![
        ("name", module.name.as_str().into()),
        ("kind", kind.into()),
        ("origin", node.found.origin.name().into()),
        ("path", module.path.as_str().into()),
        ("distribution", distribution.map(|found| found.name.as_str()).into()),
        ("size", module.code.len().into()),
        ("sha256", hash(&module.code).into()),
        ("why", why(built, &module.name)),
    ])
}

/// The steps from what runs to a module, the module's own last.
fn why(built: &Built, module: &str) -> Json {
    let links = built.chains.to(module, built.chains.is_sure(module));
    links.iter().map(step).collect()
}

fn step(link: &Link) -> Json {
    by(&link.by, link.line)
}

fn by(by: &By, line: u32) -> Json {
    match by {
        By::Start => Json::Object(vec![("by", "start".into())]),
        By::Runtime => Json::Object(vec![("by", "runtime".into())]),
        By::Option(option) => Json::Object(vec![("by", "option".into()), ("option", (*option).into())]),
        By::Import(module) => Json::Object(vec![
            ("by", "import".into()),
            ("module", module.as_str().into()),
            ("line", (line as usize).into()),
        ]),
        By::Hidden(module) => Json::Object(vec![("by", "hidden import".into()), ("module", module.as_str().into())]),
    }
}

fn native(built: &Built) -> Json {
    let native = built.graph.modules.iter().filter(|(_, node)| node.found.kind == Kind::Native);
    native.map(|(name, _)| name.as_str()).collect()
}

fn file(file: &crate::data::DataFile) -> Json {
    Json::Object(vec![
        ("path", file.path.as_str().into()),
        ("origin", if file.from_library { "library" } else { "program" }.into()),
        ("size", file.data.len().into()),
        ("sha256", hash(&file.data).into()),
        ("why", file.why.as_str().into()),
    ])
}

fn missing(built: &Built) -> Json {
    let each = |(name, missing): (&String, &crate::graph::Missing)| {
        let why = match &missing.why {
            Why::NotFound | Why::NoPackage(_) => "not found",
            Why::Extension(_) => "C extension",
            Why::Refused(..) => "cannot be compiled",
            Why::Excluded => "excluded",
        };
        let wanted = missing.wanted.iter().map(|edge| {
            let when = match edge.when {
                When::Always => "always",
                When::Perhaps => "under a condition",
                When::InFunction => "in a function",
            };
            match by(&edge.by, edge.line) {
                Json::Object(mut members) => {
                    members.push(("when", when.into()));
                    Json::Object(members)
                }
                other => other,
            }
        });
        Json::Object(vec![("name", name.as_str().into()), ("why", why.into()), ("wanted", wanted.collect())])
    };
    built.graph.missing.iter().map(each).collect()
}

fn computed(built: &Built) -> Json {
    let each = |computed: &crate::graph::Computed| {
        Json::Object(vec![
            ("module", computed.module.as_str().into()),
            ("line", (computed.line as usize).into()),
            ("function", computed.function.as_str().into()),
        ])
    };
    built.graph.computed.iter().map(each).collect()
}

fn distributions(built: &Built) -> Json {
    let each = |found: &crate::distributions::Distribution| {
        Json::Object(vec![
            ("name", found.name.as_str().into()),
            ("version", found.version.as_str().into()),
            ("license", found.license.clone().into()),
        ])
    };
    built.distributions.needed(&built.graph).into_iter().map(each).collect()
}
