//! Holds the pages that say which tests hold what to the tests that exist.

use std::path::Path;

#[test]
fn every_test_of_the_security_checklist_exists() {
    assert!(tests_named_by("docs/security-coverage.md") > 60);
}

#[test]
fn every_test_of_the_promises_about_credentials_exists() {
    assert!(tests_named_by("docs/credentials-coverage.md") > 60);
}

/// How many tests a page names, all of which there are.
fn tests_named_by(page: &str) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join(page)).unwrap();
    let mut named = 0;
    for quoted in page.split('`').skip(1).step_by(2) {
        if !quoted.starts_with("crates/")
            && !quoted.starts_with("web/")
            && !quoted.starts_with("fuzz/")
        {
            continue;
        }
        let (file, test) = quoted.split_once("::").unwrap_or((quoted, ""));
        let source = std::fs::read_to_string(root.join(file))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let exists = match file.rsplit('.').next() {
            Some("rs") => test.is_empty() || source.contains(&format!("fn {test}(")),
            _ => source.contains(test),
        };
        assert!(exists, "no test {quoted}");
        named += 1;
    }
    named
}
