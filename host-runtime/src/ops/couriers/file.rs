//! The file of endpoints: who is told of events, by webhook or by mail.
//!
//! Law: a key that is not known is an error with its line; a secret stands in a file of its own.
//! Nothing is carried before the whole file was understood.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use axum::http::Uri;
use earmark_abi::Description;
use earmark_host::courier::client::{Client, Limits, Roots, check};
use earmark_host::courier::{Courier, Mail, Mailbox, Secret, Security, Template, Text, Webhook};
use earmark_host::partition::event_kinds;
use earmark_host::relay::{Backoff, Route};
use serde::Deserialize;

/// What the file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    webhook: Vec<Hook>,
    #[serde(default)]
    mail: Vec<Post>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Hook {
    name: String,
    url: String,
    /// One secret a line; two while they are exchanged.
    secret_file: PathBuf,
    types: Option<Vec<String>>,
    after: u64,
    trust: Option<PathBuf>,
    timeout_s: Option<u64>,
    tries: Option<u32>,
    longest_wait_s: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Post {
    name: String,
    host: String,
    port: u16,
    security: Spoken,
    login: Option<String>,
    password_file: Option<PathBuf>,
    trust: Option<PathBuf>,
    from: String,
    after: u64,
    timeout_s: Option<u64>,
    tries: Option<u32>,
    longest_wait_s: Option<u64>,
    text: Vec<Words>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Spoken {
    Tls,
    StartTls,
    None,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Words {
    r#type: String,
    /// A JSON pointer: only events that have something there.
    has: Option<String>,
    to: String,
    subject: String,
    body: String,
}

/// Reads the file; events are those that the plugin has.
pub(super) fn read(path: &Path, says: &Description) -> Result<Vec<Route>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("can't read `{shown}`"))?;
    let file: File = toml::from_str(&text).map_err(|error| anyhow!("`{shown}`: {error}"))?;
    let reader = Reader { beside: path.parent().unwrap_or(Path::new("")), says };
    let mut routes = Vec::new();
    for hook in file.webhook {
        let name = hook.name.clone();
        let route = reader.hook(hook);
        routes.push(route.with_context(|| format!("`{shown}`, webhook `{name}`"))?);
    }
    for post in file.mail {
        let name = post.name.clone();
        let route = reader.post(post);
        routes.push(route.with_context(|| format!("`{shown}`, mail `{name}`"))?);
    }
    ensure!(!routes.is_empty(), "`{shown}` has no endpoint: add a [[webhook]] or a [[mail]]");
    let mut names = BTreeSet::new();
    for Route { name, .. } in &routes {
        let plain = |one: char| one.is_ascii_alphanumeric() || "-_.".contains(one);
        let fits = !name.is_empty() && name.len() <= 64 && name.chars().all(plain);
        ensure!(fits, "`{shown}`: `{name}` is no name: 1 to 64 letters, digits, `-`, `_` and `.`");
        ensure!(names.insert(name), "`{shown}`: there are two endpoints `{name}`");
    }
    Ok(routes)
}

struct Reader<'a> {
    /// The directory of the file: paths in it are from there.
    beside: &'a Path,
    says: &'a Description,
}

