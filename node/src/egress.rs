//! Where requests may go whose address somebody else chose: to public addresses, over TLS, and nowhere else.
//!
//! A name is resolved here, every address that it has is looked at, and only those are connected to: what it resolves to a
//! moment later does not count.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use url::{Host, Url};

/// How far such requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To public addresses, by https.
    Public,
    /// To this machine, too, also by http: for stacks on one machine.
    Loopback,
}

/// The longest address, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// How long a name may take to resolve.
const RESOLVE_SECS: u64 = 5;
/// Ports below are other services'; above, anybody's.
const PORT_MIN: u16 = 1_024;
const PORT_HTTPS: u16 = 443;

/// Why a request does not go there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no URL.
    #[error("it is no absolute URL of at most {URL_BYTES_MAX} bytes, without blanks")]
    NoUrl,
    /// Neither https nor, on this machine, http.
    #[error("it is not https")]
    Scheme,
    /// It holds a user or a password.
    #[error("it holds a user or a password")]
    Credentials,
    /// Its name is one of a local network, or not a whole one.
    #[error("its host is no name of the public internet")]
    Name,
    /// Its port is another service's.
    #[error("its port is neither {PORT_HTTPS} nor above {PORT_MIN}")]
    Port,
    /// One of its addresses is not public.
    #[error("its address {0} is not public")]
    Address(IpAddr),
}

/// Why a name has no addresses that may be connected to.
#[derive(Debug, thiserror::Error)]
pub enum Unresolved {
    /// Nobody knows it now.
    #[error("the name does not resolve")]
    Unknown,
    /// It has one that may not be.
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// An address in its form: what of it can be checked without resolving its name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    url: Url,
    reach: Reach,
}

impl Destination {
    /// The destination that a text names, or why nothing goes there.
    pub fn read(text: &str, reach: Reach) -> Result<Self, Refused> {
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
        if text.len() > URL_BYTES_MAX || text.contains(is_odd) {
            return Err(Refused::NoUrl);
        }
        let url = Url::parse(text).map_err(|_| Refused::NoUrl)?;
        // The parser drops an empty user.
        let authority = text.split_once("//").map_or("", |(_, rest)| rest);
        let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
        if !url.username().is_empty() || url.password().is_some() || authority.contains('@') {
            return Err(Refused::Credentials);
        }
        let is_here = match url.host().ok_or(Refused::NoUrl)? {
            Host::Domain(name) => check_name(name, reach)?,
            Host::Ipv4(ip) => check_address(ip.into(), reach)?,
            Host::Ipv6(ip) => check_address(ip.into(), reach)?,
        };
        match url.scheme() {
            "https" => {}
            "http" if is_here => {}
            _ => return Err(Refused::Scheme),
        }
        let port = url.port_or_known_default().ok_or(Refused::Port)?;
        if !is_here && port != PORT_HTTPS && port < PORT_MIN {
            return Err(Refused::Port);
        }
        Ok(Self { url, reach })
    }

    /// As it is asked for.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Whether its host has addresses, all of which may be connected to.
    pub async fn resolve(&self) -> Result<(), Unresolved> {
        match self.url.host() {
            Some(Host::Domain(name)) => resolve(name, self.reach).await.map(drop),
            // It was checked as it was read.
            Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => Ok(()),
        }
    }
}

/// All addresses of a name, each of which may be connected to. Their port is 0.
pub async fn resolve(name: &str, reach: Reach) -> Result<Vec<SocketAddr>, Unresolved> {
    let found = tokio::time::timeout(Duration::from_secs(RESOLVE_SECS), tokio::net::lookup_host((name, 0))).await;
    let Ok(Ok(found)) = found else { return Err(Unresolved::Unknown) };
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return Err(Unresolved::Unknown);
    }
    for address in &found {
        check_address(address.ip(), reach)?;
    }
    Ok(found)
}

/// Refuses an address that may not be connected to. Says whether it is this machine's.
fn check_address(ip: IpAddr, reach: Reach) -> Result<bool, Refused> {
    let is_here = reach == Reach::Loopback && ip.is_loopback();
    if is_here || is_public(ip) { Ok(is_here) } else { Err(Refused::Address(ip)) }
}

/// Refuses a name that only a local network knows. Says whether it is this machine's.
fn check_name(name: &str, reach: Reach) -> Result<bool, Refused> {
    const LOCAL: [&str; 6] = ["localhost", "local", "internal", "lan", "intranet", "home.arpa"];
    if reach == Reach::Loopback && name == "localhost" {
        return Ok(true);
    }
    let is_below = |zone: &&str| name.strip_suffix(*zone).is_some_and(|rest| rest.ends_with('.'));
    let is_whole = name.contains('.') && !name.ends_with('.');
    if is_whole && !LOCAL.iter().any(is_below) { Ok(false) } else { Err(Refused::Name) }
}

