//! Who asks, and what he may do.
//!
//! Law: a request has a caller before anything else is looked at; what he may do is a list of
//! scopes, held against those of the description, and of events he sees those that are his.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use earmark_abi::Description;

use super::problem::Problem;
use super::{HttpOptions, ServeError, observed};
use crate::partition::Caller;

/// The scope of couriers and of the host's clock: nobody has it over HTTP.
pub(super) const FLOW: &str = "flow";
/// The scope of those who see everybody's events.
pub(super) const STAFF: &str = "staff";
/// Subjects that nobody may give himself.
const RESERVED: [&str; 2] = [STAFF, "host"];
/// Bytes of a customer's name.
const NAME_BYTES: usize = 128;
/// Says in demo mode who asks.
const AS: &str = "earmark-as";

/// Who is let in, and as whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Everybody is who he says he is, by the header `Earmark-As`: `staff` (so too without the
    /// header), or `customer:NAME`. Staff may do everything, a customer what
    /// [`HttpOptions::customer_scopes`](super::HttpOptions::customer_scopes) say. On loopback only.
    LoopbackDemo,
}

/// Whoever asks.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) caller: Arc<Caller>,
    /// Whether he sees everybody's events.
    sees_all: bool,
}

impl Who {
    /// Whether he sees an event of this owner.
    pub(super) fn sees(&self, owner: &str) -> bool {
        self.sees_all || owner == self.caller.subject
    }

    /// Fails if he lacks a scope.
    pub(super) fn needs(&self, scope: &str) -> Result<(), Problem> {
        if self.caller.scopes.iter().any(|one| one == scope) {
            return Ok(());
        }
        let detail = format!("`{}` lacks the scope `{scope}`", self.caller.subject);
        Err(Problem::new(StatusCode::FORBIDDEN, "scope-missing", detail))
    }
}

/// Lets in, by the rules of an [`Access`].
#[derive(Debug)]
pub(super) struct Gate {
    access: Access,
    staff: Who,
    customer_scopes: Vec<String>,
}

impl Gate {
    pub(super) fn new(
        options: &HttpOptions,
        description: &Description,
    ) -> Result<Self, ServeError> {
        let is_loopback = options.addr.ip().to_canonical().is_loopback();
        match options.access {
            Access::LoopbackDemo if is_loopback => {}
            Access::LoopbackDemo => return Err(ServeError::NotLoopback(options.addr)),
        }
        let of_commands = description.commands.iter().map(|one| one.scope.as_str());
        let all = of_commands.chain(description.queries.iter().map(|one| one.scope.as_str()));
        let mut scopes: Vec<String> = vec![STAFF.to_string()];
        scopes.extend(all.filter(|scope| *scope != FLOW).map(String::from));
        scopes.sort_unstable();
        scopes.dedup();
        let caller = Arc::new(Caller { subject: STAFF.to_string(), scopes });
        let staff = Who { caller, sees_all: true };
        let customer_scopes = options.customer_scopes.clone();
        Ok(Self { access: options.access, staff, customer_scopes })
    }

    /// Who asks, by the headers of his request, or by what the address says where headers can't.
    pub(super) fn who(&self, headers: &HeaderMap, said: Option<&str>) -> Result<Who, Problem> {
        let who = match self.access {
            Access::LoopbackDemo => self.by_word(headers, said),
        };
        who.inspect(|who| observed::asks(&who.caller.subject))
    }

    fn by_word(&self, headers: &HeaderMap, said: Option<&str>) -> Result<Who, Problem> {
        from_this_machine(headers)?;
        let header = headers.get(AS).map(|value| std::str::from_utf8(value.as_bytes()));
        let given = match (said, header) {
            (Some(said), _) => said,
            (None, Some(header)) => header.map_err(|_| unclear("it is no text"))?,
            (None, None) => return Ok(self.staff.clone()),
        };
        if given == STAFF {
            return Ok(self.staff.clone());
        }
        let name = given.strip_prefix("customer:");
        let name = name.ok_or_else(|| unclear("say `staff` or `customer:NAME`"))?;
        if name.is_empty() || name.len() > NAME_BYTES || name.chars().any(char::is_control) {
            return Err(unclear("a name has 1 to 128 bytes and no control characters"));
        }
        if RESERVED.contains(&name) {
            return Err(unclear("no customer has this name"));
        }
        let caller = Caller { subject: name.to_string(), scopes: self.customer_scopes.clone() };
        Ok(Who { caller: Arc::new(caller), sees_all: false })
    }
}

fn unclear(why: &str) -> Problem {
    let detail = format!("`Earmark-As` does not say who asks: {why}");
    Problem::new(StatusCode::UNAUTHORIZED, "caller-unclear", detail)
}

/// Fails if the request was meant for another host: a page of somebody else whose name was made to
/// point at this machine (DNS rebinding) would otherwise be believed.
fn from_this_machine(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(host) = headers.get(HOST) else { return Ok(()) };
    let host = host.to_str().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_loopback = |ip: IpAddr| ip.to_canonical().is_loopback();
    let local = name == "localhost" || name.ends_with(".localhost");
    if local || name.parse().is_ok_and(is_loopback) {
        return Ok(());
    }
    let detail = format!("demo access answers on loopback only, not as `{name}`");
    Err(Problem::new(StatusCode::FORBIDDEN, "host-refused", detail))
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
        assert_eq!(staff.caller.scopes, ["a", "b", "staff"]);
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
    fn nobody_is_somebody_by_an_unclear_name() {
        for given in ["customer:", "customer:staff", "customer:host", "admin", "Staff", ""] {
            assert!(who(&[("earmark-as", given)]).is_err(), "{given}");
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
