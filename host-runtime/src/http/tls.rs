//! TLS, by rustls: a certificate and its key, from files.
//!
//! Law: versions 1.2 and 1.3 with the library's own choice of ciphers, and nothing to choose here;
//! a handshake takes as long as a request's headers may, and holds up nobody else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// A certificate with its key, ready to serve.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

/// Why a certificate or its key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or is no PEM.
    #[error("can't read {what} in PEM from `{}`", .path.display())]
    Unreadable {
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: pem::Error,
    },
    /// The file has no certificate in it.
    #[error("there is no certificate in `{}`", .0.display())]
    NoCertificate(PathBuf),
    /// The key is not that of the certificate, or of no kind that can be used.
    #[error("the certificate in `{}` can't be served with that key", .path.display())]
    Unusable {
        /// The file of the certificate.
        path: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
}

impl Tls {
    /// Reads a chain of certificates, the server's own first, and its private key.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn from_files(chain: &Path, key: &Path) -> Result<Self, TlsError> {
        let unreadable = |what, path: &Path| {
            let path = path.to_path_buf();
            move |source| TlsError::Unreadable { what, path, source }
        };
        let certificates = CertificateDer::pem_file_iter(chain).and_then(Iterator::collect);
        let certificates: Vec<CertificateDer<'static>> =
            certificates.map_err(unreadable("a chain of certificates", chain))?;
        if certificates.is_empty() {
            return Err(TlsError::NoCertificate(chain.to_path_buf()));
        }
        let private =
            PrivateKeyDer::from_pem_file(key).map_err(unreadable("a private key", key))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder.with_no_client_auth().with_single_cert(certificates, private)
            });
        let mut config =
            config.map_err(|source| TlsError::Unusable { path: chain.to_path_buf(), source })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.0))
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}
