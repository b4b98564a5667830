//! Public keys as clients show them (RFC 7517), and their thumbprints (RFC 7638).

use aws_lc_rs::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::encoding::{base64url, from_base64url, sha256};
use crate::error::ProofError;

/// Letters of a SHA-256 thumbprint in base64url.
pub const THUMBPRINT_CHARS: usize = 43;
/// Shorter moduli can be factored.
const RSA_LEAST_BITS: usize = 2048;
/// Longer ones only make checking slow.
const RSA_MOST_BITS: usize = 4096;

/// Whether a text has the form of a thumbprint: 43 letters of base64url.
pub fn is_thumbprint(text: &str) -> bool {
    text.len() == THUMBPRINT_CHARS
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A public key fit for signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA, 2048 to 4096 bits; big-endian without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The public exponent.
        e: Vec<u8>,
    },
    /// The curve P-256.
    P256 {
        /// First coordinate.
        x: [u8; 32],
        /// Second coordinate.
        y: [u8; 32],
    },
    /// Edwards curve 25519.
    Ed25519 {
        /// The point, as RFC 8032 writes it.
        x: [u8; 32],
    },
}

/// The members of a JWK that matter here. What the browser's key export adds (`alg`, `ext`, `key_ops`) is ignored.
#[derive(Deserialize)]
pub(crate) struct Jwk {
    kty: String,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    // Members of private and symmetric keys: whoever sends one has given the key away.
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    dp: Option<IgnoredAny>,
    dq: Option<IgnoredAny>,
    qi: Option<IgnoredAny>,
    oth: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

impl PublicKey {
    /// From the text of a JWK.
    ///
    /// # Errors
    /// [`ProofError::BadKey`] when it is no JWK, private, symmetric, too weak, or of a kind not supported.
    pub fn from_jwk(json: &str) -> Result<Self, ProofError> {
        let jwk: Jwk = serde_json::from_str(json).map_err(|_| ProofError::BadKey("not a JWK"))?;
        jwk.try_into()
    }

    /// The thumbprint: SHA-256 over the required members in alphabetical order, in base64url.
    pub fn thumbprint(&self) -> String {
        let canonical = match self {
            Self::Rsa { n, e } => format!(
                r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#,
                base64url(e),
                base64url(n)
            ),
            Self::P256 { x, y } => {
                format!(
                    r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
                    base64url(x),
                    base64url(y)
                )
            }
            Self::Ed25519 { x } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url(x))
            }
        };
        base64url(&sha256(canonical.as_bytes()))
    }

    /// Whether `signature` over `message` was made by this key, by the one JOSE algorithm that goes with it.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa { n, e } => RsaPublicKeyComponents { n, e }.verify(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
            Self::P256 { x, y } => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(x);
                point[33..].copy_from_slice(y);
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature)
            }
            Self::Ed25519 { x } => {
                UnparsedPublicKey::new(&signature::ED25519, x).verify(message, signature)
            }
        }
        .is_ok()
    }
}

impl TryFrom<Jwk> for PublicKey {
    type Error = ProofError;

