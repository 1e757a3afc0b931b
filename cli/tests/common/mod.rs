//! Starts the command and reads what it said.

use std::process::{Command, Output};

use serde_json::Value;

pub(crate) fn commonweal(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_commonweal"))
        .args(args)
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary starts")
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_str(&out(output))
        .unwrap_or_else(|e| panic!("one JSON document: {e}\n{}\n{}", out(output), err(output)))
}
