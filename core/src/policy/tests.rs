//! What needs no file: choosing, and files that are none. Operators against another runtime: `tests/tests/networks.rs`.

use super::{Net, choose};

#[test]
fn the_largest_legal_number_is_chosen_and_the_lowest_of_equals() {
    assert_eq!(choose(&[1.0, 3.0, 3.0, 9.0], &[1, 1, 1, 0], None), 1);
    assert_eq!(choose(&[f32::NAN, -1.0, f32::NAN], &[1, 1, 1], None), 1);
    assert_eq!(choose(&[f32::NAN, f32::NAN], &[0, 1], None), 1);
    assert_eq!(choose(&[5.0, 6.0], &[0, 0], None), 0);
}

#[test]
fn drawn_actions_are_as_frequent_as_the_softmax_says() {
    let numbers = [0.0, libm::logf(3.0), 7.0];
    let mut seen = [0_u32; 3];
    for tick in 0..20_000_u64 {
        let draw = |action: u32| crate::draw::mix(tick * 64 + u64::from(action) + 1);
        seen[usize::from(choose(&numbers, &[1, 1, 0], Some(&draw)))] += 1;
    }
    assert_eq!(seen[2], 0, "an illegal action is never drawn");
    // 3 of 4, within five standard errors.
    assert!(seen[1].abs_diff(15_000) < 310, "{seen:?}");
}

#[test]
fn bytes_that_are_no_network_are_refused_in_words() {
    for bytes in [
        &b""[..],
        b"#####",
        b"\x3a\xff\xff\xff\xff\x0f",
        b"\x3a\x00",
        b"\x08\x07",
    ] {
        let error = Net::parse(bytes).expect_err("refused").to_string();
        assert!(!error.is_empty());
    }
}
