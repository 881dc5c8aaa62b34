//! The bare endpoint: it reads a body, inserts it as one row, and answers once that is durable.
//!
//! It has the same pool of connections to the same database as the product, with the same settings. It does nothing
//! else: it checks no header and no limit, neither parses nor checks events, knows no apps, finds no duplicates, and
//! writes no row for each event, no deliveries and no counts.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, Executor as _};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Our answer.
const ANSWER: &[u8] = br#"{"accepted":10,"known":0,"refused":[]}"#;

/// Serves on a free port, which it prints.
pub(crate) fn serve(url: &str) {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let pool = Arc::new(open(url).await);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a TCP socket");
            let pool = Arc::clone(&pool);
            tokio::spawn(async move {
                let service = service_fn(|request| insert(request, &pool));
                let connection = hyper::server::conn::http1::Builder::new();
                // The client leaves when it has enough.
                let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

/// A database as the product opens it (`c2c-store`, `database.rs`).
async fn open(url: &str) -> AnyPool {
    install_default_drivers();
    let is_file = url.starts_with("sqlite");
    let (address, connections, setup, table) = if is_file {
        let setup = "PRAGMA busy_timeout = 5000; PRAGMA cache_size = -8192; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; \
                     PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL";
        let table = "CREATE TABLE batch (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT";
        (format!("{url}?mode=rwc"), 1, setup, table)
    } else {
        let table = "CREATE TABLE batch (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body BYTEA NOT NULL)";
        (url.to_owned(), 8, "SET default_transaction_isolation = 'read committed'", table)
    };
    let pool = AnyPoolOptions::new()
        .max_connections(connections)
        .after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(setup).await.map(drop) })
        })
        .connect(&address)
        .await
        .expect("it opens");
    pool.execute(table).await.expect("a table");
    pool
}

async fn insert(
    request: Request<Incoming>,
    pool: &AnyPool,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.expect("a body").to_bytes();
    let query = sqlx::query("INSERT INTO batch (body) VALUES ($1)").bind(&body[..]);
    query.execute(pool).await.expect("it is inserted");
    Ok(Response::new(Full::new(Bytes::from_static(ANSWER))))
}
