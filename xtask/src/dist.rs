//! What is given to others: the release binary, and the npm packages.

use crate::bootstrap;
use crate::shell::{Done, command, root, run, web};
use crate::web as web_build;

/// `target/release/offhook` with all web assets inside.
pub(crate) fn build() -> Done {
    bootstrap::everything()?;
    web_build::build()?;
    let release = command("cargo", &["build", "--release", "--package", "offhook-cli"]);
    run(release, "the release binary")?;
    println!("target/release/offhook");
    Ok(())
}

/// Everything into `dist/`.
pub(crate) fn run_dist() -> Done {
    build()?;
    let dist = root().join("dist");
    std::fs::create_dir_all(&dist).map_err(|error| error.to_string())?;
    std::fs::copy(root().join("target/release/offhook"), dist.join("offhook"))
        .map_err(|error| error.to_string())?;
    for package in ["js", "elements"] {
        let mut pack = command("npm", &["pack", "--loglevel=error", "--pack-destination"]);
        pack.arg(&dist).current_dir(web().join(package));
        run(pack, &format!("packing web/{package}"))?;
    }
    println!("dist/");
    Ok(())
}
