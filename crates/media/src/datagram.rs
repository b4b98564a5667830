//! What a datagram on a media port is, told from its first bytes (RFC 7983), and whom a STUN request is for.

/// Kinds of datagram that media ports take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// A STUN binding request with a USERNAME: its first part, the ICE user fragment of the one it is sent to.
    BindingRequest {
        local_ufrag: &'a str,
    },
    /// Other STUN.
    Stun,
    Dtls,
    /// SRTP or SRTCP.
    Rtp,
}

const STUN_HEADER: usize = 20;
const STUN_MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: u16 = 0x0001;
const USERNAME: u16 = 0x0006;

/// Classifies; `None` is nothing that belongs here.
pub(crate) fn classify(datagram: &[u8]) -> Option<Kind<'_>> {
    match *datagram.first()? {
        0..=3 => stun(datagram),
        20..=63 if datagram.len() >= 13 => Some(Kind::Dtls),
        128..=191 if datagram.len() >= 12 => Some(Kind::Rtp),
        _ => None,
    }
}

fn stun(datagram: &[u8]) -> Option<Kind<'_>> {
    let (header, mut attributes) = datagram.split_at_checked(STUN_HEADER)?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    if length != attributes.len() || !length.is_multiple_of(4) || header[4..8] != STUN_MAGIC {
        return None;
    }
    if u16::from_be_bytes([header[0], header[1]]) != BINDING_REQUEST {
        return Some(Kind::Stun);
    }
    while let Some((head, rest)) = attributes.split_at_checked(4) {
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        if kind == USERNAME {
            let name = std::str::from_utf8(rest.get(..length)?).ok()?;
            let (local_ufrag, _) = name.split_once(':')?;
            return Some(Kind::BindingRequest { local_ufrag });
        }
        attributes = rest.get(length.next_multiple_of(4)..)?;
    }
    Some(Kind::Stun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(username: &str) -> Vec<u8> {
        let padded = username.len().next_multiple_of(4);
        let mut out = vec![0, 1];
        out.extend(((8 + 4 + padded) as u16).to_be_bytes());
        out.extend(STUN_MAGIC);
        out.extend([7; 12]);
        // PRIORITY first: the name need not be the first attribute.
        out.extend([0, 0x24, 0, 4, 1, 2, 3, 4]);
        out.extend(USERNAME.to_be_bytes());
        out.extend((username.len() as u16).to_be_bytes());
        out.extend(username.as_bytes());
        out.resize(STUN_HEADER + 8 + 4 + padded, 0);
        out
    }

    #[test]
    fn a_binding_request_names_its_receiver() {
        for name in ["a:b", "abcd:efgh", "abcdefghijklmnop:x"] {
            let local_ufrag = name.split(':').next().expect("a first part");
            assert_eq!(
                classify(&request(name)),
                Some(Kind::BindingRequest { local_ufrag })
            );
        }
        assert_eq!(classify(&request("nocolon")), None);
    }

    #[test]
    fn the_first_byte_tells() {
        assert_eq!(classify(&[22; 50]), Some(Kind::Dtls));
        assert_eq!(classify(&[0x80; 50]), Some(Kind::Rtp));
        assert_eq!(classify(&[]), None);
        assert_eq!(classify(&[22]), None);
        assert_eq!(classify(&[255; 100]), None);
        assert_eq!(classify(&[0; 100]), None, "no magic cookie");
        let mut truncated = request("abcd:efgh");
        truncated.pop();
        assert_eq!(classify(&truncated), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(datagram: Vec<u8>) {
            let _ = classify(&datagram);
        }

        #[test]
        fn a_damaged_request_is_survived(at in 0usize..60, byte: u8, cut in 0usize..60) {
            let mut datagram = request("abcdefgh:ijklmnop");
            let length = datagram.len();
            datagram[at % length] = byte;
            let _ = classify(&datagram);
            datagram.truncate(cut);
            let _ = classify(&datagram);
        }
    }
}
