//! Tokens and the keys that sign them, made in the test.
//!
//! Law: nothing here is the library's that is tested: tokens are written by hand and signed by
//! *ring*, so that what is wrong with them is just what the test says.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use earmark_host::http::{Access, Keys};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use ring::{hmac, rand};
use serde_json::{Value, json};

pub const ISSUER: &str = "https://login.example";
pub const AUDIENCE: &str = "https://shop.example";
/// All that a shop's customer may do.
pub const CUSTOMER: &str = "orders:read orders:write catalogue:read";
/// All that anybody may do over HTTP.
pub const EVERYTHING: &str = "staff orders:read orders:write catalogue:read inventory:read \
    inventory:write payments:write fulfilment:read fulfilment:write policy:write";

/// What signs.
pub enum Signer {
    EdDSA(Ed25519KeyPair),
    RS256(Box<RsaKeyPair>),
    HS256([u8; 32]),
    /// HMAC by bytes that are no secret.
    Hmac(Vec<u8>),
    Nobody,
}

impl Signer {
    pub fn ed25519() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::EdDSA(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap())
    }

    pub fn rsa(key: &Rsa) -> Self {
        Self::RS256(Box::new(key.pair()))
    }

    pub fn secret() -> Self {
        Self::HS256(rand::generate(&SystemRandom::new()).unwrap().expose())
    }

    pub fn alg(&self) -> &'static str {
        match self {
            Self::EdDSA(_) => "EdDSA",
            Self::RS256(_) => "RS256",
            Self::HS256(_) | Self::Hmac(_) => "HS256",
            Self::Nobody => "none",
        }
    }

    /// The public key in PEM, or the secret in base64url.
    pub fn shown(&self) -> String {
        match self {
            Self::EdDSA(pair) => {
                // SubjectPublicKeyInfo of an Ed25519 key (RFC 8410): all but the key is fixed.
                let mut der = vec![0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
                der.extend_from_slice(pair.public_key().as_ref());
                pem("PUBLIC KEY", &der)
            }
            Self::RS256(pair) => pem("RSA PUBLIC KEY", pair.public().as_ref()),
            Self::HS256(secret) => base64url(secret),
            Self::Hmac(_) | Self::Nobody => unreachable!("it has no key to show"),
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::EdDSA(pair) => pair.sign(message).as_ref().to_vec(),
            Self::RS256(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let random = SystemRandom::new();
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            Self::HS256(secret) => mac(secret, message),
            Self::Hmac(bytes) => mac(bytes, message),
            Self::Nobody => Vec::new(),
        }
    }

    /// A token with this header and these claims.
    pub fn token_of(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = base64url(&self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    /// A token with these claims, signed by the key `kid`.
    pub fn token(&self, kid: &str, claims: &Value) -> String {
        self.token_of(&json!({ "alg": self.alg(), "kid": kid, "typ": "at+jwt" }), claims)
    }
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

/// Claims that are fine.
pub fn claims(subject: &str, scope: &str) -> Value {
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "scope": scope,
        "iat": now(), "exp": now() + 600 })
}

/// The same claims with another value of one of them; `null` takes it away.
pub fn with(mut claims: Value, name: &str, value: Value) -> Value {
    let all = claims.as_object_mut().unwrap();
    match value {
        Value::Null => drop(all.remove(name)),
        value => drop(all.insert(name.into(), value)),
    }
    claims
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// One key of each algorithm, and the file that says so.
pub struct Issuer {
    pub keys: [(&'static str, Signer); 3],
    folder: tempfile::TempDir,
}

impl Issuer {
    pub fn new() -> Self {
        let ed = ("ed-1", Signer::ed25519());
        let keys = [ed, ("rsa-1", Signer::rsa(&RFC_7515)), ("hs-1", Signer::secret())];
        let folder = tempfile::tempdir().unwrap();
        let mut file = format!("issuer = '{ISSUER}'\naudience = '{AUDIENCE}'\n");
        for (kid, key) in &keys {
            let (alg, shown) = (key.alg(), key.shown());
            let given = if alg == "HS256" { "secret" } else { "public-key" };
            file += &format!("[[keys]]\nkid = '{kid}'\nalg = '{alg}'\n{given} = '''{shown}'''\n");
        }
        std::fs::write(folder.path().join("keys.toml"), file).unwrap();
        Self { keys, folder }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("keys.toml")
    }

    pub fn access(&self) -> Access {
        access(&self.file())
    }

    /// A header with a token of these claims, by the Ed25519 key.
    pub fn bearer(&self, claims: &Value) -> String {
        let [(kid, key), ..] = &self.keys;
        format!("Bearer {}", key.token(kid, claims))
    }

    /// A header for somebody with these scopes.
    pub fn of(&self, subject: &str, scope: &str) -> String {
        self.bearer(&claims(subject, scope))
    }
}

pub fn access(file: &Path) -> Access {
    Access::Jwt(Arc::new(Keys::from_file(file).unwrap()))
}

/// An RSA key as a JWK has it, in base64url. *Ring* can't make one.
pub struct Rsa {
    n: &'static str,
    d: &'static str,
    p: &'static str,
    q: &'static str,
    dp: &'static str,
    dq: &'static str,
    qi: &'static str,
}

impl Rsa {
    fn pair(&self) -> RsaKeyPair {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        RsaKeyPair::from_components(&KeyPairComponents {
            public_key: PublicKeyComponents { n: bytes(self.n), e: vec![1, 0, 1] },
            d: bytes(self.d),
            p: bytes(self.p),
            q: bytes(self.q),
            dP: bytes(self.dp),
            dQ: bytes(self.dq),
            qInv: bytes(self.qi),
        })
        .unwrap()
    }
}

/// The key of RFC 7515, appendix A.2: known to everybody, so good for nothing but tests.
pub const RFC_7515: Rsa = Rsa {
    n: "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4\
        qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2j\
        Z47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7W\
        TBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK\
        -DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    d: "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKM\
        gvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaY\
        LU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0\
        ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDV\
        ZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ",
    p: "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58B\
        Q3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn\
        -nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
    q: "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1\
        ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTl\
        tRJ11BKBBypeeF6689rjcJIDEz9RWdc",
    dp: "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9Ykx\
        vuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vn\
        eTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",
    dq: "h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB\
        719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZ\
        nOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",
    qi: "IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq\
        2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgf\
        p_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U",
};

/// Another one that is known to everybody: that of RFC 7520, 3.4.
pub const RFC_7520: Rsa = Rsa {
    n: "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJW\
        TDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dAp\
        r5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFH\
        pPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLq\
        KnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw",
    d: "bWUC9B-EFRIo8kpGfh0ZuyGPvMNKvYWNtB_ikiH9k20eT-O1q_I78eiZkpXxXQ0UTEs2Ls\
        NRS-8uJbvQ-A1irkwMSMkK1J3XTGgdrhCku9gRldY7sNA_AKZGh-Q661_42rINLRCe8W-n\
        Z34ui_qOfkLnK9QWDDqpaIsA-bMwWWSDFu2MUBYwkHTMEzLYGqOe04noqeq1hExBTHBOBd\
        kMXiuFhUq1BU6l-DqEiWxqg82sXt2h-LMnT3046AOYJoRioz75tSUQfGCshWTBnP5uDjd1\
        8kKhyv07lhfSJdrPdM5Plyl21hsFf4L_mHCuoFau7gdsPfHPxxjVOcOpBrQzwQ",
    p: "3Slxg_DwTXJcb6095RoXygQCAZ5RnAvZlno1yhHtnUex_fp7AZ_9nRaO7HX_-SFfGQeuta\
        o2TDjDAWU4Vupk8rw9JR0AzZ0N2fvuIAmr_WCsmGpeNqQnev1T7IyEsnh8UMt-n5Cafhki\
        kzhEsrmndH6LxOrvRJlsPp6Zv8bUq0k",
    q: "uKE2dh-cTf6ERF4k4e_jy78GfPYUIaUyoSSJuBzp3Cubk3OCqs6grT8bR_cu0Dm1MZwWmt\
        dqDyI95HrUeq3MP15vMMON8lHTeZu2lmKvwqW7anV5UzhM1iZ7z4yMkuUwFWoBvyY898EX\
        vRD-hdqRxHlSqAZ192zB3pVFJ0s7pFc",
    dp: "B8PVvXkvJrj2L-GYQ7v3y9r6Kw5g9SahXBwsWUzp19TVlgI-YV85q1NIb1rxQtD-IsXXR3\
        -TanevuRPRt5OBOdiMGQp8pbt26gljYfKU_E9xn-RULHz0-ed9E9gXLKD4VGngpz-PfQ_q\
        29pk5xWHoJp009Qf1HvChixRX59ehik",
    dq: "CLDmDGduhylc9o7r84rEUVn7pzQ6PF83Y-iBZx5NT-TpnOZKF1pErAMVeKzFEl41DlHHqq\
        BLSM0W1sOFbwTxYWZDm6sI6og5iTbwQGIC3gnJKbi_7k_vJgGHwHxgPaX2PnvP-zyEkDER\
        uf-ry4c_Z11Cq9AqC2yeL6kdKT1cYF8",
    qi: "3PiqvXQN0zwMeE-sBvZgi289XP9XCQF3VWqPzMKnIgQp7_Tugo6-NZBKCQsMf3HaEGBjTV\
        Js_jcK8-TRXvaKe-7ZMaQj8VfBdYkssbu0NKDDhjJ-GtiseaDVWt7dcH0cfwxgFUHpQh7F\
        oCrjFJ6h6ZEpMF6xmujs4qMpPz8aaI4",
};
