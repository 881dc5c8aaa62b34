//! Stand-ins for vendors' tags: our own scripts, in `tests/vendors`, which decide as those of
//! Google, Meta and others do. Each of them can deliver, and fails for the same reasons as the real
//! one.
//!
//! The real scripts are on no registry, and copies of them may not be redistributed.

mod beside; // the console's examples beside the server's endpoints
mod consent; // Google's Consent Mode
mod examples; // the examples of the documentation, with their vendors
mod hits; // the hits of a stand-in
mod missing; // which vendor needs which part of the environment
pub(crate) mod stand_in; // the scripts, and a customer's snippet for each
mod visit; // a visit, from opening a page to leaving it
mod visits; // visits with each jar, and to a page on top

use c2c_harness::Tests;

pub(crate) const TESTS: Tests = &[
    ("all_deliver_on_a_page_on_top", &visits::all_deliver_on_a_page_on_top),
    ("all_deliver_with_a_jar", &visits::all_deliver_with_a_jar),
    ("without_a_jar_most_send_nothing", &visits::without_a_jar_most_send_nothing),
    ("each_part_of_the_environment_is_missed", &missing::each_part_of_the_environment_is_missed),
    ("a_cookie_of_any_domain_is_noticed", &missing::a_cookie_of_any_domain_is_noticed),
    ("the_ga4_example_on_the_integrators_page", &examples::ga4_on_the_integrators_page),
    ("the_ga4_example_alone", &examples::ga4_alone),
    ("the_gtm_example", &examples::gtm),
    ("the_meta_example", &examples::meta),
    ("meta_counts_an_event_once", &beside::meta_counts_an_event_once),
    ("google_gets_the_ids_of_the_page", &beside::google_gets_the_ids_of_the_page),
    ("consent_mode", &consent::consent_mode),
];
