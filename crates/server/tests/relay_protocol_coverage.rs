//! Holds docs/protocol-coverage.md to the tests that exist.

use std::collections::HashMap;
use std::path::Path;

/// The source of a test file, or of all files of a test directory.
fn source(tests: &Path, name: &str) -> Option<String> {
    let file = tests.join(format!("{name}.rs"));
    if file.exists() {
        return std::fs::read_to_string(file).ok();
    }
    let files = std::fs::read_dir(tests.join(name)).ok()?;
    let sources = files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
    Some(sources.collect())
}

#[test]
fn every_test_the_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("../../docs/protocol-coverage.md")).unwrap();
    let mut sources: HashMap<String, String> = HashMap::new();
    let mut named = 0;
    for quoted in page.split('`').skip(1).step_by(2) {
        let Some((file, test)) = quoted.split_once("::") else {
            continue;
        };
        let text = sources.entry(file.to_owned()).or_insert_with(|| {
            let found = match file.strip_prefix("media/") {
                Some(file) => source(&root.join("../media/tests"), file),
                None => source(&root.join("tests"), file),
            };
            found.unwrap_or_else(|| panic!("no test file {file}"))
        });
        assert!(text.contains(&format!("fn {test}()")), "no test {quoted}");
        named += 1;
    }
    assert!(named > 50, "the page has been read: {named}");
}
