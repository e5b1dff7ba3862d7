//! Who may ask: every route, with every token that is not quite right, and with those that are.
//!
//! Law: the routes are the server's own list, so that one without a row here fails.

use std::io::{BufReader, Write};
use std::time::{Duration, Instant};

use crate::http_support::{Answer, Place, Served, head, new_id, order, read_head};
use crate::token_support::*;
use earmark_host::http::{HttpOptions, Route, routes};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../docs/security.md");

/// What a request to a route is.
struct Row {
    method: &'static str,
    path: &'static str,
    /// The path of the request; the body is `null` for none.
    asked: &'static str,
    body: fn(own: &str) -> Value,
    /// The scope it needs, if any.
    scope: &'static str,
}

const NONE: fn(&str) -> Value = |_| Value::Null;

const ROWS: [Row; 16] = [
    post("/api/commands/{name}", "/api/commands/PlaceOrder", "orders:write", |_| {
        order(&new_id(), 1)
    }),
    post(
        "/api/commands",
        "/api/commands",
        "orders:write",
        |_| json!([{ "command": "PlaceOrder", "data": order(&new_id(), 1) }]),
    ),
    post("/api/queries/{name}", "/api/queries/Order", "orders:read", |own| json!({ "order": own })),
    post(
        "/api/slice",
        "/api/slice",
        "",
        |own| json!({ "items": [{ "sku": "MUG" }], "orders": [own] }),
    ),
    get("/api/events", "/api/events?after=0", ""),
    get("/api/dead-letters", "/api/dead-letters", "admin"),
    get("/api/dead-letters/{input}", "/api/dead-letters/1", "admin"),
    post("/api/dead-letters/{input}/retry", "/api/dead-letters/1/retry", "admin", NONE),
    post(
        "/api/dead-letters/{input}/drop",
        "/api/dead-letters/1/drop",
        "admin",
        |_| json!({ "why": "a test" }),
    ),
    get("/metrics", "/metrics", "metrics"),
    get("/api/description", "/api/description", ""),
    get("/openapi.json", "/openapi.json", ""),
    get("/health/live", "/health/live", ""),
    get("/health/ready", "/health/ready", ""),
    get("/echo", "/echo", ""),
    post("/bench/echo", "/bench/echo", "", |_| json!({})),
];

const fn get(path: &'static str, asked: &'static str, scope: &'static str) -> Row {
    Row { method: "GET", path, asked, body: NONE, scope }
}

const fn post(
    path: &'static str,
    asked: &'static str,
    scope: &'static str,
    body: fn(&str) -> Value,
) -> Row {
    Row { method: "POST", path, asked, body, scope }
}

impl Row {
    /// What somebody is answered who may ask.
    fn answered(&self) -> u16 {
        // The first input is no dead letter, and only an administrator is told so.
        if self.asked.starts_with("/api/dead-letters/1") { 404 } else { 200 }
    }
}

/// A shop that asks for tokens, with an order of Ann's.
struct Shop {
    served: Served,
    issuer: Issuer,
    of_ann: String,
}

impl Shop {
    fn new() -> Self {
        let place = Place::memory();
        Served::shop_at(&place).end();
        let issuer = Issuer::new();
        let options = HttpOptions {
            bench: true,
            ..HttpOptions::new(([127, 0, 0, 1], 0).into(), issuer.access())
        };
        let served = Served::over(place.partition(), options);
        let shop = Self { served, issuer, of_ann: new_id() };
        let placed = shop.as_("ann", CUSTOMER, "PlaceOrder", &order(&shop.of_ann, 1));
        assert_eq!(placed.status, 200, "{}", placed.text());
        shop
    }

    /// Gives a command as somebody with these scopes.
    fn as_(&self, subject: &str, scope: &str, command: &str, payload: &Value) -> Answer {
        let token = self.issuer.of(subject, scope);
        self.served.command(command, payload, &[("authorization", &token)])
    }

    /// Asks a question as somebody with these scopes.
    fn asked_by(&self, subject: &str, scope: &str, query: &str, payload: &Value) -> Answer {
        let token = self.issuer.of(subject, scope);
        self.served.query(query, payload, &[("authorization", &token)])
    }

