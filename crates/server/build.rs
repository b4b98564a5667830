//! Puts the built web pages into the binary, each file also compressed, so that serving one is a lookup.
//!
//! The pages are built by `cargo xtask build` into `target/web` of the workspace, or wherever OFFHOOK_WEB_DIST says.
//! Without them the table is empty and the server says how to build them.

use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::hash::Hasher as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=OFFHOOK_WEB_DIST");
    let dist = match std::env::var_os("OFFHOOK_WEB_DIST") {
        Some(dist) => PathBuf::from(dist),
        None => Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../../target/web"),
    };
    // Cargo runs this again and again as long as a path it watches does not exist.
    fs::create_dir_all(&dist)?;
    let dist = dist.canonicalize()?;
    println!("cargo::rerun-if-changed={}", dist.display());

    let mut files = BTreeMap::new();
    collect(&dist, "", &mut files)?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    // Best compression takes minutes where this script is built without optimisation.
    let best = variable("PROFILE")? == "release";
    let mut table = String::from("&[\n");
    for (name, path) in &files {
        let content = fs::read(path)?;
        let identity = keep(&out, &content, "raw")?;
        let brotli = smaller(&out, &content, &brotli(&content, best)?, "br")?;
        let gzip = smaller(&out, &content, &gzip(&content)?, "gz")?;
        writeln!(
            table,
            "Embedded {{ path: {name:?}, hash: {:?}, identity: include_bytes!({identity:?}), brotli: {brotli}, gzip: {gzip} }},",
            format!("{:016x}", hash(&content)),
        )?;
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

fn variable(name: &str) -> Result<OsString> {
    std::env::var_os(name).ok_or_else(|| format!("cargo sets {name}").into())
}

/// Names are relative, with `/` between their parts. Source maps stay outside.
fn collect(directory: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let file_name = entry.file_name();
        let Some(file_name) = file_name.to_str() else {
            continue;
        };
        let name = format!("{prefix}{file_name}");
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else if !file_name.starts_with('.') && !file_name.ends_with(".map") {
            files.insert(name, entry.path());
        }
    }
    Ok(())
}

/// Writes into the output directory under a name made of the content, and gives the path.
fn keep(out: &Path, content: &[u8], extension: &str) -> Result<PathBuf> {
    let path = out.join(format!(
        "{:016x}-{}.{extension}",
        hash(content),
        content.len()
    ));
    fs::write(&path, content)?;
    Ok(path)
}

fn smaller(out: &Path, content: &[u8], compressed: &[u8], extension: &str) -> Result<String> {
    if compressed.len() >= content.len() {
        return Ok("None".to_owned());
    }
    let path = keep(out, compressed, extension)?;
    Ok(format!("Some(include_bytes!({path:?}))"))
}

fn brotli(content: &[u8], best: bool) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let quality = if best { 11 } else { 5 };
    brotli::CompressorWriter::new(&mut compressed, 4096, quality, 22).write_all(content)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

/// Tells contents apart; keeps no secret.
fn hash(content: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(content);
    hasher.finish()
}
