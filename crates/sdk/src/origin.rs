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

/// A piece of a URL, of which nothing is taken for anything but itself.
pub(crate) fn escaped(piece: &str) -> String {
    let mut text = String::with_capacity(piece.len());
    for &byte in piece.as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_an_escaped_piece() {
        assert_eq!(
            escaped("/private/a b?c=ü"),
            "%2Fprivate%2Fa%20b%3Fc%3D%C3%BC"
        );
        assert_eq!(escaped("a-Z_0.9~"), "a-Z_0.9~");
    }

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

    proptest::proptest! {
        #[test]
        fn what_is_a_server_is_an_origin(host in "\\PC{0,40}|(https?://)?[a-z0-9.:@/?#\\[\\]-]{0,40}") {
            if let Ok(url) = parse(&host) {
                proptest::prop_assert!(matches!(url.scheme(), "http" | "https"));
                proptest::prop_assert!(url.has_host() && url.path() == "/" && url.query().is_none());
            }
        }

        #[test]
        fn an_escaped_piece_is_one_piece(piece in "\\PC{0,40}") {
            let url = Url::parse(&format!("http://a.test/x/{}", escaped(&piece))).unwrap();
            proptest::prop_assert!(url.query().is_none() && url.fragment().is_none());
        }
    }
}
