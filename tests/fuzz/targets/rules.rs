#![no_main]
commonweal_fuzz::target!("rules");
