//! The courier over SMTP: an e-mail for each message, by templates of the operator's.
//!
//! Law: what a mail says, and to whom, is said by the operator and the event alone. A message
//! always makes the same `Message-ID`, so that one that comes twice is known to be one.

use std::time::Duration;

use lettre::address::AddressError;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox as Address, Message as Letter};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use serde_json::Value;

use super::{Courier, Delivery, Message, Template, Told};
use crate::chain_of;

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte, as on port 465.
    Tls,
    /// TLS after `STARTTLS`, or not at all.
    StartTls,
    /// In the clear; for a server on this machine.
    None,
}

/// A mail server, and who writes.
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub security: Security,
    /// The name and password to show it, if it wants some.
    pub login: Option<(String, String)>,
    /// PEM of the authority whose word is taken for who it is, besides those of this machine.
    pub authority: Option<Vec<u8>>,
    /// Who writes, as `Shop <shop@example.com>`.
    pub from: String,
    /// How long it may take over one mail.
    pub limit: Duration,
}

/// What is written for events of one type.
#[derive(Debug, Clone)]
pub struct Text {
    /// The CloudEvents type.
    pub ce_type: String,
    /// A JSON pointer that must lead to something in the event for this text to be the one.
    pub has: Option<String>,
    /// To whom: one address.
    pub to: Template,
    /// The subject, of one line.
    pub subject: Template,
    /// The body, plain.
    pub body: Template,
}

/// Why mail can't be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The sender's address is none.
    #[error("`{address}` is no address to write from")]
    From {
        /// What was given.
        address: String,
        /// What is wrong with it.
        source: AddressError,
    },
    /// TLS can't be set up.
    #[error("TLS to the mail server `{host}` can't be set up")]
    Tls {
        /// The server.
        host: String,
        /// Why not.
        source: lettre::transport::smtp::Error,
    },
}

/// Writes a mail for each message that it has a text for.
#[derive(Debug)]
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    limit: Duration,
    texts: Vec<Text>,
}

impl Mail {
    /// Writes through this server.
    ///
    /// # Errors
    /// [`MailError`].
    pub fn new(mailbox: &Mailbox, texts: Vec<Text>) -> Result<Self, MailError> {
        let address = mailbox.from.clone();
        let from = mailbox.from.parse();
        let from = from.map_err(|source| MailError::From { address, source })?;
        let host = mailbox.host.clone();
        let tls = match mailbox.security {
            Security::None => Tls::None,
            Security::Tls => Tls::Wrapper(parameters(mailbox)?),
            Security::StartTls => Tls::Required(parameters(mailbox)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(mailbox.port)
            .timeout(Some(mailbox.limit))
            .tls(tls);
        if let Some((name, password)) = mailbox.login.clone() {
            builder = builder.credentials(Credentials::new(name, password));
        }
        Ok(Self { transport: builder.build(), from, limit: mailbox.limit, texts })
    }

    /// The mail of the first text that fits; none if none does.
    fn letter(&self, message: &Message) -> Result<Option<Letter>, String> {
        let event: Value =
            serde_json::from_slice(&message.json).map_err(|error| error.to_string())?;
        let has = |text: &Text| {
            let at = text.has.as_ref();
            at.is_none_or(|at| event.pointer(at).is_some_and(|found| !found.is_null()))
        };
        let mut texts = self.texts.iter().filter(|text| text.ce_type == message.ce_type);
        let Some(text) = texts.find(|text| has(text)) else { return Ok(None) };
        let filled = |what: &str, template: &Template| {
            let filled = template.fill(&event, &message.owner);
            filled.map_err(|error| format!("`{what}`: {error}"))
        };
        let to = filled("to", &text.to)?;
        let to: Address =
            to.parse().map_err(|error| format!("`to`: `{to}` is no address: {error}"))?;
        let subject = filled("subject", &text.subject)?;
        if subject.contains(char::is_control) {
            return Err("`subject`: it has more than one line".to_string());
        }
        let domain = self.from.email.domain();
        Letter::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(format!("<{}@{domain}>", message.id)))
            .header(ContentType::TEXT_PLAIN)
            .body(filled("body", &text.body)?)
            .map(Some)
            .map_err(|error| error.to_string())
    }
}

fn parameters(mailbox: &Mailbox) -> Result<TlsParameters, MailError> {
    let host = mailbox.host.clone();
    let cannot = |source| MailError::Tls { host: host.clone(), source };
    let mut builder = TlsParameters::builder(host.clone());
    if let Some(pem) = &mailbox.authority {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(cannot)?);
    }
    builder.build().map_err(cannot)
}

/// What a server says of one recipient or one mail (RFC 5321): trying again is of no use. All else
/// may be said of whoever sends (554 of a blocked address, 53x of a login), and a whole backlog
/// must not be buried for that.
fn is_of_the_mail(error: &lettre::transport::smtp::Error) -> bool {
    let codes = ["550", "551", "552", "553"];
    error.status().is_some_and(|code| codes.contains(&code.to_string().as_str()))
}

impl Courier for Mail {
    fn deliver<'a>(&'a self, message: &'a Message) -> Delivery<'a> {
        Box::pin(async move {
            let letter = match self.letter(message) {
                Ok(Some(letter)) => letter,
                // There is nothing to say.
                Ok(None) => return Told::Delivered,
                Err(why) => return Told::Refused { why },
            };
            let sending = tokio::time::timeout(self.limit, self.transport.send(letter));
            match sending.await {
                Ok(Ok(_)) => Told::Delivered,
                Ok(Err(error)) if is_of_the_mail(&error) => Told::Refused { why: chain_of(&error) },
                Ok(Err(error)) => Told::retry(chain_of(&error)),
                Err(_) => {
                    let limit = self.limit.as_secs();
                    Told::retry(format!("the mail server took longer than {limit} s"))
                }
            }
        })
    }
}
