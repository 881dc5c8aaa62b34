//! The keys that protect secrets of integrations: made, replaced, and never readable by others.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use c2c_receivers::Receiver;
use c2c_server::{Limits, Secrets, Settings, secrets};
use serde_json::json;
use standardwebhooks::Webhook;
use tempfile::TempDir;

use crate::client::{Fixture, settings};
use crate::console::DEMO;
use crate::database::database;
use crate::integrating::envelope;

/// The settings of servers over a database in a folder, with a file of keys.
fn arguments(folder: &Path, receiver: &Receiver) -> Vec<String> {
    let database = format!("sqlite:{}", folder.join("c2c.db").display());
    let file = folder.join("keys").display().to_string();
    let mut all = vec!["--database".to_owned(), database, "--secrets-key-file".to_owned(), file];
    all.extend(receiver.allowed());
    all
}

fn parsed(arguments: &[String], data: &Path) -> Settings {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    settings(data, &arguments)
}

async fn server(arguments: &[String]) -> Fixture {
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    Fixture::with(&Limits::default(), &arguments).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_and_everything_still_opens() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("keys");
    let new = Secrets::NewKey { file: file.clone() };
    let receiver = Receiver::taking().await;
    let arguments = arguments(folder.path(), &receiver);
    let settings = parsed(&arguments, folder.path());
    secrets(&settings, &new).await.expect("a key");
    let mode = fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let fixture = server(&arguments).await;
    fixture.collect(DEMO, "refuse").await;
    let endpoint = fixture.integrate(DEMO, &receiver).await;
    fixture.running.stop().await;
    let database = fs::read(folder.path().join("c2c.db")).expect("the database");
    for secret in [&endpoint.secret, &receiver.url()] {
        let secret = secret.as_bytes();
        assert!(!database.windows(secret.len()).any(|part| part == secret), "it is in the clear");
    }

    let said = secrets(&settings, &new).await.expect("another key");
    assert!(said.contains("secrets rotate"), "{said}");
    let status = secrets(&settings, &Secrets::Status).await.expect("the status");
    let lines: Vec<_> = status.lines().collect();
    assert!(lines[0].ends_with("encrypts, 0 places"), "{status}");
    assert!(lines[1].ends_with("opens only, 2 places"), "{status}");
    let said = secrets(&settings, &Secrets::Rotate).await.expect("a rotation");
    assert!(said.starts_with("2 places"), "{said}");

    // Only the new key is left.
    let text = fs::read_to_string(&file).expect("a file");
    fs::write(&file, text.lines().next().expect("a line")).expect("written");
    let fixture = server(&arguments).await;
    fixture.emit_new(DEMO, &[envelope("custom:chat_opened", 1)]).await;
    let hits = receiver.wait(1).await;
    let webhook = Webhook::new(&endpoint.secret).expect("a secret");
    webhook.verify(&hits[0].body, &hits[0].headers).expect("it is signed as before");
    fixture.running.stop().await;

    // With another key, nothing opens, and the status says so.
    fs::write(&file, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").expect("written");
    let status = secrets(&settings, &Secrets::Status).await.expect("the status");
    assert!(status.contains("NOT KNOWN, 2 places cannot be opened"), "{status}");
    let failed = secrets(&settings, &Secrets::Rotate).await.expect_err("it cannot");
    assert!(failed.to_string().contains("2 were not"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_full_stays_as_it_is() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("keys");
    let settings = settings(folder.path(), &[]);
    let new = Secrets::NewKey { file: file.clone() };
    for _ in 0..16 {
        secrets(&settings, &new).await.expect("a key");
    }
    let full = fs::read_to_string(&file).expect("a file");
    assert_eq!(full.lines().count(), 16);
    let failed = secrets(&settings, &new).await.expect_err("there is no room");
    assert!(failed.to_string().contains("more than 16 keys"), "{failed}");
    assert_eq!(fs::read_to_string(&file).expect("a file"), full);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_others_can_read_are_refused() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("keys");
    let receiver = Receiver::taking().await;
    let arguments = arguments(folder.path(), &receiver);
    let settings = parsed(&arguments, folder.path());
    secrets(&settings, &Secrets::NewKey { file: file.clone() }).await.expect("a key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("changed");
    for work in [Secrets::Status, Secrets::NewKey { file }] {
        let failed = secrets(&settings, &work).await.expect_err("it is refused");
        assert!(failed.to_string().contains("chmod 600"), "{failed}");
    }
    let failed =
        c2c_server::start(&settings, Limits::default()).await.expect_err("it does not start");
    assert!(failed.to_string().contains("chmod 600"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_postgresql_needs_a_key_before_its_first_endpoint() {
    let (_cluster, database) = database();
    let fixture = server(&["--database".to_owned(), database]).await;
    let new = json!({"name": "A receiver", "url": "https://hooks.example/"});
    let reply = fixture.write("POST", &format!("{DEMO}/endpoints"), &new).await;
    assert_eq!(reply.problem(), (503, "no-secrets-key".to_owned()));
    assert!(
        reply.json()["detail"].as_str().is_some_and(|text| text.contains("--secrets-key-file"))
    );
}
