//! The `Date` header (RFC 9110, section 5.6.7): the server's time.

/// The time in a response's `date` header, epoch milliseconds.
pub(crate) fn header_ms(headers: &[(String, String)]) -> Option<u64> {
    let (_, date) = headers.iter().find(|(name, _)| name == "date")?;
    parse(date)
}

/// The one form servers send: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn parse(date: &str) -> Option<u64> {
    let mut parts = date.split_once(", ")?.1.split(' ');
    let day: u64 = parts.next()?.parse().ok()?;
    let month = parts.next()?;
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = months
        .find(month)
        .filter(|at| at % 3 == 0 && month.len() == 3)? as u64
        / 3
        + 1;
    let year: u64 = parts.next()?.parse().ok()?;
    let mut clock = parts.next()?.split(':').map(str::parse::<u64>);
    let mut next = || clock.next()?.ok();
    let (hour, minute, second) = (next()?, next()?, next()?);
    if parts.next() != Some("GMT")
        || !(1970..=9999).contains(&year)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    // Days from a calendar date, counting years from March so that the leap day comes last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_form_servers_send_and_no_other() {
        assert_eq!(
            parse("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777_000)
        );
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(
            parse("Thu, 29 Feb 2024 12:00:00 GMT"),
            Some(1_709_208_000_000)
        );
        for wrong in [
            "",
            "yesterday",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun, 06 anF 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,40}|[A-Z][a-z]{2}, [0-9]{1,20} [A-Za-zäö]{1,4} [0-9]{1,20} [0-9:]{1,30} (GMT|CET)") {
            if let Some(time) = parse(&text) {
                proptest::prop_assert_eq!(time % 1_000, 0);
                proptest::prop_assert!(time < 254_000_000_000_000, "the year 9999 is the last");
            }
        }

        #[test]
        fn a_later_date_is_later(day in 1u64..=28, hour in 0u64..=23, minute in 0u64..=59, year in 1970u64..=9999) {
            let at = |year, hour| parse(&format!("Sun, {day:02} Feb {year} {hour:02}:{minute:02}:00 GMT"));
            let date = at(year, hour).expect("a date");
            if hour < 23 {
                proptest::prop_assert_eq!(at(year, hour + 1), Some(date + 3_600_000));
            }
            if year < 9999 {
                let days = (at(year + 1, hour).expect("a date") - date) / 86_400_000;
                proptest::prop_assert!(days == 365 || days == 366);
            }
        }
    }
}
