//! What the collector serves, compressed as on the web, and how many bytes of it were loaded.

use std::collections::HashMap;
use std::io::Write as _;

use c2c_e2e::{Collector, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

pub(crate) struct Site {
    pub(crate) collector: Collector,
    /// Bytes of a file as it is sent, by its path.
    sizes: HashMap<String, usize>,
}

impl Site {
    pub(crate) async fn start() -> Result<Self> {
        Ok(Self { collector: Collector::start().await?, sizes: HashMap::new() })
    }

    /// Serves a file under all hosts of the collector, and gives its path.
    pub(crate) fn serve(&mut self, path: &str, text: &str, content_type: &str) -> Result<String> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(text.as_bytes())?;
        let body = gzip.finish()?;
        self.sizes.insert(path.to_owned(), body.len());
        let content_type = format!("{content_type}; charset=utf-8");
        let headers = [
            ("content-type", content_type.as_str()),
            ("content-encoding", "gzip"),
            // A vendor's file is read by a frame with an opaque origin, and by a worker.
            ("access-control-allow-origin", "*"),
        ];
        self.collector.page(path, body, &headers);
        Ok(path.to_owned())
    }

    /// The bytes of all files that were asked for, each as often as it was.
    pub(crate) fn bytes(&self) -> usize {
        let requests = self.collector.requests();
        requests.iter().filter_map(|request| self.sizes.get(&request.path)).sum()
    }
}