    /// Asks what a row says; of a stream only the head is read.
    fn ask(&self, row: &Row, token: Option<&str>) -> Answer {
        let body = match (row.body)(&self.of_ann) {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let length = body.len().to_string();
        let mut headers = vec![("connection", "close"), ("content-length", &*length)];
        headers.extend((row.method == "POST").then_some(("content-type", "application/json")));
        headers.extend(token.map(|token| ("authorization", token)));
        let mut stream = self.served.connect();
        stream.write_all(head(row.method, row.asked, "1.1", &headers).as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        if row.path != "/api/events" {
            return Answer::read(reader);
        }
        let (status, headers) = read_head(&mut reader);
        if status == 200 {
            return Answer { status, headers, body: Vec::new() };
        }
        let mut body = Vec::new();
        std::io::Read::read_to_end(&mut reader, &mut body).unwrap();
        Answer { status, headers, body }
    }
}

fn row_of(route: &Route) -> &'static Row {
    let row = ROWS.iter().find(|row| (row.method, row.path) == (route.method, route.path));
    row.unwrap_or_else(|| panic!("`{} {}` has no row in this test", route.method, route.path))
}

/// A header `Authorization` that is wrong, what about, and the code that says so.
type Wrong = (String, Option<String>, &'static str);

fn bearer(token: &str) -> Option<String> {
    Some(format!("Bearer {token}"))
}

/// Tokens whose signature is not what it should be.
fn forged(issuer: &Issuer) -> Vec<Wrong> {
    let fine = claims("ann", EVERYTHING);
    let [(ed, ed_key), (rsa, rsa_key), (hs, hs_key)] = &issuer.keys;
    let mut all: Vec<Wrong> = Vec::new();
    let strangers =
        [(ed, Signer::ed25519()), (rsa, Signer::rsa(&RFC_7520)), (hs, Signer::secret())];
    for (kid, key) in &strangers {
        all.push((
            format!("a wrong key: {kid}"),
            bearer(&key.token(kid, &fine)),
            "token-signature",
        ));
    }
    for (kid, key) in &issuer.keys {
        let token = key.token(kid, &fine);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let head = signed.split_once('.').unwrap().0;
        let other = base64url(claims("bob", EVERYTHING).to_string().as_bytes());
        let altered = format!("{head}.{other}.{signature}");
        all.push((format!("other claims: {kid}"), bearer(&altered), "token-signature"));
        let bare = format!("{signed}.");
        all.push((format!("no signature: {kid}"), bearer(&bare), "token-signature"));
        for (name, alg) in [("none", "none"), ("None", "None"), ("another", "RS512")] {
            let head = json!({ "alg": alg, "kid": kid });
            let token = Signer::Nobody.token_of(&head, &fine);
            all.push((format!("alg={name}: {kid}"), bearer(&token), "token-algorithm"));
        }
    }
    // What everybody knows of an RSA key, taken for a secret.
    let pem = rsa_key.shown();
    for known in [pem.clone(), pem.trim().to_string()] {
        let token = Signer::Hmac(known.into_bytes()).token(rsa, &fine);
        all.push(("HS256 by the RSA public key".into(), bearer(&token), "token-algorithm"));
    }
    let token = ed_key.token_of(&json!({ "alg": "EdDSA", "kid": hs }), &fine);
    all.push(("a key of another algorithm".into(), bearer(&token), "token-algorithm"));
    let token = hs_key.token_of(&json!({ "alg": "EdDSA", "kid": ed }), &fine);
    all.push(("HS256 called EdDSA".into(), bearer(&token), "token-signature"));
    all
}

/// What is signed as it should be, and still says nothing that holds.
fn unfit(issuer: &Issuer) -> Vec<Wrong> {
    let fine = || claims("ann", EVERYTHING);
    let mut all: Vec<Wrong> = Vec::new();
    let cases = [
        ("expired", "exp", json!(now() - 60), "token-expired"),
        ("not yet valid", "nbf", json!(now() + 120), "token-not-yet-valid"),
        ("another audience", "aud", json!("https://else.example"), "token-audience"),
        ("other audiences", "aud", json!(["a", "b"]), "token-audience"),
        ("another issuer", "iss", json!("https://login.evil"), "token-issuer"),
        ("no expiry", "exp", Value::Null, "token-claims"),
        ("expiry as text", "exp", json!("never"), "token-claims"),
        ("no audience", "aud", Value::Null, "token-claims"),
        ("no issuer", "iss", Value::Null, "token-claims"),
        ("no subject", "sub", Value::Null, "token-claims"),
        ("subject as a number", "sub", json!(7), "token-claims"),
        ("scopes as a number", "scope", json!(7), "token-claims"),
        ("an empty subject", "sub", json!(""), "token-subject"),
        ("a long subject", "sub", json!("a".repeat(129)), "token-subject"),
        ("a subject of two lines", "sub", json!("ann\nbob"), "token-subject"),
        ("the host's name", "sub", json!("host"), "token-subject"),
        ("the staff's name", "sub", json!("staff"), "token-subject"),
    ];
    for (kid, key) in &issuer.keys {
        for (what, claim, value, code) in &cases {
            let token = key.token(kid, &with(fine(), claim, value.clone()));
            all.push((format!("{what}: {kid}"), bearer(&token), code));
        }
    }
    all
}

/// What is no token that could be looked into.
fn unreadable(issuer: &Issuer) -> Vec<Wrong> {
    let fine = claims("ann", EVERYTHING);
    let [(ed, key), ..] = &issuer.keys;
    let headed = |header: Value| bearer(&key.token_of(&header, &fine));
    let long = with(fine.clone(), "fill", json!("x".repeat(9_000)));
    let case = |what: &str, given: Option<String>, code| (what.to_string(), given, code);
    vec![
        case("nothing", None, "token-missing"),
        case("another scheme", Some("Basic YW5uOnB3".into()), "token-missing"),
        case("no scheme", Some(key.token(ed, &fine)), "token-missing"),
        case("an empty token", bearer(""), "token-missing"),
        case("no JWT", bearer("abc"), "token-malformed"),
        case("three dots", bearer("a.b.c.d"), "token-malformed"),
        case("an encrypted token", bearer("a.b.c.d.e"), "token-malformed"),
        case("no JSON", bearer("bm90.bm90.bm90"), "token-malformed"),
        case("too long", bearer(&key.token(ed, &long)), "token-too-long"),
        case("an unknown key", bearer(&key.token("ed-2", &fine)), "token-key-unknown"),
        case("a path for a key", bearer(&key.token("../ed-1", &fine)), "token-key-unknown"),
        case("no key", headed(json!({ "alg": "EdDSA" })), "token-key-unknown"),
        case("no algorithm", headed(json!({ "kid": ed })), "token-malformed"),
        case(
            "critical extensions",
            headed(json!({ "alg": "EdDSA", "kid": ed, "crit": ["b64"], "b64": false })),
            "token-malformed",
        ),
        case(
            "a token for something else",
            headed(json!({ "alg": "EdDSA", "kid": ed, "typ": "secevent+jwt" })),
            "token-malformed",
        ),
    ]
}

#[test]
fn nobody_passes_a_closed_route_without_a_token_that_holds() {
    let shop = Shop::new();
    let wrong = [forged(&shop.issuer), unfit(&shop.issuer), unreadable(&shop.issuer)].concat();
    let before = shop.served.get("/health/ready").json()["inputs"].clone();
    for route in routes() {
        let row = row_of(&route);
        for (what, token, code) in &wrong {
            let answer = shop.ask(row, token.as_deref());
            let context = format!("{} with {what}", row.path);
            if route.open {
                assert_eq!(answer.status, 200, "{context}: {}", answer.text());
                continue;
            }
            assert_eq!(answer.json()["code"], *code, "{context}");
            let problem = answer.problem(401, code);
            assert!(!problem["detail"].as_str().unwrap().contains("ann"), "{context}: {problem}");
            let missing = *code == "token-missing";
            let challenge = if missing { "Bearer" } else { r#"Bearer error="invalid_token""# };
            assert_eq!(answer.header("www-authenticate"), Some(challenge), "{context}");
        }
    }
    let after = shop.served.get("/health/ready").json()["inputs"].clone();
    assert_eq!(before, after, "nothing was carried out");
}

#[test]
fn the_page_has_every_code() {
    let issuer = Issuer::new();
    for (_, _, code) in [forged(&issuer), unfit(&issuer), unreadable(&issuer)].concat() {
        assert!(PAGE.contains(&format!("`{code}`")), "{code}");
    }
}

#[test]
fn every_route_has_a_row_and_the_open_ones_are_known() {
    let mut all: Vec<_> = routes().map(|route| (route.method, route.path)).collect();
    let mut rows: Vec<_> = ROWS.iter().map(|row| (row.method, row.path)).collect();
    all.sort_unstable();
    rows.sort_unstable();
    assert_eq!(all, rows);
    let open: Vec<_> =
        routes().filter(|route| route.open && !route.bench).map(|route| route.path).collect();
    assert_eq!(open, ["/api/description", "/openapi.json", "/health/live", "/health/ready"]);
}

#[test]
fn whoever_has_a_token_of_any_key_is_answered() {
    let shop = Shop::new();
    let all = format!("{CUSTOMER} admin metrics");
    for (kid, key) in &shop.issuer.keys {
        let audiences = with(claims("ann", &all), "aud", json!(["a", AUDIENCE]));
        let each = with(claims("ann", ""), "scp", json!(all.split(' ').collect::<Vec<_>>()));
        let early = with(claims("ann", &all), "nbf", json!(now() + 10));
        let late = with(claims("ann", &all), "exp", json!(now() - 10));
        for claims in [claims("ann", &all), audiences, each, early, late] {
            let token = bearer(&key.token(kid, &claims));
            for route in routes() {
                let row = row_of(&route);
                let answer = shop.ask(row, token.as_deref());
                let (path, text) = (route.path, answer.text());
                assert_eq!(answer.status, row.answered(), "{path} by {kid} with {claims}: {text}");
            }
        }
    }
}

#[test]
fn a_scope_that_is_missing_is_named() {
    let shop = Shop::new();
    // Neither those who run the host nor the host's own scope stand in for it.
    for scope in ["", "catalogue:read", "admin", "flow", "flow admin", "orders"] {
        let token = shop.issuer.of("ann", scope);
        for route in routes() {
            let row = row_of(&route);
            let answer = shop.ask(row, Some(&token));
            let needed = row.scope;
            if scope.split(' ').any(|one| one == needed) || needed.is_empty() {
                assert_eq!(answer.status, row.answered(), "{}: {}", row.path, answer.text());
                continue;
            }
            let problem = answer.problem(403, "scope-missing");
            assert!(problem["detail"].as_str().unwrap().contains(needed), "{problem}");
            let challenge = format!(r#"Bearer error="insufficient_scope", scope="{needed}""#);
            assert_eq!(answer.header("www-authenticate"), Some(&*challenge));
        }
    }
    let tick = shop.as_("ann", "flow admin staff", "Tick", &json!({}));
    tick.problem(404, "unknown-command");
    // Not even the staff has what its token does not say.
    shop.as_("sue", "staff", "PlaceOrder", &order(&new_id(), 1)).problem(403, "scope-missing");
}

#[test]
fn an_order_of_somebody_else_is_as_one_that_is_not_there() {
    let shop = Shop::new();
    let (hers, nobodys) = (shop.of_ann.clone(), new_id());
    // Of what is in the journal, the number of the input differs.
    let seen = |answer: Answer, id: &str| {
        let text = answer.text().replace(id, "ID");
        let text = text.split_once(",\"input\"").map_or(text.clone(), |(text, _)| text.to_string());
        let names = answer.headers.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        (answer.status, names, text)
    };
    let scopes = format!("{CUSTOMER} fulfilment:read payments:write fulfilment:write admin flow");
    for query in ["Order", "OrderStatus"] {
        let ask = |id: &str| shop.asked_by("bob", &scopes, query, &json!({ "order": id }));
        ask(&hers).problem(404, "unknown-order");
        assert_eq!(seen(ask(&hers), &hers), seen(ask(&nobodys), &nobodys), "{query}");
        for (who, scope) in [("ann", CUSTOMER), ("sue", EVERYTHING)] {
            let answer = shop.asked_by(who, scope, query, &json!({ "order": hers }));
            assert_eq!(answer.status, 200, "{query} by {who}: {}", answer.text());
        }
    }
    let units = json!([{ "line": { "item": { "sku": "MUG" } }, "quantity": 1 }]);
    for (command, rest) in [
        ("CancelOrder", json!({ "reason": "customer" })),
        ("CancelOrder", json!({ "reason": "customer", "lines": units })),
        ("RequestReturn", json!({ "lines": units })),
    ] {
        let give =
            |id: &str| shop.as_("bob", &scopes, command, &with(rest.clone(), "order", json!(id)));
        give(&hers).problem(404, "unknown-order");
        assert_eq!(seen(give(&hers), &hers), seen(give(&nobodys), &nobodys), "{command}");
    }
    let slice = |who: &str, id: &str| {
        let ask = json!({ "items": [], "orders": [id] }).to_string();
        let token = shop.issuer.of(who, &scopes);
        shop.served.post("/api/slice", ask.as_bytes(), &[("authorization", &token)])
    };
    assert_eq!(slice("bob", &hers).status, 200);
    assert_eq!(slice("bob", &hers).body, slice("bob", &nobodys).body);
    assert!(slice("ann", &hers).body.len() > slice("ann", &nobodys).body.len());
    let own = shop.as_(
        "ann",
        CUSTOMER,
        "CancelOrder",
        &json!({ "order": hers,
        "reason": "customer" }),
    );
    assert_eq!(own.status, 200, "it was there all the time: {}", own.text());
}

#[test]
fn a_customer_follows_his_own_orders_and_the_staff_all_of_them() {
    let shop = Shop::new();
    let of_bob = new_id();
    let placed = shop.as_("bob", CUSTOMER, "PlaceOrder", &order(&of_bob, 1));
    assert_eq!(placed.status, 200, "{}", placed.text());
    let last = shop.as_("ann", CUSTOMER, "PlaceOrder", &order(&new_id(), 1)).json();
    let last = last["events"].as_array().unwrap().last().unwrap()["sequence"].as_u64().unwrap();
    let follow = |who: &str, scope: &str| {
        let token = shop.issuer.of(who, scope);
        shop.served.follow("/api/events?after=0", &[("authorization", &token)])
    };
    let anns = follow("ann", CUSTOMER).up_to(last);
    assert!(anns.iter().any(|one| one.data["subject"] == json!(shop.of_ann)));
    assert!(anns.iter().all(|one| one.data["subject"] != json!(of_bob)), "{anns:?}");
    // Nobody else sees them, whatever else he may do.
    let admins = follow("bob", "admin orders:read inventory:write").next().unwrap();
    assert_eq!(admins.data["subject"], json!(of_bob), "his own is the first that he sees");
    let all = follow("sue", "staff").up_to(last);
    for subject in [&shop.of_ann, &of_bob] {
        assert!(all.iter().any(|one| one.data["subject"] == json!(subject)));
    }
    let ids: Vec<u64> = all.iter().map(|one| one.id).collect();
    assert_eq!(ids, (1..=last).collect::<Vec<_>>());
}

#[test]
fn a_stream_ends_with_its_token() {
    let shop = Shop::new();
    // Within the leeway of 30 seconds, and for two more.
    let token = shop.issuer.bearer(&with(claims("ann", CUSTOMER), "exp", json!(now() - 28)));
    let mut stream = shop.served.follow("/api/events?after=0", &[("authorization", &token)]);
    let opened = Instant::now();
    while stream.line().is_some() {
        assert!(opened.elapsed() < Duration::from_secs(12), "it goes on without a token");
    }
    let fine = shop.issuer.of("ann", CUSTOMER);
    assert!(
        shop.served.follow("/api/events?after=0", &[("authorization", &fine)]).next().is_some()
    );
}

#[test]
fn a_token_comes_in_the_header_and_nowhere_else() {
    let shop = Shop::new();
    let fine = shop.issuer.of("ann", EVERYTHING);
    let token = fine.strip_prefix("Bearer ").unwrap();
    for place in ["access_token", "token", "authorization", "as", "jwt"] {
        let path = format!("/api/events?after=0&{place}={token}");
        shop.served.get(&path).problem(401, "token-missing");
        let both = shop.served.send("GET", &path, &[("authorization", &fine)], b"");
        both.problem(400, "malformed");
    }
    let cookie = format!("access_token={token}");
    for header in [("cookie", &*cookie), ("earmark-as", "staff"), ("x-authorization", &fine)] {
        let answer = shop.served.send("POST", "/api/slice", &[header], b"");
        answer.problem(401, "token-missing");
    }
    let two = [("authorization", &*fine), ("authorization", &*fine)];
    shop.served.send("POST", "/api/slice", &two, b"").problem(401, "token-malformed");
    let lower = fine.replace("Bearer", "bearer");
    let ask = json!({ "order": shop.of_ann });
    assert_eq!(shop.served.query("Order", &ask, &[("authorization", &lower)]).status, 200);
    assert_eq!(shop.served.send("HEAD", "/api/events", &[], b"").status, 401);
    // A demo's word counts for nothing beside a token.
    let staff = [("authorization", &*fine), ("earmark-as", "customer:bob")];
    assert_eq!(shop.served.query("Order", &ask, &staff).status, 200);
}