/// Whether an address is one of the public internet (IANA's registries of special-purpose addresses). What embeds another
/// address, by which a gateway might reach it, is none.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !NOT_PUBLIC_V4.iter().any(|(net, bits)| is_within_v4(ip, *net, *bits)),
        IpAddr::V6(ip) => {
            let is_within = |(net, bits): &(Ipv6Addr, u32)| is_within_v6(ip, *net, *bits);
            is_within(&GLOBAL_UNICAST) && !NOT_PUBLIC_V6.iter().any(is_within)
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, bits: u32) -> (Ipv4Addr, u32) {
    (Ipv4Addr::new(a, b, c, 0), bits)
}

const fn v6(a: u16, b: u16, bits: u32) -> (Ipv6Addr, u32) {
    (Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), bits)
}

const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 17] = [
    v4(0, 0, 0, 8),       // this network
    v4(10, 0, 0, 8),      // private
    v4(100, 64, 0, 10),   // shared by carriers
    v4(127, 0, 0, 8),     // loopback
    v4(169, 254, 0, 16),  // link-local, and the metadata of clouds
    v4(172, 16, 0, 12),   // private
    v4(192, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 24),    // documentation
    v4(192, 31, 196, 24), // AS112
    v4(192, 52, 193, 24), // AMT
    v4(192, 88, 99, 24),  // 6to4 relays
    v4(192, 168, 0, 16),  // private
    v4(192, 175, 48, 24), // AS112
    v4(198, 18, 0, 15),   // benchmarks
    v4(198, 51, 100, 24), // documentation
    v4(203, 0, 113, 24),  // documentation
    v4(224, 0, 0, 3),     // multicast, reserved, broadcast
];

/// All that is assigned to the public internet. Loopback, link-local, unique local, multicast, IPv4-mapped, NAT64 and what is
/// reserved lie outside.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = v6(0x2000, 0, 3);

const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 4] = [
    v6(0x2001, 0, 23),     // protocol assignments: Teredo, benchmarks, ORCHID
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4
    v6(0x3fff, 0, 20),     // documentation
];

fn is_within_v4(ip: Ipv4Addr, net: Ipv4Addr, bits: u32) -> bool {
    (ip.to_bits() ^ net.to_bits()) >> (32 - bits) == 0
}

