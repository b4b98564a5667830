//! The certificate of the TLS listener: the owner's, or one by a local authority in the data directory.
//!
//! The official client insists on https and on names made from the token (wire-protocol.md 1.1), so a development server
//! needs a certificate for `*.offhook.localhost`. Trust `<data>/tls/ca.pem` once, in a browser or on a device, and every
//! certificate made here is good there. The authority's key never leaves that directory, and it can vouch for the names
//! below only.

use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use offhook_proto::rest::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

use crate::clock::now_s;

/// Names the local authority may vouch for, subdomains included.
const DOMAINS: [&str; 2] = ["offhook.localhost", "localhost"];
const DAY_S: u64 = 24 * 3600;
const CA_LIFE_S: u64 = 3650 * DAY_S;
/// Apple's systems take no longer life, whoever signed (support.apple.com/103769).
const LEAF_LIFE_S: u64 = 820 * DAY_S;
/// A certificate is made anew when it is older.
const LEAF_RENEWAL: Duration = Duration::from_secs(400 * DAY_S);

/// Where certificate and key come from.
#[derive(Clone, Debug)]
pub(crate) enum CertificateSource {
    /// The owner's PEM files.
    Files { certificate: PathBuf, key: PathBuf },
    /// The local authority of this directory.
    Local { directory: PathBuf },
}

/// Why there is no certificate. The operator's to mend.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A file holds no PEM of the kind needed.
    #[error("{} holds no usable {what} in PEM form: {reason}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// `certificate` or `key`.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Key and certificate do not go together, or the library refuses them.
    #[error("certificate or key refused: {0}")]
    Refused(#[from] rustls::Error),
    /// The local certificate could not be made.
    #[error("the local certificate could not be made: {0}")]
    Making(#[from] rcgen::Error),
}

/// A configuration for HTTP/1.1, which is what carries WebSockets.
pub(crate) fn server_config(source: &CertificateSource) -> Result<Arc<ServerConfig>, TlsError> {
    let (certificate, key) = match source {
        CertificateSource::Files { certificate, key } => (certificate.clone(), key.clone()),
        CertificateSource::Local { directory } => local_certificate(directory)?,
    };
    let pem_error = |what, path: &Path| {
        let path = path.to_owned();
        move |error: rustls_pki_types::pem::Error| TlsError::Pem {
            path,
            what,
            reason: error.to_string(),
        }
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect)
        .map_err(pem_error("certificate", &certificate))?;
    let private = PrivateKeyDer::from_pem_file(&key).map_err(pem_error("key", &key))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Paths of the certificate and its key, made if there are none or if they are old.
fn local_certificate(directory: &Path) -> Result<(PathBuf, PathBuf), TlsError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::Io { path, source }
    };
    fs::create_dir_all(directory).map_err(at(directory))?;
    let (ca_pem, ca_key) = (directory.join("ca.pem"), directory.join("ca.key"));
    let (leaf_pem, leaf_key) = (directory.join("server.pem"), directory.join("server.key"));
    let now = now_s();

    let authority = if ca_pem.exists() && ca_key.exists() {
        let text = fs::read_to_string(&ca_key).map_err(at(&ca_key))?;
        KeyPair::from_pem(&text)?
    } else {
        let key = KeyPair::generate()?;
        write(&ca_key, key.serialize_pem().as_bytes(), true).map_err(at(&ca_key))?;
        let certificate = ca_params(now).self_signed(&key)?;
        write(&ca_pem, certificate.pem().as_bytes(), false).map_err(at(&ca_pem))?;
        let _ = fs::remove_file(&leaf_pem);
        tracing::info!(path = %ca_pem.display(), "made a local certificate authority; trust this file to use https without warnings");
        key
    };
    if !is_fresh(&leaf_pem) || !leaf_key.exists() {
        let key = KeyPair::generate()?;
        // The issuer's name and key are all that goes into what it signs.
        let certificate =
            leaf_params(now).signed_by(&key, &Issuer::new(ca_params(now), authority))?;
        write(&leaf_key, key.serialize_pem().as_bytes(), true).map_err(at(&leaf_key))?;
        write(&leaf_pem, certificate.pem().as_bytes(), false).map_err(at(&leaf_pem))?;
    }
    Ok((leaf_pem, leaf_key))
}

