//! Missing headers and attributes of a deployment, and their fixes: read before any probe runs.

use crate::surface::{Place, Surface};

/// Everything required but missing, in words for the deployment's operator.
pub(crate) fn advice(surface: &Surface) -> Vec<String> {
    let mut advice = Vec::new();
    let mut check = |holds: bool, text: String| {
        if !holds {
            advice.push(text);
        }
    };
    let get = |place: Place, name: &str| {
        let mut found = surface.protections.iter();
        found
            .find(|protection| protection.place == place && protection.name == name)
            .map(|protection| protection.value.as_str())
    };
    for (place, what) in [
        (Place::Attribute, "the iframe's attribute"),
        (Place::FrameCsp, "the document's CSP directive"),
    ] {
        let tokens: Vec<String> = get(place, "sandbox")
            .unwrap_or("(absent)")
            .split_ascii_whitespace()
            .map(str::to_ascii_lowercase)
            .collect();
        check(
            tokens == ["allow-scripts"],
            format!(
                "{what} `sandbox` is `{}`: make it `allow-scripts` and nothing else",
                tokens.join(" ")
            ),
        );
    }
    check(
        get(Place::Attribute, "allow").is_none_or(|value| value.trim().is_empty()),
        "the iframe has an attribute `allow`: take it away, or custom code gets what it grants"
            .to_owned(),
    );
    check(
        get(Place::FrameCsp, "frame-ancestors").is_some_and(|value| !value.contains('*') || value.contains("*.")),
        "the sandbox document's CSP has no `frame-ancestors` that names its widget and parent pages: any site can \
         embed it and be taken for the widget"
            .to_owned(),
    );
    let frames = get(Place::WidgetCsp, "frame-src").or_else(|| get(Place::WidgetCsp, "child-src"));
    let names_only_hosts = frames.is_some_and(|value| {
        value.split_ascii_whitespace().all(|source| {
            source.starts_with("http") && source.contains("://") && !source.contains('*')
        })
    });
    check(
        names_only_hosts,
        format!(
            "the widget page's CSP `frame-src` is `{}`: let it name `{}` and nothing else (no `data:`, no `blob:`, no \
             wildcard), or the frame can be led to a document that reads what the widget gave it",
            frames.unwrap_or("(absent)"),
            surface.sandbox
        ),
    );
    check(
        !surface.same_site,
        format!(
            "the sandbox {} and the widget {} are of one site: serve the sandbox from another registrable domain, or a \
             loop in custom code can freeze the widget, and cookies of the domain are within its reach",
            surface.sandbox, surface.widget
        ),
    );
    check(
        get(Place::FrameHeader, "permissions-policy").is_some(),
        "the sandbox document has no `Permissions-Policy`: deny what custom code need not have"
            .to_owned(),
    );
    let silent = |value: Option<&str>| value.is_some_and(|value| value.trim() == "no-referrer");
    check(
        silent(get(Place::FrameHeader, "referrer-policy")),
        "the sandbox document's `Referrer-Policy` is not `no-referrer`: third parties learn its address".to_owned(),
    );
    advice
}

#[cfg(test)]
mod tests {
    use super::advice;
    use crate::surface::{Place, Surface};

    fn strict() -> Surface {
        let mut surface = Surface {
            protections: Vec::new(),
            sandbox: "https://usercontent.example".to_owned(),
            widget: "https://widget.example".to_owned(),
            same_site: false,
        };
        surface.add(Place::Attribute, "sandbox", "allow-scripts");
        let of_frame = [
            (
                "content-security-policy",
                "sandbox allow-scripts; frame-ancestors https://widget.example https://*.shop.example",
            ),
            ("permissions-policy", "camera=()"),
            ("referrer-policy", "no-referrer"),
        ];
        surface.add_headers(true, of_frame.into_iter());
        let of_widget = [("content-security-policy", "frame-src https://usercontent.example")];
        surface.add_headers(false, of_widget.into_iter());
        surface
    }

    #[test]
    fn a_strict_deployment_needs_none() {
        assert_eq!(advice(&strict()), [""; 0]);
    }

    #[test]
    fn each_lack_is_told() {
        let complete = strict();
        for lacking in &complete.protections {
            let found = advice(&complete.without(lacking));
            assert_eq!(found.len(), 1, "{lacking}: {found:?}");
        }
        let same_site = Surface { same_site: true, ..strict() };
        assert_eq!(advice(&same_site).len(), 1);
    }

    #[test]
    fn what_is_too_wide_is_told() {
        for (place, name, value) in [
            (Place::Attribute, "sandbox", "allow-scripts allow-same-origin"),
            (Place::Attribute, "allow", "camera"),
            (Place::FrameCsp, "sandbox", "Allow-Scripts allow-popups"),
            (Place::FrameCsp, "frame-ancestors", "*"),
            (Place::WidgetCsp, "frame-src", "https://usercontent.example data:"),
            (Place::WidgetCsp, "frame-src", "https:"),
            (Place::WidgetCsp, "frame-src", "https://*.example"),
        ] {
            let mut surface = strict();
            surface.protections.retain(|known| (known.place, known.name.as_str()) != (place, name));
            surface.add(place, name, value);
            assert_eq!(advice(&surface).len(), 1, "{name} {value}");
        }
    }
}
