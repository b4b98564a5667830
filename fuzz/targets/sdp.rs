//! Session descriptions, as whoever calls or is called may send them.
#![no_main]
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use offhook_media::fuzzing::{Identity, description};

static IDENTITY: LazyLock<Identity> = LazyLock::new(Identity::new);

fuzz_target!(|text: &str| description(&IDENTITY, text));
