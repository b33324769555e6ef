#![doc = include_str!("../README.md")]

#[cfg(feature = "alerts")]
pub mod alerts;
mod exporter;
#[cfg(feature = "facade")]
mod facade;
#[cfg(feature = "http")]
mod http;
mod list;
mod metric;
#[cfg(feature = "otel")]
mod otel;
#[cfg(feature = "prometheus")]
mod prometheus;
mod rate;
#[cfg(any(feature = "alerts", feature = "servers"))]
mod runtime;
mod seen;
#[cfg(feature = "servers")]
mod servers;

pub use exporter::{BadPrefix, Exporter, PREFIX};
#[cfg(feature = "facade")]
pub use facade::Bridge;
pub use list::metrics;
pub use metric::{Distribution, Family, Kind, Metric, Sample, Unit, Value};
#[cfg(feature = "prometheus")]
pub use prometheus::Text;
pub use rate::WINDOW;
#[cfg(any(feature = "alerts", feature = "servers"))]
pub use runtime::NoRuntime;
#[cfg(feature = "servers")]
pub use servers::WatchedServers;
