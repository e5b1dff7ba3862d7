//! Mail against a mail server that is not ours: aiosmtpd, over TLS and with a login.
//!
//! It needs Python with aiosmtpd (Debian: `python3-aiosmtpd`); where that is not there, the test
//! says so and is skipped. `EARMARK_TEST_PYTHON` names another Python.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use earmark_host::courier::{Courier as _, Mail, Mailbox, Message, Security, Template, Text, Told};
use rcgen::{CertifiedKey, generate_simple_self_signed};

const SERVER: &str = r#"
import asyncio, json, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult
class Sink:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps([envelope.rcpt_tos, envelope.content.decode()]), flush=True)
        return "250 taken"
def login(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password == b"right", handled=False)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[1] + "/cert.pem", sys.argv[1] + "/key.pem")
async def main():
    made = lambda: SMTP(Sink(), authenticator=login, auth_required=True, auth_require_tls=False)
    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(120)
asyncio.run(main())
"#;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn mailbox(port: u16, password: &str, authority: Vec<u8>) -> Mailbox {
    Mailbox {
        host: "localhost".to_string(),
        port,
        security: Security::Tls,
        login: Some(("shop".to_string(), password.to_string())),
        authority: Some(authority),
        from: "The shop <shop@shop.example>".to_string(),
        limit: Duration::from_secs(20),
    }
}

fn text(has: Option<&str>, body: &str) -> Text {
    Text {
        ce_type: "dev.example.Told.v1".to_string(),
        has: has.map(String::from),
        to: Template::parse("{/data/email}").unwrap(),
        subject: Template::parse("Größe {/data/n}").unwrap(),
        body: Template::parse(body).unwrap(),
    }
}

fn message(data: &str) -> Message {
    Message {
        id: "abc-7".to_string(),
        sequence: 7,
        ce_type: "dev.example.Told.v1".to_string(),
        subject: String::new(),
        owner: String::new(),
        json: format!(r#"{{"data":{data}}}"#).into(),
    }
}

#[tokio::test]
async fn mail_goes_through_a_server_of_others_over_tls() {
    let python = std::env::var("EARMARK_TEST_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let has = Command::new(&python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        println!("SKIPPED: `{python}` has no aiosmtpd: install python3-aiosmtpd");
        return;
    }
    let names = ["localhost".to_string()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
    let mut server = Command::new(&python);
    server.args(["-c", SERVER]).arg(folder.path()).stdout(Stdio::piped());
    let mut server = Server(server.spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let port: u16 = lines.next().unwrap().unwrap().parse().unwrap();

    let texts =
        || vec![text(Some("/data/parcel"), "A parcel."), text(Some("/data/n"), "No {/data/n}.")];
    let authority = cert.pem().into_bytes();
    let mail = Mail::new(&mailbox(port, "right", authority.clone()), texts()).unwrap();
    let told = message(r#"{"email":"ann@a.example","n":1}"#);
    assert_eq!(mail.deliver(&told).await, Told::Delivered);
    let arrived: (Vec<String>, String) =
        serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(arrived.0, ["ann@a.example"]);
    for line in ["Message-ID: <abc-7@shop.example>", "To: ann@a.example", "No 1."] {
        assert!(arrived.1.contains(line), "{line}: {}", arrived.1);
    }
    // No text fits: there is nothing to say. Nobody to say it to is no such case.
    assert_eq!(mail.deliver(&message(r#"{"m":1}"#)).await, Told::Delivered);
    let nobody = mail.deliver(&message(r#"{"n":1}"#)).await;
    assert!(matches!(&nobody, Told::Refused { why } if why.contains("/data/email")), "{nobody:?}");
    let split = message(r#"{"n":"1\r\nBcc: eve@e.example","email":"ann@a.example"}"#);
    let split = mail.deliver(&split).await;
    assert!(matches!(&split, Told::Refused { why } if why.contains("one line")), "{split:?}");

    // A login that is refused is no fault of the message.
    let wrong = Mail::new(&mailbox(port, "wrong", authority), texts()).unwrap();
    let refused = wrong.deliver(&told).await;
    assert!(matches!(&refused, Told::Retry { why, .. } if why.contains("535")), "{refused:?}");
}
