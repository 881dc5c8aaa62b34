//! The server with 100,000 apps relative to the server with 100, on SQLite and on PostgreSQL, and relative
//! to reading the same bytes and to a bare hyper handler.
//!
//! `cargo xtask bench apps` makes the databases, has the server compile all documents, and measures: the
//! time to start, hits and misses of the cache, throughput, and memory. Requests follow Zipf's law: the app
//! of rank k gets a share in proportion to 1/k. With `-- --apps 10000` it takes less time. Absolute numbers
//! mean nothing on a shared machine and are not printed, but for the memory.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

mod support;

use std::collections::HashSet;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use c2c_cluster::Cluster;
use c2c_store::{Actor, Database, DocumentKey, Environment, NewApp, Publication, Snippets, Store};
use sqlx::{AnyPool, AssertSqlSafe};
use support::{Answer, ONE_THREAD, Peer, Spread, connect, load, serve_peer};
use tempfile::TempDir;
use tokio::runtime::Runtime;

type AppId = c2c_names::AppId;

/// How much is measured.
struct Plan {
    few: usize,
    many: usize,
    pairs: usize,
    /// Requests in one measurement of a latency.
    requests: usize,
    /// Requests by Zipf's law that fill the cache.
    warm: usize,
    window: Duration,
    /// The cache's setting for the measurement of memory, in MiB.
    cache_mib: u32,
    judged: bool,
}

const WHOLE: Plan = Plan {
    few: 100,
    many: 100_000,
    pairs: 11,
    requests: 2000,
    warm: 8000,
    window: Duration::from_millis(250),
    cache_mib: 64,
    judged: true,
};
const QUICK: Plan = Plan {
    few: 10,
    many: 300,
    pairs: 1,
    requests: 20,
    warm: 50,
    window: Duration::from_millis(20),
    cache_mib: 1,
    judged: false,
};

/// Ids have the same length, so that all answers have.
const FIRST: usize = 1_000_000;
const CODE: &str = include_str!("../pages/examples/ga4.html");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--peer") {
        serve_peer(false);
        return ExitCode::SUCCESS;
    }
    // `cargo test --benches` runs this with `--test`: then it only checks that everything works.
    let mut plan =
        if arguments.iter().any(|argument| argument == "--bench") { WHOLE } else { QUICK };
    if let Some(at) = arguments.iter().position(|argument| argument == "--apps") {
        let apps = arguments.get(at + 1).and_then(|apps| apps.parse().ok());
        plan.many = apps.expect("--apps needs a number");
    }
    let runtime = Runtime::new().expect("a runtime");
    let cluster = Cluster::start().expect("a PostgreSQL");
    let folder = TempDir::new().expect("a directory");
    let mut met = true;
    for engine in ["sqlite", "postgresql"] {
        let database = |name: &str| match engine {
            "sqlite" => format!("sqlite:{}", folder.path().join(name).display()),
            _ => cluster.database(name).expect("a database"),
        };
        let few = Site::new(&runtime, database("few"), plan.few, &plan);
        let many = Site::new(&runtime, database("many"), plan.many, &plan);
        let mut bench = Bench { runtime: &runtime, plan: &plan, engine, few, many, met: true };
        bench.run();
        met &= bench.met;
    }
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A database with apps, and the port of the servers that use it: a document names its origin.
struct Site {
    url: String,
    apps: usize,
    port: u16,
}

