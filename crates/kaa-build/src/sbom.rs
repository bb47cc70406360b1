//! The components of an executable in the form of CycloneDX 1.6.

use std::collections::{BTreeMap, BTreeSet};

use kaa_text::json::Json;

use crate::build::Built;
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
    let crates = crates(include_str!("../../../Cargo.lock"));
    components.extend(crates.iter().map(crate_component));
    let refs = ["kaa".to_owned(), "python-library".to_owned()];
    let mut depends: Vec<String> = refs.into_iter().chain(distributions.iter().map(|found| purl(found))).collect();
    depends.sort();
    let of_program = Json::Object(vec![("ref", "program".into()), ("dependsOn", depends.into_iter().collect())]);
    let of_runtime = Json::Object(vec![("ref", "kaa".into()), ("dependsOn", crates.iter().map(Crate::purl).collect())]);
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

/// A crate that the runtime is made of.
#[derive(Debug, PartialEq, Eq)]
struct Crate {
    name: String,
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
    ];
    if let Some(checksum) = &each.checksum {
        members.push(("hashes", sha256(checksum.clone())));
    }
    Json::Object(members)
}

/// The crates that the command depends on, itself and its own parts aside, as `Cargo.lock` has them.
fn crates(lock: &str) -> Vec<Crate> {
    let table: toml::Table = lock.parse().unwrap_or_default();
    let packages: Vec<&toml::Table> = match table.get("package") {
        Some(toml::Value::Array(list)) => list.iter().filter_map(toml::Value::as_table).collect(),
        _ => Vec::new(),
    };
    let text = |package: &toml::Table, key: &str| package.get(key)?.as_str().map(str::to_owned);
    // A dependency is `name` or, where there are several, `name version`.
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, package) in packages.iter().enumerate() {
        let (name, version) = (text(package, "name"), text(package, "version"));
        if let (Some(name), Some(version)) = (name, version) {
            by_name.entry(format!("{name} {version}")).or_default().push(index);
            by_name.entry(name).or_default().push(index);
        }
    }
    let mut seen = BTreeSet::new();
    let mut open: Vec<usize> = by_name.get("kaa").cloned().unwrap_or_default();
    while let Some(index) = open.pop() {
        if !seen.insert(index) {
            continue;
        }
        let dependencies = packages[index].get("dependencies").and_then(toml::Value::as_array);
        for dependency in dependencies.into_iter().flatten().filter_map(toml::Value::as_str) {
            open.extend(by_name.get(dependency).into_iter().flatten());
        }
    }
    let mut out: Vec<Crate> = seen
        .into_iter()
        .filter_map(|index| {
            let package = packages[index];
            // The crates of this repository have no source.
            package.get("source")?;
            Some(Crate {
                name: text(package, "name")?,
                version: text(package, "version")?,
                checksum: text(package, "checksum"),
            })
        })
        .collect();
    out.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_of_the_command() {
        let lock = "\
[[package]]\nname = \"kaa\"\nversion = \"1\"\ndependencies = [\"own\", \"b 2\"]\n
[[package]]\nname = \"own\"\nversion = \"1\"\ndependencies = [\"a\"]\n
[[package]]\nname = \"a\"\nversion = \"1\"\nsource = \"r\"\nchecksum = \"00\"\n
[[package]]\nname = \"b\"\nversion = \"1\"\nsource = \"r\"\n
[[package]]\nname = \"b\"\nversion = \"2\"\nsource = \"r\"\n
[[package]]\nname = \"tool\"\nversion = \"1\"\nsource = \"r\"\n";
        let purls: Vec<String> = crates(lock).iter().map(Crate::purl).collect();
        assert_eq!(purls, ["pkg:cargo/a@1", "pkg:cargo/b@2"]);
        assert!(crates(include_str!("../../../Cargo.lock")).len() > 20);
    }
}
