//! Early nomination: the first path that works is taken at once.
//!
//! A browser that talks to an ICE-lite peer puts USE-CANDIDATE into its second check only, a ping interval (50 ms) after the
//! first, and the engine sends nothing before: every call would connect that much later. A path whose check has been
//! verified works, so the check is given to the engine as if it nominated; what the browser nominates later still counts.

use aws_lc_rs::hmac;

const HEADER: usize = 20;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;

/// The binding request with USE-CANDIDATE, sealed again with our own password; `None` when it nominates already, or is no
/// request with integrity. The caller has verified the original.
pub(super) fn nominating(request: &[u8], password: &str) -> Option<Vec<u8>> {
    let mut at = HEADER;
    let end = loop {
        let head = request.get(at..)?.first_chunk::<4>()?;
        match u16::from_be_bytes([head[0], head[1]]) {
            MESSAGE_INTEGRITY => break at,
            USE_CANDIDATE => return None,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        at += 4 + length.next_multiple_of(4);
    };
    if request.get(..2)? != [0, 1] {
        return None;
    }
    let mut made = request.get(..end)?.to_vec();
    attribute(&mut made, USE_CANDIDATE, &[]);
    // Each seal covers a length that counts its own attribute (RFC 8489, 14.5 and 14.7).
    set_length(&mut made, 24);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let tag = hmac::sign(&key, &made);
    attribute(&mut made, MESSAGE_INTEGRITY, tag.as_ref());
    set_length(&mut made, 8);
    let sum = crc32(&made) ^ 0x5354_554e;
    attribute(&mut made, FINGERPRINT, &sum.to_be_bytes());
    Some(made)
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&(value.len() as u16).to_be_bytes());
    message.extend_from_slice(value);
}

fn set_length(message: &mut [u8], more: usize) {
    let length = ((message.len() - HEADER + more) as u16).to_be_bytes();
    message[2..4].copy_from_slice(&length);
}

/// CRC-32 as of ITU V.42; bit by bit, for it runs a few times a call.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(password: &str) -> Vec<u8> {
        let mut made = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        made.extend([5; 12]);
        attribute(&mut made, 0x0024, &[1, 2, 3, 4]);
        set_length(&mut made, 24);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        let tag = hmac::sign(&key, &made);
        attribute(&mut made, MESSAGE_INTEGRITY, tag.as_ref());
        made
    }

    #[test]
    fn the_checksum_is_the_one_of_v42() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_request_nominates_once_and_is_sealed_with_our_password() {
        let made = nominating(&request("secret"), "secret").unwrap();
        let length = usize::from(u16::from_be_bytes([made[2], made[3]]));
        assert_eq!(length, made.len() - HEADER);
        // USE-CANDIDATE follows the priority.
        assert_eq!(made[28..32], [0, 0x25, 0, 0]);
        assert_eq!(nominating(&made, "secret"), None);
        let mut covered = made[..32].to_vec();
        set_length(&mut covered, 24);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"secret");
        assert!(hmac::verify(&key, &covered, &made[36..56]).is_ok());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = nominating(&bytes, "x");
        }
    }
}
