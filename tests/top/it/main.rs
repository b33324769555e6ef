//! What users see of the packages on top of the runtime.

mod console;
mod http;
mod metrics;
mod otlp;
mod prometheus;
mod spans;
