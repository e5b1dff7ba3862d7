//! Every courier passes the same contract: within the process, over HTTP, and over SMTP.
//!
//! Law: the cases know only the traits; each receiver here is a real one behind a socket.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use earmark_host::courier::client::{Client, Limits};
use earmark_host::courier::{
    Courier, InProcess, Mail, Mailbox, Secret, Security, Template, Text, Told, Webhook,
};
use earmark_host::relay::Store;
use earmark_host::relay::contract::{Answer, Bench, CASES, Listener, SAMPLE_TYPES};

type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// Longer than a case waits for anything.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn the_courier_within_the_process_keeps_the_contract() {
    run_all(|listener| {
        let listener = listener.clone();
        Ok(Arc::new(InProcess::new(move |message| {
            let answer = listener.came(&message.id);
            async move {
                match answer {
                    Answer::Takes => Told::Delivered,
                    Answer::Fails => Told::retry("it was told to fail"),
                    Answer::Hangs => std::future::pending().await,
                }
            }
        })))
    });
}

#[test]
fn webhooks_keep_the_contract() {
    run_all(|listener| {
        let url = format!("http://{}/hook", receiver(listener, hook)?).parse()?;
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
        let limits = Limits { connect: LONG, answer: LONG, ..Limits::default() };
        Ok(Arc::new(Webhook::new(url, vec![secret], Client::plain(limits))))
    });
}

#[test]
fn mail_keeps_the_contract() {
    run_all(|listener| {
        let addr = receiver(listener, smtp)?;
        let mailbox = Mailbox {
            host: addr.ip().to_string(),
            port: addr.port(),
            security: Security::None,
            login: None,
            authority: None,
            from: "Shop <shop@shop.example>".to_string(),
            limit: LONG,
        };
        let text = |ce_type: &str| -> Made<Text> {
            Ok(Text {
                ce_type: ce_type.to_string(),
                has: None,
                to: Template::parse("{owner}@customers.example")?,
                subject: Template::parse("Number {/data/n}")?,
                body: Template::parse("It is {/data/n}.\n.\nBye")?,
            })
        };
        let texts = SAMPLE_TYPES.into_iter().map(text).collect::<Made<Vec<Text>>>()?;
        Ok(Arc::new(Mail::new(&mailbox, texts)?))
    });
}

struct Place<F> {
    dir: tempfile::TempDir,
    make: F,
}

impl<F: Fn(&Listener) -> Made<Arc<dyn Courier>>> Bench for Place<F> {
    fn courier(&mut self, listener: &Listener) -> Made<Arc<dyn Courier>> {
        (self.make)(listener)
    }

    fn store(&mut self, source: &str) -> Made<Store> {
        Ok(Store::open(self.dir.path(), source)?)
    }
}

fn run_all(make: impl Fn(&Listener) -> Made<Arc<dyn Courier>>) {
    for case in CASES {
        let mut place = Place { dir: tempfile::tempdir().unwrap(), make: &make };
        if let Err(error) = (case.run)(&mut place) {
            panic!("{}: {error}", case.name);
        }
    }
}

/// Serves each connection on a thread of its own.
fn receiver(
    listener: &Listener,
    serve: fn(TcpStream, &Listener) -> std::io::Result<()>,
) -> Made<SocketAddr> {
    let socket = TcpListener::bind("127.0.0.1:0")?;
    let (addr, listener) = (socket.local_addr()?, listener.clone());
    std::thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            let listener = listener.clone();
            stream.set_nodelay(true).unwrap();
            // One that is cut off is what the cases are about.
            std::thread::spawn(move || drop(serve(stream, &listener)));
        }
    });
    Ok(addr)
}

/// A receiver of webhooks.
fn hook(mut stream: TcpStream, listener: &Listener) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut id, mut length, mut line) = (String::new(), 0, String::new());
        while reader.read_line(&mut line)? > 2 {
            let (name, value) = line.trim_end().split_once(": ").unwrap_or_default();
            match name {
                "webhook-id" => id = value.to_string(),
                "content-length" => length = value.parse().unwrap(),
                "webhook-signature" => assert!(value.starts_with("v1,")),
                _ => {}
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        if id.is_empty() {
            return Ok(());
        }
        let status = match listener.came(&id) {
            Answer::Takes => "204 No Content\r\n",
            Answer::Fails => "500 Internal Server Error\r\ncontent-length: 4\r\n",
            Answer::Hangs => {
                std::thread::sleep(LONG);
                return Ok(());
            }
        };
        let body = if status.starts_with('5') { "oops" } else { "" };
        stream.write_all(format!("HTTP/1.1 {status}\r\n{body}").as_bytes())?;
    }
}

/// A mail server by RFC 5321, as much of it as one client needs.
fn smtp(mut stream: TcpStream, listener: &Listener) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    stream.write_all(b"220 sink.example\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let verb = line.get(..4).unwrap_or(&line).to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250 sink.example",
            "QUIT" => "221 bye",
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut id = String::new();
                while let Some(line) = lines.next().transpose()?.filter(|line| line != ".") {
                    if let Some(named) = line.strip_prefix("Message-ID: <") {
                        id = named.split('@').next().unwrap_or_default().to_string();
                    }
                }
                match listener.came(&id) {
                    Answer::Takes => "250 taken",
                    Answer::Fails => "451 try again",
                    Answer::Hangs => {
                        std::thread::sleep(LONG);
                        return Ok(());
                    }
                }
            }
            _ => "250 fine",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}
