//! Writes the page of studies of the statistics: `cargo xtask simulate`.
#![expect(clippy::print_stdout, reason = "a command of developers")]

use commonweal_tests::simulate::{Size, page};

fn main() {
    println!("{}", page(Size::FULL, 2_000, 2_000).trim_end());
}
