//! Holds docs/security-coverage.md to the tests that exist.

use std::path::Path;

#[test]
fn every_test_the_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/security-coverage.md")).unwrap();
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
    assert!(named > 60, "the page has been read: {named}");
}