impl Site {
    fn new(runtime: &Runtime, url: String, apps: usize, plan: &Plan) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let site = Self { url, apps, port };
        println!("making {apps} apps");
        runtime.block_on(site.seed());
        println!("compiling their documents");
        let server = site.start(plan.cache_mib);
        runtime.block_on(site.wait_until_compiled());
        drop(server);
        site
    }

    /// One app by way of the store, and copies of it.
    async fn seed(&self) {
        let database: Database = self.url.parse().expect("an address");
        let store = Store::open(&database, c2c_store::Limits::default()).await.expect("it opens");
        let by: Actor = "bench".parse().expect("an actor");
        let id: AppId = "template".parse().expect("an id");
        store.create(&by, &id, &NewApp::default()).await.expect("it is created");
        let draft = store.draft(&id).await.expect("a draft").version;
        let code = Snippets { head: CODE.to_owned(), body_end: String::new() };
        let draft = store.save_draft(&by, &id, draft, &code).await.expect("it is saved");
        let publication = Publication {
            draft,
            replaces: None,
            to: Environment::Live,
            note: "a benchmark".parse().expect("a note"),
            catalogue: "1.0.0".to_owned(),
            diagnostics: "[]".to_owned(),
        };
        store.publish(&by, &id, &publication).await.expect("it is published");
        store.close().await;

        let pool = AnyPool::connect(&self.url).await.expect("it connects");
        for (table, id, columns) in [
            (
                "app",
                "id",
                "name, parent_origins, jar, staging, settings_version, newest, live, created_at",
            ),
            ("draft", "app_id", "version, saved_at, saved_by, head, body_end"),
            (
                "revision",
                "app_id",
                "number, created_at, author, note, catalogue, diagnostics, head, body_end",
            ),
        ] {
            let sql = format!(
                "WITH RECURSIVE copy (n) AS
                     (SELECT {FIRST} UNION ALL SELECT n + 1 FROM copy WHERE n < {last})
                 INSERT INTO {table} ({id}, {columns})
                 SELECT 'app-' || n, {columns} FROM copy, {table} WHERE {id} = 'template'",
                last = FIRST + self.apps - 1,
            );
            sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.expect("they are copied");
        }
        if self.url.starts_with("postgres") {
            sqlx::query("ANALYZE").execute(&pool).await.expect("statistics");
        }
        pool.close().await;
    }

    async fn wait_until_compiled(&self) {
        let pool = AnyPool::connect(&self.url).await.expect("it connects");
        let all = i64::try_from(self.apps).expect("few");
        loop {
            let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM document")
                .fetch_one(&pool)
                .await
                .expect("a number");
            if count >= all {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        pool.close().await;
    }

    fn start(&self, cache_mib: u32) -> Ours {
        let data = TempDir::new().expect("a directory");
        let (listen, port) = (format!("127.0.0.1:{}", self.port), self.port);
        let mut child = Command::new(env!("CARGO_BIN_EXE_c2c-server"))
            .env("C2C_ACCESS", "open")
            .args(["--console-listen", "127.0.0.1:0", "--pages-listen", &listen])
            .args(["--console-origin", "http://console.localhost:1"])
            .args(["--database", &self.url, "--cache-mib", &cache_mib.to_string()])
            .arg("--data-dir")
            .arg(data.path())
            .env(ONE_THREAD.0, ONE_THREAD.1)
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut lines = stdout.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("sandbox   http://")), "it does not start");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Ours { child, address, host: format!("sandbox.localhost:{port}"), _data: data }
    }

    fn id(&self, rank: usize) -> AppId {
        assert!(rank < self.apps, "there are {} apps", self.apps);
        format!("app-{}", FIRST + rank).parse().expect("an id")
    }
}

/// A server of a site.
struct Ours {
    child: Child,
    address: SocketAddr,
    host: String,
    _data: TempDir,
}

impl Ours {
    fn request(&self, id: &AppId) -> String {
        format!(
            "GET /s/{id} HTTP/1.1\r\nhost: {}\r\naccept: text/html\r\naccept-encoding: gzip, deflate, br, zstd\r\n\
             accept-language: en\r\nsec-fetch-dest: iframe\r\nsec-fetch-mode: navigate\r\n\r\n",
            self.host
        )
    }

    /// The memory that it has, in bytes.
    fn memory(&self) -> f64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        let kib = line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number");
        kib * 1024.0
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        // A child that has already ended is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ranks by Zipf's law, always the same.
struct Zipf {
    /// The sums of the shares up to each rank.
    sums: Vec<f64>,
    state: u64,
}

impl Zipf {
    fn new(apps: usize) -> Self {
        let mut sum = 0.0;
        let sums = (1..=apps).map(|rank| {
            #[expect(clippy::cast_precision_loss, reason = "there are few apps")]
            let share = 1.0 / rank as f64;
            sum += share;
            sum
        });
        Self { sums: sums.collect(), state: 0x9e37_79b9_7f4a_7c15 }
    }

    /// xorshift64, whose upper bits are good enough.
    fn next(&mut self) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        #[expect(clippy::cast_precision_loss, reason = "a fraction of 53 bits")]
        let fraction = (self.state >> 11) as f64 / (1_u64 << 53) as f64;
        let wanted = fraction * self.sums.last().expect("apps");
        self.sums.partition_point(|&sum| sum < wanted)
    }
}

