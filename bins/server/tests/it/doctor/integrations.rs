//! The needs of integrations: keys that open their secrets, and authorities for TLS. And ports that are known.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use c2c_server::{Limits, Secrets, secrets};
use tempfile::TempDir;
use tokio::task::block_in_place;

use super::{PROGRAM, Said, said};
use crate::client::{Fixture, settings};
use crate::console::DEMO;

/// The report of the doctor of a database in a folder, with more arguments.
fn doctor(folder: &Path, more: &[&str]) -> Said {
    let [console, pages] = [(); 2].map(|()| c2c_ports::free().expect("a port"));
    let mut command = Command::new(PROGRAM);
    command.arg("--database").arg(database(folder)).args(more).args([
        format!("--console-listen=127.0.0.1:{console}"),
        format!("--pages-listen=127.0.0.1:{pages}"),
        "doctor".to_owned(),
    ]);
    said(command)
}

fn database(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("c2c.db").display())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_open_the_secrets_is_found() {
    let folder = TempDir::new().expect("a folder");
    let (folder, file) = (folder.path(), folder.path().join("keys"));
    doctor(folder, &[]).has("ok       secrets key: there is none", "no secret of integrations");
    let name = file.display().to_string();
    let key = ["--secrets-key-file", &name[..]];
    doctor(folder, &key).has("problem  secrets key: ", "keys: No such file");

    let database = database(folder);
    let arguments = [&["--database", &database[..]], &key[..]].concat();
    let new_key = Secrets::NewKey { file: file.clone() };
    let new_key = async || secrets(&settings(folder, &arguments), &new_key).await.expect("a key");
    new_key().await;
    let fixture = Fixture::with(&Limits::default(), &arguments).await;
    fixture.add_endpoint(DEMO, "https://hooks.example/").await;
    fixture.running.stop().await;
    // The address, and the key that signs.
    doctor(folder, &key).has("ok       secrets key: it opens 2 secrets of integrations", "");
    doctor(folder, &[]).has("problem  secrets key: there is none, and 2 secrets", "--secrets-key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("changed");
    doctor(folder, &key).has("problem  secrets key: ", "can be read by others than its owner");

    fs::remove_file(&file).expect("removed");
    new_key().await;
    let said = doctor(folder, &key);
    assert_eq!(said.code, Some(1));
    said.has("problem  secrets key: 2 secrets of integrations", "put their lines back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_trusts_no_authority_is_found() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("none.pem");
    fs::write(&file, "").expect("written");
    let mut command = Command::new(PROGRAM);
    command.arg("--data-dir").arg(folder.path()).arg("doctor");
    command.env("SSL_CERT_FILE", &file).env_remove("SSL_CERT_DIR");
    said(command).has("problem  authorities: this machine trusts none", "ca-certificates");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_no_origin_can_have_is_found() {
    let folder = TempDir::new().expect("a folder");
    for (listen, origin) in
        [("--console-listen", "--console-origin"), ("--pages-listen", "--parent-origin")]
    {
        let mut command = Command::new(PROGRAM);
        command.arg("--data-dir").arg(folder.path()).args([listen, "127.0.0.1:0", "doctor"]);
        let said = said(command);
        assert_eq!(said.code, Some(1));
        let line = format!("problem  settings: {origin} is not set, and {listen} has port 0");
        said.has(&line, "another port at each start");
    }
}

/// Only the console's origin is in a link.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_needs_the_port_of_the_console_alone() {
    let folder = TempDir::new().expect("a folder");
    let link = |listen: &str| {
        let mut command = Command::new(PROGRAM);
        command.arg("--data-dir").arg(folder.path()).args([listen, "127.0.0.1:0"]);
        block_in_place(|| command.args(["link", "--role", "owner"]).output()).expect("it runs")
    };
    let output = link("--pages-listen");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("http://127.0.0.1:") && output.status.success(), "{output:?}");
    let output = link("--console-listen");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--console-listen has port 0") && !said.contains("panicked"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}
