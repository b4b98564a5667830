//! Proofs of possession (RFC 9449), with RPCs and with HTTP requests (wire-protocol.md 2.5).
//!
//! A proof is a JWS made by the client's key, with the public key in its header. It proves that whoever speaks
//! has the private key; which key a token asks for is in the token ([`SatClaims::check_binding`]).
//!
//! [`SatClaims::check_binding`]: crate::SatClaims::check_binding

mod http;
mod target;

use offhook_proto::limits;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::encoding::from_base64url;
use crate::error::ProofError;
use crate::jwk::{Jwk, PublicKey};

pub use http::{HttpProof, HttpRequest, Rules, verify_http};

/// A proof that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Thumbprint of the key that made it.
    pub jkt: String,
    /// Names this one proof: at most [`limits::PROOF_ID_BYTES`] bytes. Seen twice, it is a replay.
    pub jti: String,
    /// Seconds since 1970 by the client's clock, within [`limits::PROOF_SKEW_S`] of ours.
    pub iat: u64,
}

/// Checks a proof that came with the RPC `method` (`signalwire.connect` or `signalwire.reauthenticate`).
///
/// RS256, as the official client makes them, ES256 and EdDSA are accepted.
///
/// # Errors
/// Each refusal of the security checklist is a variant of [`ProofError`]. The signature, which is what costs, is
/// looked at last.
///
/// # Examples
/// ```
/// use offhook_auth::{ProofError, dpop};
/// let refused = dpop::verify_rpc("not a proof", "signalwire.connect", 1_760_000_000);
/// assert!(matches!(refused, Err(ProofError::Malformed(_))));
/// ```
pub fn verify_rpc(proof: &str, method: &str, now_s: u64) -> Result<Proof, ProofError> {
    let jws = Jws::parse(proof)?;
    let claims: RpcClaims = serde_json::from_slice(&jws.payload)
        .map_err(|_| ProofError::Malformed("the payload lacks jti, rpc, mth or iat"))?;
    if claims.rpc != "request" {
        return Err(ProofError::Mismatch("rpc"));
    }
    if claims.mth != method {
        return Err(ProofError::Mismatch("mth"));
    }
    check_id(&claims.jti)?;
    let iat = check_age(claims.iat, now_s)?;
    jws.check_signature()?;
    Ok(Proof {
        jkt: jws.key.thumbprint(),
        jti: claims.jti,
        iat,
    })
}

#[derive(Deserialize)]
struct RpcClaims {
    jti: String,
    rpc: String,
    mth: String,
    iat: f64,
}

#[derive(Deserialize)]
struct ProofHeader {
    typ: Option<String>,
    alg: Option<String>,
    jwk: Option<Jwk>,
    crit: Option<IgnoredAny>,
}

/// A compact JWS whose header has been judged and whose signature has not.
struct Jws<'a> {
    key: PublicKey,
    payload: Vec<u8>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    fn parse(text: &'a str) -> Result<Self, ProofError> {
        use ProofError::Malformed;
        if text.len() > limits::PROOF_BYTES {
            return Err(Malformed("too long"));
        }
        let (signed, signature) = text
            .rsplit_once('.')
            .ok_or(Malformed("three segments are needed"))?;
        let (header, payload) = signed
            .split_once('.')
            .ok_or(Malformed("three segments are needed"))?;
        if payload.contains('.') {
            return Err(Malformed("three segments are needed"));
        }
        let header = from_base64url(header).ok_or(Malformed("the header is not base64url"))?;
        let header: ProofHeader = serde_json::from_slice(&header)
            .map_err(|_| Malformed("the header is not understood"))?;
        if header.typ.as_deref() != Some("dpop+jwt") {
            return Err(ProofError::WrongType);
        }
        if header.crit.is_some() {
            return Err(ProofError::CriticalExtension);
        }
        let alg = header.alg.as_deref().unwrap_or_default();
        if !matches!(alg, "RS256" | "ES256" | "EdDSA") {
            return Err(ProofError::UnsupportedAlgorithm);
        }
        let key: PublicKey = header
            .jwk
            .ok_or(ProofError::BadKey("there is none in the header"))?
            .try_into()?;
        let fits = match key {
            PublicKey::Rsa { .. } => alg == "RS256",
            PublicKey::P256 { .. } => alg == "ES256",
            PublicKey::Ed25519 { .. } => alg == "EdDSA",
        };
        if !fits {
            return Err(ProofError::BadKey("it does not go with alg"));
        }
        let payload = from_base64url(payload).ok_or(Malformed("the payload is not base64url"))?;
        let signature =
            from_base64url(signature).ok_or(Malformed("the signature is not base64url"))?;
        Ok(Self {
            key,
            payload,
            signed,
            signature,
        })
    }

    fn check_signature(&self) -> Result<(), ProofError> {
        if self.key.verifies(self.signed.as_bytes(), &self.signature) {
            Ok(())
        } else {
            Err(ProofError::BadSignature)
        }
    }
}

