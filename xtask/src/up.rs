//! `cargo xtask up`: from a clone to a call.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::bootstrap;
use crate::shell::{Done, command, root, run};
use crate::web;

/// Sets up, builds and runs the server with demo data, until Ctrl-C. Further arguments go to `offhook serve`.
pub(crate) fn run_up(arguments: &[String]) -> Done {
    bootstrap::everything()?;
    web::build()?;
    let build = command("cargo", &["build", "--package", "offhook-cli"]);
    run(build, "the server (the first time takes some minutes)")?;
    let binary = root().join("target/debug/offhook");
    let mut serve = command(binary, &["serve", "--demo", "--web-dir", "target/web"]);
    serve.args(arguments).stdout(Stdio::piped());
    if std::env::var_os("OFFHOOK_LOG").is_none()
        && !arguments.iter().any(|argument| argument == "--log")
    {
        serve.args(["--log", "warn"]);
    }
    let mut server = serve
        .spawn()
        .map_err(|error| format!("the server cannot be started: {error}"))?;
    let mut lines = BufReader::new(server.stdout.take().ok_or("the server has no output")?).lines();
    if let Some(Ok(ready)) = lines.next() {
        let origin = |name: &str| {
            let (_, rest) = ready.split_once(&format!("\"{name}\":\""))?;
            rest.split_once('"')
                .map(|(origin, _)| origin.replace("127.0.0.1", "localhost"))
        };
        let http = origin("http").unwrap_or_default();
        println!("\n  demo site      {http}/");
        println!(
            "  agent console  {http}/console/   (sign in with what is filled in, then click the button on the demo site)"
        );
        if let Some(https) = origin("https") {
            println!("  for the official client: {https} (certificate authority: data/tls/ca.pem)");
        }
        println!("\n  Ctrl-C ends it.\n");
    }
    // Ctrl-C reaches the server as well; it drains and ends, and so does this.
    let status = server.wait().map_err(|error| error.to_string())?;
    match status.code() {
        Some(0) | None => Ok(()),
        Some(code) => Err(format!(
            "the server ended with {code}; what it said is above"
        )),
    }
}
