#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kaa_fuzz::repeat::check(data));
