//! The pages that the server answers with: those of each app, made when they are first asked for and kept
//! in a cache, and those of the newest previews.
//!
//! A page in the cache is current: each change of an app, on this server or another, removes it
//! ([`Live::forget`]). One lock for each group of apps orders loading and removing, so that a page which
//! was read before a change cannot enter the cache after it.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use c2c::Page;
use c2c_delivery::CollectMode;
use c2c_names::AppId;
use c2c_policy::AncestorSource;
use c2c_store::{App, CollectSettings, Environment, FailureKind, Store, StoreError};
use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::collecting::Collecting;
use crate::documents::{Document, Documents};
use crate::error::AppError;
use crate::metrics::{CacheUse, METRICS};
use crate::pages::{Kind, Pages};
use crate::paths::{PARENT, PREVIEW, SANDBOX, STAGING, WIDGET};
use crate::previews::Previews;
use crate::response::{Body, framed_message, message, not_found};
use crate::settings::Limits;
use crate::sites::Sites;

/// The number of locks: enough that two apps rarely wait for each other.
const LOCKS: usize = 64;
/// The estimated size of an entry without its pages, in bytes.
const ENTRY_BYTES: u64 = 512;
/// The estimated size of an entry's pages, for the cache's first allocation.
const PAGES_BYTES: u64 = 32 * 1024;

/// All pages.
#[derive(Debug)]
pub(crate) struct Live {
    sites: Arc<Sites>,
    store: Store,
    documents: Arc<Documents>,
    cache: Cache<(Environment, AppId), Cached, Weight>,
    /// [`Limits::database_timeout`].
    database_timeout: Duration,
    /// Each with the time when the database was last asked in vain.
    locks: [Mutex<Option<Instant>>; LOCKS],
    hasher: RandomState,
    previews: Previews,
    /// How long a content delivery network may keep pages.
    cdn: Option<Duration>,
}

/// The pages of an app, or `None` if there are none: for an unknown id, for code that cannot be served.
type Cached = Option<Arc<Pages>>;

/// The pages are not in the cache, and cannot be made now.
pub(crate) struct Unavailable;

/// A key of the cache, without a copy of the id.
#[derive(Hash)]
struct Wanted<'a>(Environment, &'a str);

impl Equivalent<(Environment, AppId)> for Wanted<'_> {
    fn equivalent(&self, key: &(Environment, AppId)) -> bool {
        self.0 == key.0 && self.1 == key.1.as_str()
    }
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<(Environment, AppId), Cached> for Weight {
    fn weight(&self, _: &(Environment, AppId), pages: &Cached) -> u64 {
        ENTRY_BYTES + pages.as_ref().map_or(0, |pages| pages.bytes() as u64)
    }
}

impl Live {
    /// No pages yet; later pages of at most `cache_bytes`, and previews within the limits.
    pub(crate) fn new(
        sites: Arc<Sites>,
        store: Store,
        documents: Arc<Documents>,
        cache_bytes: u64,
        cdn: Option<Duration>,
        limits: &Limits,
    ) -> Self {
        let entries = usize::try_from(cache_bytes / PAGES_BYTES).unwrap_or(usize::MAX);
        Self {
            sites,
            store,
            documents,
            cache: Cache::with_weighter(entries, cache_bytes, Weight),
            locks: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            database_timeout: limits.database_timeout,
            previews: Previews::new(limits.previews_max),
            cdn,
        }
    }

    /// Forgets the pages of an app, since it has changed. Later requests get the present ones.
    pub(crate) async fn forget(&self, id: &AppId) {
        let _alone = self.lock(id).lock().await;
        for environment in [Environment::Live, Environment::Staging] {
            self.cache.remove(&(environment, id.clone()));
        }
    }

    /// How an app takes events, if there is such an app.
    ///
    /// # Errors
    ///
    /// The database cannot be reached.
    pub(crate) async fn collecting(&self, id: &AppId) -> Result<Option<Collecting>, Unavailable> {
        let pages = match self.cache.get(&Wanted(Environment::Live, id.as_str())) {
            Some(pages) => pages,
            None => self.load_once(Environment::Live, id.as_str()).await?,
        };
        Ok(pages.map(|pages| pages.collecting.clone()))
    }

    /// Whether the app takes events, if that is known without the database; otherwise not.
    pub(crate) fn collects_at_once(&self, id: &AppId) -> bool {
        let pages = self.cache.get(&Wanted(Environment::Live, id.as_str())).flatten();
        pages.is_some_and(|pages| pages.collecting.mode != CollectMode::Off)
    }

    /// How much the cache holds.
    pub(crate) fn cache_use(&self) -> CacheUse {
        let (entries, bytes) = (self.cache.len(), self.cache.weight());
        CacheUse { entries, bytes, bytes_max: self.cache.capacity() }
    }

    /// Adds the pages of a draft, and gives their id.
    pub(crate) fn stage(&self, app: &App, above: &[AncestorSource], document: Page) -> String {
        let id = Previews::new_id();
        let pages = Pages::preview(app, above, &self.sites, document, &id);
        self.previews.stage(id.clone(), pages);
        id
    }

