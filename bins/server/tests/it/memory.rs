//! The memory that the pages of many apps take.

use std::fs;

use crate::client::To;
use crate::database::database;
use crate::program::{Process, command};

/// The setting, far below the size of all pages.
const CACHE_MIB: &str = "4";
/// Apps whose pages fill the cache more than once, before the first measurement.
const FIRST: usize = 20;
/// All apps. The pages of those after the first ones have about 60 MiB.
const APPS: usize = 100;
/// The greatest growth from the first measurement to the second, for memory that the allocator keeps.
const GROWTH_MIB: usize = 25;

/// Apps with 200 KiB of code each. It hardly shrinks when it is compressed, and both encodings are kept, too.
/// By the API, with its checks, they would take half a minute.
const MAKE: &str = "INSERT INTO app
        (id, name, parent_origins, jar, staging, settings_version, newest, live, created_at)
        SELECT 'app' || n, 'Large', '[]', 'visit', 0, 1, 1, 1, 0 FROM generate_series(0, 99) n;
    INSERT INTO revision
        (app_id, number, created_at, author, note, catalogue, diagnostics, head, body_end)
        SELECT 'app' || n, 1, 0, 'test', '', '', '[]', convert_to('<!-- app' || n || ' ' ||
            (SELECT string_agg(md5(n || '.' || i), '') FROM generate_series(1, 6400) i) || ' -->',
            'UTF8'), ''
        FROM generate_series(0, 99) n";

/// The memory that a process has, in MiB.
fn resident_mib(process: &Process) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", process.child.id()));
    let status = status.expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") / 1024
}

#[tokio::test]
async fn pages_take_no_more_memory_than_the_setting() {
    let (cluster, url) = database();
    let process = Process::start(|data| {
        let mut command = command(data);
        command.args(["--database", &url, "--cache-mib", CACHE_MIB]);
        command
    });
    cluster.psql("c2c", MAKE).expect("apps");
    let serve = async |app: usize| {
        let reply = process.get(To::Sandbox, &format!("/s/app{app}"), &[]).await;
        let text = format!("<!-- app{app} ");
        assert!(reply.status == 200 && reply.text().contains(&text), "{app}: {}", reply.status);
        assert!(reply.body.len() > 200 * 1024, "{app}: {} bytes", reply.body.len());
    };
    for app in 0..FIRST {
        serve(app).await;
    }
    let before = resident_mib(&process);
    for app in FIRST..APPS {
        serve(app).await;
    }
    let after = resident_mib(&process);
    assert!(after <= before + GROWTH_MIB, "from {before} MiB to {after} MiB");
    serve(0).await;
}
