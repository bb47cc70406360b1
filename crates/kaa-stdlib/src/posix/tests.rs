//! What needs no isolate.

use super::paths::normalize;

#[test]
fn names_are_normalized_as_posixpath_does() {
    for (name, expected) in [
        ("//a/b", "//a/b"),
        ("a/../b//c", "b/c"),
        ("", "."),
        ("///a", "/a"),
        ("//", "//"),
        (".", "."),
        ("../..", "../.."),
        ("/..", "/"),
        ("//../a", "//a"),
        ("a/..", "."),
        ("./a", "a"),
        ("a/../../b", "../b"),
        ("a\0/../b", "b"),
    ] {
        assert_eq!(normalize(name.as_bytes()), expected.as_bytes(), "{name:?}");
    }
}
