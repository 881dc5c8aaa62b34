//! Well-known services that work on the page that they run in, and functions that a vendor's snippet
//! defines. Each entry names the source of its facts.

use crate::hosts::Authority;

/// A service that cannot do its work in a page that visitors do not see.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Service {
    name: &'static str,
    /// The beginnings of its scripts' addresses, without the scheme. A host that begins with a dot stands for
    /// all hosts below it.
    addresses: &'static [&'static str],
    work: Work,
}

/// The work of a service on its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// It shows a chat's launcher.
    Launcher,
    /// It shows something else.
    Part,
    /// It asks the visitor for consent.
    Consent,
    /// It records what the visitor does.
    Recording,
    /// It shows variants of the page.
    Experiment,
}

use Work::{Consent, Experiment, Launcher, Part, Recording};

/// Returns the service whose script is at this address.
pub(crate) fn of_address(url: &str) -> Option<&'static Service> {
    // Most texts are no addresses.
    let authority = url.contains("//").then(|| Authority::of(url))??;
    let (_, rest) = url.split_once("//")?;
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    SERVICES.iter().find(|service| {
        service.addresses.iter().any(|address| {
            let (host, prefix) = address.split_once('/').unwrap_or((address, ""));
            let is_host = if host.starts_with('.') {
                authority.host.ends_with(host)
            } else {
                authority.host == host
            };
            is_host && path.starts_with(prefix)
        })
    })
}

impl Service {
    /// The finding about it, in one sentence.
    pub(crate) fn in_words(&self) -> String {
        let name = self.name;
        match self.work {
            Launcher => format!(
                "{name} shows its launcher on the page that it runs in, and visitors do not see this one"
            ),
            Part => format!(
                "{name} shows itself on the page that it runs in, and visitors do not see this one"
            ),
            Consent => format!(
                "{name} asks for consent on the page that it runs in, and visitors do not see this one"
            ),
            Recording => format!(
                "{name} records the page that it runs in: here that is the sandbox, not your page"
            ),
            Experiment => format!(
                "{name} changes the page that it runs in: here that is the sandbox, not your page"
            ),
        }
    }
}

