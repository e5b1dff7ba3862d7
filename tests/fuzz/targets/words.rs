//! What an operator writes: templates, secrets and the file of keys, with slips of the pen.
//!
//! Law: it is understood, or refused with words; a template that is understood says the same each
//! time.

use bolero::{TypeGenerator, check};
use earmark_host::courier::{Secret, Template};
use earmark_host::http::Keys;
use serde_json::json;

use crate::damage::Damage;

const TEMPLATES: [&str; 4] = [
    "Order {/data/order} is on its way, {owner}.",
    "{{{/data/lines/0/sku}}} {/data/~0a~1b}",
    "To: {/data/mail}\r\n\r\n{/type}",
    "plain",
];

#[test]
fn templates() {
    let event = json!({ "type": "uk.earmark.shipped.v1",
        "data": { "order": "7", "lines": [{ "sku": "MUG" }], "~a/b": null, "mail": "ann@x" } });
    check!().with_type::<(u8, Damage)>().with_iterations(4_000).for_each(
        |(which, damage): &(u8, Damage)| match Template::parse(
            &damage.of_text(TEMPLATES[usize::from(*which) % 4]),
        ) {
            Ok(template) => {
                let (filled, again) = (template.fill(&event, "ann"), template.fill(&event, "ann"));
                assert_eq!(filled, again);
            }
            Err(error) => assert!(error.to_string().contains(' ')),
        },
    );
}

#[test]
fn secrets() {
    let whole = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    check!().with_type::<Damage>().with_iterations(4_000).for_each(|damage: &Damage| {
        let text = damage.of_text(whole);
        if let Err(error) = Secret::parse(&text) {
            let told = error.to_string();
            assert!(!told.contains(&whole[6..20]), "a secret is shown: {told}");
        }
    });
}

#[derive(Debug, Clone, TypeGenerator)]
struct Files {
    keys: Damage,
    secret: Damage,
    public: Damage,
}

const KEYS: &str = "issuer = 'https://login.example'\naudience = 'https://shop.example'\n\
    [[keys]]\nkid = 'a'\nalg = 'HS256'\nsecret-file = 'secret'\n\
    [[keys]]\nkid = 'b'\nalg = 'EdDSA'\npublic-key-file = 'public.pem'\n";
const SECRET: &str = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

#[test]
fn the_file_of_keys() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let write = |files: &Files| {
        std::fs::write(at("keys.toml"), files.keys.of(KEYS.as_bytes())).unwrap();
        std::fs::write(at("secret"), files.secret.of(SECRET.as_bytes())).unwrap();
        std::fs::write(at("public.pem"), files.public.of(PUBLIC.as_bytes())).unwrap();
    };
    check!().with_type::<Files>().with_iterations(400).for_each(|files: &Files| {
        write(files);
        let read = Keys::from_file(&at("keys.toml"));
        let is_whole = files.keys.is_none() && files.secret.is_none() && files.public.is_none();
        match read {
            Ok(_) => {}
            Err(error) => {
                let told = error.to_string();
                assert!(!is_whole, "{told}");
                assert!(!told.contains(&SECRET[..20]), "a secret is shown: {told}");
            }
        }
    });
}
