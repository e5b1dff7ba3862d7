//! A bearer token: from the header `Authorization` to whoever asks.
//!
//! Law: nothing a token says is believed, or told about, before its signature holds; which
//! algorithm checks it is the key's to say. Tokens come in the header and nowhere else, since
//! addresses are kept in logs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::keys::{Key, Keys, LEEWAY_SECONDS};
use super::subject_fault;
use crate::http::problem::Problem;

/// Bytes of a token.
const TOKEN_BYTES: usize = 8 << 10;

/// What a token says that holds.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) subject: String,
    pub(super) scopes: BTreeSet<String>,
    /// When it ends; none if that is beyond all clocks.
    pub(super) until: Option<Instant>,
}

/// A token's header, as far as it says how to read it.
#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    exp: Option<f64>,
    /// Separated by spaces (RFC 8693, RFC 9068).
    scope: Option<String>,
    /// The same, as some issuers write it.
    scp: Option<Scopes>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scopes {
    Each(Vec<String>),
    Text(String),
}

/// Checks the token of a request.
pub(super) fn check(keys: &Keys, headers: &HeaderMap) -> Result<Token, Problem> {
    let token = bearer(headers)?;
    let key = key_of(keys, token)?;
    let read = jsonwebtoken::decode::<Claims>(token, &key.key, &key.validation);
    let claims = read.map_err(|error| refused(&error))?.claims;
    let subject = claims.sub.unwrap_or_default();
    if let Some(fault) = subject_fault(&subject) {
        return Err(invalid("token-subject", format!("the token's `sub` is nobody: {fault}")));
    }
    let text = |scopes: &str| scopes.split_ascii_whitespace().map(String::from).collect();
    let mut scopes: BTreeSet<String> = claims.scope.as_deref().map(text).unwrap_or_default();
    match claims.scp {
        Some(Scopes::Each(each)) => scopes.extend(each),
        Some(Scopes::Text(more)) => scopes.append(&mut text(&more)),
        None => {}
    }
    Ok(Token { subject, scopes, until: end_of(claims.exp) })
}

/// The one token of a request.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (first, second) = (given.next(), given.next());
    let malformed = |why: &str| invalid("token-malformed", why);
    if second.is_some() {
        return Err(malformed("there is more than one `Authorization`"));
    }
    let first = first.map(|value| value.to_str());
    let text = first.transpose().map_err(|_| malformed("`Authorization` is no ASCII text"))?;
    let (scheme, token) = text.and_then(|text| text.split_once(' ')).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        let detail = "say who asks by a token: `Authorization: Bearer TOKEN`";
        let problem = Problem::unauthorized("token-missing", detail);
        return Err(problem.challenge("Bearer"));
    }
    let token = token.trim();
    if token.len() > TOKEN_BYTES {
        let has = token.len();
        let detail = format!("the token has {has} bytes, and may have {TOKEN_BYTES}");
        return Err(invalid("token-too-long", detail));
    }
    Ok(token)
}

/// The key that a token says it is signed by, if it may be.
fn key_of<'a>(keys: &'a Keys, token: &str) -> Result<&'a Key, Problem> {
    let malformed = || invalid("token-malformed", "that is no signed JWT (RFC 7515)");
    let mut parts = token.split('.');
    let (Some(head), Some(_), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed());
    };
    let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| malformed())?;
    let head: Head = serde_json::from_slice(&head).map_err(|_| malformed())?;
    let plain = |typ: &str| {
        let typ = typ.strip_prefix("application/").unwrap_or(typ);
        typ.eq_ignore_ascii_case("jwt") || typ.eq_ignore_ascii_case("at+jwt")
    };
    if head.crit.is_some() || head.typ.as_deref().is_some_and(|typ| !plain(typ)) {
        let detail = "its header asks for more than a JWT or an access token (RFC 9068) has";
        return Err(invalid("token-malformed", detail));
    }
    let key = keys.find(head.kid.as_deref()).ok_or_else(|| {
        let detail = match &head.kid {
            Some(_) => "no key has the token's `kid`",
            None => "there are several keys, and the token has no `kid` that names one",
        };
        invalid("token-key-unknown", detail)
    })?;
    if head.alg != key.alg.name() {
        let detail = "the token's `alg` is not that of the key it names";
        return Err(invalid("token-algorithm", detail));
    }
    Ok(key)
}

/// What is wrong with a token whose key is known.
fn refused(error: &jsonwebtoken::errors::Error) -> Problem {
    let (code, detail) = match error.kind() {
        ErrorKind::InvalidSignature => ("token-signature", "the key did not sign this"),
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => {
            ("token-algorithm", "the token's `alg` is not that of the key it names")
        }
        ErrorKind::ExpiredSignature => ("token-expired", "the token has expired: get a new one"),
        ErrorKind::ImmatureSignature => ("token-not-yet-valid", "the token is not valid yet"),
        ErrorKind::InvalidIssuer => ("token-issuer", "the token is of another issuer"),
        ErrorKind::InvalidAudience => ("token-audience", "the token is meant for somebody else"),
        ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
            return invalid("token-claims", format!("the token has no `{claim}` that can be read"));
        }
        ErrorKind::Json(_) => ("token-claims", "the token's claims are not what they should be"),
        _ => ("token-malformed", "that is no signed JWT (RFC 7515)"),
    };
    invalid(code, detail)
}

fn invalid(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::unauthorized(code, detail).challenge(r#"Bearer error="invalid_token""#)
}

/// When a token ends by this machine's clock.
fn end_of(exp: Option<f64>) -> Option<Instant> {
    let exp = Duration::try_from_secs_f64(exp?).ok()?;
    let end = exp.checked_add(Duration::from_secs(LEEWAY_SECONDS))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Instant::now().checked_add(end.saturating_sub(now))
}
