//! The collector's files, compressed as on the web, and the number of bytes that were loaded.

use std::collections::HashMap;
use std::io::Write as _;

use c2c_harness::{Collector, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

pub(crate) struct Site {
    pub(crate) collector: Collector,
    /// Sizes in bytes of the compressed files, by path.
    sizes: HashMap<String, usize>,
}

impl Site {
    pub(crate) async fn start() -> Result<Self> {
        Ok(Self { collector: Collector::start().await?, sizes: HashMap::new() })
    }

    /// Serves a file under all hosts of the collector, and returns its path.
    pub(crate) fn serve(&mut self, path: &str, text: &str, content_type: &str) -> Result<String> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(text.as_bytes())?;
        let body = gzip.finish()?;
        self.sizes.insert(path.to_owned(), body.len());
        let content_type = format!("{content_type}; charset=utf-8");
        let headers = [
            ("content-type", content_type.as_str()),
            ("content-encoding", "gzip"),
            // A frame in an opaque origin and a worker read a vendor's file.
            ("access-control-allow-origin", "*"),
        ];
        self.collector.page(path, body, &headers);
        Ok(path.to_owned())
    }

    /// Returns the bytes of all requested files, each counted as often as it was requested.
    pub(crate) fn bytes(&self) -> usize {
        let requests = self.collector.requests();
        requests.iter().filter_map(|request| self.sizes.get(&request.path)).sum()
    }
}
