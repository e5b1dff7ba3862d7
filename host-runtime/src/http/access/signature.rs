//! How a token's signature is checked: by *ring*, which also serves TLS.
//!
//! Law: three algorithms and no other; a key is only ever used with its own.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as Refused, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use ring::hmac;
use ring::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm};

/// The crate's own backends are a C library, or one with an open advisory on its RSA arithmetic
/// (RUSTSEC-2023-0071).
static RING: CryptoProvider = CryptoProvider {
    // Nothing is signed here.
    signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes *ring* what signatures are checked by, in the whole process.
pub(super) fn install() {
    // Whoever embeds this may have chosen another one before.
    let _ = RING.install_default();
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    if key.family() != algorithm.family() {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let bytes = key.try_get_as_bytes()?.to_vec();
    match algorithm {
        Algorithm::HS256 => Ok(Box::new(Secret(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))),
        Algorithm::RS256 => Ok(Box::new(Public(*algorithm, &RSA_PKCS1_2048_8192_SHA256, bytes))),
        Algorithm::EdDSA => Ok(Box::new(Public(*algorithm, &ED25519, bytes))),
        _ => Err(ErrorKind::UnsupportedAlgorithm.into()),
    }
}

/// A secret that signs and checks.
struct Secret(hmac::Key);

impl Verifier<Vec<u8>> for Secret {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Refused> {
        // In constant time.
        hmac::verify(&self.0, message, signature).map_err(|_| Refused::new())
    }
}

impl JwtVerifier for Secret {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

/// A key that only checks.
struct Public(Algorithm, &'static dyn VerificationAlgorithm, Vec<u8>);

impl Verifier<Vec<u8>> for Public {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Refused> {
        let key = ring::signature::UnparsedPublicKey::new(self.1, &self.2);
        key.verify(message, signature).map_err(|_| Refused::new())
    }
}

impl JwtVerifier for Public {
    fn algorithm(&self) -> Algorithm {
        self.0
    }
}

/// Whether a public key is of a kind and length that signatures are checked with.
pub(super) fn is_usable(algorithm: Algorithm, key: &DecodingKey) -> bool {
    /// The shortest DER of a modulus of 2,048 bits with its exponent.
    const RSA_DER: usize = 266;
    let length = key.try_get_as_bytes().map_or(0, <[u8]>::len);
    match algorithm.family() {
        AlgorithmFamily::Ed => length == 32,
        AlgorithmFamily::Rsa => length >= RSA_DER,
        AlgorithmFamily::Hmac | AlgorithmFamily::Ec => false,
    }
}
