//! The keys file: what is understood, and what is refused with which reason; and the page about it.

use crate::http_support::Served;
use crate::token_support::*;
use earmark_host::http::{HttpOptions, Keys};
use earmark_wasm::{Plugin as _, ShopPlugin};
use serde_json::{Value, json};

#[test]
fn one_key_alone_needs_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    let key = Signer::secret();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{}\n", key.shown())).unwrap();
    let text = format!(
        "issuer = '{ISSUER}'\naudience = '{AUDIENCE}'\n\
         [[keys]]\nkid = 'only'\nalg = 'HS256'\nsecret-file = 'secret'\n"
    );
    std::fs::write(&file, text).unwrap();
    let served = Served::start(HttpOptions::new(([127, 0, 0, 1], 0).into(), access(&file)));
    let ask = |header: Value| {
        let token = format!("Bearer {}", key.token_of(&header, &claims("ann", CUSTOMER)));
        served.query("Summary", &json!({}), &[("authorization", &token)])
    };
    let answer = ask(json!({ "alg": "HS256" }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    ask(json!({ "alg": "HS256", "kid": "other" })).problem(401, "token-key-unknown");
}

#[test]
fn every_character_of_a_token_counts() {
    let issuer = Issuer::new();
    let served = Served::start(HttpOptions::new(([127, 0, 0, 1], 0).into(), issuer.access()));
    let ask = |token: &str| {
        let token = format!("Bearer {token}");
        served.query("Summary", &json!({}), &[("authorization", &token)])
    };
    let [ed, _, hs] = &issuer.keys;
    for (kid, key) in [ed, hs] {
        let token = key.token(kid, &claims("ann", CUSTOMER));
        assert_eq!(ask(&token).status, 200);
        for at in 0..token.len() {
            // The next one in the alphabet, so that at the end it is unused bits that differ.
            let other = match token.as_bytes()[at] {
                b'Z' => 'a',
                b'z' => '0',
                b'9' => '-',
                b'-' => '_',
                b'_' | b'.' => 'A',
                letter => char::from(letter + 1),
            };
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert_eq!(ask(&changed).status, 401, "{kid}: character {at} of {changed}");
            let (start, end) = token.split_at(at);
            assert_eq!(ask(start).status, 401, "{kid}: {at} characters of {token}");
            assert_eq!(ask(end).status, if at == 0 { 200 } else { 401 }, "{kid}: from {at}");
        }
    }
}

#[test]
fn a_keys_file_that_is_not_understood_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |keys: &str| {
        let file = folder.path().join("keys.toml");
        std::fs::write(&file, format!("issuer = 'a'\naudience = 'b'\n{keys}")).unwrap();
        Keys::from_file(&file).unwrap_err().to_string()
    };
    let secret = base64url(&[7; 32]);
    let (ed, rsa) = (Signer::ed25519().shown(), Signer::rsa(&RFC_7515).shown());
    let key = |alg: &str, rest: &str| format!("[[keys]]\nkid = 'k'\nalg = '{alg}'\n{rest}\n");
    for (keys, why) in [
        (String::new(), "it has 0 keys"),
        (key("HS256", &format!("secret = '{}'", base64url(&[7; 31]))), "31 bytes"),
        (key("HS256", "secret = 'no base64!'"), "not base64url"),
        (key("HS256", &format!("public-key = '''{rsa}'''")), "takes a secret"),
        (key("RS256", &format!("secret = '{secret}'")), "takes a public key"),
        (key("RS256", &format!("public-key = '''{ed}'''")), "not an RSA public key"),
        (key("EdDSA", &format!("public-key = '''{rsa}'''")), "not an Ed25519 public key"),
        (key("EdDSA", "public-key = '-----BEGIN PRIVATE KEY-----'"), "that is a private key"),
        (key("EdDSA", ""), "give one of"),
        (key("ES256", &format!("secret = '{secret}'")), "line 5"),
        (key("none", ""), "line 5"),
        (key("HS256", &format!("secret = '{secret}'\nnote = 'x'")), "unknown field `note`"),
        (key("HS256", &format!("secret = '{secret}'")).repeat(2), "`kid` must be there once"),
        (key("EdDSA", "public-key-file = 'not-there.pem'"), "not-there.pem"),
    ] {
        let error = refused(&keys);
        assert!(error.contains(why), "`{why}` is not in `{error}`");
        assert!(!error.contains(&secret), "no secret is told: {error}");
    }
}

const PAGE: &str = include_str!("../../docs/security.md");

#[test]
fn the_keys_file_on_the_page_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let example = PAGE.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let (ed, till) = (Signer::ed25519(), Signer::secret());
    std::fs::write(folder.path().join("keys.toml"), example).unwrap();
    std::fs::write(folder.path().join("login-2026-11.pem"), ed.shown()).unwrap();
    std::fs::write(folder.path().join("till.secret"), till.shown()).unwrap();
    let access = access(&folder.path().join("keys.toml"));
    let served = Served::start(HttpOptions::new(([127, 0, 0, 1], 0).into(), access));
    for (kid, key) in [("login-2026-11", ed), ("till", till)] {
        let token = format!("Bearer {}", key.token(kid, &claims("ann", CUSTOMER)));
        let answer = served.query("Summary", &json!({}), &[("authorization", &token)]);
        assert_eq!(answer.status, 200, "{kid}: {}", answer.text());
    }
}

#[test]
fn the_page_has_every_scope() {
    let says = ShopPlugin::describe();
    let commands = says.commands.iter().map(|one| one.scope.as_str());
    let queries = says.queries.iter().map(|one| one.scope.as_str());
    let mut scopes: Vec<&str> = commands.chain(queries).filter(|scope| *scope != "flow").collect();
    scopes.extend(["staff", "admin", "metrics"]);
    scopes.sort_unstable();
    scopes.dedup();
    let section = PAGE.split("\n## Scopes\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let mut told: Vec<&str> = rows.collect();
    told.sort_unstable();
    assert_eq!(told, scopes);
    let everything: Vec<&str> = EVERYTHING.split(' ').collect();
    assert!(everything.iter().all(|scope| scopes.contains(scope)));
}
