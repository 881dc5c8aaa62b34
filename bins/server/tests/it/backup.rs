//! Backups of a database in use, and their return.

#![expect(clippy::print_stdout, reason = "figures")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;
use tokio::task::block_in_place;

use crate::client::{PATIENCE, To, eventually};
use crate::console::DEMO;
use crate::database::database;
use crate::deploy::Visits;
use crate::program::{Process, command};

/// Backups while an editor publishes.
const BACKUPS: usize = 10;

/// Runs the program for a database in a folder. Gives whether it succeeded, and its message.
fn run(data: &Path, arguments: &[&str]) -> (bool, String) {
    let output = command(data).args(arguments).output().expect("runs");
    (output.status.success(), String::from_utf8(output.stderr).expect("UTF-8"))
}

/// Starts a server, and gives the folder of its database, too. `before` does something there first.
fn start(before: impl FnOnce(&Path)) -> (Process, PathBuf) {
    let mut folder = PathBuf::new();
    let server = block_in_place(|| {
        Process::start(|data| {
            data.clone_into(&mut folder);
            before(data);
            command(data)
        })
    });
    (server, folder)
}

fn file(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().expect("UTF-8").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_do_not_notice_a_backup_or_a_restore() {
    let folder = TempDir::new().expect("a directory");
    let (first, data) = start(|_| {});
    let visits = Arc::<Visits>::default();
    visits.add(&first);
    let visitors = visits.begin();
    visits.go_on().await;

    // Backups while an editor publishes. Each has the state of one moment.
    first.publish(DEMO, "live", "<b>1</b>").await;
    let backed_up = AtomicBool::new(false);
    let write = async {
        let mut published = 1;
        while !backed_up.load(Ordering::Relaxed) {
            published += 1;
            first.publish(DEMO, "live", &format!("<b>{published}</b>")).await;
        }
        published
    };
    let copy = async {
        for number in 0..BACKUPS {
            let backup = file(&folder, &format!("{number}.db"));
            let data = data.clone();
            let run = move || run(&data, &["backup", &backup]);
            let (done, said) = tokio::task::spawn_blocking(run).await.expect("no panic");
            assert!(done && said.contains(": 1 apps, "), "{said}");
        }
        backed_up.store(true, Ordering::Relaxed);
    };
    let (published, ()) = tokio::join!(write, copy);
    first.publish(DEMO, "live", "<b>lost</b>").await;
    visits.go_on().await;

    // A server on the restored database takes the place of the first one.
    let backup = file(&folder, &format!("{}.db", BACKUPS - 1));
    let (second, _) = start(|data| {
        let (done, said) = run(data, &["restore", &backup]);
        assert!(done, "{said}");
    });
    let document = second.document("/s/demo").await;
    let shown = (1..=published).find(|number| document.contains(&format!("<b>{number}</b>")));
    assert!(shown.is_some() && !document.contains("<b>lost</b>"), "another state is restored");
    visits.add(&second);
    visits.go_on().await;
    visits.drain_first().await;
    assert!(block_in_place(|| first.stop()));
    visits.go_on().await;
    // Its history is whole, and goes on.
    let revisions = second.read(&format!("{DEMO}/revisions")).await;
    let newest = revisions["revisions"][0]["number"].as_i64().expect("a number");
    assert_eq!(second.publish(DEMO, "live", "<b>after</b>").await, newest + 1);
    let served = async || second.document("/s/demo").await.contains("<b>after</b>");
    assert!(eventually(PATIENCE, served).await);
    visits.go_on().await;
    let whole = visits.end(visitors).await;
    println!(
        "{whole} documents during {BACKUPS} backups with {published} publications and a restore, 0 failed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_use_is_not_replaced_and_the_one_before_is_kept() {
    let folder = TempDir::new().expect("a directory");
    let backup = file(&folder, "backup.db");
    let keep = TempDir::new().expect("a directory");
    let data = keep.path().join("data");
    let start = || {
        block_in_place(|| {
            Process::start(|_| {
                let mut command = command(&data);
                command.args(["--admin-listen", "127.0.0.1:0"]);
                command
            })
        })
    };
    let server = start();
    server.publish(DEMO, "live", "<b>old</b>").await;
    let (done, said) = run(&data, &["backup", &backup]);
    assert!(done, "{said}");
    server.publish(DEMO, "live", "<b>new</b>").await;

    let (done, said) = run(&data, &["restore", &backup]);
    assert!(!done && said.contains("is in use: stop the server first"), "{said}");
    assert_eq!(server.get(To::Sandbox, "/s/demo", &[]).await.status, 200);
    server.publish(DEMO, "live", "<b>newer</b>").await;
    assert!(block_in_place(|| server.stop()));

    let (done, said) = run(&data, &["restore", &backup]);
    assert!(done && said.contains("c2c.db.before-restore"), "{said}");
    let mut names: Vec<_> = fs::read_dir(&data)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(names, ["c2c.db", "c2c.db.before-restore"]);
    let restored = start();
    assert!(restored.document("/s/demo").await.contains("<b>old</b>"));
    assert!(block_in_place(|| restored.stop()));

    // A second restore would need the place of the one that is kept.
    let (done, said) = run(&data, &["restore", &backup]);
    assert!(!done && said.contains("before-restore exists, and is not overwritten"), "{said}");
    // It is complete, with all that was published.
    fs::remove_file(data.join("c2c.db")).expect("removed");
    fs::rename(data.join("c2c.db.before-restore"), data.join("c2c.db")).expect("renamed");
    assert!(start().document("/s/demo").await.contains("<b>newer</b>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsound_backup_is_refused_and_nothing_is_overwritten() {
    let folder = TempDir::new().expect("a directory");
    let backup = file(&folder, "backup.db");
    let (server, data) = start(|_| {});
    server.publish(DEMO, "live", &"<b>much text</b>".repeat(5000)).await;
    let (done, said) = run(&data, &["backup", &backup]);
    assert!(done, "{said}");
    let (done, said) = run(&data, &["backup", &backup]);
    assert!(!done && said.contains("exists, and is not overwritten"), "{said}");
    let (done, said) = run(&data, &["backup", &file(&folder, "none/backup.db")]);
    assert!(!done && said.contains("none/backup.db.partial: "), "{said}");

    let whole = fs::read(&backup).expect("a file");
    let mut torn = whole.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 4096].fill(0xa5);
    let cut = &whole[..whole.len() - 4096];
    let empty: &[u8] = &[];
    let target = TempDir::new().expect("a directory");
    for (name, bytes) in [
        ("torn", torn.as_slice()),
        ("cut", cut),
        ("text", b"this is no database"),
        ("empty", empty),
    ] {
        let path = file(&folder, name);
        fs::write(&path, bytes).expect("written");
        let (done, said) = run(target.path(), &["restore", &path]);
        assert!(!done && said.contains("is not a sound database"), "{name}: {said}");
    }
    let (done, said) = run(target.path(), &["restore", &file(&folder, "none.db")]);
    assert!(!done && said.contains("none.db: No such file"), "{said}");
    assert_eq!(fs::read_dir(target.path()).expect("a folder").count(), 0);
    // Without a database there is nothing to back up, and none is made.
    let (done, said) = run(target.path(), &["backup", &file(&folder, "other.db")]);
    assert!(!done, "{said}");
    assert_eq!(fs::read_dir(target.path()).expect("a folder").count(), 0);
    assert!(!folder.path().join("other.db").exists());
    assert!(!folder.path().join("other.db.partial").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_for_postgres_are_those_that_work() {
    let (cluster, url) = database();
    let folder = TempDir::new().expect("a directory");
    let dump = file(&folder, "it's a dump");
    let start = |url: &str| {
        block_in_place(|| {
            Process::start(|data| {
                let mut command = command(data);
                command.args(["--database", url]);
                command
            })
        })
    };
    // The printed command has no password.
    let secret = url.replacen("postgres@", "postgres:s3cret@", 1);
    let printed = |work: &str, url: &str| {
        let (done, said) = run(folder.path(), &["--database", url, work, &dump]);
        assert!(!done && !said.contains("s3cret"), "{said}");
        let line = said.lines().find(|line| line.starts_with("  pg_")).expect("a command");
        line.to_owned()
    };
    let shell = |line: &str| {
        let output = Command::new("sh").args(["-c", line]).output().expect("runs");
        assert!(output.status.success(), "{line}: {output:?}");
    };
    let first = start(&secret);
    first.publish(DEMO, "live", "<b>dumped</b>").await;
    block_in_place(|| shell(&printed("backup", &secret)));
    first.publish(DEMO, "live", "<b>lost</b>").await;

    let other = cluster.database("other").expect("a database");
    block_in_place(|| shell(&printed("restore", &other)));
    let second = start(&other);
    let document = second.document("/s/demo").await;
    assert!(document.contains("<b>dumped</b>"), "{document}");
    second.publish(DEMO, "live", "<b>after</b>").await;
}