impl Reader<'_> {
    fn hook(&self, hook: Hook) -> Result<Route> {
        let url: Uri = hook.url.parse().with_context(|| format!("`{}` is no URL", hook.url))?;
        check(&url)?;
        let path = self.beside.join(&hook.secret_file);
        let secrets = self.text_of(&hook.secret_file)?;
        let secrets = secrets.lines().filter(|line| !line.trim().is_empty()).map(Secret::parse);
        let secrets: Vec<Secret> = secrets
            .collect::<Result<_, _>>()
            .with_context(|| format!("there is no secret in `{}`", path.display()))?;
        let fits = (1..=2).contains(&secrets.len());
        ensure!(fits, "`{}`: one secret a line, and one or two of them", path.display());
        let roots = match hook.trust {
            Some(file) => Roots::File(self.beside.join(file)),
            None => Roots::Machine,
        };
        let usual = Limits::default();
        let answer = hook.timeout_s.map_or(usual.answer, Duration::from_secs);
        let client = match url.scheme_str() {
            Some("https") => Client::new(&roots, Limits { answer, ..usual })?,
            _ => Client::plain(Limits { answer, ..usual }),
        };
        let named = |names: Vec<String>| self.types(&names);
        let types = hook.types.map(named).transpose()?;
        let backoff = backoff(hook.tries, hook.longest_wait_s)?;
        let courier: Arc<dyn Courier> = Arc::new(Webhook::new(url, secrets, client));
        Ok(Route { name: hook.name, after: hook.after, types, backoff, courier })
    }

    fn post(&self, post: Post) -> Result<Route> {
        let login = match (post.login, post.password_file) {
            (Some(name), Some(file)) => Some((name, self.text_of(&file)?.trim().to_string())),
            (None, None) => None,
            _ => bail!("`login` and `password-file` go together"),
        };
        let security = match post.security {
            Spoken::Tls => Security::Tls,
            Spoken::StartTls => Security::StartTls,
            Spoken::None => Security::None,
        };
        let bare = login.is_some() && security == Security::None;
        ensure!(!bare, "a password is not sent in the clear: set `security` to tls or starttls");
        let authority = post.trust.map(|file| self.text_of(&file)).transpose()?;
        let mut texts = Vec::new();
        for words in &post.text {
            let of = || format!("the text for `{}`", words.r#type);
            texts.extend(self.texts(words).with_context(of)?);
        }
        ensure!(!texts.is_empty(), "there is no [[mail.text]], so nothing would be sent");
        let mailbox = Mailbox {
            host: post.host,
            port: post.port,
            security,
            login,
            authority: authority.map(String::into_bytes),
            from: post.from,
            limit: Duration::from_secs(post.timeout_s.unwrap_or(30)),
        };
        let types = texts.iter().map(|text| text.ce_type.clone()).collect();
        let backoff = backoff(post.tries, post.longest_wait_s)?;
        let courier: Arc<dyn Courier> = Arc::new(Mail::new(&mailbox, texts)?);
        Ok(Route { name: post.name, after: post.after, types: Some(types), backoff, courier })
    }

    /// A text for each version of the event.
    fn texts(&self, words: &Words) -> Result<Vec<Text>> {
        let read = |what: &str, text: &str| {
            Template::parse(text).with_context(|| format!("`{what}` is no template"))
        };
        let (to, subject) = (read("to", &words.to)?, read("subject", &words.subject)?);
        let body = read("body", &words.body)?;
        let types = self.types(std::slice::from_ref(&words.r#type))?;
        if let Some(has) = words.has.as_ref().filter(|has| !has.starts_with('/')) {
            bail!("`has`: `{has}` is no JSON pointer: write one such as `/data/order`");
        }
        let text = |ce_type| {
            let (to, subject, body) = (to.clone(), subject.clone(), body.clone());
            Text { ce_type, has: words.has.clone(), to, subject, body }
        };
        Ok(types.into_iter().map(text).collect())
    }

    /// The CloudEvents types of names, in all their versions.
    fn types(&self, names: &[String]) -> Result<Vec<String>> {
        let mut types = Vec::new();
        for name in names {
            let kinds = event_kinds(self.says, name).map_err(|known| {
                anyhow!("there is no event `{name}`; there are: {}", known.join(", "))
            })?;
            let events = kinds.iter().filter_map(|kind| self.says.events.get(usize::from(*kind)));
            types.extend(events.map(|event| event.ce_type.clone()));
        }
        Ok(types)
    }

    fn text_of(&self, file: &Path) -> Result<String> {
        let path = self.beside.join(file);
        let read = std::fs::read_to_string(&path);
        read.with_context(|| format!("can't read `{}`", path.display()))
    }
}

fn backoff(tries: Option<u32>, longest_wait_s: Option<u64>) -> Result<Backoff> {
    let usual = Backoff::default();
    let (tries, most) =
        (tries.unwrap_or(usual.tries), longest_wait_s.map_or(usual.most, Duration::from_secs));
    ensure!(tries > 0, "`tries` is 0: nothing would ever be sent");
    Ok(Backoff { tries, most, ..usual })
}
