//! Servers as people name them.

use url::Url;

/// `host` is a name, a name with a port, or an origin; without a scheme `https` is taken. The URL has no path.
pub(crate) fn parse(host: &str) -> Result<Url, String> {
    let host = host.trim();
    let text = if host.contains("://") {
        host.to_owned()
    } else {
        format!("https://{host}")
    };
    let wrong = |why: &str| {
        format!(
            "`{host}` cannot be a server ({why}); give a name, name:port or an origin such as https://calls.example.com"
        )
    };
    let mut url = Url::parse(&text).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("its scheme is neither http nor https"));
    }
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_be_a_name_a_name_with_port_or_an_origin() {
        for (host, expected) in [
            ("calls.example.test", "https://calls.example.test/"),
            (
                "calls.example.test:8443",
                "https://calls.example.test:8443/",
            ),
            (" http://localhost:8787 ", "http://localhost:8787/"),
            (
                "https://calls.example.test/x?y#z",
                "https://calls.example.test/",
            ),
            ("http://[::1]:8787", "http://[::1]:8787/"),
        ] {
            assert_eq!(parse(host).unwrap().as_str(), expected);
        }
        for wrong in [
            "",
            "ftp://calls.example.test",
            "https://",
            "a b",
            "localhost:none",
        ] {
            let error = parse(wrong).unwrap_err();
            assert!(error.contains(wrong), "{error}");
        }
    }
}
