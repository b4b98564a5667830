//! What the machine must have: looked for, installed where that can be done, and named where it cannot.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::shell::{Done, command, has, output, run, succeeds_within};

/// Oldest Node that runs the build.
const NODE: u32 = 20;
/// A network that does not answer is given up after so long.
const RUSTUP_LIMIT: Duration = Duration::from_secs(60);

/// Where a toolchain that has them keeps the sources of the standard library.
const STD_SOURCE: &str = "src/rust/library/std";

/// How the browser module is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wasm {
    /// The toolchain builds its standard library along, for size: an eighth of the module less.
    Source,
    /// Debian's compiler does the same.
    Debian,
    /// The standard library as the toolchain ships it.
    Shipped,
}

/// All that building needs.
pub(crate) fn everything() -> Done {
    node()?;
    let mut missing = Vec::new();
    if !(has("cc") || has("gcc") || has("clang")) {
        missing.push(Package {
            apt: "gcc",
            brew: "llvm",
            what: "a C compiler (crypto, SQLite and Opus are C)",
        });
    }
    if !(has("c++") || has("g++") || has("clang++")) {
        missing.push(Package {
            apt: "g++",
            brew: "llvm",
            what: "a C++ compiler (the fuzzer is C++)",
        });
    }
    if !has("cmake") {
        missing.push(Package {
            apt: "cmake",
            brew: "cmake",
            what: "cmake (builds libopus)",
        });
    }
    install(&missing)?;
    wasm().map(drop)
}

/// The browser of the tests.
pub(crate) fn chromium() -> Done {
    let found = std::env::var_os("OFFHOOK_CHROMIUM").is_some()
        || [
            "/usr/bin/chromium",
            "/usr/bin/chromium-browser",
            "/usr/bin/google-chrome",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        ]
        .iter()
        .any(|path| Path::new(path).exists());
    if found {
        return Ok(());
    }
    install(&[Package {
        apt: "chromium",
        brew: "google-chrome",
        what: "Chromium (the browser tests run in it)",
    }])
}

/// The second browser of the elements, as Debian has it.
pub(crate) fn firefox() -> Done {
    let found =
        std::env::var_os("OFFHOOK_FIREFOX").is_some() || Path::new("/usr/bin/firefox-esr").exists();
    if found {
        return Ok(());
    }
    install(&[Package {
        apt: "firefox-esr",
        brew: "firefox",
        what: "Firefox (the elements are tried in it too)",
    }])
}

struct Package {
    apt: &'static str,
    brew: &'static str,
    what: &'static str,
}

fn install(packages: &[Package]) -> Done {
    if packages.is_empty() {
        return Ok(());
    }
    let wanted: Vec<&str> = packages.iter().map(|package| package.what).collect();
    println!("missing: {}", wanted.join(", "));
    let apt: Vec<&str> = packages.iter().map(|package| package.apt).collect();
    let brew: Vec<&str> = packages.iter().map(|package| package.brew).collect();
    let by_hand = || {
        let line = if cfg!(target_os = "macos") {
            format!("brew install {}", brew.join(" "))
        } else {
            format!("sudo apt-get install {}", apt.join(" "))
        };
        format!(
            "please install {}; on most machines that is\n\n    {line}\n\nthen run this again",
            wanted.join(", ")
        )
    };
    if cfg!(target_os = "macos") {
        if !has("brew") {
            return Err(by_hand());
        }
        let mut arguments = vec!["install"];
        arguments.extend(&brew);
        return run(command("brew", &arguments), "installing with brew")
            .map_err(|error| format!("{error}\n{}", by_hand()));
    }
    let root = output("id", &["-u"]).as_deref() == Some("0");
    let sudo = !root && succeeds_within(command("sudo", &["-n", "true"]), Duration::from_secs(5));
    if !has("apt-get") || !(root || sudo) {
        return Err(by_hand());
    }
    let as_root = |arguments: &[&str]| {
        let mut line = if root {
            command("apt-get", &[])
        } else {
            command("sudo", &["-n", "apt-get"])
        };
        line.args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        line
    };
    run(as_root(&["update", "-qq"]), "looking up packages")?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&apt);
    run(as_root(&arguments), "installing packages")
        .map_err(|error| format!("{error}\n{}", by_hand()))
}

fn node() -> Done {
    let version = output("node", &["--version"]);
    let major = version.as_deref().and_then(|version| {
        version
            .trim_start_matches('v')
            .split('.')
            .next()?
            .parse::<u32>()
            .ok()
    });
    match major {
        Some(major) if major >= NODE && (has("npm")) => Ok(()),
        Some(major) if major >= NODE => {
            Err("Node is here, but npm is not; install it with Node's own package".into())
        }
        Some(_) => Err(format!(
            "Node {} is too old: {NODE} or newer is needed; see https://nodejs.org for your system",
            version.unwrap_or_default()
        )),
        None => Err(format!(
            "Node is missing: install version {NODE} or newer (https://nodejs.org), then run this again"
        )),
    }
}

/// Finds, or makes, a way to compile for WebAssembly; the smallest module first.
pub(crate) fn wasm() -> Done<Wasm> {
    let target = "wasm32-unknown-unknown";
    let source = || library_of("rustc").is_some_and(|library| library.join(STD_SOURCE).exists());
    if source() {
        return Ok(Wasm::Source);
    }
    if debian_is_here() {
        return Ok(Wasm::Debian);
    }
    let shipped = || library_of("rustc").is_some_and(|library| library.join(target).exists());
    if has("rustup") {
        println!("── asking rustup for the sources of the standard library");
        let add = command("rustup", &["component", "add", "rust-src"]);
        if succeeds_within(add, RUSTUP_LIMIT) && source() {
            return Ok(Wasm::Source);
        }
    }
    if shipped() {
        return Ok(Wasm::Shipped);
    }
    if has("apt-get") {
        println!("rustup has none to offer: taking Debian's compiler instead");
        let packages = ["rustc-web", "rust-web-src", "lld-19"];
        let packages = packages.map(|apt| Package {
            apt,
            brew: "rustup",
            what: "Debian's compiler for WebAssembly",
        });
        if install(&packages).is_ok() && debian_is_here() {
            return Ok(Wasm::Debian);
        }
    }
    let target_added = has("rustup")
        && succeeds_within(command("rustup", &["target", "add", target]), RUSTUP_LIMIT);
    if target_added && shipped() {
        return Ok(Wasm::Shipped);
    }
    Err(
        "nothing here compiles for WebAssembly; please run\n\n    rustup component add rust-src\n\nthen run this again"
            .into(),
    )
}

/// The library folder of a compiler.
fn library_of(compiler: &str) -> Option<PathBuf> {
    let sysroot = output(compiler, &["--print", "sysroot"])?;
    Some(Path::new(&sysroot).join("lib/rustlib"))
}

fn debian_is_here() -> bool {
    has("/usr/bin/wasm-ld-19")
        && library_of("/usr/bin/rustc").is_some_and(|library| library.join(STD_SOURCE).exists())
}
