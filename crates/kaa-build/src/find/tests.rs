use super::*;
use crate::testing::Folder;

fn finder(folder: &Folder, names: &[&str]) -> Finder {
    let roots = names.iter().map(|name| Root::folder(folder.path().join(name), Origin::Program));
    Finder::new(roots.chain([Root::library()]).collect(), vec!["sys".to_owned(), "math".to_owned()])
}

/// Kind and path of a module by its absolute name.
fn found(finder: &Finder, name: &str) -> Option<(Kind, String)> {
    let mut parts = name.split('.');
    let mut found = finder.top(parts.next()?, false)?;
    for part in parts {
        found = finder.below(&found.places, part)?;
    }
    Some((found.kind, found.path))
}

#[test]
fn modules_of_all_kinds() {
    let folder = Folder::with(&[
        ("a/mod.py", ""),
        ("a/pkg/__init__.py", ""),
        ("a/pkg/sub.py", ""),
        ("a/pkg/fast.cpython-314-x86_64-linux-gnu.so", ""),
        ("a/pkg/both.abi3.so", ""),
        ("a/pkg/both.py", ""),
        ("a/old.pyc", ""),
        ("a/space/one.py", ""),
        ("b/space/two.py", ""),
        ("b/mod.py", ""),
        ("b/math.py", ""),
        ("a/json.py", ""),
        ("a/late/x.txt", ""),
        ("b/late.py", ""),
    ]);
    let finder = finder(&folder, &["a", "b"]);
    let found = |name| found(&finder, name);
    let is = |kind, path: &str| Some((kind, path.to_owned()));
    assert_eq!(found("mod"), is(Kind::Source, "mod.py"));
    assert_eq!(found("pkg"), is(Kind::Source, "pkg/__init__.py"));
    assert_eq!(found("pkg.sub"), is(Kind::Source, "pkg/sub.py"));
    assert_eq!(found("pkg.fast"), is(Kind::Extension, "pkg/fast.cpython-314-x86_64-linux-gnu.so"));
    assert_eq!(found("pkg.both"), is(Kind::Source, "pkg/both.py"));
    assert_eq!(found("old"), is(Kind::Bytecode, "old.pyc"));
    assert_eq!(found("space"), is(Kind::Namespace, "space"));
    assert_eq!(found("space.one"), is(Kind::Source, "space/one.py"));
    assert_eq!(found("space.two"), is(Kind::Source, "space/two.py"));
    // A module behind a folder without __init__ comes first.
    assert_eq!(found("late"), is(Kind::Source, "late.py"));
    assert_eq!(found("math").map(|(kind, _)| kind), Some(Kind::Native));
    assert_eq!(found("json"), is(Kind::Source, "json.py"));
    assert_eq!(finder.top("json", true).map(|found| found.path), Some("json/__init__.py".to_owned()));
    assert_eq!(found("argparse"), is(Kind::Source, "argparse.py"));
    assert_eq!(found("mod.x"), None);
    assert_eq!(found("nothing"), None);
    let places = finder.top("pkg", false).expect("a package").places;
    assert_eq!(finder.modules(&places), ["both", "sub"]);
}

/// `a.py` (deflated), `p/__init__.py` and `p/d.txt` (stored) behind a line of text.
const ZIP: &[u8] = include_bytes!("test.zip");

#[test]
fn zip_files() {
    let zip = Zip::new(ZIP.to_vec()).expect("a zip file");
    let root = Root::zip("x.pyz", zip, Origin::Program);
    assert_eq!(root.read("a.py").expect("a file"), "x = 1\n".repeat(20).as_bytes());
    assert_eq!(root.read("p/d.txt").expect("a file"), b"data");
    assert!(root.read("p/e.txt").is_err() && root.is_folder("p") && root.is_file("a.py"));
    assert_eq!(root.files_below(""), ["a.py", "p/__init__.py", "p/d.txt"]);
    assert_eq!(Zip::new(b"no zip".to_vec()).err(), Some(ZipError::NotZip));
    for end in 0..ZIP.len() {
        assert!(Zip::new(ZIP[..end].to_vec()).is_err());
    }
    // No change of a byte does worse than to be refused.
    for at in 0..ZIP.len() {
        let mut bytes = ZIP.to_vec();
        bytes[at] ^= 0x41;
        if let Ok(zip) = Zip::new(bytes) {
            let root = Root::zip("x.pyz", zip, Origin::Program);
            root.files_below("").iter().for_each(|path| drop(root.read(path)));
        }
    }
}
