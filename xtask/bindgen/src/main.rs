//! `xtask-bindgen MODULE.wasm OUT_DIR`: makes the JavaScript glue of a module.
//!
//! The library behind wasm-bindgen's own command line, in the version the workspace's lock pins, so that glue and
//! module cannot drift apart.
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, out] = arguments.as_slice() else {
        eprintln!("usage: xtask-bindgen MODULE.wasm OUT_DIR");
        return ExitCode::from(2);
    };
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_path(module)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    let made = bindgen
        .web(true)
        .and_then(|bindgen| bindgen.typescript(true).generate(out));
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasm-bindgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}
