//! Vendors' SDKs as published on npm, in the sandbox: analytics, error trackers, feature flags.
//!
//! Each SDK has a file with the minimal code that makes it send, as a customer would paste it. All
//! of its requests go to the collector, and no other host is contacted. `docs/sdks.md` has the
//! table of the results; to write it:
//! `UPDATE=1 C2C_ENGINES=chromium cargo test -p c2c-e2e --test e2e -- sdks::`.

mod request; // the JSON in the requests of vendors' SDKs
mod sdk; // the facts about an SDK, and the page that a customer would paste
mod table; // the table in the documentation
mod visit; // the requests that arrive during a visit, and those that went elsewhere
mod visits; // the test: visits with each jar

mod amplitude;
mod application_insights;
mod bugsnag;
mod countly;
mod datadog;
mod elastic;
mod faro;
mod growthbook;
mod honeybadger;
mod launchdarkly;
mod mixpanel;
mod new_relic;
mod piano;
mod plausible;
mod posthog;
mod rollbar;
mod rudderstack;
mod segment;
mod sentry;
mod snowplow;
mod split;
mod statsig;
mod swetrix;

use c2c_harness::Tests;
use sdk::Sdk;

pub(crate) const TESTS: Tests = &[
    ("amplitude", &amplitude::SDK),
    ("application_insights", &application_insights::SDK),
    ("bugsnag", &bugsnag::SDK),
    ("countly", &countly::SDK),
    ("datadog", &datadog::SDK),
    ("elastic", &elastic::SDK),
    ("faro", &faro::SDK),
    ("growthbook", &growthbook::SDK),
    ("honeybadger", &honeybadger::SDK),
    ("launchdarkly", &launchdarkly::SDK),
    ("mixpanel", &mixpanel::SDK),
    ("new_relic", &new_relic::SDK),
    ("piano", &piano::SDK),
    ("plausible", &plausible::SDK),
    ("posthog", &posthog::SDK),
    ("rollbar", &rollbar::SDK),
    ("rudderstack", &rudderstack::SDK),
    ("segment", &segment::SDK),
    ("sentry", &sentry::SDK),
    ("snowplow", &snowplow::SDK),
    ("split", &split::SDK),
    ("statsig", &statsig::SDK),
    ("swetrix", &swetrix::SDK),
];
