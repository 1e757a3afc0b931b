//! Networks: what they compute beside onnxruntime's numbers, what is refused and with which words.

use std::path::PathBuf;

use commonweal_core::draw::mix;
use commonweal_core::policy::{Net, OPERATORS, choose};
use commonweal_tests::fuzz::fuzz_onnx;
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/networks")
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.onnx"))).expect("a network of the folder")
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list");
    list.iter().map(|x| x.as_f64().expect("a number")).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes and f32, as written"
)]
#[test]
fn every_operator_computes_what_onnxruntime_computes() {
    let text = std::fs::read_to_string(folder().join("cases.json")).expect("the cases");
    let nets: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    assert!(nets.len() > 15);
    let mut faults = Vec::new();
    for net in &nets {
        let name = net["name"].as_str().expect("a name");
        let parsed = match Net::parse(&file(name)) {
            Ok(parsed) => parsed,
            Err(error) => {
                faults.push(format!("{name}: {error}"));
                continue;
            }
        };
        let mut pass = parsed.pass();
        for case in net["cases"].as_array().expect("a list") {
            let obs: Vec<u8> = numbers(&case["obs"]).iter().map(|&x| x as u8).collect();
            let own: Vec<f32> = numbers(&case["own"]).iter().map(|&x| x as f32).collect();
            let wanted: Vec<f32> = numbers(&case["logits"]).iter().map(|&x| x as f32).collect();
            let found = parsed.run(&mut pass, &obs, &own);
            let near = |a: f32, b: f32| (a - b).abs() <= 1e-5 * (1.0 + a.abs().max(b.abs()));
            let legal = vec![1; wanted.len()];
            if found.len() != wanted.len()
                || !found.iter().zip(&wanted).all(|(a, b)| near(*a, *b))
                || choose(found, &legal, None) != choose(&wanted, &legal, None)
            {
                faults.push(format!("{name}: {found:?}, onnxruntime {wanted:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_operator_stands_in_a_network_that_is_compared() {
    let all: Vec<u8> = std::fs::read_dir(folder())
        .expect("the folder")
        .flat_map(|f| std::fs::read(f.expect("a file").path()).expect("it can be read"))
        .collect();
    for op in OPERATORS {
        // Field 4 of a node, its length, its text.
        let mut wanted = vec![0x22, u8::try_from(op.len()).expect("short")];
        wanted.extend(op.as_bytes());
        assert!(all.windows(wanted.len()).any(|w| w == wanted), "{op}");
    }
}

/// The same file with a text in place of another of the same length.
fn with(name: &str, old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut bytes = file(name);
    let mut found = 0;
    for at in 0..bytes.len().saturating_sub(old.len()) {
        if bytes[at..].starts_with(old.as_bytes()) {
            bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
            found += 1;
        }
    }
    assert!(found > 0, "`{old}` stands in {name}");
    bytes
}

#[test]
fn what_is_not_supported_is_named() {
    let error = |bytes: &[u8]| Net::parse(bytes).expect_err("refused").to_string();
    let selu = error(&with("relu", "Relu", "Selu"));
    assert!(
        selu.contains("`logits` (Selu)")
            && selu.contains("not supported")
            && selu.contains("Conv, "),
        "{selu}"
    );
    let output = error(&with("relu", "logits", "scores"));
    assert!(
        output.contains("no output `logits`") && output.contains("scores"),
        "{output}"
    );
    let input = error(&with("relu", "own", "mem"));
    assert!(
        input.contains("input `mem`") && input.contains("remembers"),
        "{input}"
    );
}

#[test]
fn networks_of_any_bytes_come_back() {
    let mut state = 1_u64;
    let mut below = |n: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mix(state) % (n as u64).max(1)).expect("below n")
    };
    for name in [
        "conv",
        "embedding",
        "gemm",
        "matmul",
        "concat",
        "slice",
        "reducesum",
        "layernorm",
    ] {
        let good = file(name);
        fuzz_onnx(&good);
        // Weights are many and say little: only the first and last bytes are changed.
        let edge = good.len().min(400);
        for _ in 0..400 {
            let mut bytes = good.clone();
            for _ in 0..=below(3) {
                let far = below(edge).min(bytes.len() - 1);
                let at = if below(2) == 0 {
                    far
                } else {
                    bytes.len() - 1 - far
                };
                match below(4) {
                    0 => bytes.truncate(at + 1),
                    1 => bytes[at] ^= 1 << below(8),
                    2 => bytes[at] = 0xff,
                    _ => bytes[at] = u8::try_from(below(256)).expect("a byte"),
                }
            }
            fuzz_onnx(&bytes);
        }
    }
}
