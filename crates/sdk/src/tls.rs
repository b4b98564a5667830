//! Whom the client trusts.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;

/// Certificate authorities beyond the system's own, for servers with a certificate from a private one.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    extra: Vec<CertificateDer<'static>>,
}

/// A file of authorities that cannot be used.
#[derive(Debug, Error)]
#[error("cannot read certificates from {path}: {reason}")]
pub struct TrustError {
    path: String,
    reason: String,
}

impl Trust {
    /// Adds the certificates of a PEM file, such as the local authority a server keeps in its data directory.
    ///
    /// # Errors
    /// When the file cannot be read or holds no certificate.
    pub fn add_pem_file(&mut self, path: &Path) -> Result<(), TrustError> {
        let wrong = |reason: String| TrustError {
            path: path.display().to_string(),
            reason,
        };
        let found = CertificateDer::pem_file_iter(path)
            .and_then(|certificates| certificates.collect::<Result<Vec<_>, _>>())
            .map_err(|error| wrong(error.to_string()))?;
        if found.is_empty() {
            return Err(wrong("it holds no certificate".into()));
        }
        self.extra.extend(found);
        Ok(())
    }

    /// The configuration of every connection: the system's authorities and ours.
    pub(crate) fn client_config(&self) -> Arc<rustls::ClientConfig> {
        // Reading the system's authorities takes longer than all else that makes a client.
        static SYSTEM: OnceLock<RootCertStore> = OnceLock::new();
        let mut roots = SYSTEM
            .get_or_init(|| {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                roots
            })
            .clone();
        roots.add_parsable_certificates(self.extra.iter().cloned());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            // The provider above implements both versions that are enabled: this is decided at compile time.
            .expect("aws-lc-rs supports TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}
