//! An OpenID Connect provider in the test's own process, which misbehaves as a test wishes. `glewlwyd` is a
//! real one; this one is for attacks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// The name and the secret of the server at the issuer.
pub(crate) const CLIENT: &str = "c2c";
pub(crate) const SECRET: &str = "planted-client-secret";

#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    /// With its id.
    key: Arc<Mutex<(SigningKey, &'static str)>>,
    pub(crate) faults: Arc<Mutex<Faults>>,
    codes: Arc<Mutex<HashMap<String, Authorization>>>,
    /// The requests, each with method and path, headers and body.
    requests: Arc<Mutex<Vec<String>>>,
}

/// How it differs from a good one.
#[derive(Clone, Default)]
pub(crate) struct Faults {
    /// Members of the metadata, of a token's head and claims, and of the userinfo, as they are instead; null
    /// for none.
    pub(crate) metadata: Value,
    pub(crate) head: Value,
    pub(crate) claims: Value,
    pub(crate) userinfo: Value,
    /// Signs with a key that is not in its set, or with none.
    pub(crate) signs_with: Signs,
    /// Takes each code any number of times, and any verifier.
    pub(crate) is_lax: bool,
    /// A path whose answers come after this time.
    pub(crate) slow: Option<(&'static str, Duration)>,
    /// A path whose answers have this many bytes more.
    pub(crate) huge: Option<(&'static str, usize)>,
    /// The status of a path.
    pub(crate) status: Option<(&'static str, u16)>,
}

#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Signs {
    #[default]
    WithItsKey,
    WithAnotherKey,
    WithTheClientSecret,
    /// As if the public key were a secret that both sides share.
    WithThePublicKey,
    Not,
}

#[derive(Clone)]
struct Authorization {
    nonce: String,
    challenge: String,
    redirect: String,
}

/// The parameters of an address.
pub(crate) fn parameters(url: &str) -> HashMap<String, String> {
    let query = url.split_once('?').expect("a query").1;
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// A new private key.
pub(crate) fn new_key() -> SigningKey {
    let bytes = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    SigningKey::from_slice(&bytes).expect("nearly all numbers are keys")
}

/// The public part as a JSON Web Key.
pub(crate) fn public(key: &SigningKey, id: &str) -> Value {
    let point = key.verifying_key().to_sec1_point(false);
    let [x, y] = [point.x(), point.y()].map(|part| encode(part.expect("not compressed")));
    json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id, "x": x, "y": y})
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// `base` with the members of `change` in the place of its own.
pub(crate) fn changed(mut base: Value, change: &Value) -> Value {
    for (name, value) in change.as_object().into_iter().flatten() {
        match value {
            Value::Null => {
                base.as_object_mut().expect("an object").remove(name);
            }
            value => base[name] = value.clone(),
        }
    }
    base
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/staff", listener.local_addr().expect("an address"));
        let issuer = Self {
            url,
            key: Arc::new(Mutex::new((new_key(), "k1"))),
            faults: Arc::default(),
            codes: Arc::default(),
            requests: Arc::default(),
        };
        let answering = issuer.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let issuer = answering.clone();
                tokio::spawn(async move { issuer.answer(stream).await });
            }
        });
        issuer
    }

    pub(crate) fn set(&self, faults: Faults) {
        *self.faults.lock().expect("no panic") = faults;
    }

    /// All requests so far whose first line has this text.
    pub(crate) fn requests(&self, path: &str) -> Vec<String> {
        let requests = self.requests.lock().expect("no panic");
        let is_asked =
            |request: &&String| request.lines().next().unwrap_or_default().contains(path);
        requests.iter().filter(is_asked).cloned().collect()
    }

    /// Takes a new key in the place of its own.
    pub(crate) fn rotate(&self, id: &'static str) {
        *self.key.lock().expect("no panic") = (new_key(), id);
    }

    /// A person signs in at the address that the server made: the code.
    pub(crate) fn authorize(&self, url: &str) -> String {
        assert!(url.starts_with(&format!("{}/authorize?", self.url)), "{url}");
        let asked = parameters(url);
        assert_eq!((&*asked["client_id"], &*asked["response_type"]), (CLIENT, "code"));
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = Uuid::new_v4().simple().to_string();
        let authorization = Authorization {
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            redirect: asked["redirect_uri"].clone(),
        };
        self.codes.lock().expect("no panic").insert(code.clone(), authorization);
        code
    }

    async fn answer(&self, mut stream: TcpStream) {
        while let Some((head, body)) = read(&mut stream).await {
            let faults = self.faults.lock().expect("no panic").clone();
            let target = head.split(' ').nth(1).expect("a target").to_owned();
            let path = target.strip_prefix("/staff").unwrap_or(&target).to_owned();
            self.requests.lock().expect("no panic").push(format!("{head}{body}"));
            if let Some((slow, time)) = faults.slow
                && slow == path
            {
                tokio::time::sleep(time).await;
            }
            let (mut status, answer) = self.answer_to(&path, &head, &body, &faults);
            let mut text = answer.to_string();
            if let Some((huge, bytes)) = faults.huge
                && huge == path
            {
                text.insert_str(text.len() - 1, &" ".repeat(bytes));
            }
            if let Some((failing, number)) = faults.status
                && failing == path
            {
                status = number;
            }
            let answer = format!(
                "HTTP/1.1 {status} Answer\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
                text.len()
            );
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn answer_to(&self, path: &str, head: &str, body: &str, faults: &Faults) -> (u16, Value) {
        match path {
            "/.well-known/openid-configuration" => {
                (200, changed(self.metadata(), &faults.metadata))
            }
            "/keys" => {
                let (key, id) = &*self.key.lock().expect("no panic");
                (200, json!({"keys": [public(key, id)]}))
            }
            "/token" => self.token(head, body, faults),
            "/userinfo" => {
                (200, changed(json!({"sub": "1", "email": "ann@staff.example"}), &faults.userinfo))
            }
            _ => (404, json!({})),
        }
    }

    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}/{path}", self.url);
        json!({
            "issuer": self.url,
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "userinfo_endpoint": at("userinfo"),
            "jwks_uri": at("keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
        })
    }

    fn token(&self, head: &str, body: &str, faults: &Faults) -> (u16, Value) {
        let password = base64::prelude::BASE64_STANDARD.encode(format!("{CLIENT}:{SECRET}"));
        assert!(head.contains(&format!("Basic {password}")), "{head}");
        let asked: HashMap<String, String> =
            form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let mut codes = self.codes.lock().expect("no panic");
        let known = codes.get(&asked["code"]).cloned();
        if !faults.is_lax {
            codes.remove(&asked["code"]);
        }
        let verifier = asked.get("code_verifier").map(String::as_str).unwrap_or_default();
        let is_right = |known: &Authorization| {
            let challenge = encode(Sha256::digest(verifier));
            faults.is_lax
                || (known.challenge == challenge && known.redirect == asked["redirect_uri"])
        };
        let Some(known) = known.filter(is_right) else {
            return (400, json!({"error": "invalid_grant", "error_description": "planted-words"}));
        };
        let token = self.id_token(&known.nonce, faults);
        let answer = json!({"access_token": "planted-access-token", "token_type": "Bearer", "id_token": token});
        (200, answer)
    }

    fn id_token(&self, nonce: &str, faults: &Faults) -> String {
        let claims = json!({
            "iss": self.url, "aud": CLIENT, "sub": "1", "nonce": nonce,
            "iat": now(), "exp": now() + 300,
            "email": "ann@staff.example", "email_verified": true, "groups": ["c2c-editors"],
        });
        self.signed(&faults.head, &changed(claims, &faults.claims), faults.signs_with)
    }

    /// A JSON Web Token with these claims, and with the members of `head` in the place of its own.
    pub(crate) fn signed(&self, head: &Value, claims: &Value, signs_with: Signs) -> String {
        let (key, id) = &*self.key.lock().expect("no panic");
        let head = changed(json!({"alg": "ES256", "kid": id}), head);
        let signed = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
        let sign = |key: &SigningKey| {
            let signature: Signature = key.sign(signed.as_bytes());
            encode(signature.to_bytes())
        };
        let signature = match signs_with {
            Signs::WithItsKey => sign(key),
            Signs::WithAnotherKey => sign(&new_key()),
            Signs::WithTheClientSecret => encode(hmac(SECRET.as_bytes(), signed.as_bytes())),
            Signs::WithThePublicKey => {
                let point = Sha256::digest(key.verifying_key().to_sec1_point(false));
                encode(hmac(&point, signed.as_bytes()))
            }
            Signs::Not => String::new(),
        };
        format!("{signed}.{signature}")
    }
}

/// HMAC with SHA-256 ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)), of a key of less than 64 bytes.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |byte: u8| -> Vec<u8> {
        (0..64).map(|at| key.get(at).copied().unwrap_or_default() ^ byte).collect()
    };
    let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}

/// Reads one request, if there is another on this connection.
async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).expect("ASCII");
    let length = head.to_lowercase();
    let length = length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let length: usize = length.map_or(0, |length| length.parse().expect("a number"));
    while bytes.len() < end + length {
        assert!(stream.read_buf(&mut bytes).await.expect("a body") > 0, "it is complete");
    }
    Some((head, String::from_utf8(bytes[end..].to_vec()).expect("UTF-8")))
}