fn is_fresh(path: &Path) -> bool {
    let made = fs::metadata(path).and_then(|metadata| metadata.modified());
    made.is_ok_and(|made| SystemTime::now().duration_since(made).unwrap_or_default() < LEAF_RENEWAL)
}

/// Writes a file whole or not at all; private ones readable by their owner only.
fn write(path: &Path, content: &[u8], private: bool) -> io::Result<()> {
    let aside = path.with_extension("new");
    let _ = fs::remove_file(&aside);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if private { 0o600 } else { 0o644 });
    let mut file = options.open(&aside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&aside, path)
}

fn ca_params(now_s: u64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "Offhook local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let mut permitted: Vec<GeneralSubtree> = DOMAINS
        .iter()
        .map(|name| GeneralSubtree::DnsName((*name).to_owned()))
        .collect();
    permitted.push(GeneralSubtree::IpAddress(CidrSubnet::V4(
        [127, 0, 0, 0],
        [255, 0, 0, 0],
    )));
    let [loopback, all] = [Ipv6Addr::LOCALHOST.octets(), [255; 16]];
    permitted.push(GeneralSubtree::IpAddress(CidrSubnet::V6(loopback, all)));
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: permitted,
        excluded_subtrees: Vec::new(),
    });
    set_life(&mut params, now_s, CA_LIFE_S);
    params
}

fn leaf_params(now_s: u64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "Offhook on this machine");
    params.subject_alt_names = ["offhook.localhost", "*.offhook.localhost", "localhost"]
        .into_iter()
        // Plain ASCII, which is all this conversion checks.
        .filter_map(|name| name.try_into().ok().map(SanType::DnsName))
        .chain(
            [
                IpAddr::from(Ipv4Addr::LOCALHOST),
                IpAddr::from(Ipv6Addr::LOCALHOST),
            ]
            .map(SanType::IpAddress),
        )
        .collect();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_life(&mut params, now_s, LEAF_LIFE_S);
    params
}

/// From yesterday, for clocks that are behind.
fn set_life(params: &mut CertificateParams, now_s: u64, life_s: u64) {
    let date = |seconds: u64| {
        let text = Timestamp(seconds).to_string();
        let number = |from: usize, to: usize| text[from..to].parse::<u16>().unwrap_or(1);
        // Months and days have two digits.
        rcgen::date_time_ymd(
            i32::from(number(0, 4)),
            number(5, 7) as u8,
            number(8, 10) as u8,
        )
    };
    params.not_before = date(now_s.saturating_sub(DAY_S));
    params.not_after = date(now_s + life_s);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_certificate_survives_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let source = CertificateSource::Local {
            directory: directory.path().to_owned(),
        };
        server_config(&source).unwrap();
        let before = fs::read(directory.path().join("server.pem")).unwrap();
        server_config(&source).unwrap();
        assert_eq!(
            fs::read(directory.path().join("server.pem")).unwrap(),
            before
        );
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        local_certificate(directory.path()).unwrap();
        for name in ["ca.key", "server.key"] {
            let mode = fs::metadata(directory.path().join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn files_that_are_no_certificates_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let (certificate, key) = (
            directory.path().join("cert.pem"),
            directory.path().join("key.pem"),
        );
        fs::write(&certificate, "not PEM").unwrap();
        let source = CertificateSource::Files {
            certificate: certificate.clone(),
            key,
        };
        let error = server_config(&source).unwrap_err().to_string();
        assert!(
            error.contains("key.pem") || error.contains("cert.pem"),
            "{error}"
        );
    }
}