fn check_id(jti: &str) -> Result<(), ProofError> {
    if jti.is_empty() || jti.len() > limits::PROOF_ID_BYTES {
        return Err(ProofError::Malformed("jti must have 1 to 128 bytes"));
    }
    Ok(())
}

fn check_age(iat: f64, now_s: u64) -> Result<u64, ProofError> {
    // A fraction is legal in a NumericDate (RFC 7519, section 2); negative, infinite and not-a-number become 0 here,
    // which is stale.
    let iat = iat as u64;
    if iat.abs_diff(now_s) > limits::PROOF_SKEW_S {
        return Err(ProofError::Stale { iat, now_s });
    }
    Ok(iat)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
        RSA_PKCS1_SHA256, RsaKeyPair,
    };
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::encoding::base64url;

    const NOW: u64 = 1_760_000_000;
    const METHOD: &str = "signalwire.connect";

    enum Signer {
        Rsa(Box<RsaKeyPair>),
        P256(EcdsaKeyPair),
        Ed25519(Ed25519KeyPair),
    }

    impl Signer {
        fn rsa() -> Self {
            Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
        }

        fn p256() -> Self {
            Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
        }

        fn ed25519() -> Self {
            Self::Ed25519(Ed25519KeyPair::generate().unwrap())
        }

        fn alg(&self) -> &'static str {
            match self {
                Self::Rsa(_) => "RS256",
                Self::P256(_) => "ES256",
                Self::Ed25519(_) => "EdDSA",
            }
        }

        /// As a browser exports it, with the members nobody needs.
        fn jwk(&self) -> Value {
            match self {
                Self::Rsa(pair) => {
                    // DER of two INTEGERs (RFC 8017, A.1.1): 256 bytes of modulus behind a zero, three of exponent.
                    let der = pair.public_key().as_ref();
                    let (n, e) = (base64url(&der[9..265]), base64url(&der[267..]));
                    json!({"alg": "RS256", "e": e, "ext": true, "key_ops": ["verify"], "kty": "RSA", "n": n})
                }
                Self::P256(pair) => {
                    let point = pair.public_key().as_ref();
                    json!({"kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..])})
                }
                Self::Ed25519(pair) => {
                    json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref())})
                }
            }
        }

        fn sign(&self, header: &Value, payload: &Value) -> String {
            let signed = format!(
                "{}.{}",
                base64url(header.to_string().as_bytes()),
                base64url(payload.to_string().as_bytes())
            );
            let random = SystemRandom::new();
            let signature = match self {
                Self::Rsa(pair) => {
                    let mut signature = vec![0; pair.public_modulus_len()];
                    pair.sign(
                        &RSA_PKCS1_SHA256,
                        &random,
                        signed.as_bytes(),
                        &mut signature,
                    )
                    .unwrap();
                    signature
                }
                Self::P256(pair) => pair
                    .sign(&random, signed.as_bytes())
                    .unwrap()
                    .as_ref()
                    .to_vec(),
                Self::Ed25519(pair) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
            };
            format!("{signed}.{}", base64url(&signature))
        }

        fn header(&self) -> Value {
            json!({"typ": "dpop+jwt", "alg": self.alg(), "jwk": self.jwk()})
        }
    }

    fn payload() -> Value {
        json!({"jti": "0b0e", "rpc": "request", "mth": METHOD, "iat": NOW})
    }

    fn with(mut object: Value, name: &str, value: Value) -> Value {
        object[name] = value;
        object
    }

    #[test]
    fn accepts_each_algorithm_and_names_the_key() {
        for signer in [Signer::rsa(), Signer::p256(), Signer::ed25519()] {
            let proof = signer.sign(&signer.header(), &payload());
            let expected = PublicKey::from_jwk(&signer.jwk().to_string())
                .unwrap()
                .thumbprint();
            assert_eq!(
                verify_rpc(&proof, METHOD, NOW),
                Ok(Proof {
                    jkt: expected,
                    jti: "0b0e".into(),
                    iat: NOW
                })
            );
        }
    }

    #[test]
    fn a_proof_for_connect_is_refused_on_reauthenticate() {
        let signer = Signer::p256();
        let proof = signer.sign(&signer.header(), &payload());
        assert_eq!(
            verify_rpc(&proof, "signalwire.reauthenticate", NOW),
            Err(ProofError::Mismatch("mth"))
        );
    }

    fn request<'a>(rules: Rules<'a>) -> HttpRequest<'a> {
        HttpRequest {
            method: "POST",
            origins: &["https://calls.example.com"],
            path: "/x",
            access_token: "token",
            rules,
        }
    }

    /// The hash is that of `token`.
    fn http_payload() -> Value {
        json!({"jti": "7", "htm": "POST", "htu": "https://calls.example.com/x", "iat": NOW,
            "ath": "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A"})
    }

    #[test]
    fn an_http_proof_names_method_address_and_token() {
        let signer = Signer::p256();
        let check = |payload: &Value, rules: Rules<'_>| {
            verify_http(
                &signer.sign(&signer.header(), payload),
                &request(rules),
                NOW,
            )
        };
        let good = check(&http_payload(), Rules::default()).unwrap();
        assert!(good.hashed && !good.relative);
        for (member, value, refused) in [
            ("htm", json!("post"), ProofError::Mismatch("htm")),
            ("htm", json!("GET"), ProofError::Mismatch("htm")),
            (
                "htu",
                json!("https://calls.example.com/y"),
                ProofError::Mismatch("htu"),
            ),
            ("htu", json!("/x"), ProofError::Mismatch("htu")),
            ("ath", json!("PEaenWxYddN6Q"), ProofError::Mismatch("ath")),
        ] {
            let payload = with(http_payload(), member, value);
            assert_eq!(check(&payload, Rules::default()), Err(refused), "{member}");
        }
        let hashless = with(http_payload(), "ath", Value::Null);
        assert!(matches!(
            check(&hashless, Rules::default()),
            Err(ProofError::Malformed(_))
        ));
    }

    #[test]
    fn a_path_alone_and_no_hash_do_only_where_the_official_client_needs_it() {
        let signer = Signer::rsa();
        let payload = json!({"jti": "7", "htm": "POST", "htu": "/x", "iat": NOW});
        let proof = signer.sign(&signer.header(), &payload);
        let lenient = Rules {
            relative_target: true,
            optional_hash: true,
            nonces: None,
        };
        let accepted = verify_http(&proof, &request(lenient), NOW).unwrap();
        assert!(accepted.relative && !accepted.hashed);
        assert!(verify_http(&proof, &request(Rules::default()), NOW).is_err());
    }

    #[test]
    fn a_nonce_is_asked_for_where_it_is_the_rule() {
        let signer = Signer::ed25519();
        let nonces = ["a".to_owned(), "b".to_owned()];
        let rules = Rules {
            nonces: Some(&nonces),
            ..Rules::default()
        };
        for (nonce, good) in [
            (json!("b"), true),
            (json!("c"), false),
            (Value::Null, false),
        ] {
            let payload = with(http_payload(), "nonce", nonce);
            let proof = signer.sign(&signer.header(), &payload);
            let outcome = verify_http(&proof, &request(rules), NOW);
            assert_eq!(outcome.is_ok(), good);
            assert!(good || outcome == Err(ProofError::Nonce));
        }
    }

    #[test]
    fn a_proof_for_http_is_refused_on_an_rpc() {
        let signer = Signer::p256();
        let http = json!({"jti": "1", "htm": "POST", "htu": "/", "iat": NOW});
        assert!(matches!(
            verify_rpc(&signer.sign(&signer.header(), &http), METHOD, NOW),
            Err(ProofError::Malformed(_))
        ));
        let other = with(payload(), "rpc", json!("response"));
        assert_eq!(
            verify_rpc(&signer.sign(&signer.header(), &other), METHOD, NOW),
            Err(ProofError::Mismatch("rpc"))
        );
    }

    #[test]
    fn age_is_bounded_on_both_sides() {
        let signer = Signer::ed25519();
        for (iat, good) in [
            (NOW - 300, true),
            (NOW + 300, true),
            (NOW - 301, false),
            (NOW + 301, false),
            (0, false),
        ] {
            let proof = signer.sign(&signer.header(), &with(payload(), "iat", json!(iat)));
            assert_eq!(verify_rpc(&proof, METHOD, NOW).is_ok(), good, "{iat}");
        }
        let negative = signer.sign(&signer.header(), &with(payload(), "iat", json!(-1e300)));
        assert!(matches!(
            verify_rpc(&negative, METHOD, NOW),
            Err(ProofError::Stale { .. })
        ));
    }

    #[test]
    fn refuses_what_the_checklist_names() {
        let signer = Signer::rsa();
        let header = signer.header();
        let refusal = |header: &Value, payload: &Value| {
            verify_rpc(&signer.sign(header, payload), METHOD, NOW).unwrap_err()
        };
        assert_eq!(
            refusal(&with(header.clone(), "typ", json!("JWT")), &payload()),
            ProofError::WrongType
        );
        for alg in ["none", "HS256", "RS384", "PS256", ""] {
            assert_eq!(
                refusal(&with(header.clone(), "alg", json!(alg)), &payload()),
                ProofError::UnsupportedAlgorithm
            );
        }
        assert!(matches!(
            refusal(&with(header.clone(), "alg", json!("ES256")), &payload()),
            ProofError::BadKey(_)
        ));
        assert_eq!(
            refusal(&with(header.clone(), "crit", json!(["exp"])), &payload()),
            ProofError::CriticalExtension
        );
        let private = with(signer.jwk(), "d", json!("AA"));
        assert!(matches!(
            refusal(&with(header.clone(), "jwk", private), &payload()),
            ProofError::BadKey(_)
        ));
        let symmetric = json!({"kty": "oct", "k": "AAAA"});
        assert!(matches!(
            refusal(&with(header.clone(), "jwk", symmetric), &payload()),
            ProofError::BadKey(_)
        ));
        assert!(matches!(
            refusal(&json!({"typ": "dpop+jwt", "alg": "RS256"}), &payload()),
            ProofError::BadKey(_)
        ));
        assert!(matches!(
            refusal(&header, &with(payload(), "jti", json!(""))),
            ProofError::Malformed(_)
        ));
        assert!(matches!(
            refusal(&header, &with(payload(), "jti", json!("x".repeat(129)))),
            ProofError::Malformed(_)
        ));
        // The right form, signed by somebody else's key.
        let stranger = Signer::rsa();
        assert_eq!(
            verify_rpc(&stranger.sign(&header, &payload()), METHOD, NOW),
            Err(ProofError::BadSignature)
        );
    }

    #[test]
    fn two_proofs_in_one_are_malformed() {
        let signer = Signer::ed25519();
        let proof = signer.sign(&signer.header(), &payload());
        for text in [
            format!("{proof},{proof}"),
            format!("{proof}.{proof}"),
            format!("{proof}."),
        ] {
            assert!(
                matches!(
                    verify_rpc(&text, METHOD, NOW),
                    Err(ProofError::Malformed(_))
                ),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,300}") {
            prop_assert!(verify_rpc(&text, METHOD, NOW).is_err());
        }

        #[test]
        fn no_json_makes_the_parser_panic(header in "[\\[\\]{}\":,a-z0-9.-]{0,80}", payload in "[\\[\\]{}\":,a-z0-9.-]{0,80}") {
            let text = format!("{}.{}.AAAA", base64url(header.as_bytes()), base64url(payload.as_bytes()));
            prop_assert!(verify_rpc(&text, METHOD, NOW).is_err());
        }

        #[test]
        fn a_tampered_proof_is_refused(position in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_-]") {
            let signer = Signer::ed25519();
            let proof = signer.sign(&signer.header(), &payload());
            let at = position.index(proof.len());
            let mut altered = proof.clone();
            altered.replace_range(at..=at, &letter);
            prop_assume!(altered != proof);
            prop_assert!(verify_rpc(&altered, METHOD, NOW).is_err());
        }
    }
}