const fn service(name: &'static str, work: Work, addresses: &'static [&'static str]) -> Service {
    Service { name, addresses, work }
}

/// Their addresses, with the page of the vendor that shows them; "snippets" were found in public
/// repositories, as customers pasted them.
const SERVICES: &[Service] = &[
    // Snippets; https://developers.intercom.com/installing-intercom/web/installation
    service("Intercom", Launcher, &["widget.intercom.io/widget/"]),
    // Snippets.
    service("Drift", Launcher, &["js.driftt.com/include/"]),
    // Snippets; https://docs.crisp.chat/guides/chatbox-sdks/web-sdk/
    service("Crisp", Launcher, &["client.crisp.chat/l.js"]),
    // Snippets; https://developer.tawk.to/jsapi/
    service("tawk.to", Launcher, &["embed.tawk.to/"]),
    // https://support.zendesk.com/hc/de/articles/115007912068
    service("Zendesk", Launcher, &["static.zdassets.com/ekr/snippet.js", "v2.zopim.com/"]),
    // https://platform.text.com/docs/extending-chat-widget/javascript-api/
    service("LiveChat", Launcher, &["cdn.livechatinc.com/tracking.js"]),
    // Snippets.
    service("Olark", Launcher, &["static.olark.com/jsclient/"]),
    // https://developers.freshchat.com/v2/ (older form: snippets)
    service("Freshchat", Launcher, &["fw-cdn.com/", "wchat.freshchat.com/js/widget.js"]),
    // Snippets; https://github.com/smartsupp/chat-code-generator
    service("Smartsupp", Launcher, &["www.smartsuppchat.com/loader.js"]),
    // Snippets.
    service("Gorgias", Launcher, &["config.gorgias.chat/"]),
    // https://www.cookiebot.com/en/developer/
    service("Cookiebot", Consent, &["consent.cookiebot.com/uc.js"]),
    // Third parties' lists of services.
    service("OneTrust", Consent, &["cdn.cookielaw.org/"]),
    // https://usercentrics.com/docs/web/implementation/ui/
    service("Usercentrics", Consent, &["web.cmp.usercentrics.eu/", "app.usercentrics.eu/"]),
    // Snippets.
    service("CookieYes", Consent, &["cdn-cookieyes.com/client_data/"]),
    // https://iubenda.com/en/help/posts/1205
    service(
        "iubenda",
        Consent,
        &[
            "cdn.iubenda.com/cs/",
            "cs.iubenda.com/autoblocking/",
            "cdn.iubenda.com/cookie_solution/",
        ],
    ),
    // https://developers.didomi.io/cmp/web-sdk/getting-started
    service("Didomi", Consent, &["sdk.privacy-center.org/"]),
    // https://support.termly.io/hc/en-us/articles/42349363599249
    service("Termly", Consent, &["app.termly.io/"]),
    // Third parties' lists of services.
    service("FullStory", Recording, &["edge.fullstory.com/s/fs.js"]),
    // Snippets.
    service(
        "LogRocket",
        Recording,
        &[
            "cdn.logrocket.io/LogRocket",
            "cdn.logr-in.com/LogRocket",
            "cdn.lgrckt-in.com/LogRocket",
            "cdn.lr-ingest.io/LogRocket",
            "cdn.lr-ingest.com/LogRocket",
        ],
    ),
    // Snippets.
    service("Mouseflow", Recording, &["cdn.mouseflow.com/projects/"]),
    // Snippets.
    service(
        "Smartlook",
        Recording,
        &[
            "web-sdk.smartlook.com/",
            "rec.smartlook.com/recorder.js",
            "rec.getsmartlook.com/recorder.js",
        ],
    ),
    // Snippets.
    service("Lucky Orange", Recording, &["tools.luckyorange.com/core/"]),
    // From memory: neither a page of the vendor nor a snippet was at hand.
    service("Hotjar", Recording, &["static.hotjar.com/c/hotjar-"]),
    // https://help.vwo.com/hc/en-us/articles/900000743746
    service("VWO", Experiment, &["dev.visualwebsiteoptimizer.com/"]),
    // https://support.optimizely.com/hc/en-us/articles/4410284261773
    service("Optimizely", Experiment, &["cdn.optimizely.com/js/", "cdn.optimizely.com/public/"]),
    // Snippets; https://docs.abtasty.com/account/tag-integration/how-to-implement-the-generic-tag
    service("AB Tasty", Experiment, &["try.abtasty.com/"]),
    // https://docs.kameleoon.com/developer-docs/web-experimentation/faq
    service("Kameleoon", Experiment, &[".kameleoon.eu/", ".kameleoon.io/"]),
    // https://docs.hcaptcha.com/
    service("hCaptcha", Part, &["js.hcaptcha.com/1/api.js", "hcaptcha.com/1/api.js"]),
    // Snippets; https://developers.cloudflare.com/turnstile/get-started/client-side-rendering/
    service("Turnstile", Part, &["challenges.cloudflare.com/turnstile/"]),
    // Third parties' lists of services.
    service("Calendly", Part, &["assets.calendly.com/assets/external/widget.js"]),
    // https://unpkg.com/@typeform/embed@2.14.0/README.md
    service("Typeform", Part, &["embed.typeform.com/"]),
    // Third parties' lists of services.
    service("Trustpilot", Part, &["widget.trustpilot.com/bootstrap/"]),
];

/// A function that a vendor's snippet defines.
struct Defined {
    name: &'static str,
    /// The host of its script. Code that mentions it has the snippet, except for `gtag`: its script does not
    /// define it.
    host: &'static str,
}

const DEFINED: &[Defined] = &[
    // https://developers.google.com/tag-platform/gtagjs
    Defined { name: "gtag", host: "www.googletagmanager.com" },
    // https://developers.facebook.com/docs/meta-pixel/get-started
    Defined { name: "fbq", host: "connect.facebook.net" },
    // https://ads.tiktok.com/help/article/get-started-pixel
    Defined { name: "ttq", host: "analytics.tiktok.com" },
    // https://www.linkedin.com/help/lms/answer/a418880
    Defined { name: "lintrk", host: "snap.licdn.com" },
    // https://help.pinterest.com/en/business/article/install-the-pinterest-tag
    Defined { name: "pintrk", host: "s.pinimg.com" },
    // https://business.x.com/en/help/campaign-measurement-and-analytics/conversion-tracking-for-websites
    Defined { name: "twq", host: "static.ads-twitter.com" },
    // https://businesshelp.snapchat.com/s/article/pixel-website-install
    Defined { name: "snaptr", host: "sc-static.net" },
    // https://business.reddithelp.com/s/article/manual-conversion-events-with-the-reddit-pixel
    Defined { name: "rdt", host: "www.redditstatic.com" },
];

/// Whether a vendor's snippet has to define this name.
pub(crate) fn is_defined_by_snippet(name: &str) -> bool {
    DEFINED.iter().any(|defined| defined.name == name)
}

/// Whether the host's script is known to define none of these names without its snippet.
pub(crate) fn is_known_loader(host: &str) -> bool {
    DEFINED.iter().any(|defined| defined.host == host)
}

/// Whether a text has the address of a script of another host, which may define anything.
pub(crate) fn names_unknown_script(text: &str) -> bool {
    text.match_indices("//").any(|(at, _)| {
        let address = &text[at..];
        let end = address.find(['"', '\'', '`', ' ', '\n', '<']).unwrap_or(address.len());
        let address = &address[..end];
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let is_script = path.rsplit_once('.').is_some_and(|(_, ending)| ending == "js");
        let host = Authority::of(address).filter(|_| is_script);
        host.is_some_and(|authority| !is_known_loader(&authority.host))
    })
}

/// Whether a text defines the name, has the vendor's snippet, or asks whether the name exists.
pub(crate) fn defines(text: &str, name: &str) -> bool {
    let host = DEFINED.iter().find(|defined| defined.name == name).map(|defined| defined.host);
    let mentions = name != "gtag" && host.is_some_and(|host| text.contains(host));
    mentions
        || text
            .match_indices(name)
            .any(|(at, _)| is_definition(&text[..at], &text[at + name.len()..]))
}

/// Whether a name between these two texts is defined there, or its existence is in question.
fn is_definition(before: &str, after: &str) -> bool {
    let is_word = |next: char| next.is_alphanumeric() || matches!(next, '_' | '$');
    if before.ends_with(is_word) || after.starts_with(is_word) {
        return false;
    }
    let quoted = |quote| before.ends_with(quote) && after.starts_with(quote);
    let (trimmed, rest) = (before.trim_end(), after.trim_start());
    let assigned = rest.starts_with('=') && !rest.starts_with("==");
    quoted('\'')
        || quoted('"')
        || assigned
        || rest.starts_with("||=")
        || rest.starts_with("??=")
        || trimmed.ends_with("function")
        || trimmed.ends_with("typeof")
}

#[cfg(test)]
mod tests {
    use super::{defines, names_unknown_script, of_address};

    #[test]
    fn services_are_known_by_host_and_path() {
        let name = |url| of_address(url).map(|service| service.name);
        assert_eq!(name("https://widget.intercom.io/widget/abc"), Some("Intercom"));
        assert_eq!(name("//widget.intercom.io/widget/"), Some("Intercom"));
        assert_eq!(name("https://abc.kameleoon.eu/x.js"), Some("Kameleoon"));
        for url in [
            "",
            "//",
            "https://widget.intercom.io/",
            "https://x.example/widget.intercom.io/widget/",
        ] {
            assert_eq!(name(url), None, "{url}");
        }
    }

    #[test]
    fn scripts_of_other_hosts() {
        assert!(names_unknown_script("s.src = 'https://a.example/fb.js?v=1'"));
        for text in [
            "s.src = 'https://connect.facebook.net/en_US/fbevents.js'",
            "// a comment",
            "'https://a.example/'",
        ] {
            assert!(!names_unknown_script(text), "{text}");
        }
    }

    #[test]
    fn definitions() {
        for text in [
            "function gtag(){}",
            "var gtag = 1",
            "window.gtag=window.gtag||f",
            "window['gtag']=f",
            "gtag ??= f",
            "i(window, 'gtag')",
            "typeof gtag === 'function'",
        ] {
            assert!(defines(text, "gtag"), "{text}");
        }
        for text in [
            "gtag('event')",
            "gtag == 1",
            "mygtag = 1",
            "gtags = 1",
            "https://www.googletagmanager.com/gtag/js",
        ] {
            assert!(!defines(text, "gtag"), "{text}");
        }
        assert!(defines("'https://connect.facebook.net/en_US/fbevents.js'", "fbq"));
    }
}
