//! Counters, gauges and histograms in the text format of Prometheus (version 0.0.4).
//!
//! Whoever counts takes a handle once and keeps it: counting is one atomic addition. The registry's lock is taken
//! only when a handle is made and when the page is rendered. Labels must come from a fixed set, never from callers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds in seconds for what a client waits for.
pub const LATENCY_BUCKETS_S: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The registry. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    families: Arc<Mutex<BTreeMap<&'static str, Family>>>,
}

#[derive(Debug)]
struct Family {
    help: &'static str,
    kind: &'static str,
    /// By rendered labels, such as `kind="guest"`.
    series: BTreeMap<String, Series>,
}

#[derive(Clone, Debug)]
enum Series {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

/// Only goes up.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

/// Goes up and down.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicI64>);

/// How often, and how much in all, by upper bounds.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Distribution>);

#[derive(Debug)]
struct Distribution {
    bounds_s: &'static [f64],
    /// One more than bounds: the last is everything above.
    counts: Vec<AtomicU64>,
    sum_us: AtomicU64,
}

impl Counter {
    /// One more.
    pub fn increment(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Relaxed);
    }

    /// How many so far.
    pub fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Gauge {
    /// Puts it there.
    pub fn set(&self, value: i64) {
        self.0.store(value, Relaxed);
    }

    /// Moves it; negative is down.
    pub fn add(&self, amount: i64) {
        self.0.fetch_add(amount, Relaxed);
    }

    /// Where it is.
    pub fn value(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

impl Histogram {
    /// Counts one that took so long.
    pub fn observe(&self, took: Duration) {
        let Distribution {
            bounds_s,
            counts,
            sum_us,
        } = &*self.0;
        let seconds = took.as_secs_f64();
        let bucket = bounds_s
            .iter()
            .position(|bound| seconds <= *bound)
            .unwrap_or(bounds_s.len());
        counts[bucket].fetch_add(1, Relaxed);
        sum_us.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }
}

impl Metrics {
    /// The counter of this name and these labels; the same one for the same names.
    pub fn counter(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&str, &str)],
    ) -> Counter {
        let made = self.series(name, help, "counter", labels, || {
            Series::Counter(Counter::default())
        });
        match made {
            Series::Counter(counter) => counter,
            _ => Counter::default(),
        }
    }

    /// The gauge of this name and these labels; the same one for the same names.
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: &[(&str, &str)]) -> Gauge {
        match self.series(name, help, "gauge", labels, || {
            Series::Gauge(Gauge::default())
        }) {
            Series::Gauge(gauge) => gauge,
            _ => Gauge::default(),
        }
    }

    /// The histogram of this name and these labels; the same one for the same names. `bounds_s` are upper bounds in
    /// seconds, ascending.
    pub fn histogram(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&str, &str)],
        bounds_s: &'static [f64],
    ) -> Histogram {
        let new = || {
            let counts = (0..=bounds_s.len()).map(|_| AtomicU64::new(0)).collect();
            Histogram(Arc::new(Distribution {
                bounds_s,
                counts,
                sum_us: AtomicU64::new(0),
            }))
        };
        match self.series(name, help, "histogram", labels, || Series::Histogram(new())) {
            Series::Histogram(histogram) => histogram,
            _ => new(),
        }
    }

    /// The page that Prometheus reads.
    pub fn render(&self) -> String {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let mut page = String::new();
        for (name, family) in families.iter() {
            // Writing to a String does not fail.
            let _ = write!(
                page,
                "# HELP {name} {}\n# TYPE {name} {}\n",
                family.help, family.kind
            );
            for (labels, series) in &family.series {
                series.render(&mut page, name, labels);
            }
        }
        page
    }

    /// One name has one kind: whoever asks for another gets a handle that nobody sees, and the debug build stops.
    fn series(
        &self,
        name: &'static str,
        help: &'static str,
        kind: &'static str,
        labels: &[(&str, &str)],
        make: impl FnOnce() -> Series,
    ) -> Series {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
            .collect();
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let family = families.entry(name).or_insert_with(|| Family {
            help,
            kind,
            series: BTreeMap::new(),
        });
        debug_assert_eq!(family.kind, kind, "{name} is already of another kind");
        family
            .series
            .entry(labels.join(","))
            .or_insert_with(make)
            .clone()
    }
}

impl Series {
    fn render(&self, page: &mut String, name: &str, labels: &str) {
        let braced = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{labels}}}")
        };
        let _ = match self {
            Self::Counter(counter) => writeln!(page, "{name}{braced} {}", counter.value()),
            Self::Gauge(gauge) => writeln!(page, "{name}{braced} {}", gauge.value()),
            Self::Histogram(histogram) => {
                let Distribution {
                    bounds_s,
                    counts,
                    sum_us,
                } = &*histogram.0;
                let comma = if labels.is_empty() { "" } else { "," };
                let mut total = 0;
                for (index, count) in counts.iter().enumerate() {
                    total += count.load(Relaxed);
                    let bound = bounds_s
                        .get(index)
                        .map_or("+Inf".to_owned(), f64::to_string);
                    let _ = writeln!(
                        page,
                        "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {total}"
                    );
                }
                let sum_s = sum_us.load(Relaxed) as f64 / 1e6;
                writeln!(
                    page,
                    "{name}_sum{braced} {sum_s}\n{name}_count{braced} {total}"
                )
            }
        };
    }
}

fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_the_text_format() {
        let metrics = Metrics::default();
        metrics
            .counter("b_total", "Things.", &[("kind", "x\"y")])
            .add(3);
        metrics
            .counter("b_total", "Things.", &[("kind", "x\"y")])
            .increment();
        metrics.gauge("a", "Level.", &[]).set(-2);
        let histogram = metrics.histogram("c_seconds", "Wait.", &[("m", "GET")], &[0.1, 1.0]);
        for ms in [50, 500, 5_000] {
            histogram.observe(Duration::from_millis(ms));
        }
        assert_eq!(
            metrics.render(),
            "# HELP a Level.\n# TYPE a gauge\na -2\n\
             # HELP b_total Things.\n# TYPE b_total counter\nb_total{kind=\"x\\\"y\"} 4\n\
             # HELP c_seconds Wait.\n# TYPE c_seconds histogram\n\
             c_seconds_bucket{m=\"GET\",le=\"0.1\"} 1\nc_seconds_bucket{m=\"GET\",le=\"1\"} 2\nc_seconds_bucket{m=\"GET\",le=\"+Inf\"} 3\n\
             c_seconds_sum{m=\"GET\"} 5.55\nc_seconds_count{m=\"GET\"} 3\n"
        );
    }
}
