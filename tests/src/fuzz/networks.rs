//! Networks from strangers.

/// An ONNX file: planned and run once, or refused in words.
///
/// # Panics
/// When a network that was planned gives another number of logits than it says.
pub fn fuzz_onnx(bytes: &[u8]) {
    match commonweal_core::policy::Net::parse(bytes) {
        Ok(net) => {
            let n = net.actions();
            let mut pass = net.pass();
            assert_eq!(net.run(&mut pass, &[255; 64], &[1.0, -2.0]).len(), n);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
