//! The web parts: the engine as WebAssembly, the SDK, the elements, the pages.

use std::path::{Path, PathBuf};

use crate::bootstrap::{self, Wasm};
use crate::shell::{Done, command, is_stamped, newest, root, run, web, write_stamp};

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds all of them into `target/web`, unless nothing has changed.
pub(crate) fn build() -> Done {
    packages()?;
    let places = [
        "crates/core",
        "crates/proto",
        "web/js",
        "web/elements",
        "web/apps",
        "web/samples",
        "web/package-lock.json",
        "Cargo.lock",
    ];
    let made_from = newest(&places.map(|place| root().join(place)));
    let stamp = root().join("target/web/.made-from");
    if is_stamped(&stamp, &made_from) {
        return Ok(());
    }
    engine()?;
    for package in ["js", "elements", "apps", "samples"] {
        let mut build = command("node", &["build.mjs"]);
        build.current_dir(web().join(package));
        if bootstrap::wasm()? == Wasm::Shipped {
            // The gates hold for the module as it is released, which this is not.
            build.env("OFFHOOK_SIZE_GATES", "told");
        }
        run(build, &format!("web/{package}"))?;
    }
    write_stamp(&stamp, &made_from)
}

/// The npm packages, as the lock file has them.
pub(crate) fn packages() -> Done {
    let lock = newest(&[web().join("package-lock.json")]);
    let stamp = web().join("node_modules/.made-from");
    if is_stamped(&stamp, &lock) {
        return Ok(());
    }
    let mut install = command(
        "npm",
        &["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    );
    install.current_dir(web());
    run(install, "npm packages")?;
    write_stamp(&stamp, &lock)
}

fn engine() -> Done {
    let target_dir = root().join("target/wasm");
    let mut build = command(
        "cargo",
        &[
            "build",
            "--package",
            "offhook-js",
            "--profile",
            "browser",
            "--target",
            TARGET,
        ],
    );
    build.arg("--target-dir").arg(&target_dir);
    let way = bootstrap::wasm()?;
    if way != Wasm::Shipped {
        build
            .args([
                "-Zbuild-std=std,panic_abort",
                "-Zbuild-std-features=optimize_for_size",
            ])
            .env("RUSTC_BOOTSTRAP", "1")
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
                "-Zunstable-options -Cpanic=immediate-abort",
            );
    }
    if way == Wasm::Debian {
        build
            .env("RUSTC", "/usr/bin/rustc")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
    }
    run(build, "the engine as WebAssembly")?;
    let module = target_dir.join(TARGET).join("browser/offhook_js.wasm");
    bindgen(&module, &root().join("target/wasm-bindgen"))
}

fn bindgen(module: &Path, out: &PathBuf) -> Done {
    let mut glue = command(
        "cargo",
        &["run", "--quiet", "--package", "xtask-bindgen", "--"],
    );
    glue.arg(module).arg(out);
    run(glue, "its JavaScript glue")
}
