//! Where webhooks may go. A URL is the project's text, and the server sends requests to it from inside its own network: only public
//! addresses are taken, unless the owner of the server allows more (server-side request forgery).
//!
//! A name is judged by the addresses it resolves to at each new connection, by the same look-up that the connection is made with, so
//! that a name cannot first show one address and then lead to another.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde::{Deserialize, Deserializer};
use thiserror::Error;
use url::{Host, Url};

/// A range of addresses, such as `10.0.0.0/8` or `::1/128`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Not a range of addresses.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("expected a range of addresses such as 10.0.0.0/8, 192.168.1.20/32 or ::1/128")]
pub struct NotANetwork;

impl Network {
    /// Whether the address is in the range.
    pub fn contains(self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, width: u32| {
            let shift = width - u32::from(self.prefix);
            // A shift by the whole width is none of the prefix: everything is the same.
            a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| NotANetwork)?,
            None => width,
        };
        if prefix > width {
            return Err(NotANetwork);
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Which addresses may be reached.
#[derive(Clone, Debug, Default)]
pub struct TargetRules {
    allowed: Arc<[Network]>,
}

/// Why a URL cannot be a target.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum TargetFault {
    /// Not a URL, or not of the web.
    #[error("must be an http or https URL")]
    NotWeb,
    /// It carries a name or password.
    #[error("must not contain a user name or a password")]
    Credentials,
    /// Its address is not public.
    #[error(
        "leads to an address that is not public; the server's owner can allow it (webhook_allowed_networks)"
    )]
    NotPublic,
}

impl TargetRules {
    /// Public addresses, and these.
    pub fn allowing(networks: impl Into<Arc<[Network]>>) -> Self {
        Self {
            allowed: networks.into(),
        }
    }

    /// Reads a target. A name is taken whatever it resolves to now: that is looked at when it is used.
    pub(crate) fn parse(&self, text: &str) -> Result<Url, TargetFault> {
        let url = Url::parse(text).map_err(|_| TargetFault::NotWeb)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(TargetFault::NotWeb);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetFault::Credentials);
        }
        let literal: Option<IpAddr> = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(TargetFault::NotWeb),
        };
        match literal {
            Some(address) if !self.permit(address) => Err(TargetFault::NotPublic),
            _ => Ok(url),
        }
    }

    fn permit(&self, address: IpAddr) -> bool {
        is_public(address) || self.allowed.iter().any(|network| network.contains(address))
    }
}

/// Every address of the name is one that may not be reached.
#[derive(Debug, Error)]
#[error("every address of the name is one that is not public")]
struct NameRefused;

