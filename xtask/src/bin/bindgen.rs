//! `bindgen IN.wasm OUT_DIR`: the wasm-bindgen step as a library call, so that Cargo.lock pins it
//! together with the macro. A program of its own, as its dependencies are slow to build.
#![expect(
    clippy::print_stderr,
    reason = "a tool that people and CI read in a terminal"
)]

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder] = args.as_slice() else {
        eprintln!("usage: bindgen IN.wasm OUT_DIR");
        return ExitCode::from(2);
    };
    match bind(input, folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {input}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bind(input: &str, folder: &str) -> anyhow::Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .web(true)?
        .typescript(true)
        // Without the default path `init()` has no URL, and Vite ships no .wasm.
        .omit_default_module_path(false)
        .input_path(input)
        .out_name("commonweal")
        .generate(folder)
}
