//! Whether an `htu` names the address that was asked (RFC 9449, 4.3; normalised by RFC 3986, section 6.2).

/// How an address was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// With scheme and authority.
    Absolute,
    /// By its path alone, as the official client does.
    Path,
}

/// Compares `htu` with a path at any of these origins. Query and fragment do not count, a trailing slash does.
pub(super) fn matches(htu: &str, origins: &[&str], path: &str) -> Option<Form> {
    // Beyond ASCII nothing is a URI; backslashes and blanks are what parsers disagree about.
    if !htu
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    {
        return None;
    }
    let wanted = normal_path(path);
    if htu.starts_with('/') && !htu.starts_with("//") {
        return (normal_path(without_query(htu)) == wanted).then_some(Form::Path);
    }
    let (origin, rest) = split(htu)?;
    let named = normal_path(without_query(rest));
    let known = origins
        .iter()
        .filter_map(|known| split(known))
        .any(|(known, _)| known == origin);
    (known && named == wanted).then_some(Form::Absolute)
}

/// Scheme, host and port as one normal text, and what follows. None for credentials and other schemes.
fn split(uri: &str) -> Option<(String, &str)> {
    let (scheme, rest) = uri.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    if authority.contains('@') {
        return None;
    }
    let authority = authority.to_ascii_lowercase();
    // The colon of a port comes after the bracket of an IPv6 address.
    let at = authority
        .rfind(':')
        .filter(|at| !authority[*at..].contains(']'));
    let (host, port) = match at {
        Some(at) => (&authority[..at], &authority[at + 1..]),
        None => (&*authority, ""),
    };
    if host.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let port = if port.is_empty() { default_port } else { port };
    Some((format!("{scheme}://{host}:{port}"), rest))
}

fn without_query(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or_default()
}

/// Percent-encodings in capitals, unreserved letters decoded, dot segments removed; an empty path is `/`.
fn normal_path(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut text = String::with_capacity(path.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let digits = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        let coded = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match coded {
            Some(letter) if letter.is_ascii_alphanumeric() || b"-._~".contains(&letter) => {
                text.push(char::from(letter));
                at += 3;
            }
            Some(letter) => {
                text.push_str(&format!("%{letter:02X}"));
                at += 3;
            }
            None => {
                text.push(char::from(byte));
                at += 1;
            }
        }
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut slash = false;
    for segment in text.split('/').skip(1) {
        slash = false;
        match segment {
            "." => slash = true,
            ".." => {
                kept.pop();
                slash = true;
            }
            other => kept.push(other),
        }
    }
    let mut normal = String::from("/");
    normal.push_str(&kept.join("/"));
    if slash && !normal.ends_with('/') {
        normal.push('/');
    }
    normal
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATH: &str = "/api/fabric/subscriber/devices/token";
    const ORIGINS: &[&str] = &["https://calls.example.com", "http://localhost:8787"];

    #[test]
    fn htu_is_normalised_by_rfc_3986() {
        for same in [
            "https://calls.example.com/api/fabric/subscriber/devices/token",
            "HTTPS://Calls.Example.COM:443/api/fabric/subscriber/devices/token",
            "https://calls.example.com/api/fabric/subscriber/devices/token?x=1#y",
            "https://calls.example.com/api/./x/../fabric/subscriber/devices/%74oken",
            "https://calls.example.com/%61pi/fabric/subscriber/devices/token",
            "http://localhost:8787/api/fabric/subscriber/devices/token",
        ] {
            assert_eq!(matches(same, ORIGINS, PATH), Some(Form::Absolute), "{same}");
        }
        assert_eq!(matches(PATH, ORIGINS, PATH), Some(Form::Path));
    }

    #[test]
    fn what_names_another_address_is_refused() {
        for other in [
            "",
            "https://calls.example.com",
            "https://calls.example.com/api/fabric/subscriber/devices/token/",
            "https://calls.example.com/api/fabric/subscriber/devices/Token",
            "https://calls.example.com:444/api/fabric/subscriber/devices/token",
            "http://calls.example.com/api/fabric/subscriber/devices/token",
            "https://user@calls.example.com/api/fabric/subscriber/devices/token",
            "https://evil.example/api/fabric/subscriber/devices/token",
            "//calls.example.com/api/fabric/subscriber/devices/token",
            "https:\\\\calls.example.com/api/fabric/subscriber/devices/token",
            "https://calls.example.com/api%2Ffabric/subscriber/devices/token",
            "ftp://calls.example.com/api/fabric/subscriber/devices/token",
            "/api/fabric/subscriber/devices/refresh",
            "api/fabric/subscriber/devices/token",
        ] {
            assert_eq!(matches(other, ORIGINS, PATH), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(htu in ".{0,80}", path in "/[ -~]{0,40}") {
            let _ = matches(&htu, ORIGINS, &path);
        }

        #[test]
        fn every_path_names_itself(path in "(/[a-zA-Z0-9._~!$&'()*+,;=:@-]{0,8}){1,5}") {
            let absolute = format!("https://calls.example.com{path}");
            prop_assert_eq!(matches(&absolute, ORIGINS, &path), Some(Form::Absolute));
        }
    }
}
