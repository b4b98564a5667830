//! Tokens, as anybody may send them: nothing opens that was not sealed, and what was sealed opens to the same.
#![no_main]
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use offhook_auth::{EmbedToken, Issuer, KeyRing, SatClaims, SatKind};

const NOW: u64 = 1_800_000_000;

static RING: LazyLock<KeyRing> = LazyLock::new(KeyRing::ephemeral);

fuzz_target!(|text: &str| {
    let ring = &*RING;
    assert!(ring.open_sat(text, NOW).is_err());
    assert!(ring.open_sat_whatever_its_age(text).is_err());
    assert!(ring.open_refresh(text, NOW).is_err());
    assert!(ring.open_resume(text, NOW).is_err());
    let _ = EmbedToken::parse(text);
    // The same text inside a token of ours.
    let claims = SatClaims {
        jti: text.to_owned(),
        project_id: "p".into(),
        subscriber_id: text.to_owned(),
        kind: SatKind::Guest,
        scope: vec![text.to_owned()],
        cnf_jkt: None,
        issued_at: NOW,
        expires_at: NOW + 60,
        allowed: None,
        resource_id: None,
        display_name: Some(text.to_owned()),
    };
    let sealed = ring.seal_sat(&claims, &Issuer::default());
    if let Ok(opened) = ring.open_sat(&sealed, NOW) {
        assert_eq!(opened, claims);
    }
    // One letter changed: it never opens.
    if let Some(at) = text.bytes().next().map(usize::from) {
        let mut bytes = sealed.into_bytes();
        let at = at % bytes.len();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        if let Ok(changed) = String::from_utf8(bytes) {
            // The last letter of a segment may have bits that mean nothing.
            if let Ok(opened) = ring.open_sat(&changed, NOW) {
                assert_eq!(opened, claims);
            }
        }
    }
});
