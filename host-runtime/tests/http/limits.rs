//! How often one caller may ask, and from which pages.

use crate::http_support;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::http_support::{Served, options};
use crate::token_support::{CUSTOMER, Issuer};
use earmark_host::http::{HttpOptions, RateLimit};
use serde_json::json;

/// So slow that nothing flows back while a test runs.
fn limit(burst: u32) -> RateLimit {
    let burst = NonZeroU32::new(burst).unwrap();
    RateLimit { requests: NonZeroU32::MIN, per: Duration::from_secs(3_600), burst }
}

#[test]
fn each_caller_has_a_bucket_of_his_own() {
    let issuer = Issuer::new();
    let options = HttpOptions {
        rate: Some(limit(5)),
        ..HttpOptions::new(([127, 0, 0, 1], 0).into(), issuer.access())
    };
    let served = Served::start(options);
    let ask = |token: &str| served.query("Summary", &json!({}), &[("authorization", token)]);
    // Another token of the same subject is no other caller.
    for left in (0..5).rev() {
        let answer = ask(&issuer.of("ann", &format!("{CUSTOMER} more-{left}")));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("ratelimit-policy"), Some(r#""caller";q=1;w=3600"#));
        assert_eq!(answer.header("ratelimit"), Some(&*format!(r#""caller";r={left}"#)));
    }
    let ann = issuer.of("ann", CUSTOMER);
    let refused = ask(&ann);
    refused.problem(429, "rate-limited");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3_590..=3_600).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit"), Some(&*format!(r#""caller";r=0;t={wait}"#)));
    let events = served.send("GET", "/api/events", &[("authorization", &ann)], b"");
    events.problem(429, "rate-limited");
    assert_eq!(ask(&issuer.of("bob", CUSTOMER)).status, 200);
}

#[test]
fn whoever_has_no_token_shares_the_bucket_of_his_address() {
    let issuer = Issuer::new();
    let options = HttpOptions {
        rate: Some(limit(3)),
        ..HttpOptions::new(([127, 0, 0, 1], 0).into(), issuer.access())
    };
    let served = Served::start(options);
    assert_eq!(served.get("/api/description").status, 200);
    served.get("/api/events").problem(401, "token-missing");
    // A guess at a token is no caller of its own.
    let guess = |token: &str| served.send("POST", "/api/slice", &[("authorization", token)], b"");
    guess("Bearer a.b.c").problem(401, "token-malformed");
    guess("Bearer d.e.f").problem(429, "rate-limited");
    served.get("/api/description").problem(429, "rate-limited");
    served.get("/no/such/path").problem(429, "rate-limited");
    // A probe is always answered, and whoever proves who he is has his own bucket.
    for _ in 0..10 {
        assert_eq!(served.get("/health/ready").status, 200);
        assert_eq!(served.get("/health/live").status, 200);
    }
    let ann = issuer.of("ann", CUSTOMER);
    assert_eq!(served.query("Summary", &json!({}), &[("authorization", &ann)]).status, 200);
}

#[test]
fn in_a_demo_the_address_asks_whatever_name_it_gives() {
    let served = Served::start(HttpOptions { rate: Some(limit(2)), ..options() });
    for name in ["customer:ann", "customer:bob"] {
        let answer = served.query("Summary", &json!({}), &[("earmark-as", name)]);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let third = served.query("Summary", &json!({}), &[("earmark-as", "customer:eve")]);
    third.problem(429, "rate-limited");
}

const SHOP: &str = "https://shop.example";

fn preflight(served: &Served, origin: &str, path: &str) -> http_support::Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type,earmark-source"),
    ];
    served.send("OPTIONS", path, &headers, b"")
}

#[test]
fn pages_of_other_hosts_may_not_ask_unless_they_are_named() {
    let served = Served::start(options());
    let asked = served.send("GET", "/api/description", &[("origin", SHOP)], b"");
    assert_eq!(asked.status, 200);
    let told = preflight(&served, SHOP, "/api/commands/PlaceOrder");
    for answer in [asked, told] {
        let said = answer.headers.iter().find(|(name, _)| name.starts_with("access-control"));
        assert!(said.is_none(), "{said:?}");
    }
}

#[test]
fn a_page_that_is_named_may_ask_and_read_what_it_needs() {
    let issuer = Issuer::new();
    let cors = vec![SHOP.parse().unwrap(), "http://localhost:5173".parse().unwrap()];
    let options = HttpOptions {
        cors,
        rate: Some(limit(4)),
        ..HttpOptions::new(([127, 0, 0, 1], 0).into(), issuer.access())
    };
    let served = Served::start(options);
    for origin in [SHOP, "http://localhost:5173"] {
        let told = preflight(&served, origin, "/api/commands/PlaceOrder");
        assert_eq!(told.status, 200, "no token is asked for: {}", told.text());
        assert_eq!(told.header("access-control-allow-origin"), Some(origin));
        assert_eq!(told.header("access-control-allow-credentials"), None);
        let methods = told.header("access-control-allow-methods").unwrap();
        assert_eq!(methods, "GET,POST");
        let headers = told.header("access-control-allow-headers").unwrap();
        for name in [
            "authorization",
            "content-type",
            "earmark-source",
            "earmark-sequence",
            "idempotency-key",
        ] {
            assert!(headers.contains(name), "{headers}");
        }
    }
    let ann = issuer.of("ann", CUSTOMER);
    let ask = |origin, token: &str| {
        served.query("Summary", &json!({}), &[("origin", origin), ("authorization", token)])
    };
    let answer = ask(SHOP, &ann);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-origin"), Some(SHOP));
    assert!(answer.header("vary").unwrap().contains("origin"));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in ["earmark-position", "earmark-chain", "retry-after", "www-authenticate"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    // A page must be able to read what went wrong, too.
    let wrong = ask(SHOP, "Bearer a.b.c");
    wrong.problem(401, "token-malformed");
    assert_eq!(wrong.header("access-control-allow-origin"), Some(SHOP));
    let stranger = preflight(&served, "https://evil.example", "/api/commands/PlaceOrder");
    assert_eq!(stranger.header("access-control-allow-origin"), None);
    for almost in ["https://shop.example.evil", "http://shop.example", "null"] {
        assert_eq!(ask(almost, &ann).header("access-control-allow-origin"), None, "{almost}");
    }
    let often = ask(SHOP, &ann);
    often.problem(429, "rate-limited");
    assert_eq!(often.header("access-control-allow-origin"), Some(SHOP));
}
