//! The components of an executable in the form of CycloneDX 1.6.

#[cfg(test)]
use std::collections::BTreeSet;

use kaa_text::json::Json;

use crate::build::{Built, Linked};
use crate::distributions::{Distribution, normalized};
use crate::find::Origin;
use crate::report::hash;

/// The list of components. It has neither a time nor a random number: the same program has the same.
pub fn sbom(built: &Built) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let program = Json::Object(vec![
        ("type", "application".into()),
        ("bom-ref", "program".into()),
        ("name", built.plan.settings.name.as_str().into()),
        ("hashes", sha256(hash(&built.executable))),
    ]);
    let tool = Json::Object(vec![("type", "application".into()), ("name", "kaa".into()), ("version", version.into())]);
    let tools = Json::Object(vec![("components", Json::List(vec![tool]))]);
    let distributions = built.distributions.needed(&built.graph);
    let mut components = vec![runtime(version), library(built)];
    components.extend(distributions.iter().map(|found| distribution(found)));
    let crates = crates(CRATES, include_str!("../../../Cargo.lock"));
    components.extend(crates.iter().map(crate_component));
    components.extend(built.linked.iter().map(linked));
    let refs = ["kaa".to_owned(), "python-library".to_owned()];
    let mut depends: Vec<String> = refs.into_iter().chain(distributions.iter().map(|found| purl(found))).collect();
    depends.sort();
    let of_program = Json::Object(vec![("ref", "program".into()), ("dependsOn", depends.into_iter().collect())]);
    let parts = crates.iter().map(Crate::purl).chain(built.linked.iter().map(|part| part.name.to_owned()));
    let of_runtime = Json::Object(vec![("ref", "kaa".into()), ("dependsOn", parts.collect())]);
    Json::Object(vec![
        ("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json".into()),
        ("bomFormat", "CycloneDX".into()),
        ("specVersion", "1.6".into()),
        ("version", 1usize.into()),
        ("metadata", Json::Object(vec![("tools", tools), ("component", program)])),
        ("components", Json::List(components)),
        ("dependencies", Json::List(vec![of_program, of_runtime])),
    ])
    .pretty()
}

fn sha256(hash: String) -> Json {
    Json::List(vec![Json::Object(vec![("alg", "SHA-256".into()), ("content", hash.into())])])
}

fn expression(text: &str) -> Json {
    Json::List(vec![Json::Object(vec![("expression", text.into())])])
}

fn runtime(version: &str) -> Json {
    Json::Object(vec![
        ("type", "framework".into()),
        ("bom-ref", "kaa".into()),
        ("name", "kaa".into()),
        ("version", version.into()),
        ("licenses", expression("MIT OR Apache-2.0")),
    ])
}

/// Python's library, with the modules of it that are in.
fn library(built: &Built) -> Json {
    let modules = built.graph.modules.iter().filter(|(_, node)| node.found.origin == Origin::Library);
    let property = |name: &String| Json::Object(vec![("name", "kaa:module".into()), ("value", name.as_str().into())]);
    Json::Object(vec![
        ("type", "library".into()),
        ("bom-ref", "python-library".into()),
        ("name", "Python standard library".into()),
        ("version", "3.14".into()),
        ("licenses", expression("PSF-2.0")),
        ("properties", modules.map(|(name, _)| property(name)).collect()),
    ])
}

fn purl(found: &Distribution) -> String {
    format!("pkg:pypi/{}@{}", normalized(&found.name), found.version)
}

fn distribution(found: &Distribution) -> Json {
    let mut members = vec![
        ("type", "library".into()),
        ("bom-ref", purl(found).into()),
        ("name", found.name.as_str().into()),
        ("version", found.version.as_str().into()),
        ("purl", purl(found).into()),
    ];
    if let Some(summary) = &found.summary {
        members.push(("description", summary.as_str().into()));
    }
    if let Some(license) = &found.license {
        // An expression has names, words and brackets; what else is written there is a name or a text.
        let is_expression =
            !license.contains(' ') || [" OR ", " AND ", " WITH "].iter().any(|word| license.contains(word));
        let license = license.lines().next().unwrap_or_default();
        members.push((
            "licenses",
            match is_expression {
                true => expression(license),
                false => {
                    let named = Json::Object(vec![("name", license.into())]);
                    Json::List(vec![Json::Object(vec![("license", named)])])
                }
            },
        ));
    }
    Json::Object(members)
}

