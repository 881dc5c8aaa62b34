//! A PostgreSQL, and servers on it.

use c2c_cluster::Cluster;
use c2c_server::Limits;

use crate::client::Fixture;

/// A PostgreSQL with an empty database, and its URL.
pub(crate) fn database() -> (Cluster, String) {
    let cluster = Cluster::start().expect("a PostgreSQL");
    let url = cluster.database("c2c").expect("a database");
    (cluster, url)
}

pub(crate) async fn server(url: &str) -> Fixture {
    Fixture::with(&Limits::default(), &["--database", url]).await
}

/// Three servers, one after the other.
pub(crate) async fn three(url: &str) -> [Fixture; 3] {
    [server(url).await, server(url).await, server(url).await]
}

/// A number from the environment, or its default.
pub(crate) fn count(name: &str, default: usize) -> usize {
    std::env::var(name)
        .map_or(default, |count| count.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
