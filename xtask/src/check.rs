//! Checks of the house that no tool has: who may import whom, and under which licences.

use std::collections::{BTreeMap, BTreeSet};

use crate::shell::{Done, command, root};

/// Who may know whom (ARCHITECTURE.md). Crates that are not ours are not listed here.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("offhook-proto", &[]),
    ("offhook-auth", &["offhook-proto"]),
    ("offhook-core", &["offhook-proto", "offhook-auth"]),
    ("offhook-media", &["offhook-proto"]),
    ("offhook", &["offhook-core", "offhook-media"]),
    (
        "offhook-server",
        &["offhook-proto", "offhook-auth", "offhook-media"],
    ),
    (
        "offhook-cli",
        &[
            "offhook",
            "offhook-server",
            "offhook-media",
            "offhook-auth",
            "offhook-proto",
        ],
    ),
    ("offhook-js", &["offhook-core"]),
    ("xtask", &[]),
    ("xtask-bindgen", &[]),
];

/// Licences a dependency may have; of several joined by OR one is enough.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unlicense",
    "Unicode-3.0",
    "CC0-1.0",
    "OpenSSL",
    "CDLA-Permissive-2.0",
    "BSL-1.0",
    "MIT-0",
];

/// Every crate imports only what it may. Tests may look further.
pub(crate) fn layering() -> Done {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    for manifest in manifests()? {
        let text = std::fs::read_to_string(&manifest).map_err(|error| error.to_string())?;
        let name = text
            .lines()
            .find_map(|line| line.strip_prefix("name = "))
            .unwrap_or_default()
            .trim_matches('"');
        let Some(may) = allowed.get(name) else {
            return Err(format!(
                "{name} is not in the table of who may import whom (xtask/src/check.rs)"
            ));
        };
        let mut inside = false;
        for line in text.lines() {
            if line.starts_with('[') {
                inside = line == "[dependencies]" || line == "[build-dependencies]";
            }
            let dependency = line.split([' ', '.', '=']).next().unwrap_or_default();
            if inside && dependency.starts_with("offhook") && !may.contains(&dependency) {
                return Err(format!(
                    "{name} may not import {dependency} (ARCHITECTURE.md)"
                ));
            }
        }
    }
    Ok(())
}

fn manifests() -> Done<Vec<std::path::PathBuf>> {
    let mut found = vec![
        root().join("web/js/rust/Cargo.toml"),
        root().join("xtask/Cargo.toml"),
        root().join("xtask/bindgen/Cargo.toml"),
    ];
    let crates = std::fs::read_dir(root().join("crates")).map_err(|error| error.to_string())?;
    for entry in crates.flatten() {
        found.push(entry.path().join("Cargo.toml"));
    }
    Ok(found)
}

/// Every dependency may be used under a licence we accept.
pub(crate) fn licences() -> Done {
    let listed = command(
        "cargo",
        &[
            "tree",
            "--workspace",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}|{l}",
        ],
    )
    .output()
    .map_err(|error| error.to_string())?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut refused = BTreeSet::new();
    for line in listed.lines() {
        let Some((package, licence)) = line.split_once('|') else {
            continue;
        };
        let licence = licence.trim_end_matches(" (*)");
        if !is_accepted(licence) {
            refused.insert(format!("{package}: {licence}"));
        }
    }
    if refused.is_empty() {
        Ok(())
    } else {
        let refused: Vec<String> = refused.into_iter().collect();
        Err(format!(
            "licences that are not on the list:\n  {}",
            refused.join("\n  ")
        ))
    }
}

fn is_accepted(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    let choice = |choice: &str| {
        choice
            .split(" AND ")
            .all(|part| LICENCES.contains(&part.trim()))
    };
    plain.split(" OR ").any(choice)
        || plain
            .split(" AND ")
            .all(|part| part.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_licences_is_enough_and_all_of_joined_ones_are_needed() {
        assert!(is_accepted("MIT OR Apache-2.0"));
        assert!(is_accepted("MIT/Apache-2.0"));
        assert!(is_accepted("GPL-3.0 OR MIT"));
        assert!(is_accepted("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(is_accepted("ISC AND (Apache-2.0 OR ISC)"));
        assert!(!is_accepted("GPL-3.0"));
        assert!(!is_accepted("MIT AND GPL-3.0"));
        assert!(!is_accepted(""));
    }
}
