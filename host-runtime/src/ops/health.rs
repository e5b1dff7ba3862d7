//! `earmark health`: asks a server whether it takes commands, for whoever watches a container.
//!
//! Law: it ends well only if the server said so, and soon in any case.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use axum::body::{Body, to_bytes};
use clap::Args;
use hyper::header::{CONNECTION, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What is asked for.
const READY: &str = "/health/ready";
/// Bytes of an answer.
const ANSWER_BYTES: usize = 64 << 10;

/// Ask a server on this machine whether it takes commands; the code is 0 if it does.
#[derive(Debug, Args)]
pub(crate) struct Health {
    /// Where it serves, as in `serve --addr`
    #[arg(long, env = "EARMARK_ADDR", default_value = "127.0.0.1:8080")]
    addr: SocketAddr,
    /// How long to wait for the answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3,
          value_parser = clap::value_parser!(u64).range(1..=3_600))]
    timeout: u64,
}

impl Health {
    /// Asks, and prints the answer.
    pub(crate) fn run(&self) -> Result<()> {
        let addr = reached(self.addr);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let within = Duration::from_secs(self.timeout);
        let asked = runtime.block_on(async { tokio::time::timeout(within, ask(addr)).await });
        let asked = asked.with_context(|| {
            format!("the server on {addr} gave no answer within {} s", self.timeout)
        })?;
        let (status, text) = asked.with_context(|| format!("can't ask the server on {addr}"))?;
        if status != StatusCode::OK {
            bail!("the server on {addr} takes no commands: {status} {text}");
        }
        println!("{text}");
        Ok(())
    }
}

/// Where a server of this machine is reached that listens on all addresses.
fn reached(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

async fn ask(addr: SocketAddr) -> Result<(StatusCode, String)> {
    let stream = TcpStream::connect(addr).await?;
    let (mut client, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get(READY)
        .header(HOST, addr.to_string())
        .header(CONNECTION, "close")
        .body(Body::empty())?;
    let talk = async {
        let (parts, body) = client.send_request(request).await?.into_parts();
        let bytes = to_bytes(Body::new(body), ANSWER_BYTES).await?;
        Ok((parts.status, String::from_utf8_lossy(&bytes).into_owned()))
    };
    // The connection works while somebody waits for what it brings.
    tokio::pin!(talk);
    tokio::pin!(connection);
    tokio::select! {
        biased;
        told = &mut talk => told,
        ended = &mut connection => {
            ended?;
            talk.await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_reached_on_loopback() {
        for (given, wanted) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:81", "[::1]:81"),
            ("10.0.0.7:82", "10.0.0.7:82"),
        ] {
            assert_eq!(reached(given.parse().unwrap()), wanted.parse().unwrap());
        }
    }
}