fn is_within_v6(ip: Ipv6Addr, net: Ipv6Addr, bits: u32) -> bool {
    (ip.to_bits() ^ net.to_bits()) >> (128 - bits) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody may try, and why it is refused.
    const CORPUS: [(&str, &str); 66] = [
        ("", "no absolute URL"),
        ("hooks.example.com/x", "no absolute URL"),
        ("//hooks.example.com/x", "no absolute URL"),
        ("https://", "no absolute URL"),
        ("https:///", "no absolute URL"),
        (" https://hooks.example.com/", "no absolute URL"),
        ("https://hooks.example.com/\r\nHost: x", "no absolute URL"),
        ("https://hooks.example.com\\@127.0.0.1/", "no absolute URL"),
        ("https://127.0.0.1%00.example.com/", "no absolute URL"),
        ("https://[::1", "no absolute URL"),
        ("https://256.256.256.256/", "no absolute URL"),
        ("https://hooks.example.com:99999/", "no absolute URL"),
        ("http://hooks.example.com/", "not https"),
        ("ftp://hooks.example.com/", "not https"),
        ("file:///etc/passwd", "no absolute URL"),
        ("gopher://hooks.example.com:6379/_x", "not https"),
        ("data:text/plain,x", "no absolute URL"),
        ("javascript:alert(1)", "no absolute URL"),
        ("https://user:pass@hooks.example.com/", "a user or a password"),
        ("https://user@hooks.example.com/", "a user or a password"),
        ("https://@hooks.example.com/", "a user or a password"),
        ("https://hooks.example.com@127.0.0.1/", "a user or a password"),
        ("https://hooks.example.com:22/", "its port"),
        ("https://hooks.example.com:25/", "its port"),
        ("https://hooks.example.com:0/", "its port"),
        ("https://localhost/", "no name of the public internet"),
        ("https://LOCALHOST/", "no name of the public internet"),
        ("https://localhost./", "no name of the public internet"),
        ("https://a.localhost/", "no name of the public internet"),
        ("https://hooks.example.com./", "no name of the public internet"),
        ("https://redis/", "no name of the public internet"),
        ("https://metadata.google.internal/", "no name of the public internet"),
        ("https://printer.local/", "no name of the public internet"),
        ("https://router.home.arpa/", "no name of the public internet"),
        ("https://ⓛocalhost/", "no name of the public internet"),
        ("https://127.0.0.1/", "address 127.0.0.1"),
        ("https://127.0.0.1./", "address 127.0.0.1"),
        ("https://127.1/", "address 127.0.0.1"),
        ("https://127.0.1/", "address 127.0.0.1"),
        ("https://2130706433/", "address 127.0.0.1"),
        ("https://017700000001/", "address 127.0.0.1"),
        ("https://0x7f000001/", "address 127.0.0.1"),
        ("https://0x7f.0.0.1/", "address 127.0.0.1"),
        ("https://0177.0.0.1/", "address 127.0.0.1"),
        ("https://①②⑦.⓪.⓪.①/", "address 127.0.0.1"),
        ("https://127。0。0。1/", "address 127.0.0.1"),
        ("https://%31%32%37.0.0.1/", "address 127.0.0.1"),
        ("https://0/", "address 0.0.0.0"),
        ("https://0.0.0.0/", "address 0.0.0.0"),
        ("https://10.1.2.3/", "address 10.1.2.3"),
        ("https://100.64.0.1/", "address 100.64.0.1"),
        ("https://169.254.169.254/latest/meta-data/", "address 169.254.169.254"),
        ("https://172.31.255.255/", "address 172.31.255.255"),
        ("https://192.168.1.1/", "address 192.168.1.1"),
        ("https://255.255.255.255/", "address 255.255.255.255"),
        ("https://[::]/", "address ::"),
        ("https://[::1]/", "address ::1"),
        ("https://[::ffff:127.0.0.1]/", "address ::ffff:127.0.0.1"),
        ("https://[::ffff:7f00:1]/", "address ::ffff:127.0.0.1"),
        ("https://[::127.0.0.1]/", "address ::7f00:1"),
        ("https://[64:ff9b::7f00:1]/", "address 64:ff9b::7f00:1"),
        ("https://[2002:7f00:1::]/", "address 2002:7f00:1::"),
        ("https://[fe80::1]/", "address fe80::1"),
        ("https://[fd00::1]/", "address fd00::1"),
        ("https://[ff02::1]/", "address ff02::1"),
        ("https://[2001:db8::1]/", "address 2001:db8::1"),
    ];

    #[test]
    fn what_somebody_may_try_is_refused() {
        for (text, why) in CORPUS {
            let refused = Destination::read(text, Reach::Public).expect_err(text).to_string();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    #[test]
    fn what_is_public_is_let_through() {
        for text in [
            "https://hooks.example.com/x?y=z",
            "https://hooks.example.com:443/",
            "https://hooks.example.com:8443/",
            "https://xn--bcher-kva.example/",
            "https://bücher.example/",
            "https://1.1.1.1/",
            "https://[2606:4700:4700::1111]/",
        ] {
            for reach in [Reach::Public, Reach::Loopback] {
                assert!(Destination::read(text, reach).is_ok(), "{text}");
            }
        }
    }

    #[test]
    fn this_machine_is_reached_where_that_is_allowed() {
        let texts = ["http://127.0.0.1:4000/x", "http://localhost:80/", "https://[::1]:9/", "http://127.0.0.2:1/"];
        for text in texts {
            assert!(Destination::read(text, Reach::Public).is_err(), "{text}");
            assert!(Destination::read(text, Reach::Loopback).is_ok(), "{text}");
        }
        for text in ["http://10.0.0.1/", "https://169.254.169.254/", "http://hooks.example.com/", "https://0/"] {
            assert!(Destination::read(text, Reach::Loopback).is_err(), "{text}");
        }
    }

    #[test]
    fn edges_of_networks() {
        let check = |text: &str, expected| assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
        for (last_public, first_not, last_not, next_public) in [
            ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
            ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"),
            ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"),
            ("169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"),
            ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
            ("192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"),
            ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"),
            ("2001:200::", "2001:db8::", "2001:db8:ffff:ffff::", "2001:db9::"),
            ("2003::", "2002::", "2002:ffff::", "2400::"),
        ] {
            for (text, expected) in [(last_public, true), (first_not, false), (last_not, false), (next_public, true)] {
                check(text, expected);
            }
        }
        for text in ["224.0.0.1", "240.0.0.1", "::", "::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001::1", "4000::1"]
        {
            check(text, false);
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_here_is_refused() {
        // `localhost` stands for any name whose owner lets it resolve to where they like.
        let refused = resolve("localhost", Reach::Public).await.expect_err("it leads here");
        assert!(matches!(refused, Unresolved::Refused(Refused::Address(ip)) if ip.is_loopback()), "{refused}");
        assert!(resolve("localhost", Reach::Loopback).await.is_ok_and(|found| !found.is_empty()));
    }
}
