//! Ids and addresses of vendors, and the snippet that belongs to each.

/// The message and the snippet for an id that stands alone. `None` if it is no id that is known.
pub(crate) fn of_id(id: &str) -> Option<(String, String)> {
    let (prefix, rest) = id.split_once('-').unwrap_or(("", id));
    let is = |min: usize| {
        rest.len() >= min && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let (vendor, snippet) = match prefix {
        "GTM" if is(4) => ("Google Tag Manager", tag_manager(id)),
        "G" | "GT" if is(6) => ("Google Analytics", google_tag(id)),
        "AW" | "DC" if is(6) => ("Google Ads", google_tag(id)),
        "" if (14..=17).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) => {
            ("Meta Pixel", meta_pixel(id))
        }
        _ => return None,
    };
    Some((format!("an id of {vendor} alone does nothing: the snippet belongs to it"), snippet))
}

/// The element that loads an address that stands alone.
pub(crate) fn of_url(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    let url = url.replace('"', "%22");
    if ends(&[".css"]) {
        format!("<link rel=\"stylesheet\" href=\"{url}\">")
    } else if ends(&[".gif", ".png", ".jpg", ".jpeg", ".webp", ".svg"]) {
        format!("<img alt=\"\" src=\"{url}\">")
    } else {
        format!("<script async src=\"{url}\"></script>")
    }
}

fn google_tag(id: &str) -> String {
    format!(
        "<script async src=\"https://www.googletagmanager.com/gtag/js?id={id}\"></script>
<script>
  window.dataLayer = window.dataLayer || [];
  function gtag() {{ dataLayer.push(arguments); }}
  gtag('js', new Date());
  gtag('config', '{id}');
</script>"
    )
}

fn tag_manager(id: &str) -> String {
    format!(
        "<script>
  window.dataLayer = window.dataLayer || [];
  dataLayer.push({{ 'gtm.start': Date.now(), event: 'gtm.js' }});
</script>
<script async src=\"https://www.googletagmanager.com/gtm.js?id={id}\"></script>"
    )
}

fn meta_pixel(id: &str) -> String {
    format!(
        "<script>
  window.fbq = window._fbq = function () {{
    if (fbq.callMethod) fbq.callMethod.apply(fbq, arguments);
    else fbq.queue.push(arguments);
  }};
  Object.assign(fbq, {{ push: fbq, loaded: true, version: '2.0', queue: [] }});
  fbq('init', '{id}');
  fbq('track', 'PageView');
</script>
<script async src=\"https://connect.facebook.net/en_US/fbevents.js\"></script>"
    )
}

#[cfg(test)]
mod tests {
    use super::{of_id, of_url};

    #[test]
    fn ids() {
        for id in ["GTM-AB12CD3", "G-1ABCDEFGH2", "AW-123456789", "123456789012345"] {
            let (_, snippet) = of_id(id).expect(id);
            assert!(snippet.contains(id), "{snippet}");
        }
        for text in ["GTM-", "G-1", "12345", "hello", "UA-1-2", "1234567890123456789"] {
            assert_eq!(of_id(text), None, "{text}");
        }
    }

    #[test]
    fn addresses() {
        assert!(of_url("https://a.example/x.css?v=1").starts_with("<link"));
        assert!(of_url("https://a.example/px.GIF").starts_with("<img"));
        assert!(of_url("https://a.example/gtag/js?id=1").starts_with("<script async"));
    }
}