    /// Answers with the page that the path names, if that is known without the database: the page of a
    /// draft, or of an app whose pages are in the cache.
    pub(crate) fn respond_at_once<B>(
        &self,
        request: &Request<B>,
        page: Kind,
    ) -> Option<Response<Body>> {
        let Some((environment, id)) = app_at(request, page) else {
            return Some(self.respond_with_preview(request, page));
        };
        let Some(pages) = self.cache.get(&Wanted(environment, id)) else {
            METRICS.cache_misses.inc();
            return None;
        };
        METRICS.cache_hits.inc();
        Some(respond(pages.as_deref(), request, page))
    }

    /// Answers with the page that the path names, and reads it if it is not in the cache.
    pub(crate) async fn respond_later<B>(
        &self,
        request: &Request<B>,
        page: Kind,
    ) -> Response<Body> {
        let Some((environment, id)) = app_at(request, page) else {
            return self.respond_with_preview(request, page);
        };
        match self.load_once(environment, id).await {
            Ok(pages) => respond(pages.as_deref(), request, page),
            Err(Unavailable) => unavailable(),
        }
    }

    fn respond_with_preview<B>(&self, request: &Request<B>, page: Kind) -> Response<Body> {
        let Some(id) = request.uri().path().strip_prefix(PREVIEW) else { return not_found() };
        match self.previews.get(id) {
            Some(pages) => pages.respond(request, page),
            None => self.gone(),
        }
    }

    /// Loads the pages of an app, once for all requests that wait for them.
    async fn load_once(&self, environment: Environment, id: &str) -> Result<Cached, Unavailable> {
        let Ok(id) = id.parse() else { return Ok(None) };
        let key = (environment, id);
        let asked = Instant::now();
        let mut failed = self.lock(&key.1).lock().await;
        // Another request may have loaded them in the meantime.
        if let Some(pages) = self.cache.get(&key) {
            return Ok(pages);
        }
        // Or it has waited for the database in vain. If each of many requests did so in turn, the last
        // would wait for all of them.
        if failed.is_some_and(|failed| failed >= asked) {
            return Err(Unavailable);
        }
        let loaded = timeout(self.database_timeout, self.load(environment, &key.1)).await;
        let pages = match loaded.unwrap_or_else(|_| Err(StoreError::hung())) {
            Ok(pages) => pages,
            Err(StoreError::NoSuchApp(_)) => None,
            Err(error) => {
                tracing::error!(%error, "pages cannot be read");
                if matches!(error, StoreError::Failed { kind: FailureKind::Unavailable, .. }) {
                    *failed = Some(Instant::now());
                }
                return Err(Unavailable);
            }
        };
        self.cache.insert(key, pages.clone());
        Ok(pages)
    }

    async fn load(&self, environment: Environment, id: &AppId) -> Result<Cached, StoreError> {
        let app = self.store.app(id).await?;
        if environment == Environment::Staging && !app.settings.staging {
            return Ok(None);
        }
        let off = environment == Environment::Live && app.off.is_some();
        let revision = if off { None } else { app.revision_in(environment) };
        match self.documents.of(&app, revision).await {
            Ok(Document { page, above }) => {
                let collecting = self.collecting_in(&app, environment).await?;
                let pages = Pages::of_app(
                    &app,
                    environment,
                    &above,
                    &self.sites,
                    page,
                    self.cdn,
                    collecting,
                );
                Ok(Some(Arc::new(pages)))
            }
            Err(AppError::Store(error)) => Err(error),
            // A checker that has become stricter may reject what it once accepted.
            Err(AppError::Build(error)) => {
                tracing::error!(%id, %error, "the app's code cannot be served until other code is published");
                Ok(None)
            }
        }
    }

    /// Only visitors' events are collected.
    async fn collecting_in(
        &self,
        app: &App,
        environment: Environment,
    ) -> Result<Collecting, StoreError> {
        if environment == Environment::Staging {
            return Ok(Collecting::NONE);
        }
        let CollectSettings { mode, search_keys, .. } = self.store.collect(&app.id).await?.settings;
        Ok(Collecting { mode, off: app.off.is_some(), search_keys })
    }

    fn lock(&self, id: &AppId) -> &Mutex<Option<Instant>> {
        let hash = self.hasher.hash_one(id);
        &self.locks[usize::try_from(hash % LOCKS as u64).expect("less than LOCKS")]
    }

    /// Readable in the place of the preview: in the console's frame, and in the parent page's.
    fn gone(&self) -> Response<Body> {
        let ancestors =
            [&self.sites.parent, &self.sites.console].map(|site| site.source.clone().into());
        let text = "This preview is no longer there. Run the preview again.";
        framed_message(StatusCode::NOT_FOUND, text, &ancestors)
    }
}

/// The app that a path names, live or in staging.
fn app_at<B>(request: &Request<B>, page: Kind) -> Option<(Environment, &str)> {
    let path = request.uri().path();
    let prefix = match page {
        Kind::Document => SANDBOX,
        Kind::Widget => WIDGET,
        Kind::Parent => PARENT,
    };
    let live = path.strip_prefix(prefix).map(|id| (Environment::Live, id));
    live.or_else(|| Some((Environment::Staging, path.strip_prefix(STAGING)?)))
}

fn respond<B>(pages: Option<&Pages>, request: &Request<B>, page: Kind) -> Response<Body> {
    pages.map_or_else(not_found, |pages| pages.respond(request, page))
}

fn unavailable() -> Response<Body> {
    let text = "The server cannot reach its database. Try again in a few seconds.";
    let mut response = message(StatusCode::SERVICE_UNAVAILABLE, text);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response
}