/// One keep-alive connection that measures.
struct Client(TcpStream);

impl Client {
    /// The time that each request takes, in order of size.
    fn times(&mut self, requests: &[String]) -> Vec<Duration> {
        let time = |request: &String| {
            let start = Instant::now();
            let _answer = Answer::read(&mut self.0, request);
            start.elapsed()
        };
        let mut times: Vec<_> = requests.iter().map(time).collect();
        times.sort();
        times
    }
}

/// The time within which this share of the requests is answered, in seconds.
fn within(times: &[Duration], percent: usize) -> f64 {
    times[(times.len() - 1) * percent / 100].as_secs_f64()
}

struct Bench<'a> {
    runtime: &'a Runtime,
    plan: &'a Plan,
    engine: &'static str,
    few: Site,
    many: Site,
    met: bool,
}

impl Bench<'_> {
    fn run(&mut self) {
        self.start_up();
        let cache_mib = 512;
        let (few, many) = (self.few.start(cache_mib), self.many.start(cache_mib));
        let hits = self.hits(&few, &many);
        self.throughput(&many, &hits);
        drop(few);
        self.misses(&many);
        drop(many);
        self.memory();
    }

    fn print(&mut self, what: &str, value: impl Display, goal: impl Display, met: bool) {
        self.met &= met || !self.plan.judged;
        let verdict = match (self.plan.judged, met) {
            (false, _) => "not judged, in a quick run",
            (true, true) => "met",
            (true, false) => "MISSED",
        };
        println!("{:10} {what}: {value} (goal {goal}: {verdict})", self.engine);
        std::io::stdout().flush().expect("a reader");
    }

    fn at_most(&mut self, what: &str, spread: Spread, goal: f64) {
        let Spread { median, low, high } = spread;
        let value =
            format!("{median:.3}, quartiles {low:.3} to {high:.3}, {} pairs", self.plan.pairs);
        self.print(what, value, format!("at most {goal}"), median <= goal);
    }

    fn start_up(&mut self) {
        let time = |site: &Site| {
            let start = Instant::now();
            drop(site.start(64));
            start.elapsed().as_secs_f64()
        };
        let spread = Spread::of_pairs(self.plan.pairs, || time(&self.many), || time(&self.few));
        let what = format!("start with {} apps / with {}", self.many.apps, self.few.apps);
        self.at_most(&what, spread, 1.2);
    }

    /// Gives the requests of hits to the server with many apps.
    fn hits(&mut self, few: &Ours, many: &Ours) -> Vec<String> {
        let plan = self.plan;
        let requests = |site: &Site, server: &Ours| {
            let mut zipf = Zipf::new(site.apps);
            (0..plan.warm).map(|_| server.request(&site.id(zipf.next()))).collect::<Vec<_>>()
        };
        let (of_few, of_many) = (requests(&self.few, few), requests(&self.many, many));
        let (mut to_few, mut to_many) =
            (Client(connect(few.address)), Client(connect(many.address)));
        // After it, all are hits: the cache has a place for each.
        to_few.times(&of_few);
        to_many.times(&of_many);
        let (mut part_of_few, mut part_of_many) =
            (of_few.chunks(plan.requests).cycle(), of_many.chunks(plan.requests).cycle());
        let spread = Spread::of_pairs(
            plan.pairs,
            || within(&to_many.times(part_of_many.next().expect("requests")), 99),
            || within(&to_few.times(part_of_few.next().expect("requests")), 99),
        );
        let distinct = of_many.iter().collect::<HashSet<_>>().len();
        let what = format!(
            "p99 of hits with {} apps ({distinct} asked for) / with {}",
            self.many.apps, self.few.apps
        );
        self.at_most(&what, spread, 1.5);
        of_many
    }

    fn throughput(&mut self, many: &Ours, hits: &[String]) {
        let mut client = connect(many.address);
        let mut read = |request: &str| {
            let answer = Answer::read(&mut client, request);
            (answer.head.len() + answer.body.len(), answer)
        };
        let (size, _) = read(&hits[0]);
        // Compressed documents differ by a few bytes with their app's id: those of the same size.
        let distinct: HashSet<&String> = hits.iter().collect();
        let mut answers = Vec::new();
        for request in distinct {
            let (bytes, answer) = read(request);
            if bytes == size {
                answers.push((path(request).to_owned(), answer));
            }
        }
        let peer = Peer::start(&answers, "bare");
        let kept: HashSet<&str> = answers.iter().map(|(path, _)| path.as_str()).collect();
        let is_kept = |request: &&String| kept.contains(path(request));
        let requests: Vec<String> = hits.iter().filter(is_kept).cloned().collect();
        let rate = |address| load(address, &requests, size, self.plan.window);
        rate(many.address);
        rate(peer.address);
        let pairs = if self.plan.judged { 61 } else { 1 };
        let Spread { median, low, high } =
            Spread::of_pairs(pairs, || rate(many.address), || rate(peer.address));
        let what = format!("throughput of hits, {} apps / bare hyper with the same", answers.len());
        let value = format!("{median:.3}, quartiles {low:.3} to {high:.3}, {pairs} pairs");
        self.print(&what, value, "at least 0.95", median >= 0.95);
    }

    /// Apps that were not asked for are the least popular ones.
    fn misses(&mut self, many: &Ours) {
        let plan = self.plan;
        let group = plan.requests / 10;
        let mut ranks = (0..self.many.apps).rev();
        let mut client = Client(connect(many.address));
        let database: Database = self.many.url.parse().expect("an address");
        let open = Store::open(&database, c2c_store::Limits::default());
        let store = self.runtime.block_on(open).expect("it opens");
        let (site, runtime) = (&self.many, self.runtime);
        let mut next = || -> Vec<AppId> {
            ranks.by_ref().step_by(2).take(group).map(|rank| site.id(rank)).collect()
        };
        let ids: Vec<Vec<AppId>> = (0..2 * (plan.pairs + 1)).map(|_| next()).collect();
        let mut groups = ids.iter();
        let mut other = ids.iter().rev();
        let mut miss = || {
            let ids = groups.next().expect("apps");
            let requests: Vec<_> = ids.iter().map(|id| many.request(id)).collect();
            within(&client.times(&requests), 50)
        };
        let mut read = || {
            let keys = runtime.block_on(keys(&store, other.next().expect("apps")));
            within(&runtime.block_on(reads(&store, &keys)), 50)
        };
        // The server's connections to the database are open then.
        miss();
        read();
        let spread = Spread::of_pairs(plan.pairs, miss, read);
        self.at_most("p50 of misses, as HTTP / of reading the same bytes", spread, 5.0);
        self.runtime.block_on(store.close());
    }

    fn memory(&mut self) {
        let plan = self.plan;
        let server = self.many.start(plan.cache_mib);
        let mut client = connect(server.address);
        let mut ask = |rank| Answer::read(&mut client, &server.request(&self.many.id(rank)));
        (0..plan.few).for_each(|rank| drop(ask(rank)));
        let before = server.memory();
        let asked = (self.many.apps / 5).max(plan.few);
        (plan.few..asked).for_each(|rank| drop(ask(rank)));
        let setting = f64::from(plan.cache_mib) * 1024.0 * 1024.0;
        let ratio = (server.memory() - before) / setting;
        let what = format!("memory for {asked} pages / cache of {} MiB", plan.cache_mib);
        self.print(&what, format!("{ratio:.3}"), "at most 1.1", ratio <= 1.1);
    }
}

/// The path of a request.
fn path(request: &str) -> &str {
    request.split(' ').nth(1).expect("a path")
}

async fn keys(store: &Store, ids: &[AppId]) -> Vec<(AppId, DocumentKey)> {
    let mut keys = Vec::new();
    for id in ids {
        let number: usize = id.as_str().trim_start_matches("app-").parse().expect("a number");
        let before: AppId = format!("app-{}", number - 1).parse().expect("an id");
        let apps = store.app_documents(Some(&before), 1).await.expect("a list");
        let app = apps.into_iter().next().expect("an app");
        keys.push((app.app.id, app.kept.into_iter().next().expect("a document")));
    }
    keys
}

/// The time that each read takes, in order of size.
async fn reads(store: &Store, keys: &[(AppId, DocumentKey)]) -> Vec<Duration> {
    let mut times = Vec::new();
    for (id, key) in keys {
        let start = Instant::now();
        let bytes = store.document(id, key).await.expect("an answer");
        times.push(start.elapsed());
        assert!(bytes.is_some(), "it is kept");
    }
    times.sort();
    times
}
