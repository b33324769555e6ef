//! The one place that asks for the time.
