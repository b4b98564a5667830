//! Compact JWE (RFC 7516) with `alg: dir` and `enc: A256GCM`: five segments, the second one empty.
//!
//! The additional authenticated data is the encoded protected header, as the RFC has it, so whoever changes a
//! letter of the header (the kind of token, the key's name, where the client is sent) has a token that does
//! not open.
//!
//! IVs are 96 random bits. One key may therefore seal 2^32 tokens before the chance of a repeated IV reaches
//! 2^-32 (NIST SP 800-38D, 8.3): more than a thousand a second for a month; rotate before that.

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use offhook_proto::limits;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::encoding::{append_base64url, from_base64url, random};
use crate::error::TokenError;

const ALG: &str = "dir";
const ENC: &str = "A256GCM";
const TAG_BYTES: usize = 16;
const IV_BYTES: usize = 12;

/// The protected header. Member order is the order of serialisation.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) enc: String,
    pub(crate) typ: String,
    pub(crate) kid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) iss: Option<String>,
    /// Compression and critical extensions are never made here, and so never accepted.
    #[serde(default, skip_serializing)]
    zip: Option<serde::de::IgnoredAny>,
    #[serde(default, skip_serializing)]
    crit: Option<serde::de::IgnoredAny>,
}

impl Header {
    pub(crate) fn new(typ: &str, kid: &str) -> Self {
        Self {
            alg: ALG.to_owned(),
            enc: ENC.to_owned(),
            typ: typ.to_owned(),
            kid: kid.to_owned(),
            ch: None,
            iss: None,
            zip: None,
            crit: None,
        }
    }
}

/// A token taken apart, not yet opened.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) header: Header,
    encoded_header: &'a str,
    iv: [u8; IV_BYTES],
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

/// Encrypts `payload` under `header`.
pub(crate) fn seal(key: &LessSafeKey, header: &Header, payload: &[u8]) -> String {
    // A struct of strings always serialises.
    let header = serde_json::to_vec(header).expect("a header is plain JSON");
    let bytes = header.len() + IV_BYTES + payload.len() + TAG_BYTES;
    let mut token = String::with_capacity(bytes * 4 / 3 + 16);
    append_base64url(&header, &mut token);
    let iv: [u8; IV_BYTES] = random();
    let mut text = Zeroizing::new(payload.to_vec());
    let tag = key
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(iv),
            Aad::from(token.as_bytes()),
            &mut text,
        )
        // Fails only beyond 2^36 bytes; payloads are a few hundred.
        .expect("a payload is short enough for AES-GCM");
    token.push('.');
    for part in [&iv[..], &text, tag.as_ref()] {
        token.push('.');
        append_base64url(part, &mut token);
    }
    token
}

/// Takes a token apart and checks everything that can be checked without a key.
pub(crate) fn parse(token: &str) -> Result<Envelope<'_>, TokenError> {
    use TokenError::Malformed;
    if token.len() > limits::TOKEN_BYTES {
        return Err(Malformed("too long"));
    }
    let mut segments = token.split('.');
    let mut segment = || segments.next().ok_or(Malformed("five segments are needed"));
    let (encoded_header, encrypted_key, iv, ciphertext, tag) =
        (segment()?, segment()?, segment()?, segment()?, segment()?);
    if segments.next().is_some() {
        return Err(Malformed("five segments are needed"));
    }
    if !encrypted_key.is_empty() {
        return Err(Malformed("there must be no encrypted key"));
    }
    let header: Header = from_base64url(encoded_header)
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or(Malformed("the header is not one of ours"))?;
    if header.alg != ALG || header.enc != ENC || header.zip.is_some() || header.crit.is_some() {
        return Err(Malformed(
            "alg must be dir and enc A256GCM, without zip and crit",
        ));
    }
    let iv = from_base64url(iv)
        .and_then(|iv| iv.try_into().ok())
        .ok_or(Malformed("the IV is not 96 bits"))?;
    let ciphertext =
        from_base64url(ciphertext).ok_or(Malformed("the ciphertext is not base64url"))?;
    let tag = from_base64url(tag)
        .filter(|tag| tag.len() == TAG_BYTES)
        .ok_or(Malformed("the tag is not 128 bits"))?;
    Ok(Envelope {
        header,
        encoded_header,
        iv,
        ciphertext,
        tag,
    })
}

impl Envelope<'_> {
    /// Decrypts; `None` when key, header, IV, text or tag is not what was sealed.
    pub(crate) fn open(self, key: &LessSafeKey) -> Option<Zeroizing<Vec<u8>>> {
        let mut text = Zeroizing::new(self.ciphertext);
        text.extend_from_slice(&self.tag);
        let nonce = Nonce::assume_unique_for_key(self.iv);
        let length = key
            .open_in_place(nonce, Aad::from(self.encoded_header.as_bytes()), &mut text)
            .ok()?
            .len();
        text.truncate(length);
        Some(text)
    }
}
