//! Demo access: everybody is who he says he is.
//!
//! Law: only this machine is believed, and a page of another host is not this machine.

use std::net::IpAddr;

use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};

use super::{STAFF, subject_fault};
use crate::http::problem::Problem;

/// Says who asks.
pub(in crate::http) const AS: &str = "earmark-as";

/// Whoever asks, by his own word: a customer's name, or none for staff.
pub(super) fn named<'a>(
    headers: &'a HeaderMap,
    said: Option<&'a str>,
) -> Result<Option<&'a str>, Problem> {
    from_this_machine(headers)?;
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
