//! A small static server for the built page, on this machine only.
//!
//! Invariant: it serves files below one folder, and nothing outside it.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

/// Serves `folder` until the process ends. Port 0 takes a free one.
pub(crate) fn serve(folder: &Path, port: u16) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
        format!(
            "port {port} cannot be opened: is it in use? `cargo xtask web --port N` takes another"
        )
    })?;
    println!(
        "the page: http://{}/   (Ctrl-C ends)",
        listener.local_addr()?
    );
    accept(&listener, folder);
    Ok(())
}

fn accept(listener: &TcpListener, folder: &Path) {
    for stream in listener.incoming().flatten() {
        let folder = folder.to_path_buf();
        // A browser opens several connections; one that breaks concerns only itself.
        std::thread::spawn(move || answer(&stream, &folder));
    }
}

fn answer(mut stream: &TcpStream, folder: &Path) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut lines = BufReader::new(std::io::Read::take(stream, 64 * 1024)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let mut words = request.split_ascii_whitespace();
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let (status, kind, body) = match (method, file_of(folder, target)) {
        ("GET" | "HEAD", Some(file)) => ("200 OK", media_type(&file), std::fs::read(&file)?),
        ("GET" | "HEAD", None) => ("404 Not Found", "text/plain", b"no such file\n".to_vec()),
        _ => (
            "405 Method Not Allowed",
            "text/plain",
            b"GET or HEAD only\n".to_vec(),
        ),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )?;
    if method != "HEAD" {
        stream.write_all(&body)?;
    }
    stream.flush()
}

/// The file that a request's target names, if it lies below `folder`.
fn file_of(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = Path::new(path);
    // No `%` decoding: the build writes no name that needs it.
    if path
        .components()
        .any(|part| !matches!(part, Component::Normal(_)))
    {
        return None;
    }
    let file = folder.join(path);
    let file = if file.is_dir() {
        file.join("index.html")
    } else {
        file
    };
    file.is_file().then_some(file)
}

fn media_type(file: &Path) -> &'static str {
    match file
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("")
    {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "toml" | "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// What one request gets, from a server over this crate's own folder.
    fn get(request: &str) -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || accept(&listener, &crate::root().join("xtask")));
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{request}\r\nHost: here\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_file_comes_with_its_type_and_length() {
        let answer = get("GET /Cargo.toml?x=1 HTTP/1.1");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain"),
            "{answer}"
        );
        assert!(answer.contains("name = \"xtask\""), "{answer}");
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for target in [
            "/../Cargo.toml",
            "/src/../../Cargo.toml",
            "//etc/passwd",
            "Cargo.toml",
            "/none",
        ] {
            assert!(
                get(&format!("GET {target} HTTP/1.1")).starts_with("HTTP/1.1 404"),
                "{target}"
            );
        }
        assert!(get("POST /Cargo.toml HTTP/1.1").starts_with("HTTP/1.1 405"));
    }

    #[test]
    fn wasm_has_the_type_that_browsers_stream() {
        assert_eq!(
            media_type(Path::new("a/commonweal_bg.wasm")),
            "application/wasm"
        );
    }
}
