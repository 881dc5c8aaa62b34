//! Separate databases, and the errors of names.

use c2c_cluster::{Cluster, Error};

#[test]
fn two_databases_are_separate() -> Result<(), Error> {
    let cluster = Cluster::start()?;
    let url = cluster.database("first")?;
    assert_eq!(url, format!("postgres://postgres@{}/first", cluster.address()));
    cluster.database("second")?;
    cluster.psql("first", "CREATE TABLE calls (id int); INSERT INTO calls VALUES (1), (2)")?;
    assert_eq!(cluster.psql("first", "SELECT id, 'é' FROM calls ORDER BY id")?, "1|é\n2|é");
    let error = cluster.psql("second", "SELECT id FROM calls").expect_err("no such table");
    assert!(error.to_string().contains("\"calls\" does not exist"), "{error}");

    let error = cluster.database("first").expect_err("it exists");
    assert!(error.to_string().contains("already exists"), "{error}");
    for name in ["", "First", "a-b", "a\"b", &"a".repeat(64)] {
        let error = cluster.database(name).expect_err(name);
        assert!(error.to_string().contains("is no name for a database"), "{error}");
    }
    Ok(())
}

#[test]
fn two_clusters_run_side_by_side() -> Result<(), Error> {
    let clusters = [Cluster::start()?, Cluster::start()?];
    for cluster in &clusters {
        cluster.database("same")?;
    }
    assert_ne!(clusters[0].url("same"), clusters[1].url("same"));
    Ok(())
}
