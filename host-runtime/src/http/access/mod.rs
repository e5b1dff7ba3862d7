//! Who asks, and what he may do.
//!
//! Law: a request has a caller before anything else is looked at; what he may do is a list of
//! scopes, held against those of the description, and of events he sees those that are his.

mod demo;
mod jwt;
mod keys;
mod signature;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use axum::http::{HeaderMap, StatusCode};
use earmark_abi::Description;

pub(super) use demo::AS;
pub use keys::{Keys, KeysError};

use super::problem::Problem;
use super::{HttpOptions, Origin, ServeError, observed};
use crate::partition::Caller;

/// The scope of couriers and of the host's clock: nobody has it over HTTP.
pub(super) const FLOW: &str = "flow";
/// The scope of those who see everybody's events.
pub(super) const STAFF: &str = "staff";
/// The scope of those who run the host: what is done about dead letters. It is no part of `staff`:
/// whoever serves customers need not be able to change what serves them.
pub(super) const ADMIN: &str = "admin";
/// The scope of whoever may read what is counted, and nothing else; staff may, too.
pub(super) const METRICS: &str = "metrics";
/// Subjects that nobody may give himself, and no token: in the journal they are the host's own.
const RESERVED: [&str; 2] = [STAFF, "host"];
/// Bytes of a subject.
const SUBJECT_BYTES: usize = 128;

/// Who is let in, and as whom.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Access {
    /// Everybody is who he says he is, by the header `Earmark-As`: `staff` (so too without the
    /// header), or `customer:NAME`. Staff may do everything, a customer what
    /// [`HttpOptions::customer_scopes`](super::HttpOptions::customer_scopes) say. On loopback only.
    LoopbackDemo,
    /// Whoever has a token that one of these keys has signed (RFC 6750, RFC 7519), as the token's
    /// subject and with its scopes.
    Jwt(Arc<Keys>),
}

/// Whoever asks.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) caller: Arc<Caller>,
    /// When he is not believed any more.
    pub(super) until: Option<Instant>,
    /// Whether he sees everybody's events.
    sees_all: bool,
    /// Whether a token said who he is.
    by_token: bool,
}

impl Who {
    /// Whether he sees an event of this owner.
    pub(super) fn sees(&self, owner: &str) -> bool {
        self.sees_all || owner == self.caller.subject
    }

    /// His name, if it is not just his own word.
    pub(super) fn proven(&self) -> Option<&str> {
        self.by_token.then_some(self.caller.subject.as_str())
    }

