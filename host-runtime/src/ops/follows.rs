//! Which roles a host has, and whose events it follows: the flags that say so, and what they come
//! to.
//!
//! Law: roles are those of the journal for its life; a host that follows another serves whether or
//! not that one is there.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use axum::http::Uri;
use clap::Args;
use earmark_abi::Description;
use earmark_host::courier::client::Roots;
use earmark_host::partition::{Afar, Follow, Hearing, Link, Partition, RunningLink};

/// One part of the plugin's roles, and the host that has the others.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Roles apart")]
pub(crate) struct Follows {
    /// The roles that are local, with commas between them; a journal keeps those it was made with
    /// [default: all the plugin has]
    #[arg(long, value_name = "ROLE", env = "EARMARK_ROLES", value_delimiter = ',')]
    roles: Vec<String>,
    /// Follow the events of the host that has the other roles, such as http://127.0.0.1:8081
    #[arg(long, value_name = "URL", env = "EARMARK_FOLLOW", requires = "roles")]
    follow: Option<Uri>,
    /// A file with the token to show there; it needs the scope `staff`
    #[arg(long, value_name = "FILE", env = "EARMARK_FOLLOW_TOKEN_FILE", requires = "follow")]
    follow_token_file: Option<PathBuf>,
    /// Whose certificates to believe there, in PEM [default: those this machine trusts]
    #[arg(long, value_name = "FILE", env = "EARMARK_FOLLOW_CA", requires = "follow")]
    follow_ca: Option<PathBuf>,
}

impl Follows {
    /// The roles of a new journal, in the plugin's order; none for all.
    pub(crate) fn roles(&self, says: &Description) -> Result<Vec<String>> {
        let unknown = self.roles.iter().find(|role| !says.roles.contains(role));
        if let Some(role) = unknown {
            bail!(
                "the plugin has no role `{role}`; it has: {} (say them with --roles)",
                says.roles.join(", ")
            );
        }
        let named = |role: &&String| self.roles.contains(role);
        let roles: Vec<String> = says.roles.iter().filter(named).cloned().collect();
        let roles = if roles.len() == says.roles.len() { Vec::new() } else { roles };
        if let Some(url) = self.follow.as_ref().filter(|_| Hearing::of(says, &roles).is_none()) {
            bail!(
                "there is nothing to hear from `{url}`: --roles must name some roles and leave \
                 others out, and the plugin must say what they hear"
            );
        }
        Ok(roles)
    }

    /// Whether the journal has the roles that were said.
    pub(crate) fn check(&self, partition: &Partition) -> Result<()> {
        let (asked, has) = (self.roles(partition.description())?, &partition.header().roles);
        if self.roles.is_empty() || asked == *has {
            return Ok(());
        }
        let named = |roles: &[String]| match roles {
            [] => "all roles".to_string(),
            some => format!("the roles {}", some.join(", ")),
        };
        bail!(
            "the journal was made with {}, which it keeps for its life, and --roles says {}: name \
             another directory with --dir, or leave --roles out",
            named(has),
            named(&asked)
        )
    }

    /// Begins to follow, if anybody is to be followed.
    pub(crate) fn start(&self, partition: &Arc<Partition>) -> Result<Option<RunningLink>> {
        let Some(url) = self.follow.clone() else { return Ok(None) };
        let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
        let near = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if self.follow_token_file.is_some() && url.scheme_str() != Some("https") && !near {
            bail!("a token is not sent in the clear: follow `{url}` by https://");
        }
        let roots = self.follow_ca.clone().map_or(Roots::Machine, Roots::File);
        let follow = Follow { url: url.clone(), token: self.follow_token_file.clone(), roots };
        let says = Arc::clone(partition.description());
        let hears = Hearing::of(&says, &partition.header().roles);
        let link = Link::new(Afar::new(follow, says)?, Arc::clone(partition))
            .with_context(|| format!("can't follow `{url}`"))?;
        let hears = hears.map_or(0, |hearing| hearing.names().len());
        let running = link.start().context("the thread of a link can't be started")?;
        tracing::info!(%url, kinds = hears, "following the events of another host");
        Ok(Some(running))
    }
}
