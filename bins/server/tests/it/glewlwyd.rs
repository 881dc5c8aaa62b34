//! A real OpenID Connect provider: Glewlwyd, from Debian's package of that name, on a free port.
//!
//! `cargo xtask test` unpacks it into `target/tools/glewlwyd`, where it is not set up as a service.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use ureq::Agent;

use crate::client::PATIENCE;
use crate::issuer::{CLIENT, SECRET, encode, new_key, public};

/// Runs the program until standard input ends, which it does with the test process, however that ends.
const UNTIL_THE_TEST_ENDS: &str = "\"$@\" <&- & read -r _; kill $!; wait";

pub(crate) struct Glewlwyd {
    origin: String,
    agent: Agent,
    /// The cookie of its administrator.
    admin: String,
    /// The cookies of those who are signed in.
    people: Mutex<Vec<(String, String)>>,
    process: Child,
    _folder: TempDir,
}

impl Drop for Glewlwyd {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The folder that has `usr/bin/glewlwyd`.
fn root() -> PathBuf {
    let unpacked = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tools/glewlwyd");
    let roots = [unpacked, PathBuf::from("/")];
    let root = roots.into_iter().find(|root| root.join("usr/bin/glewlwyd").is_file());
    root.expect("no glewlwyd: `cargo xtask test` unpacks it; or: apt-get install glewlwyd")
}

impl Glewlwyd {
    pub(crate) async fn start() -> Self {
        let (root, folder) = (root(), TempDir::new().expect("a folder"));
        let database = folder.path().join("glewlwyd.db");
        create(&root, &database).await;
        let port = c2c_ports::free().expect("a port");
        let file = folder.path().join("glewlwyd.conf");
        std::fs::write(&file, configuration(&root, &database, port)).expect("written");
        let libraries = std::fs::read_dir(root.join("usr/lib")).expect("libraries").flatten();
        let libraries = libraries.map(|entry| entry.path()).filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("-linux-gnu"))
        });
        let libraries = std::env::join_paths(libraries).expect("paths");
        let process = Command::new("sh")
            .args(["-c", UNTIL_THE_TEST_ENDS, "sh"])
            .arg(root.join("usr/bin/glewlwyd"))
            .arg(format!("--config-file={}", file.display()))
            .args(["--log-mode=console", "--log-level=ERROR"])
            .env("LD_LIBRARY_PATH", libraries)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh runs");
        let agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        let mut glewlwyd = Self {
            origin: format!("http://127.0.0.1:{port}"),
            agent: agent.new_agent(),
            admin: String::new(),
            people: Mutex::default(),
            process,
            _folder: folder,
        };
        glewlwyd.wait().await;
        glewlwyd.admin = glewlwyd.sign_in("admin", "password");
        glewlwyd.set_up();
        glewlwyd
    }

    async fn wait(&self) {
        let end = Instant::now() + PATIENCE;
        while self.agent.get(format!("{}/config", self.origin)).call().is_err() {
            assert!(Instant::now() < end, "glewlwyd does not listen");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/api/oidc", self.origin)
    }

    /// Sends JSON to its API.
    fn send(&self, method: &str, path: &str, cookie: &str, body: &Value) -> Answer {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}/api{path}", self.origin))
            .header("content-type", "application/json")
            .header("cookie", cookie)
            .body(body.to_string())
            .expect("a request");
        let answer = self.agent.run(request).expect("an answer");
        assert_eq!(answer.status(), 200, "{method} {path}: {answer:?}");
        answer
    }

    /// The cookie of a person who types their password.
    fn sign_in(&self, name: &str, password: &str) -> String {
        let answer =
            self.send("POST", "/auth/", "", &json!({"username": name, "password": password}));
        let cookie = answer.headers()["set-cookie"].to_str().expect("ASCII");
        cookie.split(';').next().expect("a pair").to_owned()
    }

    /// Groups of people, and OpenID Connect with PKCE.
    fn set_up(&self) {
        let key = new_key();
        let mut private = public(&key, "k1");
        private["d"] = json!(encode(key.to_bytes()));
        let property = |multiple: bool| json!({"multiple": multiple, "read": true, "write": true});
        let people = json!({
            "module": "database", "name": "database", "display_name": "database", "order_rank": 0,
            "enabled": true, "readonly": false, "multiple_passwords": false,
            "parameters": {
                "use-glewlwyd-connection": true,
                "data-format": {"groups": property(true), "verified": property(false)},
            },
        });
        self.send("PUT", "/mod/user/database", &self.admin, &people);
        self.send("PUT", "/mod/user/database/reset/", &self.admin, &json!({}));
        let claim = |name: &str, kind: &str| json!({"name": name, "user-property": name, "type": kind, "mandatory": true, "scope": []});
        let mut verified = claim("verified", "boolean");
        verified["name"] = json!("email_verified");
        verified["boolean-value-true"] = json!("1");
        verified["boolean-value-false"] = json!("0");
        let oidc = json!({
            "module": "oidc", "name": "oidc", "display_name": "oidc",
            "parameters": {
                "iss": self.issuer(), "subject-type": "public",
                "jwks-private": json!({"keys": [private]}).to_string(),
                "jwks-show": true, "jwt-type": "ecdsa", "jwt-key-size": "256",
                "access-token-duration": 3600, "refresh-token-duration": 3600, "code-duration": 600,
                "refresh-token-rolling": false, "allow-non-oidc": false,
                "auth-type-code-enabled": true, "auth-type-token-enabled": false,
                "auth-type-id-token-enabled": true, "auth-type-none-enabled": false,
                "auth-type-password-enabled": false, "auth-type-client-enabled": false,
                "auth-type-device-enabled": false, "auth-type-refresh-enabled": false,
                "pkce-allowed": true, "pkce-required": true, "pkce-method-plain-allowed": false,
                "pkce-scopes": [], "email-claim": "mandatory", "name-claim": "mandatory",
                "scope-claim": "no", "claims": [claim("groups", "string"), verified],
            },
        });
        self.send("POST", "/mod/plugin/", &self.admin, &oidc);
    }

    /// Makes the server with this console known.
    pub(crate) fn admit(&self, console: &str) {
        let client = json!({
            "client_id": CLIENT, "name": "c2c", "enabled": true, "confidential": true,
            "password": SECRET, "authorization_type": ["code"],
            "token_endpoint_auth_method": ["client_secret_basic"],
            "redirect_uri": [format!("{console}/sign-in/oidc/return")], "scope": [],
        });
        self.send("POST", "/client/", &self.admin, &client);
    }

    /// Adds a person, and signs them in.
    pub(crate) fn add(&self, name: &str, groups: &[&str]) {
        let password = format!("password of {name}");
        let person = json!({
            "username": name, "name": name, "email": format!("{name}@staff.example"),
            "password": password, "enabled": true, "scope": ["openid"], "groups": groups,
            "verified": "1",
        });
        self.send("POST", "/user/", &self.admin, &person);
        let cookie = self.sign_in(name, &password);
        self.send("PUT", &format!("/auth/grant/{CLIENT}"), &cookie, &json!({"scope": "openid"}));
        self.people.lock().expect("no panic").push((name.to_owned(), cookie));
    }

    /// Opens the address that the server made, in the browser of a person: the code.
    pub(crate) fn authorize(&self, name: &str, url: &str) -> String {
        let people = self.people.lock().expect("no panic");
        let (_, cookie) = people.iter().find(|(known, _)| known == name).expect("a person");
        // As its page does after the person agreed.
        let request = self.agent.get(format!("{url}&g_continue")).header("cookie", cookie);
        let answer = request.call().expect("an answer");
        let back = answer.headers()["location"].to_str().expect("ASCII").to_owned();
        assert!(back.contains("/sign-in/oidc/return?"), "{back}");
        crate::issuer::parameters(&back).remove("code").unwrap_or_else(|| panic!("no code: {back}"))
    }
}

