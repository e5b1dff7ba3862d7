//! Who may ask a server: the flags that say so, and what they come to.
//!
//! Law: what is not said is closed: without keys only this machine is served, without an origin no
//! page of another host.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use earmark_host::http::{Access, HttpOptions, Keys, Origin, RateLimit, Tls};

/// Who may ask.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Who may ask")]
pub(crate) struct Gate {
    /// Ask every caller for a token (JWT) that a key of this file has signed; without it, everybody
    /// on this machine is who he says he is
    #[arg(long, value_name = "FILE", env = "EARMARK_AUTH_KEYS")]
    auth_keys: Option<PathBuf>,
    /// Speak TLS with this certificate, or chain of certificates, in PEM
    #[arg(long, value_name = "FILE", env = "EARMARK_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", env = "EARMARK_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Let pages of this origin ask, such as https://shop.example; can be given several times
    #[arg(long, value_name = "ORIGIN", env = "EARMARK_CORS_ORIGIN", value_delimiter = ',')]
    cors_origin: Vec<Origin>,
    /// Answer each caller at most N requests a second; without it, as many as he likes
    #[arg(long, value_name = "N", env = "EARMARK_RATE_LIMIT")]
    rate_limit: Option<NonZeroU32>,
    /// Answer each caller N requests at once after a pause [default: twice the rate limit]
    #[arg(long, value_name = "N", env = "EARMARK_RATE_BURST", requires = "rate_limit")]
    rate_burst: Option<NonZeroU32>,
}

impl Gate {
    /// Puts what the flags say into the options of a server.
    pub(crate) fn apply(&self, options: &mut HttpOptions) -> Result<()> {
        if let Some(file) = &self.auth_keys {
            options.access = Access::Jwt(Arc::new(Keys::from_file(file)?));
        }
        if let (Some(chain), Some(key)) = (&self.tls_cert, &self.tls_key) {
            options.tls = Some(Tls::from_files(chain, key)?);
        }
        options.cors.clone_from(&self.cors_origin);
        options.rate = self.rate_limit.map(|requests| RateLimit {
            requests,
            per: Duration::from_secs(1),
            burst: self.rate_burst.unwrap_or_else(|| requests.saturating_mul(TWICE)),
        });
        Ok(())
    }
}

const TWICE: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
