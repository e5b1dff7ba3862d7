//! The keys file: whose tokens are believed, and by which keys.
//!
//! Law: a key has one algorithm, said here and never by a token (RFC 8725); a file that is not
//! understood to the last word is refused, with the key and the reason.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::signature;

/// How far the clocks of an issuer and of this machine may differ, in seconds.
pub(super) const LEEWAY_SECONDS: u64 = 30;
/// Bytes of a secret, at the least: those of its hash (RFC 7518, 3.2).
const SECRET_BYTES: usize = 32;
/// Keys of a file; while keys are changed there are two, or some more.
const KEYS: usize = 32;

/// The keys that tokens are checked with, and whose tokens they are.
#[derive(Debug)]
pub struct Keys {
    keys: Vec<Key>,
}

/// A key with its one algorithm.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) kid: String,
    /// The algorithm's name, as in a token's header.
    pub(super) alg: Alg,
    pub(super) key: DecodingKey,
    pub(super) validation: Validation,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file can't be read.
    #[error("can't read `{}`", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// What it says can't be used.
    #[error("the keys file `{}` can't be used: {why}", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The reason, with the key.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    issuer: String,
    audience: String,
    #[serde(default)]
    keys: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    kid: String,
    alg: Alg,
    public_key: Option<String>,
    public_key_file: Option<PathBuf>,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
}

/// The algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Alg {
    EdDSA,
    RS256,
    HS256,
}

impl Alg {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::RS256 => "RS256",
            Self::HS256 => "HS256",
        }
    }
}

impl Keys {
    /// Reads a keys file. Files that it names are looked for beside it.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn from_file(path: &Path) -> Result<Self, KeysError> {
        let unusable = |why| KeysError::Unusable { path: path.to_path_buf(), why };
        let text = read(path)?;
        let file: File = toml::from_str(&text).map_err(|error| {
            // The error's own text shows the line, which may hold a secret.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.lines().count().max(1);
            unusable(format!("line {line}: {}", error.message()))
        })?;
        if file.issuer.is_empty() || file.audience.is_empty() {
            return Err(unusable("`issuer` and `audience` can't be empty".into()));
        }
        if file.keys.is_empty() || file.keys.len() > KEYS {
            return Err(unusable(format!("it has {} keys: 1 to {KEYS}", file.keys.len())));
        }
        let mut keys: Vec<Key> = Vec::with_capacity(file.keys.len());
        for entry in &file.keys {
            if entry.kid.is_empty() || keys.iter().any(|key| key.kid == entry.kid) {
                let why = format!("`kid` must be there once, and not empty: `{}`", entry.kid);
                return Err(unusable(why));
            }
            let beside = path.parent().unwrap_or(Path::new(""));
            let key = entry.read(beside)?;
            let key = key.map_err(|why| unusable(format!("key `{}`: {why}", entry.kid)))?;
            let (kid, alg) = (entry.kid.clone(), entry.alg);
            keys.push(Key { kid, alg, key, validation: validation(alg, &file) });
        }
        signature::install();
        Ok(Self { keys })
    }

    /// The key of a token that names it, or the only one.
    pub(super) fn find(&self, kid: Option<&str>) -> Option<&Key> {
        match (kid, self.keys.as_slice()) {
            (Some(kid), keys) => keys.iter().find(|key| key.kid == kid),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

impl Entry {
    /// The key, or in words why it can't be used.
    fn read(&self, beside: &Path) -> Result<Result<DecodingKey, String>, KeysError> {
        let (public, text) =
            match (&self.public_key, &self.public_key_file, &self.secret, &self.secret_file) {
                (Some(pem), None, None, None) => (true, pem.clone()),
                (None, Some(file), None, None) => (true, read(&beside.join(file))?),
                (None, None, Some(secret), None) => (false, secret.clone()),
                (None, None, None, Some(file)) => (false, read(&beside.join(file))?),
                _ => {
                    let one = "give one of public-key, public-key-file, secret, secret-file";
                    return Ok(Err(one.into()));
                }
            };
        Ok(match (self.alg, public) {
            (Alg::HS256, false) => secret_key(text.trim()),
            (Alg::HS256, true) => Err("HS256 takes a secret, and no public key".into()),
            (alg, true) => public_key(alg, text.trim()),
            (alg, false) => Err(format!("{} takes a public key, and no secret", alg.name())),
        })
    }
}

fn secret_key(text: &str) -> Result<DecodingKey, String> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
    let bytes = bytes.map_err(|_| "the secret is not base64url".to_string())?;
    if bytes.len() < SECRET_BYTES {
        let (has, least) = (bytes.len(), SECRET_BYTES);
        return Err(format!("the secret has {has} bytes, and needs {least} at the least"));
    }
    Ok(DecodingKey::from_secret(&bytes))
}

fn public_key(alg: Alg, pem: &str) -> Result<DecodingKey, String> {
    if pem.contains("PRIVATE KEY") {
        return Err("that is a private key: it stays with the issuer, give the public one".into());
    }
    let (key, algorithm) = match alg {
        Alg::EdDSA => (DecodingKey::from_ed_pem(pem.as_bytes()), Algorithm::EdDSA),
        Alg::RS256 | Alg::HS256 => (DecodingKey::from_rsa_pem(pem.as_bytes()), Algorithm::RS256),
    };
    let kind = match alg {
        Alg::EdDSA => "an Ed25519 public key in PEM",
        Alg::RS256 | Alg::HS256 => "an RSA public key of at least 2,048 bits in PEM",
    };
    let usable = key.ok().filter(|key| signature::is_usable(algorithm, key));
    usable.ok_or_else(|| format!("that is not {kind}"))
}

fn validation(alg: Alg, file: &File) -> Validation {
    let mut validation = Validation::new(match alg {
        Alg::EdDSA => Algorithm::EdDSA,
        Alg::RS256 => Algorithm::RS256,
        Alg::HS256 => Algorithm::HS256,
    });
    validation.set_issuer(&[&file.issuer]);
    validation.set_audience(&[&file.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_nbf = true;
    validation.leeway = LEEWAY_SECONDS;
    validation
}

fn read(path: &Path) -> Result<String, KeysError> {
    fs::read_to_string(path)
        .map_err(|source| KeysError::Unreadable { path: path.to_path_buf(), source })
}