type Answer = ureq::http::Response<ureq::Body>;

/// Its tables, as the package has them.
async fn create(root: &Path, database: &Path) {
    let packed = root.join("usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz");
    let packed = std::fs::read(packed).expect("the package has its tables");
    let mut sql = String::new();
    GzDecoder::new(&packed[..]).read_to_string(&mut sql).expect("SQL");
    let url = format!("sqlite:{}?mode=rwc", database.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("a database");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("tables");
    connection.close().await.expect("closed");
}

fn configuration(root: &Path, database: &Path, port: u16) -> String {
    let root = root.display();
    let mut text = format!(
        "port={port}
bind_address=\"127.0.0.1\"
external_url=\"http://127.0.0.1:{port}\"
login_url=\"login.html\"
api_prefix=\"api\"
cookie_domain=\"127.0.0.1\"
cookie_secure=false
session_expiration=3600
session_key=\"GLEWLWYD2_SESSION_ID\"
admin_scope=\"g_admin\"
profile_scope=\"g_profile\"
hash_algorithm=\"SHA512\"
database = {{ type = \"sqlite3\"; path = \"{}\"; }};
",
        database.display()
    );
    for (setting, folder) in [
        ("user_module_path", "user"),
        ("user_middleware_module_path", "user_middleware"),
        ("client_module_path", "client"),
        ("user_auth_scheme_module_path", "scheme"),
        ("plugin_module_path", "plugin"),
    ] {
        let _ = writeln!(text, "{setting}=\"{root}/usr/lib/glewlwyd/{folder}\"");
    }
    text
}