    fn try_from(jwk: Jwk) -> Result<Self, ProofError> {
        use ProofError::BadKey;
        let private = [
            &jwk.d, &jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi, &jwk.oth, &jwk.k,
        ];
        if private.iter().any(|member| member.is_some()) {
            return Err(BadKey("it is private or symmetric"));
        }
        match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", None) => {
                let n = member(jwk.n)?;
                let e = member(jwk.e)?;
                let canonical = n.first().is_some_and(|&first| first != 0)
                    && e.first().is_some_and(|&first| first != 0);
                if !canonical {
                    return Err(BadKey("n and e must be positive, without leading zeros"));
                }
                // The first octet is not zero, so the count below is the length of the number.
                let bits = n.len() * 8 - n[0].leading_zeros() as usize;
                if !(RSA_LEAST_BITS..=RSA_MOST_BITS).contains(&bits) {
                    return Err(BadKey("RSA keys must have 2048 to 4096 bits"));
                }
                // 3 to 2^32 - 1, odd: anything else is either weak or made to be slow.
                let sound = e.len() <= 4 && e != [1] && e.last().is_some_and(|last| last % 2 == 1);
                if !sound {
                    return Err(BadKey("the RSA exponent must be odd and from 3 to 2^32"));
                }
                Ok(Self::Rsa { n, e })
            }
            ("EC", Some("P-256")) => Ok(Self::P256 {
                x: coordinate(jwk.x)?,
                y: coordinate(jwk.y)?,
            }),
            ("OKP", Some("Ed25519")) => Ok(Self::Ed25519 {
                x: coordinate(jwk.x)?,
            }),
            _ => Err(BadKey(
                "only RSA, EC on P-256 and OKP on Ed25519 are supported",
            )),
        }
    }
}

fn member(text: Option<String>) -> Result<Vec<u8>, ProofError> {
    let text = text.ok_or(ProofError::BadKey("a member is missing"))?;
    from_base64url(&text).ok_or(ProofError::BadKey("a member is not base64url"))
}

