//! Datagrams on a media port, and what is in the packets of a peer that has been let in.
#![no_main]
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use offhook_media::fuzzing::{Identity, packet};

static IDENTITY: LazyLock<Identity> = LazyLock::new(Identity::new);

fuzz_target!(|bytes: &[u8]| packet(&IDENTITY, bytes));