    /// Fails if he lacks a scope.
    pub(super) fn needs(&self, scope: &str) -> Result<(), Problem> {
        if self.caller.scopes.iter().any(|one| one == scope) {
            return Ok(());
        }
        let detail = format!("`{}` lacks the scope `{scope}`", self.caller.subject);
        let problem = Problem::new(StatusCode::FORBIDDEN, "scope-missing", detail);
        match self.by_token {
            true => Err(problem
                .challenge(&format!(r#"Bearer error="insufficient_scope", scope="{scope}""#))),
            false => Err(problem),
        }
    }
}

fn is_loopback(options: &HttpOptions) -> bool {
    options.addr.ip().to_canonical().is_loopback()
}

/// Fails if whoever would be believed can't be, at this address.
pub(super) fn check(options: &HttpOptions) -> Result<(), ServeError> {
    match options.access {
        Access::LoopbackDemo if !is_loopback(options) => Err(ServeError::NotLoopback(options.addr)),
        Access::LoopbackDemo | Access::Jwt(_) => Ok(()),
    }
}

/// Lets in, by the rules of an [`Access`].
#[derive(Debug)]
pub(super) struct Gate {
    access: Access,
    staff: Who,
    customer_scopes: Vec<String>,
    /// Pages of other hosts that may ask.
    pages: Vec<Origin>,
    /// Scopes that mean something here. Others of a token are not taken over: they would be kept
    /// in every record.
    scopes: BTreeSet<String>,
}

impl Gate {
    pub(super) fn new(
        options: &HttpOptions,
        description: &Description,
    ) -> Result<Self, ServeError> {
        check(options)?;
        if !is_loopback(options) && options.tls.is_none() {
            tracing::warn!(
                addr = %options.addr,
                "tokens and orders cross the network in the clear unless a proxy in front speaks \
                 TLS: give --tls-cert and --tls-key to speak it here"
            );
        }
        let of_commands = description.commands.iter().map(|one| one.scope.as_str());
        let all = of_commands.chain(description.queries.iter().map(|one| one.scope.as_str()));
        let mut scopes: BTreeSet<String> =
            all.filter(|scope| *scope != FLOW).map(String::from).collect();
        scopes.extend([STAFF, ADMIN, METRICS].map(String::from));
        let all = scopes.iter().cloned().collect();
        let caller = Arc::new(Caller { subject: STAFF.to_string(), scopes: all });
        let staff = Who { caller, until: None, sees_all: true, by_token: false };
        let customer_scopes = options.customer_scopes.clone();
        let (access, pages) = (options.access.clone(), options.cors.clone());
        Ok(Self { access, staff, customer_scopes, pages, scopes })
    }

    /// Who asks, by the headers of his request, or by what the address says where headers can't.
    pub(super) fn who(&self, headers: &HeaderMap, said: Option<&str>) -> Result<Who, Problem> {
        let who = match &self.access {
            Access::LoopbackDemo => match demo::named(headers, said, &self.pages)? {
                None => Ok(self.staff.clone()),
                Some(name) => Ok(self.customer(name)),
            },
            Access::Jwt(keys) => {
                let who = self.bearer(jwt::check(keys, headers)?);
                match said {
                    None => Ok(who),
                    Some(_) => Err(Problem::malformed("a token says who asks, and not `as`")),
                }
            }
        };
        who.inspect(|who| observed::asks(&who.caller.subject))
    }

    fn customer(&self, name: &str) -> Who {
        let caller = Caller { subject: name.to_string(), scopes: self.customer_scopes.clone() };
        Who { caller: Arc::new(caller), until: None, sees_all: false, by_token: false }
    }

    fn bearer(&self, token: jwt::Token) -> Who {
        let known = self.scopes.iter().filter(|scope| token.scopes.contains(*scope));
        let scopes: Vec<String> = known.cloned().collect();
        let sees_all = scopes.iter().any(|scope| scope == STAFF);
        let caller = Arc::new(Caller { subject: token.subject, scopes });
        Who { caller, until: token.until, sees_all, by_token: true }
    }
}

/// Why nobody can have this name, if so.
fn subject_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.len() > SUBJECT_BYTES || name.chars().any(char::is_control) {
        return Some("a name has 1 to 128 bytes and no control characters");
    }
    RESERVED.contains(&name).then_some("no customer has this name")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate() -> Gate {
        let named = |scope: &str| earmark_abi::CommandType {
            name: "Do".into(),
            about: String::new(),
            scope: scope.into(),
            schema: String::new(),
        };
        let description = Description {
            name: "test".into(),
            version: "1".into(),
            schema_version: 1,
            roles: Vec::new(),
            commands: vec![named("b"), named(FLOW), named("a"), named("b")],
            events: Vec::new(),
            queries: Vec::new(),
            tick: None,
            refusal_schema: String::new(),
            slice_schema: String::new(),
        };
        let options = HttpOptions {
            customer_scopes: vec!["a".into()],
            cors: vec!["https://shop.example".parse().unwrap()],
            ..HttpOptions::new(([127, 0, 0, 1], 0).into(), Access::LoopbackDemo)
        };
        Gate::new(&options, &description).unwrap()
    }

    fn who(pairs: &[(&'static str, &'static str)]) -> Result<Who, Problem> {
        let headers = pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect();
        gate().who(&headers, None)
    }

    #[test]
    fn staff_has_every_scope_but_that_of_the_flow() {
        let staff = who(&[]).unwrap();
        assert_eq!(staff.caller.scopes, ["a", "admin", "b", "metrics", "staff"]);
        assert!(staff.sees("anybody") && staff.sees(""));
    }

    #[test]
    fn a_customer_has_his_scopes_and_sees_his_own() {
        let ann = who(&[("earmark-as", "customer:ann")]).unwrap();
        assert_eq!(
            (ann.caller.subject.as_str(), ann.caller.scopes.as_slice()),
            ("ann", &["a".to_string()][..])
        );
        assert!(ann.sees("ann") && !ann.sees("bob") && !ann.sees(""));
        assert!(ann.needs("a").is_ok() && ann.needs("b").is_err());
    }

    #[test]
    fn a_token_gives_the_scopes_that_are_known_here_and_never_that_of_the_flow() {
        let given = |scopes: &[&str]| {
            let scopes = scopes.iter().map(ToString::to_string).collect();
            gate().bearer(jwt::Token { subject: "ann".into(), scopes, until: None })
        };
        let all = given(&["staff", "x", "b", "flow", "b", "admin"]);
        assert_eq!(all.caller.scopes, ["admin", "b", "staff"]);
        assert!(all.sees("anybody"));
        let admin = given(&["admin"]);
        assert!(admin.needs("admin").is_ok() && admin.needs("b").is_err() && !admin.sees("bob"));
        assert!(given(&["staff"]).needs("admin").is_err());
    }

    #[test]
    fn nobody_is_somebody_by_an_unclear_name() {
        for given in ["customer:", "customer:staff", "customer:host", "admin", "Staff", ""] {
            assert!(who(&[("earmark-as", given)]).is_err(), "{given}");
        }
    }

    #[test]
    fn a_page_of_another_host_is_refused() {
        const SITE: &str = "sec-fetch-site";
        for page in [
            &[(SITE, "same-origin")][..],
            &[(SITE, "same-site"), ("origin", "http://localhost:5173")],
            &[(SITE, "none")],
            &[("origin", "http://127.0.0.1:8080")],
            &[("origin", "http://[::1]:8080")],
            &[(SITE, "cross-site"), ("origin", "https://shop.example")],
            &[("origin", "https://shop.example")],
        ] {
            assert!(who(page).is_ok(), "{page:?}");
        }
        for page in [
            &[(SITE, "cross-site")][..],
            &[(SITE, "cross-site"), ("origin", "https://evil.example")],
            &[(SITE, "cross-site"), ("origin", "http://localhost:5173")],
            &[(SITE, "same-origin"), ("origin", "https://evil.example")],
            &[("origin", "https://evil.example")],
            &[("origin", "http://127.0.0.1.evil.example")],
            &[("origin", "https://shop.example.evil")],
            &[("origin", "null")],
            &[("origin", "")],
        ] {
            assert!(who(page).is_err(), "{page:?}");
        }
    }

    #[test]
    fn a_request_for_another_host_is_refused() {
        for host in ["localhost", "localhost:80", "a.localhost", "127.0.0.9:1", "[::1]:8080"] {
            assert!(who(&[("host", host)]).is_ok(), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "localhost.evil", ""]
        {
            assert!(who(&[("host", host)]).is_err(), "{host}");
        }
    }
}