fn coordinate(text: Option<String>) -> Result<[u8; 32], ProofError> {
    member(text)?
        .try_into()
        .map_err(|_| ProofError::BadKey("a coordinate is not 32 bytes long"))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// RFC 7638, section 3.1.
    const RFC_7638_KEY: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;

    #[test]
    fn thumbprint_of_the_rfc() {
        let key = PublicKey::from_jwk(RFC_7638_KEY).unwrap();
        assert_eq!(
            key.thumbprint(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
        assert!(is_thumbprint(&key.thumbprint()));
    }

    /// RFC 8037, appendix A.3.
    #[test]
    fn thumbprint_of_an_edwards_key() {
        let key = PublicKey::from_jwk(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        );
        assert_eq!(
            key.unwrap().thumbprint(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    /// RFC 9449: the key of figure 4 and the `jkt` of section 6.1.
    #[test]
    fn thumbprint_of_an_elliptic_key() {
        let key = PublicKey::from_jwk(
            r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#,
        );
        assert_eq!(
            key.unwrap().thumbprint(),
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        );
    }

    #[test]
    fn refuses_keys_that_are_private_symmetric_weak_or_foreign() {
        let weak = base64url(&[0xff; 255]);
        let long = base64url(&[0xff; 513]);
        let good = base64url(&[0xff; 256]);
        for json in [
            r#"{"kty":"oct","k":"AAAA"}"#.to_owned(),
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"AA"}"#.to_owned(),
            r#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#.to_owned(),
            r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#.to_owned(),
            format!(r#"{{"kty":"RSA","n":"{weak}","e":"AQAB"}}"#),
            format!(r#"{{"kty":"RSA","n":"{long}","e":"AQAB"}}"#),
            format!(r#"{{"kty":"RSA","n":"AA{good}","e":"AQAB"}}"#),
            format!(r#"{{"kty":"RSA","n":"{good}","e":"AQ"}}"#),
            format!(r#"{{"kty":"RSA","n":"{good}","e":"Ag"}}"#),
            format!(r#"{{"kty":"RSA","n":"{good}","e":"AQAAAAE"}}"#),
            format!(r#"{{"kty":"RSA","n":"{good}","n":"{good}","e":"AQAB"}}"#),
            format!(r#"{{"kty":"RSA","n":"{good}"}}"#),
            "[]".to_owned(),
        ] {
            assert!(matches!(PublicKey::from_jwk(&json), Err(ProofError::BadKey(_))), "{json}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(
            text in "\\PC{0,80}",
            kty in "RSA|EC|OKP|oct|[a-z]{0,4}",
            crv in "P-256|Ed25519|P-384|[a-z]{0,4}",
            number in "[A-Za-z0-9_=-]{0,60}",
            signature: Vec<u8>,
        ) {
            let _ = PublicKey::from_jwk(&text);
            let jwk = format!(r#"{{"kty":"{kty}","crv":"{crv}","x":"{number}","y":"{number}","n":"{number}","e":"AQAB"}}"#);
            if let Ok(key) = PublicKey::from_jwk(&jwk) {
                proptest::prop_assert!(is_thumbprint(&key.thumbprint()));
                proptest::prop_assert!(!key.verifies(b"message", &signature));
            }
        }

        #[test]
        fn a_key_reads_as_it_is_written_and_its_thumbprint_is_the_standards(
            members in any_key(),
            reversed: bool,
            extra in "[a-z]{3,8}",
        ) {
            let mut written: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{name:?}:{value:?}"))
                .collect();
            written.push(format!("\"{extra}_\":[true,{{}}]"));
            if reversed {
                written.reverse();
            }
            let key = PublicKey::from_jwk(&format!("{{{}}}", written.join(","))).unwrap();
            let read = match &key {
                PublicKey::Rsa { n, e } => vec![("e", base64url(e)), ("kty", "RSA".into()), ("n", base64url(n))],
                PublicKey::P256 { x, y } => {
                    let (x, y) = (base64url(x), base64url(y));
                    vec![("crv", "P-256".into()), ("kty", "EC".into()), ("x", x), ("y", y)]
                }
                PublicKey::Ed25519 { x } => vec![("crv", "Ed25519".into()), ("kty", "OKP".into()), ("x", base64url(x))],
            };
            proptest::prop_assert_eq!(&read, &members);
            // RFC 7638, section 3: the members that are needed, by their names, without white space.
            let canonical: std::collections::BTreeMap<_, _> = members.into_iter().collect();
            let canonical = serde_json::to_string(&canonical).unwrap();
            proptest::prop_assert_eq!(key.thumbprint(), base64url(&sha256(canonical.as_bytes())));
        }

        #[test]
        fn whatever_gives_a_private_part_away_is_refused(
            members in any_key(),
            part in "d|p|q|dp|dq|qi|oth|k",
            value in "\"[A-Za-z0-9_-]{0,40}\"|[0-9]{1,9}|[{][}]|\\[\\]|true",
        ) {
            let written: String = members.iter().map(|(name, text)| format!("{name:?}:{text:?},")).collect();
            let read = PublicKey::from_jwk(&format!("{{{written}\"{part}\":{value}}}"));
            proptest::prop_assert!(matches!(read, Err(ProofError::BadKey(_))));
        }
    }

    /// The members of a key that is taken, in the order of their names.
    fn any_key() -> impl Strategy<Value = Vec<(&'static str, String)>> {
        let number = |first: std::ops::RangeInclusive<u8>, len: std::ops::RangeInclusive<usize>| {
            (first, vec(any::<u8>(), len)).prop_map(|(first, mut bytes)| {
                bytes[0] = first;
                bytes
            })
        };
        let rsa = (
            number(0x80..=0xff, 256..=512),
            prop_oneof![Just(vec![3]), Just(vec![1, 0, 1]), number(1..=255, 2..=4)],
        );
        prop_oneof![
            rsa.prop_map(|(n, mut e)| {
                *e.last_mut().unwrap() |= 1;
                vec![
                    ("e", base64url(&e)),
                    ("kty", "RSA".into()),
                    ("n", base64url(&n)),
                ]
            }),
            any::<([u8; 32], [u8; 32])>().prop_map(|(x, y)| {
                vec![
                    ("crv", "P-256".into()),
                    ("kty", "EC".into()),
                    ("x", base64url(&x)),
                    ("y", base64url(&y)),
                ]
            }),
            any::<[u8; 32]>().prop_map(|x| vec![
                ("crv", "Ed25519".into()),
                ("kty", "OKP".into()),
                ("x", base64url(&x))
            ]),
        ]
    }
}