impl Resolve for TargetRules {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let some = !found.is_empty();
            let mut permitted = found;
            permitted.retain(|address| rules.permit(address.ip()));
            if some && permitted.is_empty() {
                return Err(NameRefused.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// Whether a request failed because its target is not allowed.
pub(super) fn was_refused(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<NameRefused>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether an address belongs to the internet at large (the registries of special addresses: RFC 6890 and its successors).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        // "This network", shared address space, protocol assignments, benchmarks, reserved.
        || a == 0
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18)
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Only global unicast is given to the internet; of it, what carries an IPv4 address (6to4, Teredo) or is for documents leads
    // where it says.
    let global = segments[0] & 0xe000 == 0x2000;
    let special = match segments[0] {
        0x2001 => segments[1] < 0x0200 || segments[1] == 0x0db8,
        0x2002 => true,
        0x3fff => segments[1] < 0x1000,
        _ => false,
    };
    global && !special
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn only_public_addresses_are_targets() {
        for (address, public) in [
            ("93.184.216.34", true),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("172.31.0.1", false),
            ("172.32.0.1", true),
            ("192.168.0.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("198.19.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:2800:220:1::1", true),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:93.184.216.34", true),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::1", false),
            ("2001:0:1::1", false),
            ("2001:db8::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[test]
    fn urls_are_judged_as_far_as_they_can_be() {
        let rules = TargetRules::default();
        for (url, fault) in [
            ("https://example.com/hook?a=b", None),
            ("http://93.184.216.34:8080/", None),
            ("ftp://example.com/", Some(TargetFault::NotWeb)),
            ("example.com", Some(TargetFault::NotWeb)),
            ("http://", Some(TargetFault::NotWeb)),
            ("https://a:b@example.com/", Some(TargetFault::Credentials)),
            ("http://127.0.0.1/", Some(TargetFault::NotPublic)),
            // The same in other spellings.
            ("http://2130706433/", Some(TargetFault::NotPublic)),
            ("http://0x7f.1/", Some(TargetFault::NotPublic)),
            ("http://[::ffff:7f00:1]/", Some(TargetFault::NotPublic)),
        ] {
            assert_eq!(rules.parse(url).err(), fault, "{url}");
        }
        let rules = TargetRules::allowing(["127.0.0.0/8".parse().unwrap()]);
        assert!(rules.parse("http://127.9.9.9/").is_ok());
        assert!(rules.parse("http://10.0.0.1/").is_err());
    }

    #[test]
    fn networks_are_ranges() {
        let network = |text: &str| text.parse::<Network>().unwrap();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(network("10.0.0.0/8").contains(ip("10.255.0.1")));
        assert!(!network("10.0.0.0/8").contains(ip("11.0.0.1")));
        assert!(network("10.0.0.0/8").contains(ip("::ffff:10.0.0.1")));
        assert!(network("0.0.0.0/0").contains(ip("1.2.3.4")));
        assert!(network("::/0").contains(ip("fe80::1")));
        assert!(network("::1").contains(ip("::1")) && !network("::1").contains(ip("::2")));
        for wrong in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "a/8",
            "10.0.0.0/-1",
        ] {
            assert_eq!(wrong.parse::<Network>(), Err(NotANetwork), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_name_leads_to_permitted_addresses_only() {
        let name = || "localhost".parse::<Name>().unwrap();
        let Err(error) = TargetRules::default().resolve(name()).await else {
            panic!("localhost is not public");
        };
        assert!(was_refused(error.as_ref()));
        let rules = TargetRules::allowing(["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()]);
        assert!(rules.resolve(name()).await.unwrap().count() > 0);
    }

    /// An address as a URL may spell it.
    fn spelling() -> impl Strategy<Value = fn(Ipv4Addr) -> String> {
        let spellings: [fn(Ipv4Addr) -> String; 7] = [
            |ip| ip.to_string(),
            |ip| ip.to_bits().to_string(),
            |ip| format!("0x{:x}", ip.to_bits()),
            |ip| format!("0{:o}", ip.to_bits()),
            |ip| {
                let [a, b, c, d] = ip.octets();
                format!("0{a:o}.0x{b:x}.{}", u16::from_be_bytes([c, d]))
            },
            |ip| format!("[::ffff:{ip}]"),
            |ip| format!("{ip}."),
        ];
        select(spellings.to_vec())
    }

    /// More often than chance finds them: addresses that are not public.
    fn address() -> impl Strategy<Value = Ipv4Addr> {
        let first = select(vec![
            0, 10, 100, 127, 169, 172, 192, 198, 203, 224, 240, 255,
        ]);
        prop_oneof![
            any::<u32>().prop_map(Ipv4Addr::from_bits),
            (first, any::<[u8; 3]>()).prop_map(|(a, [b, c, d])| Ipv4Addr::new(a, b, c, d)),
        ]
    }

    proptest! {
        #[test]
        fn no_spelling_of_an_address_leads_inside(ip in address(), spell in spelling(), port: u16, path in "[a-z0-9/?#@.]{0,12}") {
            let url = format!("http://{}:{port}/{path}", spell(ip));
            let taken = TargetRules::default().parse(&url).is_ok();
            prop_assert_eq!(taken, is_public_v4(ip), "{}", url);
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in "\\PC{0,60}", url in "https?://[\\PC]{0,40}") {
            for text in [&text, &url] {
                if let Ok(target) = TargetRules::default().parse(text) {
                    prop_assert!(matches!(target.scheme(), "http" | "https") && target.has_host());
                    prop_assert!(target.username().is_empty() && target.password().is_none());
                }
                let _ = text.parse::<Network>();
            }
        }

        #[test]
        fn a_network_reads_as_it_is_written_and_has_its_own(v4: u32, v6: u128, prefix in 0..=128_u8) {
            let v4 = Network { address: Ipv4Addr::from_bits(v4).into(), prefix: prefix % 33 };
            let v6 = Network { address: Ipv6Addr::from_bits(v6).into(), prefix };
            for network in [v4, v6] {
                prop_assert_eq!(network.to_string().parse(), Ok(network));
                // One that stands for an IPv4 address is judged as that.
                prop_assert_eq!(network.contains(network.address), network.address.to_canonical() == network.address);
            }
        }
    }
}