fn linked(part: &Linked) -> Json {
    let mut members = vec![("type", "library".into()), ("bom-ref", part.name.into()), ("name", part.name.into())];
    if let Some(version) = &part.version {
        members.push(("version", version.as_str().into()));
    }
    members.push(("licenses", expression(part.license)));
    Json::Object(members)
}

/// A crate that the runtime is made of.
#[derive(Debug, PartialEq, Eq)]
struct Crate {
    name: String,
    license: &'static str,
    version: String,
    /// Its hash in the registry.
    checksum: Option<String>,
}

impl Crate {
    fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }
}

fn crate_component(each: &Crate) -> Json {
    let mut members = vec![
        ("type", "library".into()),
        ("bom-ref", each.purl().into()),
        ("name", each.name.as_str().into()),
        ("version", each.version.as_str().into()),
        ("purl", each.purl().into()),
        ("licenses", expression(each.license)),
    ];
    if let Some(checksum) = &each.checksum {
        members.push(("hashes", sha256(checksum.clone())));
    }
    Json::Object(members)
}

/// The crates whose code is in the command, and their licences. Of what `Cargo.lock` names, others are
/// for building and for testing it.
const CRATES: &str = include_str!("crates.txt");

/// The crates of a list, with what `Cargo.lock` says of them.
fn crates(list: &'static str, lock: &str) -> Vec<Crate> {
    let table: toml::Table = lock.parse().unwrap_or_default();
    let packages = table.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let packages: Vec<&toml::Table> = packages.filter_map(toml::Value::as_table).collect();
    let text = |package: &toml::Table, key: &str| package.get(key)?.as_str().map(str::to_owned);
    let lines = list.lines().filter_map(|line| line.split_once(' '));
    let found = lines.filter_map(|(name, license)| {
        let package =
            packages.iter().find(|package| package.get("name").and_then(toml::Value::as_str) == Some(name))?;
        let (version, checksum) = (text(package, "version")?, text(package, "checksum"));
        Some(Crate { name: name.to_owned(), license, version, checksum })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_of_the_command() {
        let lock = "\
[[package]]\nname = \"a\"\nversion = \"1\"\nsource = \"r\"\nchecksum = \"00\"\n
[[package]]\nname = \"tool\"\nversion = \"1\"\nsource = \"r\"\n";
        let found = crates("a MIT OR Zlib\n", lock);
        let expected =
            Crate { name: "a".into(), license: "MIT OR Zlib", version: "1".into(), checksum: Some("00".into()) };
        assert_eq!(found, [expected]);
    }

    /// The list is what this prints; change the file when a dependency comes or goes.
    #[test]
    fn the_list_of_crates_is_that_of_cargo() {
        let mut cargo = std::process::Command::new(env!("CARGO"));
        let cargo = cargo.args(["tree", "--package", "kaa", "--edges", "normal,no-proc-macro", "--prefix", "none"]);
        let output = cargo.args(["--locked", "--offline", "--format", "{p}|{l}"]).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let mut names = BTreeSet::new();
        let mut versions = BTreeSet::new();
        // `name v1.0 (where from)|MIT/Apache-2.0 (*)`; those of this repository are in a folder.
        for line in text.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.contains("(/")) {
            let (package, license) = line.split_once('|').expect("a licence");
            versions.insert(package);
            names.insert(format!("{} {}", package.split(' ').next().expect("a name"), license.replace('/', " OR ")));
        }
        assert_eq!(CRATES.lines().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
        assert_eq!(versions.len(), names.len(), "the list tells no versions apart");
        assert_eq!(crates(CRATES, include_str!("../../../Cargo.lock")).len(), names.len());
    }
}
