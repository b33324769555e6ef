//! A Chromium and its driver for the tests of the page: those that are there, else brought by apt.

use std::env;
use std::path::PathBuf;

use crate::apt;
use crate::run::{Run, first_in, path_folders};

/// What apt calls them; the second brings the first.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

const ADVICE: &str = "no Chromium with its driver, and none could be installed: install chromium and chromium-driver, or \
                      set CHROMEDRIVER to a driver that finds its browser";

/// `$CHROMEDRIVER`, else a driver on the `PATH`, else one brought now by apt.
pub(crate) fn find_or_install() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os("CHROMEDRIVER").map(PathBuf::from) {
        return works(&named)
            .then_some(named)
            .ok_or_else(|| "CHROMEDRIVER names no driver that runs".to_owned());
    }
    let install = || {
        let mut brought = PACKAGES.into_iter().map(apt::install);
        brought.all(|brought| brought.is_some()).then_some(())
    };
    find()
        .or_else(|| install().and_then(|()| find()))
        .ok_or_else(|| ADVICE.to_owned())
}

fn find() -> Option<PathBuf> {
    first_in(&path_folders(), &["chromedriver"]).filter(works)
}

fn works(driver: &PathBuf) -> bool {
    Run::new(driver, &["--version"]).output().is_some()
}
