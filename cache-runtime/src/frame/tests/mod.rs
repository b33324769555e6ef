//! Tests of frames, by concern.

mod alarms;
mod codecs;
mod drawn;
#[cfg(feature = "encrypt")]
mod encrypted;
mod golden;
mod hostile;
mod json;
mod limits;
mod pairs;
mod shapes;
mod validated;
mod verdicts;
mod zoo;
