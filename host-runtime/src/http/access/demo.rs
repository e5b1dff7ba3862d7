//! Demo access: everybody is who he says he is.
//!
//! Law: only this machine is believed, and a page of another host is not this machine, unless the
//! operator named it.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};

use super::{Origin, STAFF, subject_fault};
use crate::http::problem::Problem;

/// Says who asks.
pub(in crate::http) const AS: &str = "earmark-as";
/// Whose page asks, by the word of a browser (Fetch Metadata Request Headers).
const FETCHED_BY: &str = "sec-fetch-site";

/// Whoever asks, by his own word: a customer's name, or none for staff.
pub(super) fn named<'a>(
    headers: &'a HeaderMap,
    said: Option<&'a str>,
    pages: &[Origin],
) -> Result<Option<&'a str>, Problem> {
    from_this_machine(headers)?;
    from_no_other_page(headers, pages)?;
    let header = headers.get(AS).map(|value| std::str::from_utf8(value.as_bytes()));
    let given = match (said, header) {
        (Some(said), _) => said,
        (None, Some(header)) => header.map_err(|_| unclear("it is no text"))?,
        (None, None) => return Ok(None),
    };
    if given == STAFF {
        return Ok(None);
    }
    let name = given.strip_prefix("customer:");
    let name = name.ok_or_else(|| unclear("say `staff` or `customer:NAME`"))?;
    match subject_fault(name) {
        None => Ok(Some(name)),
        Some(fault) => Err(unclear(fault)),
    }
}

fn unclear(why: &str) -> Problem {
    let detail = format!("`Earmark-As` does not say who asks: {why}");
    Problem::unauthorized("caller-unclear", detail)
}

/// Fails if the request was meant for another host: a page of somebody else whose name was made to
/// point at this machine (DNS rebinding) would otherwise be believed.
fn from_this_machine(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(host) = headers.get(HOST) else { return Ok(()) };
    let name = name_of(host.to_str().unwrap_or_default());
    if is_here(name) {
        return Ok(());
    }
    let detail = format!("demo access answers on loopback only, not as `{name}`");
    Err(Problem::new(StatusCode::FORBIDDEN, "host-refused", detail))
}

/// Fails if a page of somebody else asks. A browser sends such a request without asking first (a
/// form does), and the page need not read the answer to have done harm.
fn from_no_other_page(headers: &HeaderMap, pages: &[Origin]) -> Result<(), Problem> {
    let origin = headers.get(ORIGIN);
    if origin.is_some_and(|said| pages.iter().any(|page| page.is(said))) {
        return Ok(());
    }
    let said = origin.map(|said| said.to_str().unwrap_or_default());
    let here = |said: &str| {
        said.split_once("://").is_some_and(|(_, authority)| is_here(name_of(authority)))
    };
    let other_site = headers.get(FETCHED_BY).is_some_and(|by| by == "cross-site");
    if !other_site && said.is_none_or(here) {
        return Ok(());
    }
    let detail = format!(
        "demo access believes no page of another host{}: name its origin with --cors-origin, or \
         ask callers for tokens with --auth-keys",
        said.map(|said| format!(", such as `{said}`")).unwrap_or_default()
    );
    Err(Problem::new(StatusCode::FORBIDDEN, "origin-refused", detail))
}

/// The name or address in what a header calls a host, without its port.
fn name_of(host: &str) -> &str {
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next(),
        None => host.split(':').next(),
    };
    name.unwrap_or_default()
}

fn is_here(name: &str) -> bool {
    let is_loopback = |ip: IpAddr| ip.to_canonical().is_loopback();
    name == "localhost" || name.ends_with(".localhost") || name.parse().is_ok_and(is_loopback)
}
