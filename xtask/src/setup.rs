//! Brings what the tests need on a fresh machine; what it may not or cannot bring, it names.
//!
//! Invariant: nothing is installed twice (each part leaves a stamp of the lock it was made from),
//! and nothing outside this checkout except a Rust target and, for root on Debian, packages.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use xshell::{Shell, cmd};

use crate::run::required;

/// The target that the page's engine is built for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that Rust can build for wasm.
pub(crate) fn wasm_target(shell: &Shell) -> anyhow::Result<()> {
    let libdir = cmd!(shell, "rustc --print target-libdir --target {WASM_TARGET}")
        .quiet()
        .read()?;
    if Path::new(&libdir).is_dir() {
        return Ok(());
    }
    required(cmd!(shell, "rustup target add {WASM_TARGET}")).with_context(|| {
        format!("Rust cannot build for {WASM_TARGET}: install rustup, then `rustup target add {WASM_TARGET}`")
    })
}

/// The virtual environment with the packages of the lock; its `bin` folder.
pub(crate) fn python(shell: &Shell) -> anyhow::Result<PathBuf> {
    let venv = shell.current_dir().join(".venv");
    let lock = "python/requirements-test.txt";
    let wanted = shell.read_file(lock)?;
    let stamp = venv.join("installed-lock.txt");
    let bin = venv.join("bin");
    if shell.path_exists(&stamp) && shell.read_file(&stamp)? == wanted {
        return Ok(bin);
    }
    let python = python_program(shell)?;
    if !shell.path_exists(bin.join("pip")) {
        let made = required(cmd!(shell, "{python} -m venv --clear {venv}"));
        if made.is_err() {
            apt_install(shell, "python3-venv").context(
                "no virtual environment can be made: install Debian's python3-venv, or CPython 3.11",
            )?;
            required(cmd!(shell, "{python} -m venv --clear {venv}"))?;
        }
    }
    let pip = bin.join("pip");
    required(cmd!(
        shell,
        "{pip} install --quiet --disable-pip-version-check --require-hashes -r {lock}"
    ))
    .context("the Python packages of the lock cannot be installed: is there a network?")?;
    shell.write_file(&stamp, wanted)?;
    Ok(bin)
}

fn python_program(shell: &Shell) -> anyhow::Result<String> {
    for program in [
        "python3.11",
        "python3",
        "python3.12",
        "python3.13",
        "python3.14",
    ] {
        let probe = "import sys; print(sys.version_info >= (3, 11))";
        let answer = cmd!(shell, "{program} -c {probe}")
            .quiet()
            .ignore_stderr()
            .read();
        if answer.is_ok_and(|text| text == "True") {
            return Ok(program.to_owned());
        }
    }
    bail!(
        "no Python from 3.11 on is found: install CPython 3.11, on Debian `apt-get install python3 python3-venv`"
    )
}

/// The page's packages, as its lock names them.
pub(crate) fn npm(shell: &Shell) -> anyhow::Result<()> {
    let version = cmd!(shell, "node --version")
        .quiet()
        .ignore_stderr()
        .read()
        .context("Node is not found: install Node 20 (20.19 or later) with npm")?;
    if node_is_too_old(&version) {
        bail!("Node {version} is too old: install Node 20 (20.19 or later) with npm");
    }
    let wanted = shell.read_file("web-demo/package-lock.json").context(
        "web-demo/package-lock.json is missing: the page's folder and its lock belong in the checkout",
    )?;
    let stamp = "web-demo/node_modules/installed-lock.json";
    if shell.path_exists(stamp) && shell.read_file(stamp)? == wanted {
        return Ok(());
    }
    let folder = shell.push_dir("web-demo");
    required(
        cmd!(shell, "npm ci --no-audit --no-fund").env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
    )
    .context("the page's packages cannot be installed: is npm there, and a network?")?;
    drop(folder);
    shell.write_file(stamp, wanted)?;
    Ok(())
}

fn node_is_too_old(version: &str) -> bool {
    let mut parts = version
        .trim_start_matches('v')
        .split('.')
        .map(|part| part.parse().unwrap_or(0));
    let (major, minor): (u32, u32) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    (major, minor) < (20, 19)
}

/// The browser that the page is tested in.
pub(crate) fn chromium(shell: &Shell) -> anyhow::Result<()> {
    if Path::new("/usr/bin/chromium").exists() {
        return Ok(());
    }
    apt_install(shell, "chromium")
        .context("/usr/bin/chromium is missing: install it, on Debian `apt-get install chromium`")
}

/// Installs a Debian package, where that is allowed.
fn apt_install(shell: &Shell, package: &str) -> anyhow::Result<()> {
    let user = cmd!(shell, "id -u").quiet().read()?;
    if user != "0" {
        bail!("only root may install {package}");
    }
    let quiet = ["-qq", "-o", "Dpkg::Use-Pty=0"];
    required(cmd!(shell, "apt-get update {quiet...}"))?;
    required(
        cmd!(
            shell,
            "apt-get install -y --no-install-recommends {quiet...} {package}"
        )
        .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_older_than_vite_allows_is_refused() {
        assert!(node_is_too_old("v20.18.3"));
        assert!(node_is_too_old("v18.20.0"));
        assert!(!node_is_too_old("v20.19.0"));
        assert!(!node_is_too_old("v24.1.0"));
    }
}
